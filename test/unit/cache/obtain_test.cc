#include "runtime/cache/obtain.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>

#include "runtime/cache/reply.h"
#include "test/unit/cache/temporary.h"

namespace wasmedge::cache {
namespace {

struct Sockets {
  Fd client;
  Fd compiler;
  Sockets() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    client = Fd(ends[0]);
    compiler = Fd(ends[1]);
  }
};

TEST(Reply, CarriesTheArtifactAndAWarning) {
  const Sockets sockets;
  Reply sent;
  sent.text = "be warned";
  sent.artifact = memory_file("artifact");
  sent.fresh = true;
  ASSERT_TRUE(send_reply(sockets.compiler.get(), sent));
  auto received = receive_reply(sockets.client.get());
  ASSERT_TRUE(received && *received);
  EXPECT_FALSE((*received)->failed);
  EXPECT_EQ((*received)->text, "be warned");
  EXPECT_TRUE((*received)->fresh);
  const int artifact = (*received)->artifact.get();
  EXPECT_EQ(::lseek(artifact, 0, SEEK_SET), 0);
  EXPECT_EQ(read_all(artifact, 100, "artifact").value(), "artifact");
  EXPECT_EQ(::fcntl(artifact, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(Reply, CarriesAnError) {
  const Sockets sockets;
  ASSERT_TRUE(send_reply(sockets.compiler.get(), {true, ErrorCode::kUnimplemented, "no", {}}));
  const auto received = receive_reply(sockets.client.get());
  ASSERT_TRUE(received && *received);
  EXPECT_TRUE((*received)->failed);
  EXPECT_EQ((*received)->code, ErrorCode::kUnimplemented);
  EXPECT_EQ((*received)->text, "no");
}

TEST(Reply, CutsLongTexts) {
  const Sockets sockets;
  const std::string text(3 * kReplyTextBytes, 'x');
  ASSERT_TRUE(send_reply(sockets.compiler.get(), {true, ErrorCode::kInternal, text, {}}));
  const auto received = receive_reply(sockets.client.get());
  ASSERT_TRUE(received && *received);
  EXPECT_EQ((*received)->text.size(), kReplyTextBytes);
}

TEST(Reply, ClosedWithoutOneIsNone) {
  Sockets sockets;
  sockets.compiler.reset();
  const auto received = receive_reply(sockets.client.get());
  ASSERT_TRUE(received);
  EXPECT_FALSE(*received);
}

TEST(Reply, ToNobodyIsAnErrorAndNoSignal) {
  Sockets sockets;
  sockets.client.reset();
  EXPECT_FALSE(send_reply(sockets.compiler.get(), {true, ErrorCode::kInternal, "", {}}));
}

TEST(Reply, OfAnUnknownFormIsAnError) {
  for (const std::string_view bytes : {std::string_view("\xff", 1), std::string_view("\0", 1)}) {
    const Sockets sockets;
    ASSERT_EQ(::send(sockets.compiler.get(), bytes.data(), bytes.size(), 0), 1);
    const auto received = receive_reply(sockets.client.get());
    ASSERT_FALSE(received);
    EXPECT_TRUE(contains(received.error().message, "malformed"));
  }
}

TEST(Start, NamesACompilerThatIsNotThere) {
  const Fd module = memory_file("");
  const auto started = start({"/nowhere/wasmedge-compiler", "", module.get(), "x.wasm"});
  ASSERT_FALSE(started);
  EXPECT_TRUE(contains(started.error().message, "/nowhere/wasmedge-compiler: No such file"));
}

// A stand-in for the compiler, in shell.
std::string script(const TemporaryDirectory& directory, std::string_view body) {
  const auto file = open_file(directory.at("script"), O_CREAT | O_WRONLY, 0700);
  EXPECT_TRUE(write_all(file->get(), fmt::format("#!/bin/sh\n{}\n", body), "script"));
  return directory.at("script");
}

TEST(Start, CompilerThatDiesIsAnError) {
  const TemporaryDirectory directory;
  const Fd module = memory_file("");
  auto started = start({script(directory, "kill -9 $$"), "", module.get(), "x.wasm"});
  ASSERT_TRUE(started) << started.error().message;
  const auto compiled = finish(*started);
  ASSERT_FALSE(compiled);
  EXPECT_TRUE(contains(compiled.error().message, "died before it had compiled x.wasm"));
}

TEST(Start, GivesTheCompilerItsFilesAndNothingElse) {
  const TemporaryDirectory directory;
  const Fd module = memory_file("");
  const std::string list = directory.at("list");
  const std::string body = "(echo \"$@\"; ls -l /proc/$$/fd) >" + list;
  auto started = start({script(directory, body), "/cache", module.get(), "x.wasm"});
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_FALSE(finish(*started));
  const std::string text = read_file(list, 4096).value();
  EXPECT_TRUE(contains(text, "--name x.wasm --cache /cache --client-build "));
  EXPECT_TRUE(contains(text, "--module-fd 3 --reply-fd 4"));
  EXPECT_TRUE(contains(text, " 0 -> /dev/null"));
  EXPECT_TRUE(contains(text, " 1 -> /dev/null"));
  EXPECT_TRUE(contains(text, " 3 -> /memfd:cache_test"));
  EXPECT_TRUE(contains(text, " 4 -> socket:"));
  EXPECT_FALSE(contains(text, " 5 -> "));
}

TEST(Find, IsAMissWithoutAStore) {
  const auto found = find(nullptr, {});
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
}

}  // namespace
}  // namespace wasmedge::cache

#include "runtime/base/spawn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "runtime/base/fd.h"

namespace wasmedge {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reading.reset(ends[0]);
    writing.reset(ends[1]);
  }
  Fd reading, writing;
};

/// What a shell says on its descriptor 1.
std::string output_of(SpawnRequest request, std::vector<int> fds) {
  Pipe out;
  fds[1] = out.writing.get();
  const auto pid = spawn(std::move(request), fds, "sh");
  EXPECT_TRUE(pid) << pid.error().message;
  out.writing.reset();
  auto text = read_all(out.reading.get(), 65536, "its output");
  EXPECT_EQ(::waitpid(*pid, nullptr, 0), *pid);
  return text ? *text : text.error().message;
}

SpawnRequest shell(const std::string& script) {
  return {.program = "/bin/sh", .arguments = {"sh", "-c", script}, .environment = {{"A=b"}}};
}

TEST(Spawn, DescriptorsThatAreEachOthersNumbersChangePlaces) {
  Pipe first, second;
  ASSERT_TRUE(write_all(first.writing.get(), "1\n", "pipe"));
  ASSERT_TRUE(write_all(second.writing.get(), "2\n", "pipe"));
  // Each goes where the other one is now.
  const int one = first.reading.get(), other = second.reading.get();
  std::vector<int> fds(static_cast<size_t>(std::max(one, other)) + 1, -1);
  fds[static_cast<size_t>(one)] = other;
  fds[static_cast<size_t>(other)] = one;
  ASSERT_LT(fds.size(), 10U) << "dash knows digits alone";
  const std::string script = fmt::format("read a <&{}; read b <&{}; echo $a $b", one, other);
  EXPECT_EQ(output_of(shell(script), fds), "2 1\n");
}

TEST(Spawn, NothingElseOfOursIsThere) {
  const Fd leaked(::fcntl(STDIN_FILENO, F_DUPFD, 50));  // execve would not close it
  const std::string script =
      fmt::format("test -e /proc/$$/fd/{} && echo leaked; echo $A ${{HOME+home}}", leaked.get());
  EXPECT_EQ(output_of(shell(script), {-1, -1, -1}), "b\n");
}

TEST(Spawn, AGroupOfItsOwn) {
  SpawnRequest request =
      shell("read a b c d group rest < /proc/$$/stat; [ $group = $$ ] && echo own");
  EXPECT_EQ(output_of(request, {-1, -1, -1}), "");
  request.own_group = true;
  EXPECT_EQ(output_of(request, {-1, -1, -1}), "own\n");
}

TEST(Spawn, AProgramThatIsNotThereIsNamedAsTheCallerSays) {
  const auto pid = spawn({.program = "/none", .arguments = {"none"}}, {}, "the program none");
  ASSERT_FALSE(pid);
  EXPECT_EQ(pid.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(pid.error().message, "cannot run the program none: No such file or directory");
}

}  // namespace
}  // namespace wasmedge

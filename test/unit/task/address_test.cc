#include "shim/task/address.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "test/unit/temporary_directory.h"

namespace wasmedge::task {
namespace {

/// As `start` does: the lock is given up when there is a socket.
Result<Fd> listen(const std::string& path) {
  TRY_ASSIGN(const Fd lock, lock_sockets(path));
  return listen_unless_served(path, lock);
}

/// Returns at the pipe's end, when nobody has its other end open any more.
void await_end(int pipe) {
  EXPECT_TRUE(read_all(pipe, 1, "a pipe"));
}

TEST(Group, TheLabelThenTheSandboxThenTheId) {
  using Annotations = std::map<std::string, std::string>;
  EXPECT_EQ(group_of({}, "box"), "box");
  EXPECT_EQ(group_of(Annotations{{"io.kubernetes.cri.sandbox-id", "pod"}}, "box"), "pod");
  EXPECT_EQ(group_of(Annotations{{"io.kubernetes.cri.sandbox-id", "pod"},
                                 {"io.containerd.runc.v2.group", "group"}},
                     "box"),
            "group");
  EXPECT_EQ(group_of(Annotations{{"io.containerd.runc.v2.group", ""}}, "box"), "box");
}

TEST(SocketPath, IsTheHashOfTheJoinedPath) {
  // sha256("/run/containerd/containerd.sock/default/box")
  EXPECT_EQ(socket_path("/run/containerd/s", "/run/containerd/containerd.sock", "default", "box"),
            "/run/containerd/s/"
            "b6933325e7796c00f7def06680d4441edceafe6e24835729fba201193a7a8bf1");
}

TEST(SocketPath, TellsNamespacesGroupsAndDaemonsApart) {
  const std::string path = socket_path("/s", "/c", "n", "g");
  EXPECT_NE(path, socket_path("/s", "/c", "n", "h"));
  EXPECT_NE(path, socket_path("/s", "/c", "m", "g"));
  EXPECT_NE(path, socket_path("/s", "/d", "n", "g"));
}

TEST(Listen, MakesAPrivateSocketInAPrivateDirectory) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.at("run/s/socket");
  const auto socket = listen(path);
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE(*socket);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat((directory.at("run/s")).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST(Listen, GivesWayToAServerThatAnswers) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.at("s/socket");
  const auto first = listen(path);
  ASSERT_TRUE(first && *first);
  EXPECT_TRUE(is_served(path));
  const auto second = listen(path);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_FALSE(*second);
}

TEST(Listen, ReplacesADeadSocket) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.at("s/socket");
  ASSERT_TRUE(listen(path));  // and closed again: the file stays
  EXPECT_FALSE(is_served(path));
  const auto socket = listen(path);
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE(*socket);
  EXPECT_TRUE(is_served(path));
}

TEST(Listen, GivesWayToAServerThatIsTooBusyToAnswer) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.at("s/socket");
  const auto busy = listen(path);
  ASSERT_TRUE(busy && *busy);
  ASSERT_EQ(::listen(busy->get(), 0), 0);  // one connection, and the backlog is full
  EXPECT_TRUE(is_served(path));
  EXPECT_TRUE(is_served(path));
  const auto second = listen(path);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_FALSE(*second);
}

TEST(Listen, OfManyAtOnceOneServes) {
  constexpr int kStarts = 8;
  const test::TemporaryDirectory directory;
  for (int round = 0; round < 50; round++) {
    const std::string path = directory.at(fmt::format("s/{}", round));
    ASSERT_TRUE(listen(path));  // a dead one is in everybody's way
    std::array<int, 2> begin{}, outcome{}, end{};
    for (auto* ends : {&begin, &outcome, &end}) ASSERT_EQ(::pipe(ends->data()), 0);
    for (int i = 0; i < kStarts; i++) {
      if (::fork() != 0) continue;
      ::close(begin[1]);
      ::close(end[1]);
      await_end(begin[0]);
      const auto socket = listen(path);
      const char* what = socket ? *socket ? "S" : "c" : "E";  // server, client, error
      EXPECT_TRUE(write_all(outcome[1], what, "a pipe"));
      await_end(end[0]);
      ::_exit(0);
    }
    ::close(begin[1]);
    std::string outcomes(kStarts, 0);
    for (char& each : outcomes) ASSERT_EQ(::read(outcome[0], &each, 1), 1);
    ::close(end[1]);
    for (int i = 0; i < kStarts; i++) ::wait(nullptr);
    std::sort(outcomes.begin(), outcomes.end());
    EXPECT_EQ(outcomes, "Sccccccc");
    for (const int fd : {begin[0], outcome[0], outcome[1], end[0]}) ::close(fd);
  }
}

TEST(Listen, RefusesAPathThatNoSocketCanHave) {
  const auto socket = listen("/tmp/" + std::string(120, 'x') + "/s");
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace wasmedge::task

#include "shim/task/address.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "test/unit/temporary_directory.h"

namespace wasmedge::task {
namespace {

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
  const auto socket = listen_unless_served(path);
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
  const auto first = listen_unless_served(path);
  ASSERT_TRUE(first && *first);
  EXPECT_TRUE(is_served(path));
  const auto second = listen_unless_served(path);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_FALSE(*second);
}

TEST(Listen, ReplacesADeadSocket) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.at("s/socket");
  ASSERT_TRUE(listen_unless_served(path));  // and closed again: the file stays
  EXPECT_FALSE(is_served(path));
  const auto socket = listen_unless_served(path);
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE(*socket);
  EXPECT_TRUE(is_served(path));
}

TEST(Listen, RefusesAPathThatNoSocketCanHave) {
  const auto socket = listen_unless_served("/tmp/" + std::string(120, 'x') + "/s");
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace wasmedge::task

#include "shim/doctor/node.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/unit/temporary_directory.h"

namespace wasmedge::doctor {
namespace {

TEST(Node, RunsProgramsAndTellsBothOutputs) {
  const Node node;
  const auto done = node.run({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->status, 3);
  EXPECT_EQ(done->text, "out\n");
  EXPECT_EQ(done->errors, "err\n");
  EXPECT_EQ(node.run({"/no/such/program"}).error().code, ErrorCode::kNotFound);
}

TEST(Node, TellsOfFiles) {
  const Node node;
  const test::TemporaryDirectory directory;
  EXPECT_TRUE(S_ISDIR(node.status(directory.path())->mode));
  EXPECT_EQ(node.status(directory.path())->user, ::geteuid());
  EXPECT_EQ(node.status(directory.at("none")).error().code, ErrorCode::kNotFound);
  const auto filesystem = node.filesystem("/proc");
  ASSERT_TRUE(filesystem);
  EXPECT_FALSE(filesystem->read_only);
  EXPECT_EQ(node.head("/proc/self/exe")->substr(1, 3), "ELF");
}

/// This kernel runs the other tests.
TEST(Node, KnowsTheCallsThatAllElseNeeds) {
  const Node node;
  for (const char* name :
       {"clone3", "pidfd_open", "openat2", "mount_setattr", "fsopen", "close_range"}) {
    EXPECT_TRUE(node.has_call(name)) << name;
  }
  EXPECT_GE(node.landlock_version(), 0);
}

TEST(Daemon, FindsItsOptions) {
  Daemon daemon;
  daemon.arguments = {"containerd", "--address=/a.sock", "-c", "/c.toml", "--log-level"};
  EXPECT_EQ(daemon.option("--address", "-a"), "/a.sock");
  EXPECT_EQ(daemon.option("--config", "-c"), "/c.toml");
  EXPECT_EQ(daemon.option("--log-level"), "");
  EXPECT_EQ(daemon.option("--root"), "");
}

}  // namespace
}  // namespace wasmedge::doctor

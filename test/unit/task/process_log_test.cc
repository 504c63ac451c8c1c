#include "shim/task/process_log.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "runtime/base/fd.h"

namespace wasmedge::task {
namespace {

using oci::Phase;

class Lines : public testing::Test {
 protected:
  Lines() { log::configure(file_.get(), log::Level::kInfo); }
  void TearDown() override { log::configure(STDERR_FILENO, log::Level::kInfo); }
  std::string written() {
    ::lseek(file_.get(), 0, SEEK_SET);
    return read_all(file_.get(), 1 << 16, "log").value();
  }
  Fd file_{::memfd_create("log", MFD_CLOEXEC)};
};

TEST_F(Lines, SayWhoseTheyAreAndInWhichPhase) {
  ProcessLog("web", {}).info(Phase::kCompile, "compiled in {} s", 2);
  ProcessLog("web", "x1").warning(Phase::kExec, "late");
  const std::string text = written();
  EXPECT_NE(text.find("level=info msg=\"compiled in 2 s\" id=web phase=compile runtime="),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("level=warning msg=\"late\" exec_id=x1 id=web phase=exec runtime="),
            std::string::npos)
      << text;
}

TEST_F(Lines, AContainersLevelHoldsForItAlone) {
  ProcessLog loud("loud", {}), quiet("quiet", {});
  ProcessLog other("other", {});
  loud.set_level(log::Level::kDebug);
  quiet.set_level(log::Level::kError);
  for (ProcessLog* log : {&loud, &quiet, &other}) {
    log->debug(Phase::kRun, "d");
    log->info(Phase::kRun, "i");
    log->warning(Phase::kRun, "w");
  }
  const std::string text = written();
  EXPECT_NE(text.find("msg=\"d\" id=loud"), std::string::npos);
  EXPECT_EQ(text.find("id=quiet"), std::string::npos);
  EXPECT_EQ(text.find("msg=\"d\" id=other"), std::string::npos);
  EXPECT_NE(text.find("msg=\"i\" id=other"), std::string::npos);
}

TEST(LogLevel, IsTheAnnotations) {
  EXPECT_EQ(log_level_of({}).value(), std::nullopt);
  EXPECT_EQ(log_level_of({{"io.wasmedge.log", "debug"}}).value(), log::Level::kDebug);
  EXPECT_EQ(log_level_of({{"io.wasmedge.log", "error"}}).value(), log::Level::kError);
  for (const char* wrong : {"", "DEBUG", "debug ", "loud\n"}) {
    const auto level = log_level_of({{"io.wasmedge.log", wrong}});
    ASSERT_FALSE(level) << wrong;
    EXPECT_EQ(level.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(level.error().message.find("annotation io.wasmedge.log: \""), 0u);
    EXPECT_EQ(level.error().message.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace wasmedge::task

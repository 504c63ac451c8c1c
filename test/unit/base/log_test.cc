#include "runtime/base/log.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>

#include "runtime/base/fd.h"

namespace wasmedge {
namespace {

class Log : public ::testing::Test {
 protected:
  void TearDown() override { log::configure(STDERR_FILENO, log::Level::kInfo); }
  std::string written() {
    ::lseek(file_.get(), 0, SEEK_SET);
    return read_all(file_.get(), 1 << 16, "log").value();
  }
  Fd file_{::memfd_create("log", MFD_CLOEXEC)};
};

TEST_F(Log, WritesOneLineInContainerdsFormat) {
  log::configure(file_.get(), log::Level::kInfo);
  log::info("task {} started", "a1");
  const std::string line = written();
  EXPECT_EQ(line.rfind("time=\"20", 0), 0U) << line;
  EXPECT_NE(line.find("Z\" level=info msg=\"task a1 started\" runtime=io.containerd.wasmedge.v1\n"),
            std::string::npos)
      << line;
}

TEST_F(Log, LeavesOutWhatIsBelowTheLevel) {
  log::configure(file_.get(), log::Level::kWarning);
  log::debug("no");
  log::info("no");
  EXPECT_EQ(written(), "");
}

TEST_F(Log, GuestTextCannotForgeALine) {
  log::configure(file_.get(), log::Level::kInfo);
  log::error("{}", "x\"\nlevel=info msg=\"forged\x1b[31m");
  const std::string line = written();
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find("x\\\"\\nlevel=info msg=\\\"forged\\x1b[31m"), std::string::npos) << line;
}

}  // namespace
}  // namespace wasmedge

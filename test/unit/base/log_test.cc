#include "runtime/base/log.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
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

TEST_F(Log, FieldsAreSortedWithTheStandingOnesAndQuotedWhereNeeded) {
  const std::array standing = {log::Field{"namespace", "k8s.io"}};
  log::configure(file_.get(), log::Level::kInfo, standing);
  const std::array fields = {log::Field{"phase", "find"}, log::Field{"exec_id", "a b"},
                             log::Field{"id", "web-1"}, log::Field{"empty", ""}};
  log::write(log::Level::kWarning, "m", fields);
  const std::string line = written();
  EXPECT_TRUE(
      line.ends_with(" level=warning msg=\"m\" empty=\"\" exec_id=\"a b\" id=web-1 "
                     "namespace=k8s.io phase=find runtime=io.containerd.wasmedge.v1\n"))
      << line;
}

TEST_F(Log, AFieldsTextCannotForgeAnotherField) {
  log::configure(file_.get(), log::Level::kInfo);
  const std::array fields = {log::Field{"id", "x phase=run"},
                             log::Field{"exec_id", "\" level=error"}};
  log::write(log::Level::kInfo, "m", fields);
  const std::string line = written();
  EXPECT_NE(line.find(R"( exec_id="\" level=error" id="x phase=run" runtime)"), std::string::npos)
      << line;
}

/// A pipe takes so much in one piece.
TEST_F(Log, NoTextMakesALineLongerThanAPipeTakesWhole) {
  log::configure(file_.get(), log::Level::kInfo);
  const std::string text(5000, '\x01');
  const std::array fields = {log::Field{"id", text}, log::Field{"exec_id", text},
                             log::Field{"phase", text}};
  log::write(log::Level::kInfo, text, fields);
  const std::string line = written();
  EXPECT_LE(line.size(), 4096u);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find("…\" exec_id="), std::string::npos);
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

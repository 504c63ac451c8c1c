#include "oci/hooks.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <nlohmann/json.hpp>

#include "oci/control.h"
#include "test/unit/oci/temporary.h"

namespace wasmedge::oci {
namespace {

Hook shell(const std::string& script, std::optional<int> timeout = {}) {
  return {"/bin/sh", {"sh", "-c", script}, {"GREETING=hi"}, timeout};
}
const HookState kState{"1.1.0", "c1", "creating", 42, "/run/c1", {{"k", "v"}}};

TEST(Hooks, GetTheStateAndTheirEnvironment) {
  const TemporaryDirectory directory;
  const std::string out = directory.path() + "/out";
  const auto done = run_hooks("prestart",
                              {shell("cat > " + out + ".1; echo $GREETING $HOME > " + out + ".2"),
                               shell("test -s " + out + ".2")},
                              kState);
  ASSERT_TRUE(done) << done.error().message;
  const auto state = nlohmann::json::parse(*read_file(out + ".1", 65'536));
  EXPECT_EQ(state["ociVersion"], "1.1.0");
  EXPECT_EQ(state["id"], "c1");
  EXPECT_EQ(state["status"], "creating");
  EXPECT_EQ(state["pid"], 42);
  EXPECT_EQ(state["bundle"], "/run/c1");
  EXPECT_EQ(state["annotations"]["k"], "v");
  EXPECT_EQ(*read_file(out + ".2", 65'536), "hi\n");
}

TEST(Hooks, AFailureSaysWhichAndWhy) {
  const auto failed =
      run_hooks("createRuntime", {shell("true"), shell("echo no network >&2; exit 3")}, kState);
  EXPECT_EQ(failed.error().message,
            "config.json: hooks.createRuntime[1] (/bin/sh): ended with status 3; it said: \"no "
            "network\"");
  const auto absent = run_hooks("prestart", {{"/no/such/hook", {}, {}, {}}}, kState);
  EXPECT_NE(absent.error().message.find("cannot be executed: No such file"), std::string::npos);
  const auto killed = run_hooks("prestart", {shell("kill -9 $$")}, kState);
  EXPECT_NE(killed.error().message.find("ended with signal 9"), std::string::npos);
}

TEST(Hooks, ATimeoutKills) {
  const auto late = run_hooks("prestart", {shell("exec sleep 60", 1)}, kState);
  EXPECT_NE(late.error().message.find("killed after its timeout of 1 s"), std::string::npos);
}

TEST(Hooks, NeedNotReadTheirState) {
  HookState large = kState;
  large.annotations["x"] = std::string(1 << 20, 'x');
  EXPECT_TRUE(run_hooks("prestart", {shell("exec 0<&-; exit 0")}, large));
  EXPECT_TRUE(run_hooks("prestart", {shell("cat > /dev/null")}, large));
}

TEST(Hooks, InTheBackground) {
  for (const bool good : {true, false}) {
    auto run = start_hooks("prestart", {shell(good ? "true" : "exit 1")}, kState);
    ASSERT_TRUE(run);
    const auto result = read_all(run->errors.get(), 65'536, "errors");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->empty(), good);
    int status = 0;
    EXPECT_EQ(::waitpid(run->pid, &status, 0), run->pid);
    if (!good) {
      EXPECT_NE(decode_error(*result).message.find("ended with status 1"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace wasmedge::oci

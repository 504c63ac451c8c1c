#include "oci/seccomp.h"

#include <gtest/gtest.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wasmedge::oci {
namespace {

SeccompRule allow(std::vector<std::string> names, std::vector<SeccompArgument> arguments = {}) {
  return {std::move(names), "SCMP_ACT_ALLOW", {}, std::move(arguments)};
}

/// Of the shape of engines' default profiles: a list of what is allowed, conditions, names that
/// this machine does not have, three architectures.
Seccomp profile() {
  Seccomp seccomp;
  seccomp.default_action = "SCMP_ACT_ERRNO";
  seccomp.default_errno = EPERM;
  seccomp.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
  // sigaltstack: AddressSanitizer asks before it lets a process exit.
  seccomp.rules.push_back(
      allow({"exit_group", "exit", "write", "getpid", "sigaltstack", "no_such_call", "s390_x"}));
  seccomp.rules.push_back(allow({"personality"}, {{0, 0, 0, "SCMP_CMP_EQ"}}));
  seccomp.rules.push_back(allow({"personality"}, {{0, 8, 0, "SCMP_CMP_EQ"}}));
  // clone without a namespace flag.
  seccomp.rules.push_back(allow({"clone"}, {{0, 0x7e020000, 0, "SCMP_CMP_MASKED_EQ"}}));
  seccomp.rules.push_back({{"uname"}, "SCMP_ACT_ERRNO", ENOSYS, {}});
  // Says what holds already.
  seccomp.rules.push_back({{"getuid"}, "SCMP_ACT_ERRNO", EPERM, {}});
  return seccomp;
}

/// Runs `body` under the profile in a child; its status.
template <typename Body>
int status_under(const Seccomp& seccomp, Body body) {
  const auto program = compile_seccomp(seccomp);
  EXPECT_TRUE(program) << program.error().message;
  if (!program) return -1;
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!install_seccomp(*program)) ::_exit(100);
    ::_exit(body());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

TEST(Seccomp, AllowsAndRefuses) {
  const int status = status_under(profile(), [] {
    if (::syscall(SYS_getpid) < 0) return 1;
    if (::syscall(SYS_getppid) >= 0 || errno != EPERM) return 2;
    utsname name{};
    if (::syscall(SYS_uname, &name) >= 0 || errno != ENOSYS) return 3;
    if (::syscall(SYS_personality, 0) < 0 || ::syscall(SYS_personality, 8) < 0) return 4;
    if (::syscall(SYS_personality, 1) >= 0) return 5;
    return 0;
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Seccomp, ConditionsOnOneArgumentAreAlternatives) {
  Seccomp seccomp = profile();
  seccomp.rules.push_back(allow({"socket"}, {{0, 1, 0, "SCMP_CMP_EQ"}, {0, 2, 0, "SCMP_CMP_EQ"}}));
  const int status = status_under(seccomp, [] {
    if (::syscall(SYS_socket, 1, 1, 0) < 0 || ::syscall(SYS_socket, 2, 1, 0) < 0) return 1;
    return ::syscall(SYS_socket, 3, 1, 0) < 0 && errno == EPERM ? 0 : 2;
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Seccomp, Kills) {
  Seccomp seccomp = profile();
  seccomp.default_action = "SCMP_ACT_KILL_PROCESS";
  const int status = status_under(seccomp, [] { return static_cast<int>(::syscall(SYS_getppid)); });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

TEST(Seccomp, ErrorsNameTheField) {
  const auto message = [](const Seccomp& seccomp) {
    const auto program = compile_seccomp(seccomp);
    return program ? std::string("compiled") : program.error().message;
  };
  Seccomp wrong = profile();
  wrong.default_action = "ALLOW";
  EXPECT_EQ(message(wrong), "config.json: linux.seccomp.defaultAction: \"ALLOW\" is not known");
  wrong = profile();
  wrong.architectures.emplace_back("SCMP_ARCH_Z80");
  EXPECT_EQ(message(wrong),
            "config.json: linux.seccomp.architectures: \"SCMP_ARCH_Z80\" is not known");
  wrong = profile();
  wrong.flags = {"SECCOMP_X"};
  EXPECT_EQ(message(wrong), "config.json: linux.seccomp.flags: \"SECCOMP_X\" is not known");
  wrong = profile();
  wrong.rules[1].arguments[0].op = "EQ";
  EXPECT_EQ(message(wrong), "config.json: linux.seccomp.syscalls: \"EQ\" is not known");
}

}  // namespace
}  // namespace wasmedge::oci

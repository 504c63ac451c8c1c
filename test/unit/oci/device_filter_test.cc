#include "oci/device_filter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/base/fd.h"

namespace wasmedge::oci {
namespace {

/// The few instructions that device_program() uses, interpreted.
bool allows(const std::vector<DeviceRule>& rules, char type, std::string_view access,
            uint32_t major, uint32_t minor) {
  const auto program = device_program(rules);
  uint32_t bits = 0;
  for (const char c : access) bits |= c == 'm' ? 1u : c == 'r' ? 2u : 4u;
  const uint32_t context[3] = {bits << 16 | (type == 'b' ? 1u : 2u), major, minor};
  uint64_t registers[11] = {};
  for (size_t at = 0;; ++at) {
    const bpf_insn& insn = program.at(at);
    uint64_t& to = registers[insn.dst_reg];
    const auto immediate = static_cast<uint32_t>(insn.imm);
    switch (insn.code) {
      case BPF_LDX | BPF_MEM | BPF_W:
        to = context[insn.off / 4];
        break;
      case BPF_ALU | BPF_MOV | BPF_X:
        to = static_cast<uint32_t>(registers[insn.src_reg]);
        break;
      case BPF_ALU | BPF_RSH | BPF_K:
        to = static_cast<uint32_t>(to) >> immediate;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        to = static_cast<uint32_t>(to) & immediate;
        break;
      case BPF_ALU64 | BPF_MOV | BPF_K:
        to = immediate;
        break;
      case BPF_JMP32 | BPF_JNE | BPF_K:
        at += to != immediate ? insn.off : 0;
        break;
      case BPF_JMP32 | BPF_JEQ | BPF_K:
        at += to == immediate ? insn.off : 0;
        break;
      case BPF_JMP | BPF_EXIT:
        return registers[0] != 0;
      default:
        ADD_FAILURE() << "instruction " << int{insn.code};
        return false;
    }
  }
}

DeviceRule rule(bool allow, char type, std::optional<int64_t> major, std::optional<int64_t> minor,
                const char* access) {
  return {allow, type, major, minor, access};
}

TEST(DeviceFilter, NothingIsAllowedByItself) {
  EXPECT_FALSE(allows({}, 'c', "r", 1, 3));
}

TEST(DeviceFilter, LastMatchWins) {
  const std::vector<DeviceRule> rules = {
      rule(true, 'c', 10, {}, "rwm"), rule(false, 'c', 10, 229, "w"), rule(true, 'b', 8, 0, "r")};
  EXPECT_TRUE(allows(rules, 'c', "rw", 10, 1));
  EXPECT_TRUE(allows(rules, 'c', "r", 10, 229));
  EXPECT_FALSE(allows(rules, 'c', "w", 10, 229));
  EXPECT_FALSE(allows(rules, 'c', "rw", 10, 229));
  EXPECT_TRUE(allows(rules, 'b', "r", 8, 0));
  EXPECT_FALSE(allows(rules, 'b', "rw", 8, 0));
  EXPECT_FALSE(allows(rules, 'b', "r", 8, 1));
  EXPECT_FALSE(allows(rules, 'c', "r", 8, 0));
}

TEST(DeviceFilter, DefaultsOfEveryContainer) {
  Resources resources;
  resources.devices = {rule(false, 'a', {}, {}, "rwm")};
  const auto rules = effective_device_rules(resources);
  EXPECT_TRUE(allows(rules, 'c', "rw", 1, 3));    // null
  EXPECT_TRUE(allows(rules, 'c', "rw", 136, 7));  // a pty
  EXPECT_TRUE(allows(rules, 'b', "m", 8, 0));
  EXPECT_FALSE(allows(rules, 'c', "r", 1, 1));  // mem
  EXPECT_FALSE(allows(rules, 'b', "r", 8, 0));
  resources.devices.push_back(rule(true, 'a', {}, {}, "rwm"));  // privileged
  EXPECT_TRUE(allows(effective_device_rules(resources), 'b', "rw", 8, 0));
}

/// The kernel's verifier takes the program, and obeys it, wherever version 2 is mounted.
TEST(DeviceFilter, InTheKernel) {
  std::string root;
  for (const char* place : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    if (::access(fmt::format("{}/cgroup.controllers", place).c_str(), F_OK) == 0) root = place;
  }
  if (root.empty() || ::geteuid() != 0) GTEST_SKIP() << "needs root and control groups version 2";
  const std::string group = fmt::format("{}/wasmedge-unit-test-{}", root, ::getpid());
  ASSERT_EQ(::mkdir(group.c_str(), 0755), 0);
  for (const bool privileged : {false, true}) {
    Resources resources;
    if (privileged) resources.devices = {rule(true, 'a', {}, {}, "rwm")};
    const std::string inner = group + (privileged ? "/privileged" : "/plain");
    ASSERT_EQ(::mkdir(inner.c_str(), 0755), 0);
    const auto attached = attach_device_filter(inner, resources);
    EXPECT_TRUE(attached) << attached.error().message;
    const pid_t pid = ::fork();
    if (pid == 0) {
      if (!write_file(inner + "/cgroup.procs", "0")) ::_exit(100);
      if (::open("/dev/null", O_RDWR) < 0) ::_exit(1);
      const int kmsg = ::open("/dev/kmsg", O_RDONLY);
      ::_exit(kmsg < 0 && errno == EPERM ? 42 : kmsg >= 0 ? 43 : 2);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(WEXITSTATUS(status), privileged ? 43 : 42);
    EXPECT_EQ(::rmdir(inner.c_str()), 0);
  }
  EXPECT_EQ(::rmdir(group.c_str()), 0);
}

}  // namespace
}  // namespace wasmedge::oci

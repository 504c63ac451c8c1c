#include "oci/seccomp.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "runtime/base/fd.h"

namespace wasmedge::oci {
namespace {

using Context = std::unique_ptr<void, decltype(&seccomp_release)>;

template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};

template <typename Table>
auto lookup(const Table& table, std::string_view field, std::string_view name)
    -> Result<decltype(table[0].value)> {
  for (const auto& entry : table) {
    if (entry.name == name) return entry.value;
  }
  return fail(ErrorCode::kInvalidArgument, "config.json: linux.seccomp.{}: \"{}\" is not known",
              field, name);
}

constexpr uint32_t kDefaultErrno = 1;  // EPERM

constexpr std::array kActions = {
    Named<uint32_t>{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
    Named<uint32_t>{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0)},
    Named<uint32_t>{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
    Named<uint32_t>{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
    Named<uint32_t>{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
    Named<uint32_t>{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
    Named<uint32_t>{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0)},
    Named<uint32_t>{"SCMP_ACT_LOG", SCMP_ACT_LOG},
};

constexpr std::array kOperators = {
    Named<scmp_compare>{"SCMP_CMP_NE", SCMP_CMP_NE},
    Named<scmp_compare>{"SCMP_CMP_LT", SCMP_CMP_LT},
    Named<scmp_compare>{"SCMP_CMP_LE", SCMP_CMP_LE},
    Named<scmp_compare>{"SCMP_CMP_EQ", SCMP_CMP_EQ},
    Named<scmp_compare>{"SCMP_CMP_GE", SCMP_CMP_GE},
    Named<scmp_compare>{"SCMP_CMP_GT", SCMP_CMP_GT},
    Named<scmp_compare>{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

constexpr std::array kArchitectures = {
    Named<uint32_t>{"SCMP_ARCH_X86", SCMP_ARCH_X86},
    Named<uint32_t>{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
    Named<uint32_t>{"SCMP_ARCH_X32", SCMP_ARCH_X32},
    Named<uint32_t>{"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
    Named<uint32_t>{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
    Named<uint32_t>{"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS},
    Named<uint32_t>{"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64},
    Named<uint32_t>{"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32},
    Named<uint32_t>{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL},
    Named<uint32_t>{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64},
    Named<uint32_t>{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32},
    Named<uint32_t>{"SCMP_ARCH_PARISC", SCMP_ARCH_PARISC},
    Named<uint32_t>{"SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64},
    Named<uint32_t>{"SCMP_ARCH_PPC", SCMP_ARCH_PPC},
    Named<uint32_t>{"SCMP_ARCH_PPC64", SCMP_ARCH_PPC64},
    Named<uint32_t>{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
    Named<uint32_t>{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
    Named<uint32_t>{"SCMP_ARCH_S390", SCMP_ARCH_S390},
    Named<uint32_t>{"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
};

constexpr std::array kFlags = {
    // Threads are synchronised by having none.
    Named<unsigned>{"SECCOMP_FILTER_FLAG_TSYNC", 0},
    Named<unsigned>{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    Named<unsigned>{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
};

Result<uint32_t> action_of(std::string_view field, const std::string& name,
                           std::optional<uint32_t> errno_value) {
  TRY_ASSIGN(const uint32_t action, lookup(kActions, field, name));
  const uint32_t data = errno_value.value_or(kDefaultErrno) & 0xffff;
  if (action == SCMP_ACT_ERRNO(0)) return SCMP_ACT_ERRNO(data);
  if (action == SCMP_ACT_TRACE(0)) return SCMP_ACT_TRACE(data);
  return action;
}

Result<> add_architectures(const Context& context, const Seccomp& profile) {
  for (const std::string& name : profile.architectures) {
    TRY_ASSIGN(const uint32_t token, lookup(kArchitectures, "architectures", name));
    const int added = seccomp_arch_add(context.get(), token);
    if (added == 0 || added == -EEXIST) continue;
    errno = -added;
    return fail_errno("config.json: linux.seccomp.architectures: {}", name);
  }
  return {};
}

Result<> add(const Context& context, uint32_t action, int number, const std::string& name,
             const std::vector<scmp_arg_cmp>& arguments) {
  const int added = seccomp_rule_add_array(
      context.get(), action, number, static_cast<unsigned>(arguments.size()), arguments.data());
  // -EEXIST: another rule says the same.
  if (added == 0 || added == -EEXIST) return {};
  errno = -added;
  return fail_errno("config.json: linux.seccomp.syscalls: rule for {}", name);
}

Result<> add_rule(const Context& context, const SeccompRule& rule, uint32_t default_action) {
  TRY_ASSIGN(const uint32_t action, action_of("syscalls", rule.action, rule.errno_value));
  if (action == default_action) return {};  // says nothing; libseccomp refuses it
  std::vector<scmp_arg_cmp> arguments;
  std::array<unsigned, 6> uses{};
  bool alternatives = false;
  for (const SeccompArgument& argument : rule.arguments) {
    TRY_ASSIGN(const scmp_compare op, lookup(kOperators, "syscalls", argument.op));
    arguments.push_back({argument.index, op, argument.value, argument.value_two});
    alternatives = alternatives || ++uses[argument.index] > 1;
  }
  for (const std::string& name : rule.names) {
    const int number = seccomp_syscall_resolve_name(name.c_str());
    if (number == __NR_SCMP_ERROR) continue;  // not on this machine
    if (!alternatives) {
      TRY(add(context, action, number, name, arguments));
      continue;
    }
    // Two conditions on one argument mean "either": a rule each.
    for (const scmp_arg_cmp& argument : arguments) {
      TRY(add(context, action, number, name, {argument}));
    }
  }
  return {};
}

template <typename Table>
std::vector<std::string_view> names_of(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.name);
  return names;
}

}  // namespace

SeccompNames seccomp_names() {
  return {names_of(kActions), names_of(kOperators), names_of(kArchitectures), names_of(kFlags)};
}

Result<SeccompProgram> compile_seccomp(const Seccomp& profile) {
  TRY_ASSIGN(const uint32_t default_action,
             action_of("defaultAction", profile.default_action, profile.default_errno));
  const Context context(seccomp_init(default_action), &seccomp_release);
  if (!context) return fail(ErrorCode::kInternal, "seccomp: no filter could be made");
  TRY(add_architectures(context, profile));
  for (const SeccompRule& rule : profile.rules) TRY(add_rule(context, rule, default_action));

  SeccompProgram program;
  for (const std::string& name : profile.flags) {
    TRY_ASSIGN(const unsigned flag, lookup(kFlags, "flags", name));
    program.flags |= flag;
  }
  const Fd file(static_cast<int>(::memfd_create("seccomp", MFD_CLOEXEC)));
  if (!file) return fail_errno("make a memfd");
  if (const int exported = seccomp_export_bpf(context.get(), file.get()); exported < 0) {
    errno = -exported;
    return fail_errno("seccomp: generate the filter");
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail_errno("seccomp: read the filter");
  TRY_ASSIGN(const std::string bytes, read_all(file.get(), size_t{1} << 20, "seccomp filter"));
  program.filter.resize(bytes.size() / sizeof(sock_filter));
  std::memcpy(program.filter.data(), bytes.data(), program.filter.size() * sizeof(sock_filter));
  if (program.filter.empty() || program.filter.size() > BPF_MAXINSNS) {
    return fail(ErrorCode::kInvalidArgument,
                "config.json: linux.seccomp: the filter has {} instructions, and the kernel takes "
                "{}",
                program.filter.size(), BPF_MAXINSNS);
  }
  return program;
}

Result<> install_seccomp(const SeccompProgram& program) {
  const sock_fprog filter{static_cast<unsigned short>(program.filter.size()),
                          const_cast<sock_filter*>(program.filter.data())};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, program.flags, &filter) != 0) {
    return fail_errno("install the seccomp filter");
  }
  return {};
}

}  // namespace wasmedge::oci

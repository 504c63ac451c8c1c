#include "oci/device_filter.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "runtime/base/fd.h"

namespace wasmedge::oci {
namespace {

bpf_insn instruction(uint8_t code, uint8_t to, uint8_t from, int16_t offset, int32_t immediate) {
  bpf_insn result{};
  result.code = code;
  result.dst_reg = to & 15;
  result.src_reg = from & 15;
  result.off = offset;
  result.imm = immediate;
  return result;
}

int access_bits(std::string_view access) {
  int bits = 0;
  if (access.find('m') != std::string_view::npos) bits |= BPF_DEVCG_ACC_MKNOD;
  if (access.find('r') != std::string_view::npos) bits |= BPF_DEVCG_ACC_READ;
  if (access.find('w') != std::string_view::npos) bits |= BPF_DEVCG_ACC_WRITE;
  return bits;
}

// Registers of the program.
enum : uint8_t { kVerdict = 0, kContext = 1, kType = 2, kAccess = 3, kMajor = 4, kMinor = 5 };
constexpr uint8_t kScratch = 6;

/// "If this rule matches: return its verdict", else fall through.
void append_rule(std::vector<bpf_insn>& program, const DeviceRule& rule) {
  constexpr int kAll = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE;
  std::vector<bpf_insn> body;
  std::vector<size_t> exits;  // jumps that leave the rule, their offset still open
  const auto skip_if_not = [&](uint8_t reg, int32_t value) {
    exits.push_back(body.size());
    body.push_back(instruction(BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, 0, value));
  };
  if (rule.type != 'a') {
    skip_if_not(kType, rule.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
    const int bits = access_bits(rule.access);
    if (bits != kAll) {
      // Allowing needs every bit of the request in the rule; denying needs one.
      body.push_back(instruction(BPF_ALU | BPF_MOV | BPF_X, kScratch, kAccess, 0, 0));
      body.push_back(
          instruction(BPF_ALU | BPF_AND | BPF_K, kScratch, 0, 0, rule.allow ? kAll & ~bits : bits));
      exits.push_back(body.size());
      body.push_back(
          instruction(BPF_JMP32 | (rule.allow ? BPF_JNE : BPF_JEQ) | BPF_K, kScratch, 0, 0, 0));
    }
    if (rule.major) skip_if_not(kMajor, static_cast<int32_t>(*rule.major));
    if (rule.minor) skip_if_not(kMinor, static_cast<int32_t>(*rule.minor));
  }
  body.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_K, kVerdict, 0, 0, rule.allow ? 1 : 0));
  body.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  for (const size_t at : exits) body[at].off = static_cast<int16_t>(body.size() - at - 1);
  program.insert(program.end(), body.begin(), body.end());
}

template <typename Fill>
long bpf(int command, Fill fill) {
  bpf_attr attributes{};
  fill(attributes);
  return ::syscall(SYS_bpf, command, &attributes, sizeof attributes);
}

}  // namespace

std::vector<DeviceRule> effective_device_rules(const Resources& resources) {
  std::vector<DeviceRule> rules;
  for (const DeviceRule& rule : resources.devices) {
    // A first "deny all" says what holds already.
    if (rules.empty() && !rule.allow && rule.type == 'a') continue;
    rules.push_back(rule);
  }
  const auto allow = [&](char type, std::optional<int64_t> major, std::optional<int64_t> minor,
                         const char* access) {
    rules.push_back({true, type, major, minor, access});
  };
  allow('c', {}, {}, "m");
  allow('b', {}, {}, "m");
  for (const int minor : {3, 5, 7, 8, 9}) allow('c', 1, minor, "rwm");
  allow('c', 5, 0, "rwm");
  allow('c', 5, 2, "rwm");
  allow('c', 136, {}, "rwm");
  return rules;
}

std::vector<bpf_insn> device_program(const std::vector<DeviceRule>& rules) {
  std::vector<bpf_insn> program;
  const auto load = [&](uint8_t reg, size_t offset) {
    program.push_back(
        instruction(BPF_LDX | BPF_MEM | BPF_W, reg, kContext, static_cast<int16_t>(offset), 0));
  };
  load(kType, offsetof(bpf_cgroup_dev_ctx, access_type));  // access << 16 | type
  program.push_back(instruction(BPF_ALU | BPF_MOV | BPF_X, kAccess, kType, 0, 0));
  program.push_back(instruction(BPF_ALU | BPF_RSH | BPF_K, kAccess, 0, 0, 16));
  program.push_back(instruction(BPF_ALU | BPF_AND | BPF_K, kType, 0, 0, 0xffff));
  load(kMajor, offsetof(bpf_cgroup_dev_ctx, major));
  load(kMinor, offsetof(bpf_cgroup_dev_ctx, minor));
  // The last match wins, so the last rule is asked first. What follows a rule that matches
  // everything could never be reached, and the kernel refuses such programs.
  bool open_end = true;
  for (auto rule = rules.rbegin(); rule != rules.rend() && open_end; ++rule) {
    append_rule(program, *rule);
    open_end = rule->type != 'a';
  }
  if (open_end) {
    program.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_K, kVerdict, 0, 0, 0));
    program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  }
  return program;
}

Result<> attach_device_filter(const std::string& directory, const Resources& resources) {
  const std::vector<bpf_insn> program = device_program(effective_device_rules(resources));
  const Fd loaded(static_cast<int>(bpf(BPF_PROG_LOAD, [&](bpf_attr& attributes) {
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insns = reinterpret_cast<uint64_t>(program.data());
    attributes.insn_cnt = static_cast<uint32_t>(program.size());
    attributes.license = reinterpret_cast<uint64_t>("Apache-2.0");
  })));
  if (!loaded) return fail_errno("linux.resources.devices: load the device filter");
  TRY_ASSIGN(const Fd group, open_file(directory, O_RDONLY | O_DIRECTORY));
  const long attached = bpf(BPF_PROG_ATTACH, [&](bpf_attr& attributes) {
    attributes.target_fd = static_cast<uint32_t>(group.get());
    attributes.attach_bpf_fd = static_cast<uint32_t>(loaded.get());
    attributes.attach_type = BPF_CGROUP_DEVICE;
    attributes.attach_flags = BPF_F_ALLOW_MULTI;
  });
  if (attached != 0) return fail_errno("attach the device filter to {}", directory);
  return {};
}

}  // namespace wasmedge::oci

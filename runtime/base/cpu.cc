#include "runtime/base/cpu.h"

namespace wasmedge {
namespace {

// What is common to all machines: compile/target.cc names the same to the code generator.
std::string baseline(Architecture architecture) {
  switch (architecture) {
    case Architecture::kX86_64:
      break;
    case Architecture::kAarch64:
      return "aarch64 armv8-a";
    case Architecture::kRiscv64:
      return "riscv64 rv64gc";
  }
  return "";
}

}  // namespace

#if !defined(__x86_64__)
std::string host_cpu() {
  return baseline(kThisArchitecture);
}
#endif

std::string target_cpu(Architecture target) {
  return target == kThisArchitecture ? host_cpu() : baseline(target);
}

Result<Architecture> parse_target(std::string_view name) {
  const std::optional<Architecture> target = find_architecture(name);
  if (!target) {
    return fail(ErrorCode::kInvalidArgument, "--target {}: expected x86_64, aarch64 or riscv64",
                name);
  }
  if (target_cpu(*target).empty()) {
    return fail(ErrorCode::kUnimplemented,
                "--target {}: code for {} is made for the CPU that it runs on, by a compiler there",
                name, name);
  }
  return *target;
}

}  // namespace wasmedge

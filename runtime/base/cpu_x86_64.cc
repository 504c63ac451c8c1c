#include "runtime/base/cpu.h"

#include <fmt/format.h>

#if defined(__x86_64__)
#ifdef __clang__
// The header's functions return C's type, which clang's C++ does not know.
#define _Bool bool  // NOLINT(bugprone-reserved-identifier)
#endif
#include <sys/platform/x86.h>
#undef _Bool

#include <cstdint>

namespace wasmedge {
namespace {

// The C library has asked CPUID at start-up already. Asking again would cost a trap to the
// hypervisor each time (4 us each in a virtual machine).
const cpuid_feature& leaf(unsigned index) {
  return *__x86_get_cpuid_feature_leaf(index);
}

// Which register states the kernel has enabled; asking is only legal if it uses XSAVE at all.
uint32_t xcr0(bool os_uses_xsave) {
  if (!os_uses_xsave) return 0;
  uint32_t low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

std::string host_cpu() {
  enum Word { kEax, kEbx, kEcx, kEdx };
  constexpr uint32_t kOsxsave = 1u << 27;
  const auto& base = leaf(CPUID_INDEX_1).cpuid_array;
  const auto& seven = leaf(CPUID_INDEX_7).cpuid_array;
  const auto& seven_one = leaf(CPUID_INDEX_7_ECX_1).cpuid_array;
  const auto& xsave = leaf(CPUID_INDEX_D_ECX_1).cpuid_array;
  const auto& extended = leaf(CPUID_INDEX_80000001).cpuid_array;
  const auto& extended_eight = leaf(CPUID_INDEX_80000008).cpuid_array;
  return fmt::format(
      "x86_64 {:08x} {:08x}{:08x} {:08x}{:08x}{:08x} {:08x}{:08x} {:08x} {:08x}{:08x} {:08x} {:x}",
      base[kEax], base[kEcx], base[kEdx], seven[kEbx], seven[kEcx], seven[kEdx], seven_one[kEax],
      seven_one[kEdx], xsave[kEax] & 0xf, extended[kEcx], extended[kEdx], extended_eight[kEbx],
      xcr0((base[kEcx] & kOsxsave) != 0));
}

}  // namespace wasmedge

#endif

#include "runtime/base/cpu.h"

#include <fmt/format.h>

#if !defined(__x86_64__)
#error "host_cpu() knows x86_64 only: say here what code for your architecture depends on"
#endif
#include <cpuid.h>

#include <cstdint>

namespace wasmedge {
namespace {

struct CpuidWords {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

CpuidWords cpuid(uint32_t leaf, uint32_t subleaf) {
  CpuidWords words;
  if (__get_cpuid_count(leaf, subleaf, &words.eax, &words.ebx, &words.ecx, &words.edx) == 0) {
    return {};
  }
  return words;
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
  constexpr uint32_t kOsxsave = 1u << 27;
  const CpuidWords base = cpuid(1, 0);
  const CpuidWords seven = cpuid(7, 0);
  const CpuidWords seven_one = cpuid(7, 1);
  const CpuidWords xsave = cpuid(0xd, 1);
  const CpuidWords extended = cpuid(0x80000001, 0);
  const CpuidWords extended_eight = cpuid(0x80000008, 0);
  return fmt::format(
      "x86_64 {:08x} {:08x}{:08x} {:08x}{:08x}{:08x} {:08x}{:08x} {:08x} {:08x}{:08x} {:08x} {:x}",
      base.eax, base.ecx, base.edx, seven.ebx, seven.ecx, seven.edx, seven_one.eax, seven_one.edx,
      xsave.eax & 0xf, extended.ecx, extended.edx, extended_eight.ebx,
      xcr0((base.ecx & kOsxsave) != 0));
}

}  // namespace wasmedge

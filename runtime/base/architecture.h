#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wasmedge {

/// What the compiler makes code for and the runtime runs on: 64-bit Linux, little-endian.
enum class Architecture : uint8_t { kX86_64, kAarch64, kRiscv64 };

#if defined(__x86_64__)
inline constexpr Architecture kThisArchitecture = Architecture::kX86_64;
#elif defined(__aarch64__)
inline constexpr Architecture kThisArchitecture = Architecture::kAarch64;
#elif defined(__riscv) && __riscv_xlen == 64 && defined(__riscv_float_abi_double)
inline constexpr Architecture kThisArchitecture = Architecture::kRiscv64;
#else
#error "the runtime knows x86_64, aarch64 and riscv64 with its double-float ABI"
#endif

/// As uname(1) calls it.
std::string_view name_of(Architecture architecture);
/// Nothing if no architecture has that name.
std::optional<Architecture> find_architecture(std::string_view name);

}  // namespace wasmedge

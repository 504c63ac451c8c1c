#include "runtime/base/architecture.h"

#include <array>

namespace wasmedge {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"x86_64", "aarch64", "riscv64"};

}  // namespace

std::string_view name_of(Architecture architecture) {
  return kNames.at(static_cast<size_t>(architecture));
}

std::optional<Architecture> find_architecture(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames.at(i) == name) return static_cast<Architecture>(i);
  }
  return std::nullopt;
}

}  // namespace wasmedge

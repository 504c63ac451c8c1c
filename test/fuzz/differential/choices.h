#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace wasmedge::fuzz {

/// What a byte string decides, one choice after the other. Behind its end every choice is 0, which
/// the generator takes for "the simplest", so that any string ends.
class Choices {
 public:
  explicit Choices(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool exhausted() const { return at_ == bytes_.size(); }
  uint64_t bits(unsigned bytes) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes && !exhausted(); ++i) value = value << 8 | bytes_[at_++];
    return value;
  }
  /// 0 … n - 1.
  uint32_t below(size_t n) { return static_cast<uint32_t>(bits(n <= 256 ? 1 : 2) % n); }
  /// Seldom, and never at the end of the string.
  bool one_in(uint32_t n) { return below(n) == n - 1; }
  bool flip() { return one_in(2); }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

/// A string for a number: the same on every machine.
inline std::vector<uint8_t> bytes_of_seed(uint64_t seed) {
  const auto next = [&seed] {  // splitmix64
    uint64_t z = seed += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  };
  std::vector<uint8_t> bytes(256 + next() % 2048);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(next() >> 32);
  return bytes;
}

}  // namespace wasmedge::fuzz

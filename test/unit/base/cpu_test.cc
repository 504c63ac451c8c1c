#include "runtime/base/cpu.h"

#include <gtest/gtest.h>

namespace wasmedge {
namespace {

TEST(Architecture, HasAName) {
  for (const Architecture one :
       {Architecture::kX86_64, Architecture::kAarch64, Architecture::kRiscv64}) {
    EXPECT_EQ(find_architecture(name_of(one)), one);
  }
  EXPECT_FALSE(find_architecture("sparc"));
  EXPECT_FALSE(find_architecture(""));
}

TEST(Cpu, OfThisMachineBeginsWithTheArchitecture) {
  EXPECT_TRUE(host_cpu().starts_with(name_of(kThisArchitecture)));
  EXPECT_EQ(target_cpu(kThisArchitecture), host_cpu());
  EXPECT_LE(host_cpu().size(), 255u);
}

TEST(Cpu, OfAnotherArchitectureIsWhatAllItsMachinesHave) {
  EXPECT_EQ(parse_target("aarch64").value(), Architecture::kAarch64);
  EXPECT_EQ(target_cpu(Architecture::kAarch64), "aarch64 armv8-a");
  EXPECT_EQ(target_cpu(Architecture::kRiscv64), "riscv64 rv64gc");
  const auto none = parse_target("sparc");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "--target sparc: expected x86_64, aarch64 or riscv64");
}

}  // namespace
}  // namespace wasmedge

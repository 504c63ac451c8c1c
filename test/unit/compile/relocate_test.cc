#include "runtime/compile/relocate.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace wasmedge::compile {
namespace {

struct Case {
  uint32_t type;
  std::vector<uint32_t> before;
  uint64_t from;
  uint64_t to;
  std::vector<uint32_t> after;
};

Result<std::vector<uint32_t>> apply(Relocate relocate, uint32_t type, std::vector<uint32_t> words,
                                    uint64_t from, uint64_t to) {
  TRY(relocate(std::as_writable_bytes(std::span(words)), {.type = type, .from = from, .to = to}));
  return words;
}

void expect_all(Architecture architecture, const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    const auto words = apply(relocate_for(architecture), one.type, one.before, one.from, one.to);
    ASSERT_TRUE(words) << one.type << ": " << words.error().message;
    EXPECT_EQ(*words, one.after) << one.type;
  }
}

void expect_error(Architecture architecture, uint32_t type, std::vector<uint32_t> words,
                  uint64_t to, std::string_view text) {
  const auto done = apply(relocate_for(architecture), type, std::move(words), 0x1000, to);
  ASSERT_FALSE(done) << type;
  EXPECT_NE(done.error().message.find(text), std::string::npos) << done.error().message;
}

// The words are what GNU's assembler and linker make of the same.
TEST(Relocate, Aarch64) {
  expect_all(Architecture::kAarch64,
             {{R_AARCH64_CALL26, {0x94000000}, 0x2000, 0x2010, {0x94000004}},
              {R_AARCH64_JUMP26, {0x14000000}, 0x2010, 0x2000, {0x17fffffc}},
              {R_AARCH64_ADR_PREL_PG_HI21, {0x90000000}, 0x2ff8, 0x5678, {0xf0000000}},
              {R_AARCH64_ADR_PREL_PG_HI21, {0x90000000}, 0x5000, 0x2678, {0xb0ffffe0}},
              {R_AARCH64_ADD_ABS_LO12_NC, {0x91000000}, 0, 0x5678, {0x9119e000}},
              {R_AARCH64_LDST32_ABS_LO12_NC, {0xb9400000}, 0, 0x5678, {0xb9467800}},
              {R_AARCH64_LDST64_ABS_LO12_NC, {0xf9400000}, 0, 0x5678, {0xf9433c00}},
              {R_AARCH64_LDST128_ABS_LO12_NC, {0x3dc00000}, 0, 0x5670, {0x3dc19c00}},
              {R_AARCH64_PREL32, {0}, 0x2000, 0x1ffc, {0xfffffffc}}});
}

TEST(Relocate, Aarch64Refuses) {
  const uint64_t far = 0x1000 + (uint64_t{1} << 27);
  expect_error(Architecture::kAarch64, R_AARCH64_CALL26, {0x94000000}, far, "128 MiB");
  expect_error(Architecture::kAarch64, R_AARCH64_LDST64_ABS_LO12_NC, {0}, 4, "not aligned");
  expect_error(Architecture::kAarch64, R_AARCH64_ABS64, {0, 0}, 4, "not relative");
  expect_error(Architecture::kAarch64, R_AARCH64_PREL64, {0}, 4, "beyond its section");
}

TEST(Relocate, Riscv64) {
  expect_all(
      Architecture::kRiscv64,
      {{R_RISCV_CALL_PLT, {0x00000097, 0x000080e7}, 0x2000, 0x12808, {0x00011097, 0x808080e7}},
       {R_RISCV_CALL_PLT, {0x00000097, 0x000080e7}, 0x2000, 0x1ff0, {0x00000097, 0xff0080e7}},
       {R_RISCV_PCREL_HI20, {0x00000517}, 0x2000, 0x5800, {0x00004517}},
       {R_RISCV_PCREL_LO12_I, {0x00050513}, 0x2000, 0x5800, {0x80050513}},
       {R_RISCV_PCREL_LO12_S, {0x00a53023}, 0x2000, 0x5804, {0x80a53223}},
       {R_RISCV_32_PCREL, {0}, 0x2000, 0x1ffc, {0xfffffffc}},
       {R_RISCV_ADD32, {5}, 0, 0x2000, {0x2005}},
       {R_RISCV_SUB32, {0x2005}, 0, 0x2000, {5}}});
}

TEST(Relocate, Riscv64Refuses) {
  const uint64_t far = 0x1000 + (uint64_t{1} << 31);
  expect_error(Architecture::kRiscv64, R_RISCV_PCREL_HI20, {0x517}, far, "2 GiB");
  expect_error(Architecture::kRiscv64, R_RISCV_CALL_PLT, {0x97}, 4, "beyond its section");
  expect_error(Architecture::kRiscv64, R_RISCV_64, {0, 0}, 4, "not relative");
}

}  // namespace
}  // namespace wasmedge::compile

// Input that wants to crash, hang or exhaust: forged counts, truncations, every byte changed.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "runtime/base/limits.h"
#include "runtime/wasm/opcodes.h"
#include "test/unit/wasm/bytes.h"

namespace wasmedge::wasm {
namespace {

/// A valid module with every section and many kinds of instructions.
Bytes rich_module() {
  const Bytes zero = {0x41, 0, 0x0b};
  // A constant, a load to a lane, a shuffle, a lane.
  const Bytes vectors = Bytes{0xfd, 0x0c} + Bytes(16, 1) + Bytes{0x41, 0, 0xfd, 0x0c} +
                        Bytes(16, 2) + Bytes{0xfd, 0x55, 1, 0, 7, 0xfd, 0x0d} + Bytes(16, 31) +
                        Bytes{0xfd, 0x18, 7, 0x1a};
  const Bytes code = {0x20, 0,    0x04, i32,  0x41, 1,    0x05, 0x03, 0x40, 0x20, 0,    0x0d, 0,
                      0x0b, 0x02, 0x40, 0x02, 0x40, 0x20, 0,    0x0e, 2,    0,    1,    1,    0x0b,
                      0x0b, 0x41, 0,    0x28, 2,    0,    0x0b, 0x1a, 0x41, 0,    0x41, 0,    0x41,
                      0,    0xfc, 8,    0,    0,    0x41, 0,    0x11, 1,    0,    0xd2, 1,    0x1a,
                      0x44, 0,    0,    0,    0,    0,    0,    0xf0, 0x3f, 0xfc, 2,    0x0b};
  const Bytes exceptions = {0x02, 0x69, 0x1f, 0x40, 2,    1,    0,    0,    3,    0,
                            0x08, 0,    0x0b, 0x00, 0x0b, 0x1a, 0x06, 0x40, 0x06, 0x40,
                            0x18, 0,    0x07, 0,    0x09, 0,    0x19, 0x0b};
  const Bytes references = {0xd0, 1,    0xd4, 0x14, 1,    0x02, 0x40, 0xd0, 1,    0xd5, 0,
                            0x1a, 0x0b, 0x41, 0,    0x04, 0x40, 0x20, 0,    0x12, 1,    0x0b};
  const Bytes group = Bytes{0x4e} + vec({Bytes{0x50, 0} + func_type({}, {}),
                                         Bytes{0x4f, 1, 2} + func_type({}, {})});
  return module({
      section(0, name("first")),
      section(1, vec({func_type({i32}, {i32}), func_type({}, {}), group})),
      section(2, vec({name("env") + name("f") + Bytes{0, 1},
                      name("env") + name("g") + Bytes{3, i32, 0}})),
      section(3, vec({{0}})),
      section(4, vec({{funcref, 1, 1, 9}, {0x40, 0, externref, 0, 1, 0xd0, externref, 0x0b}})),
      section(5, vec({{1, 1, 2}})),
      section(13, vec({{0, 1}})),
      section(6, vec({{i32, 1, 0x23, 0, 0x41, 1, 0x6a, 0x0b}})),
      section(7, vec({name("run") + Bytes{0, 1}, name("memory") + Bytes{2, 0}})),
      section(8, {0}),
      section(9, vec({Bytes{0} + zero + Bytes{1, 1}, {5, funcref, 1, 0xd2, 1, 0x0b}})),
      section(12, {2}),
      section(10, vec({sized(Bytes{1, 2, i64} + vectors + exceptions + references + code)})),
      section(11, vec({Bytes{0} + zero + name("hello"), Bytes{1} + name("passive")})),
      section(0, name("name") + section(1, vec({Bytes{1} + name("run")}))),
  });
}

TEST(Hostile, TheRichModuleIsValid) {
  EXPECT_EQ(check(rich_module()), "");
}

TEST(Hostile, EveryTruncation) {
  const Bytes whole = rich_module();
  size_t valid = 0;
  for (size_t size = 0; size < whole.size(); ++size) {
    // A copy of exact size, so that a sanitizer sees a read beyond it.
    const Bytes part(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    const std::string message = check(part);
    if (message.empty())
      ++valid;
    else
      EXPECT_NE(message.find(" module at offset 0x"), std::string::npos) << message;
  }
  // Between sections the rest may be missing, if nothing before refers to it.
  EXPECT_LE(valid, 6U);
}

TEST(Hostile, EveryByteChanged) {
  const Bytes whole = rich_module();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      Bytes changed = whole;
      changed[at] = static_cast<uint8_t>(value);
      const std::string message = check(changed);
      if (!message.empty()) {
        ASSERT_NE(message.find(" module at offset 0x"), std::string::npos) << message;
      }
    }
  }
}

TEST(Hostile, ForgedCountsCostNothing) {
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  const Bytes huge = leb(0xffffffff);
  for (uint8_t id = 1; id <= 12; ++id) {
    EXPECT_NE(check(module({section(id, huge)})), "") << static_cast<int>(id);
    EXPECT_NE(check(module({section(id, huge + Bytes(100, 0))})), "") << static_cast<int>(id);
  }
  EXPECT_NE(check(one_function({}, {}, Bytes{0x41, 0, 0x0e} + huge)), "");
  EXPECT_NE(check(one_function({}, {}, Bytes{0x1c} + huge)), "");
  EXPECT_NE(check(one_function({}, {}, {}, huge)), "");
  EXPECT_NE(check(module({section(1, Bytes{1, 0x60} + huge)})), "");
  EXPECT_NE(check(module({section(9, Bytes{1, 1, 0} + huge)})), "");
  EXPECT_NE(check(module({section(11, Bytes{1, 1} + huge)})), "");
  EXPECT_NE(check(module({section(2, Bytes{1} + huge)})), "");
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 << 10) << "KiB";
}

TEST(Hostile, EveryOpcodeAloneAnswers) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    check(one_function({}, {}, {static_cast<uint8_t>(byte)}));
    for (unsigned sub = 0; sub < 0x120; ++sub) {
      check(one_function({}, {}, Bytes{static_cast<uint8_t>(byte)} + leb(sub)));
      check(one_function({}, {}, Bytes{0x00, static_cast<uint8_t>(byte)} + leb(sub) + Bytes{0, 0}));
    }
  }
}

TEST(Hostile, WideTypesDoNotMultiply) {
  // Blocks and branches over a thousand values each, as many as fit in a function.
  const Bytes wide(kLimits.parameters, i32);
  Bytes gets;
  for (uint32_t i = 0; i < kLimits.parameters; ++i) gets = gets + Bytes{0x20} + leb(i);
  Bytes code = gets;
  for (int i = 0; i < 2000; ++i) code = code + Bytes{0x02, 0};
  Bytes table = Bytes{0x00, 0x0e} + leb(2000);
  for (uint32_t i = 0; i < 2000; ++i) table = table + leb(i);
  code = code + table + leb(0) + Bytes(2000, 0x0b);
  EXPECT_EQ(check(one_function(wide, wide, code)), "");
}

}  // namespace
}  // namespace wasmedge::wasm

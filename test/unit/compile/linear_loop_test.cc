#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "runtime/run/memory.h"
#include "test/unit/compile/guest.h"

// Counted loops over memory, which optimised code runs in another shape than it was given: it must
// say the same as code that nobody optimised, also where counters and addresses wrap.
namespace wasmedge::test {
namespace {

constexpr uint32_t kP = 0, kQ = 1, kI = 2, kBound = 3, kSum = 4;  // locals

Bytes get(uint32_t local) {
  return {0x20, static_cast<uint8_t>(local)};
}
Bytes advance(uint32_t local, int32_t step) {
  return concat({get(local), i32(step), {0x6a, 0x21, static_cast<uint8_t>(local)}});
}
// `local` + `way`, modulo 2^32 and not as an offset.
Bytes address(uint32_t local, int32_t way) {
  return way == 0 ? get(local) : concat({get(local), i32(way), {0x6a}});
}

struct Shape {
  const char* name;
  int32_t stride;
  Bytes (*body)(int32_t way, bool last);
};

Bytes scale(int32_t way, bool /*last*/) {
  return concat({address(kP, way),
                 address(kP, way),
                 {0x28, 0, 0},
                 i32(3),
                 {0x6c},
                 i32(1),
                 {0x6a, 0x36, 0, 0}});
}
Bytes scale_differently(int32_t way, bool last) {
  return concat({address(kP, way),
                 address(kP, way),
                 {0x28, 0, 0},
                 i32(3),
                 {0x6c},
                 i32(last ? 2 : 1),
                 {0x6a, 0x36, 0, 0}});
}
Bytes copy(int32_t way, bool /*last*/) {
  return concat({address(kQ, way), address(kP, way), {0x28, 0, 0}, i32(7), {0x6a, 0x36, 0, 0}});
}
Bytes copy_bytes(int32_t way, bool /*last*/) {
  return concat({address(kQ, way), address(kP, way), {0x2d, 0, 0}, i32(7), {0x6a, 0x3a, 0, 0}});
}
Bytes sum(int32_t way, bool /*last*/) {
  return concat({get(kSum), i32(5), {0x6c}, address(kP, way), {0x28, 0, 0, 0x6a, 0x21, kSum}});
}
Bytes sum_before_last(int32_t way, bool last) {
  return last ? concat({address(kP, way), {0x28, 0, 0, 0x1a}}) : sum(way, last);
}

constexpr Shape kShapes[] = {
    {"scale", 4, scale},  {"backwards", -4, scale},
    {"apart", 12, scale}, {"odd", 4, scale_differently},
    {"copy", 4, copy},    {"bytes", 1, copy_bytes},
    {"sum", 4, sum},      {"short", 4, sum_before_last},
};

struct Count {
  uint8_t compare;  // opcode: the loop goes on while `i` compares so with the bound
  int32_t step;
  int32_t start;
  int32_t bound;
};

constexpr uint8_t kNe = 0x47, kLtS = 0x48, kLtU = 0x49, kGtS = 0x4a, kGtU = 0x4b, kLeS = 0x4c,
                  kLeU = 0x4d, kGeS = 0x4e, kGeU = 0x4f;
constexpr Count kCounts[] = {
    {kLtS, 1, 0, 100},
    {kLtS, 4, 0, 100},
    {kLtS, 4, 0, 101},
    {kLtS, 4, 7, -100},
    {kLtS, 3, -50, 51},
    {kLeS, 4, 0, 100},
    {kLeS, 4, 0, INT32_MAX - 1},
    {kGtS, -3, 100, 0},
    {kGtS, -3, INT32_MIN + 70, INT32_MIN + 1},
    {kGeS, -4, 100, -9},
    {kLtU, 4, 0, 100},
    {kLtU, 4, -200, -1},  // close to 2^32: the counter wraps
    {kLeU, 4, -200, -4},
    {kGtU, -5, 300, 17},
    {kGeU, -2, 60, 1},  // passes 0
    {kGeU, -2, 60, 0},  // for ever
    {kNe, 1, 0, 77},
    {kNe, 4, 0, 128},
    {kNe, 4, 0, 130},  // never
    {kNe, -4, 128, -4},
    {kNe, 8, -64, 64},
};
constexpr int32_t kUnrolled[] = {1, 2, 3, 4, 8};

Bytes loop(const Shape& shape, const Count& count, int32_t times) {
  Bytes code = {0x03, 0x40};
  for (int32_t i = 0; i < times; ++i) append(code, shape.body(i * shape.stride, i == times - 1));
  for (const uint32_t pointer : {kP, kQ}) append(code, advance(pointer, times * shape.stride));
  append(code,
         concat({advance(kI, count.step), get(kI), get(kBound), {count.compare, 0x0d, 0, 0x0b}}));
  // What the loop leaves behind counts too.
  append(code, concat({get(kSum), get(kP), i32(31), {0x6c, 0x6a}, get(kI), {0x6a}}));
  return code;
}

std::string name_of(const Shape& shape, const Count& count, int32_t times) {
  return fmt::format("{} x{}, {:#x} by {}", shape.name, times, count.compare, count.step);
}

Bytes loops(uint32_t pages) {
  ModuleBytes module;
  const uint32_t type = module.type({kI32, kI32, kI32, kI32}, {kI32});
  module.memory(concat({{0x00}, leb(pages)}));
  module.export_memory("memory");
  std::vector<std::string> names;
  for (const Shape& shape : kShapes) {
    for (const Count& count : kCounts) {
      for (const int32_t times : kUnrolled) {
        const std::string name = name_of(shape, count, times);
        if (std::ranges::find(names, name) != names.end()) continue;
        names.push_back(name);
        module.export_function(name, module.function(type, loop(shape, count, times), {{1, kI32}}));
      }
    }
  }
  return module.bytes();
}

/// A guest whose memory's ends are compared.
class Side {
 public:
  Side(const Bytes& module, compile::Quality quality) : guest_(module, quality) {}

  void fill() {
    for (const std::span<std::byte> part : ends()) {
      for (size_t i = 0; i < part.size(); ++i) part[i] = static_cast<std::byte>(i * 37 + (i >> 8));
    }
  }
  run::Outcome call(const std::string& function, std::vector<run::Value>& values) {
    return guest_.call(function, values);
  }
  bool same(Side& other) {
    const auto mine = ends(), theirs = other.ends();
    return std::ranges::equal(mine[0], theirs[0]) && std::ranges::equal(mine[1], theirs[1]);
  }

 private:
  std::array<std::span<std::byte>, 2> ends() {
    constexpr size_t kPart = 16384;
    const std::span<std::byte> all = guest_.instance().find_memory("memory")->bytes();
    return {all.first(kPart), all.last(kPart)};
  }
  Guest guest_;
};

// Whether it ends within `most` turns.
bool ends_within(int most, const Count& count) {
  if (most == INT32_MAX) return true;
  const auto goes_on = [&](uint32_t i) {
    const auto bound = static_cast<uint32_t>(count.bound);
    const auto si = static_cast<int32_t>(i);
    switch (count.compare) {
      case kNe:
        return i != bound;
      case kLtS:
        return si < count.bound;
      case kLtU:
        return i < bound;
      case kGtS:
        return si > count.bound;
      case kGtU:
        return i > bound;
      case kLeS:
        return si <= count.bound;
      case kLeU:
        return i <= bound;
      case kGeS:
        return si >= count.bound;
      default:
        return i >= bound;
    }
  };
  auto i = static_cast<uint32_t>(count.start);
  for (int turn = 0; turn < most; ++turn) {
    i += static_cast<uint32_t>(count.step);
    if (!goes_on(i)) return true;
  }
  return false;
}

void compare(Side& best, Side& plain, uint32_t p, uint32_t q, int most_turns) {
  for (const Shape& shape : kShapes) {
    for (const Count& count : kCounts) {
      if (!ends_within(most_turns, count)) continue;
      for (const int32_t times : kUnrolled) {
        SCOPED_TRACE(fmt::format("{} from {} to {}, p {} q {}", name_of(shape, count, times),
                                 count.start, count.bound, p, q));
        std::vector<run::Value> mine(4);
        mine[0].i32 = p;
        mine[1].i32 = q;
        mine[2].i32 = static_cast<uint32_t>(count.start);
        mine[3].i32 = static_cast<uint32_t>(count.bound);
        std::vector<run::Value> theirs = mine;
        best.fill();
        plain.fill();
        const run::Outcome a = best.call(name_of(shape, count, times), mine);
        const run::Outcome b = plain.call(name_of(shape, count, times), theirs);
        ASSERT_EQ(a.returned(), b.returned());
        if (!a.returned()) continue;  // what the last turns wrote is unspecified
        EXPECT_EQ(mine[0].i32, theirs[0].i32);
        EXPECT_TRUE(best.same(plain));
      }
    }
  }
}

// A page of memory: what would go on for ever traps.
TEST(LinearLoops, SayWhatPlainOnesSay) {
  const Bytes module = loops(1);
  Side best(module, compile::Quality::kBest);
  Side plain(module, compile::Quality::kNone);
  constexpr int kAny = INT32_MAX;
  compare(best, plain, 8192, 8192 + 4, kAny);  // a copy that repeats what it wrote
  compare(best, plain, 8193, 8193 - 4, kAny);
  compare(best, plain, 4096, 12288, kAny);
  compare(best, plain, 65536 - 512, 4096, kAny);
}

// All that 32 bits can address is memory, so that addresses wrap and nothing traps.
TEST(LinearLoops, WrapAroundTheEndOfMemory) {
  const Bytes module = loops(65536);
  Side best(module, compile::Quality::kBest);
  Side plain(module, compile::Quality::kNone);
  compare(best, plain, 0U - 64, 4096, 1000);
  compare(best, plain, 4096, 0U - 130, 1000);
  compare(best, plain, 48, 40, 1000);  // backwards
}

}  // namespace
}  // namespace wasmedge::test

#include "runtime/base/limits.h"
#include "test/unit/compile/guest.h"

// Memories whose bounds are checked by code: 64-bit addresses, pages of one byte.
namespace wasmedge::test {
namespace {

using run::TrapCode;

constexpr uint64_t kMost = ~uint64_t{0};
constexpr uint64_t kReserved = kLimits.memory64_bytes;

/// Exports accesses of memory 0 by an address of `address` type: a load of 4 bytes for each of
/// `offsets` ("load0", "load1", …), and size, grow and a store.
ModuleBytes accesses(uint8_t address, const std::vector<uint64_t>& offsets) {
  ModuleBytes module;
  const uint32_t load = module.type({address}, {kI32});
  for (size_t i = 0; i < offsets.size(); ++i) {
    module.export_function("load" + std::to_string(i),
                           module.function(load, concat({{0x20, 0, 0x28, 0}, leb(offsets[i])})));
  }
  module.export_function("dead", module.function(load, {0x20, 0, 0x28, 0, 0, 0x1a, 0x41, 0}));
  module.export_function("byte", module.function(load, {0x20, 0, 0x2d, 0, 0}));
  module.export_function("size", module.function(module.type({}, {address}), {0x3f, 0}));
  module.export_function("grow",
                         module.function(module.type({address}, {address}), {0x20, 0, 0x40, 0}));
  module.export_function(
      "store", module.function(module.type({address, kI32}, {}), {0x20, 0, 0x20, 1, 0x36, 0, 0}));
  module.export_function("fill", module.function(module.type({address, kI32, address}, {}),
                                                 {0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 11, 0}));
  return module;
}

void expect_out_of_bounds(Guest& guest, std::string_view function, uint64_t address) {
  EXPECT_EQ(guest.trap(function, {address}).code, TrapCode::kMemoryOutOfBounds)
      << function << " at " << address;
}

TEST_P(BothQualities, Addresses64) {
  ModuleBytes module = accesses(kI64, {0, 4, 0xffff'ffff, 0x1'0000'0000, kReserved / 2,
                                       kReserved - 1, kReserved, kMost - 3, kMost});
  module.memory({0x04, 1});
  Guest guest(module.bytes(), GetParam());
  std::vector<run::Value> arguments(2);
  arguments[0].i64 = 65532;
  arguments[1].i32 = 0x01020304;
  ASSERT_TRUE(guest.call("store", arguments).returned());
  EXPECT_EQ(static_cast<uint32_t>(guest.result("load0", {65532})), 0x01020304u);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("load1", {65528})), 0x01020304u);
  for (const uint64_t address : {uint64_t{65533}, uint64_t{65536}, uint64_t{0x1'0000'0000},
                                 uint64_t{0x1'0000'fffc}, kReserved - 4, kReserved - 1, kReserved,
                                 kReserved + 65536, uint64_t{1} << 63, kMost - 4, kMost}) {
    for (const char* function : {"load0", "load1", "dead", "byte"}) {
      if (address == 65533 && function == std::string_view("byte")) continue;
      expect_out_of_bounds(guest, function, address);
    }
  }
  // Sums that would wrap to an address of the memory.
  expect_out_of_bounds(guest, "load2", kMost - 0xffff'fffe);
  expect_out_of_bounds(guest, "load3", 0 - uint64_t{0x1'0000'0000});
  expect_out_of_bounds(guest, "load4", 0 - kReserved / 2);
  expect_out_of_bounds(guest, "load5", 0 - (kReserved - 1));
  expect_out_of_bounds(guest, "load6", 0 - kReserved);
  expect_out_of_bounds(guest, "load7", 4);
  expect_out_of_bounds(guest, "load8", 1);
  for (int i = 2; i < 9; ++i) expect_out_of_bounds(guest, "load" + std::to_string(i), 0);
}

TEST_P(BothQualities, Memory64GrowsBeyond4GiB) {
  ModuleBytes module = accesses(kI64, {0, 0xffff'ffff, 0x1'0000'0000});
  module.memory({0x04, 1});
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(guest.result("grow", {uint64_t{1} << 48}), kMost);
  EXPECT_EQ(guest.result("grow", {kMost}), kMost);
  EXPECT_EQ(guest.result("size"), 1u);
  EXPECT_EQ(guest.result("grow", {65536}), 1u);
  EXPECT_EQ(guest.result("size"), 65537u);
  const uint64_t last = 0x1'0000'fffc;
  std::vector<run::Value> arguments(2);
  arguments[0].i64 = last;
  arguments[1].i32 = 5;
  ASSERT_TRUE(guest.call("store", arguments).returned());
  EXPECT_EQ(static_cast<uint32_t>(guest.result("load0", {last})), 5u);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("load1", {last - 0xffff'ffff})), 5u);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("load2", {last - 0x1'0000'0000})), 5u);
  expect_out_of_bounds(guest, "load0", last + 1);
  expect_out_of_bounds(guest, "load1", last + 1 - 0xffff'ffff);
  expect_out_of_bounds(guest, "load2", last + 1 - 0x1'0000'0000);
  std::vector<run::Value> fill(3);
  fill[0].i64 = last;
  fill[1].i32 = 0xff;
  fill[2].i64 = kMost - last + 5;  // their sum wraps
  EXPECT_EQ(guest.call("fill", fill).trap.code, TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("load0", {last})), 5u);
}

TEST_P(BothQualities, AMemoryTooLargeToMakeIsAnError) {
  ModuleBytes module;
  module.memory(concat({{0x04}, leb(uint64_t{1} << 48)}));
  module.data({0x00, 0x42, 0, 0x0b, 1, 'x'});
  try {
    const Guest guest(module.bytes(), GetParam());
    FAIL() << "a memory of 2^64 bytes";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(),
                 "a memory of 281474976710656 pages of 64 KiB is over the limit of 256 GiB");
  }
}

// Beyond 2 GiB, where a signed 32-bit address would be negative, bulk instructions end as others
// do.
TEST_P(BothQualities, BulkAddressesFromTwoGiB) {
  ModuleBytes module;
  const uint32_t type = module.type({kI32, kI32, kI32}, {});
  const Bytes operands = {0x20, 0, 0x20, 1, 0x20, 2};
  module.memory({0x00, 1});
  module.data({0x01, 4, 'd', 'a', 't', 'a'});
  module.export_function("fill", module.function(type, concat({operands, {0xfc, 11, 0}})));
  module.export_function("copy", module.function(type, concat({operands, {0xfc, 10, 0, 0}})));
  module.export_function("init", module.function(type, concat({operands, {0xfc, 8, 0, 0}})));
  Guest guest(module.bytes(), GetParam());
  for (const char* function : {"fill", "copy", "init"}) {
    for (const uint64_t address : {0x7fffffffU, 0x80000000U, 0xfffffffdU, 0xffffffffU}) {
      for (const uint64_t count : {0U, 4U}) {
        EXPECT_EQ(guest.trap(function, {address, 0, count}).code, TrapCode::kMemoryOutOfBounds)
            << function << " " << address << " " << count;
      }
    }
    EXPECT_EQ(guest.trap(function, {0, 0, 0x80000000}).code, TrapCode::kMemoryOutOfBounds);
  }
}

TEST_P(BothQualities, ATableTooLargeToMakeIsAnError) {
  for (const uint64_t size : {uint64_t{10'000'001}, uint64_t{0xffff'ffff}}) {
    ModuleBytes module;
    module.table(concat({{kFuncref, 0x00}, leb(size)}));
    try {
      const Guest guest(module.bytes(), GetParam());
      FAIL() << "a table of " << size << " elements";
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find("is over the limit of 10000000"), std::string::npos)
          << error.what();
    }
  }
}

// An index or count is never cut to 32 bits.
TEST_P(BothQualities, Table64) {
  ModuleBytes module;
  const uint32_t get = module.type({}, {kI32});
  const uint32_t unary = module.type({kI64}, {kI32});
  const uint32_t grow = module.type({kI64}, {kI64});
  module.function(get, i32(42));
  module.export_function("call", module.function(unary, concat({{0x20, 0, 0x11}, leb(get), {0}})));
  module.export_function("is_null", module.function(unary, {0x20, 0, 0x25, 0, 0xd1}));
  module.export_function("grow", module.function(grow, {0xd0, kFuncref, 0x20, 0, 0xfc, 15, 0}));
  module.table({kFuncref, 0x04, 4});
  module.element(concat({{0x00}, i64(0), {0x0b, 1, 0}}));
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(static_cast<uint32_t>(guest.result("call", {0})), 42u);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("is_null", {1})), 1u);
  for (const uint64_t index : {uint64_t{4}, uint64_t{1} << 32, uint64_t{1} << 61, kMost}) {
    EXPECT_EQ(guest.trap("call", {index}).code, TrapCode::kUndefinedElement) << index;
    EXPECT_EQ(guest.trap("is_null", {index}).code, TrapCode::kTableOutOfBounds) << index;
    if (index > 4) {
      EXPECT_EQ(guest.result("grow", {index}), kMost) << index;
    }
  }
  EXPECT_EQ(guest.result("grow", {1}), 4u);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("is_null", {4})), 1u);
}

// A segment for the module's own memory, which is not memory 0.
TEST_P(BothQualities, DataBesideAnImportedMemory) {
  ModuleBytes module;
  module.import_memory("env", "memory", {0x00, 1});
  module.memory({0x00, 1});
  module.data(concat({{0x02, 1}, i32(8), {0x0b, 1, 'x'}}));
  module.data(concat({{0x00}, i32(9), {0x0b, 1, 'y'}}));
  module.export_function("own",
                         module.function(module.type({kI32}, {kI32}), {0x20, 0, 0x2d, 0x40, 1, 0}));
  run::Store owner;
  run::Memory* memory = owner.add_memory({{.min = 1, .max = {}}, 16}).value();
  Guest guest(build(module.bytes(), GetParam()),
              [memory](const run::ImportRequest&) -> std::optional<run::Extern> { return memory; });
  EXPECT_EQ(static_cast<uint32_t>(guest.result("own", {8})), uint32_t{'x'});
  EXPECT_EQ(static_cast<uint32_t>(guest.result("own", {9})), 0u);
  EXPECT_EQ(memory->bytes()[8], std::byte{0});
  EXPECT_EQ(memory->bytes()[9], std::byte{'y'});
}

TEST_P(BothQualities, PagesOfAByte) {
  ModuleBytes module = accesses(kI32, {0, 1, 4, 0xffff'ffff});
  module.memory({0x08, 6, 0});
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(static_cast<uint32_t>(guest.result("size")), 6u);
  EXPECT_EQ(guest.result("load0", {2}), 0u);
  EXPECT_EQ(guest.result("load1", {1}), 0u);
  EXPECT_EQ(guest.result("byte", {5}), 0u);
  for (const uint64_t address : {3u, 5u, 6u, 4095u, 65535u, 0x8000'0000u, 0xffff'ffffu}) {
    expect_out_of_bounds(guest, "load0", address);
    expect_out_of_bounds(guest, "dead", address);
    expect_out_of_bounds(guest, "load2", address);
    expect_out_of_bounds(guest, "load3", address);
  }
  expect_out_of_bounds(guest, "byte", 6);
  expect_out_of_bounds(guest, "load1", 2);
  expect_out_of_bounds(guest, "load2", 0);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("grow", {2})), 6u);
  EXPECT_EQ(guest.result("load2", {0}), 0u);
  expect_out_of_bounds(guest, "load2", 1);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("grow", {0xffff'ffff})), 0xffff'ffffu);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("grow", {0xffff'ffff - 8})), 8u);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("size")), 0xffff'ffffu);
  EXPECT_EQ(guest.result("byte", {0xffff'fffe}), 0u);
  expect_out_of_bounds(guest, "byte", 0xffff'ffff);
}

TEST_P(BothQualities, PagesOfAByteWith64BitAddresses) {
  ModuleBytes module = accesses(kI64, {0, 3, kMost - 3, kMost});
  module.memory({0x0c, 7, 0});
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(static_cast<uint32_t>(guest.result("load0", {3})), 0u);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("load1", {0})), 0u);
  for (const uint64_t address : {uint64_t{4}, uint64_t{7}, uint64_t{0x1'0000'0000}, kReserved,
                                 uint64_t{1} << 63, kMost - 3, kMost}) {
    expect_out_of_bounds(guest, "load0", address);
    expect_out_of_bounds(guest, "load1", address);
  }
  for (const uint64_t address : {uint64_t{0}, uint64_t{1}, uint64_t{4}, kMost}) {
    expect_out_of_bounds(guest, "load2", address);
    expect_out_of_bounds(guest, "load3", address);
  }
}

}  // namespace
}  // namespace wasmedge::test

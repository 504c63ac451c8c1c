#include "runtime/wasm/reader.h"

#include <gtest/gtest.h>

#include "test/unit/wasm/bytes.h"

namespace wasmedge::wasm {
namespace {

/// What is left to say after reading all of `bytes` with `read`.
template <typename Read>
std::string error_of(const Bytes& bytes, const Read& read) {
  Reader reader(std::as_bytes(std::span(bytes)));
  read(reader);
  return reader.ok() ? "" : reader.status().error().message;
}

uint64_t unsigned_of(const Bytes& bytes) {
  Reader reader(std::as_bytes(std::span(bytes)));
  const uint64_t value = reader.u64();
  EXPECT_TRUE(reader.ok() && reader.done());
  return value;
}

int64_t signed_of(const Bytes& bytes) {
  Reader reader(std::as_bytes(std::span(bytes)));
  const int64_t value = reader.s64();
  EXPECT_TRUE(reader.ok() && reader.done());
  return value;
}

TEST(Reader, Leb128Values) {
  EXPECT_EQ(unsigned_of({0x00}), 0U);
  EXPECT_EQ(unsigned_of({0xe5, 0x8e, 0x26}), 624485U);
  EXPECT_EQ(unsigned_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), ~0ULL);
  EXPECT_EQ(signed_of({0x7f}), -1);
  EXPECT_EQ(signed_of({0xc0, 0xbb, 0x78}), -123456);
  EXPECT_EQ(signed_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}), INT64_MIN);
  EXPECT_EQ(signed_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00}), INT64_MAX);
}

TEST(Reader, LongFormsUpToTheWidthAreFine) {
  const Bytes zero = {0x80, 0x80, 0x80, 0x80, 0x00};
  EXPECT_EQ(error_of(zero, [](Reader& r) { EXPECT_EQ(r.u32(), 0U); }), "");
  const Bytes minus_one = {0xff, 0xff, 0xff, 0xff, 0x7f};
  EXPECT_EQ(error_of(minus_one, [](Reader& r) { EXPECT_EQ(r.s32(), -1); }), "");
  EXPECT_EQ(error_of(minus_one, [](Reader& r) { EXPECT_EQ(r.s33(), -1); }), "");
}

TEST(Reader, OverlongAndOverflowing) {
  const std::string too_long = "malformed module at offset 0x0: integer representation too long";
  const std::string too_large = "malformed module at offset 0x0: integer too large";
  const auto u32 = [](Reader& r) { r.u32(); };
  const auto s32 = [](Reader& r) { r.s32(); };
  const auto s33 = [](Reader& r) { r.s33(); };
  const auto u64 = [](Reader& r) { r.u64(); };
  const auto s64 = [](Reader& r) { r.s64(); };
  EXPECT_EQ(error_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, u32), too_long);
  EXPECT_EQ(error_of({0x80, 0x80, 0x80, 0x80, 0x10}, u32), too_large);
  EXPECT_EQ(error_of({0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, s32), too_long);
  EXPECT_EQ(error_of({0x80, 0x80, 0x80, 0x80, 0x08}, s32), too_large);
  EXPECT_EQ(error_of({0xff, 0xff, 0xff, 0xff, 0x77}, s32), too_large);
  EXPECT_EQ(error_of({0x80, 0x80, 0x80, 0x80, 0x08}, s33), "");
  EXPECT_EQ(error_of({0x80, 0x80, 0x80, 0x80, 0x10}, s33), too_large);
  const Bytes nine(9, 0x80);
  EXPECT_EQ(error_of(nine + Bytes{0x02}, u64), too_large);
  EXPECT_EQ(error_of(nine + Bytes{0x80, 0x00}, u64), too_long);
  EXPECT_EQ(error_of(nine + Bytes{0x01}, s64), too_large);
  EXPECT_EQ(error_of(nine + Bytes{0x7e}, s64), too_large);
}

TEST(Reader, TheFirstErrorStays) {
  const Bytes bytes = {0x80};
  Reader reader(std::as_bytes(std::span(bytes)));
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_TRUE(reader.done());
  reader.malformed(7, "something else");
  EXPECT_EQ(reader.byte(), 0);
  EXPECT_EQ(reader.status().error().message, "malformed module at offset 0x1: unexpected end");
}

TEST(Reader, CountsAreComparedWithWhatIsLeft) {
  const Bytes forged = leb(0xffffffff) + Bytes{1, 2, 3};
  EXPECT_EQ(error_of(forged, [](Reader& r) { EXPECT_EQ(r.count(10, "things"), 0U); }),
            "malformed module at offset 0x0: unexpected end: 4294967295 things, but 3 bytes are "
            "left");
  const Bytes many = leb(20) + Bytes(20, 0);
  Reader reader(std::as_bytes(std::span(many)));
  EXPECT_EQ(reader.count(10, "things"), 0U);
  EXPECT_EQ(reader.status().error().code, ErrorCode::kResourceExhausted);
}

TEST(Reader, Utf8) {
  const auto utf8 = [](const Bytes& bytes) { return is_utf8(std::as_bytes(std::span(bytes))); };
  EXPECT_TRUE(utf8({}));
  EXPECT_TRUE(utf8({'a', 0xc2, 0x80, 0xdf, 0xbf}));
  EXPECT_TRUE(utf8({0xe0, 0xa0, 0x80, 0xed, 0x9f, 0xbf, 0xee, 0x80, 0x80}));
  EXPECT_TRUE(utf8({0xf0, 0x90, 0x80, 0x80, 0xf4, 0x8f, 0xbf, 0xbf}));
  for (const Bytes& bad : std::initializer_list<Bytes>{{0x80},
                                                       {0xc0, 0x80},
                                                       {0xc1, 0xbf},
                                                       {0xc2},
                                                       {0xc2, 0x20},
                                                       {0xe0, 0x9f, 0xbf},
                                                       {0xed, 0xa0, 0x80},
                                                       {0xe1, 0x80},
                                                       {0xe1, 0x80, 0x20},
                                                       {0xf0, 0x8f, 0xbf, 0xbf},
                                                       {0xf4, 0x90, 0x80, 0x80},
                                                       {0xf5, 0x80, 0x80, 0x80},
                                                       {0xff}}) {
    EXPECT_FALSE(utf8(bad)) << static_cast<int>(bad[0]);
  }
}

}  // namespace
}  // namespace wasmedge::wasm

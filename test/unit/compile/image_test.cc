#include "runtime/compile/image.h"

#include <gtest/gtest.h>

namespace wasmedge::compile {
namespace {

/// A module of one memory, whose segments are runs of "abcdefgh".
class Image : public testing::Test {
 protected:
  Image() {
    module_.bytes = std::as_bytes(std::span(kBytes, sizeof(kBytes) - 1));
    module_.memories.emplace_back().type.limits.min = 1;
  }

  wasm::DataSegment& add(uint64_t offset, uint32_t first, uint32_t size) {
    wasm::DataSegment& segment = module_.data.emplace_back();
    segment.offset.bits = offset;
    segment.bytes = {.offset = first, .size = size};
    return segment;
  }

  static constexpr char kBytes[] = "abcdefgh";
  wasm::Module module_;
};

TEST_F(Image, BeginsAtThePageOfTheFirstByte) {
  add(5000, 0, 4);
  const auto image = make_image(module_);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->address, 4096u);
  ASSERT_EQ(image->bytes.size(), 5004u - 4096u);
  EXPECT_EQ(image->bytes[5000 - 4096], std::byte{'a'});
  EXPECT_EQ(image->bytes[0], std::byte{0});
}

TEST_F(Image, LaterSegmentsWin) {
  add(0, 0, 4);
  add(2, 4, 4);
  const auto image = make_image(module_);
  ASSERT_TRUE(image);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(image->bytes.data()), 6), "abefgh");
}

TEST_F(Image, ReachesTheMemorysLastByteAndNoFurther) {
  add(65536 - 4, 0, 4);
  EXPECT_TRUE(make_image(module_));
  add(65536 - 3, 0, 4);
  EXPECT_FALSE(make_image(module_)) << "instantiation is what traps";
}

TEST_F(Image, OffsetsNearTheTopDoNotWrap) {
  add(~uint64_t{0} - 1, 0, 4);
  EXPECT_FALSE(make_image(module_));
}

TEST_F(Image, AllOrNothing) {
  add(0, 0, 4);
  add(0, 0, 4).offset.kind = wasm::ConstExpr::Kind::kGlobalGet;
  EXPECT_FALSE(make_image(module_));
}

TEST_F(Image, PassiveSegmentsAreNotInIt) {
  add(0, 0, 8).mode = wasm::SegmentMode::kPassive;
  const auto image = make_image(module_);
  ASSERT_TRUE(image);
  EXPECT_TRUE(image->bytes.empty());
}

TEST_F(Image, SegmentsFarApartAreLeftToInstantiation) {
  module_.memories[0].type.limits.min = 65536;
  add(0, 0, 4);
  add(uint64_t{3} << 30, 0, 4);
  EXPECT_FALSE(make_image(module_));
}

TEST_F(Image, NoneForImportedMemories) {
  module_.memories[0].imported = true;
  add(0, 0, 4);
  EXPECT_FALSE(make_image(module_));
}

}  // namespace
}  // namespace wasmedge::compile

#include "shim/rpc/frame.h"

#include <gtest/gtest.h>

#include "test/unit/rpc/bytes.h"

namespace wasmedge::rpc {
namespace {

TEST(Frame, EncodesTheHeaderBigEndian) {
  const std::string bytes = encode_frame(FrameType::kRequest, 0x01020305, "abc");
  EXPECT_EQ(bytes, std::string("\0\0\0\x03\x01\x02\x03\x05\x01\0abc", 13));
}

TEST(Frame, ReadsBackWhatItEncodes) {
  const auto frames = frames_in(encode_frame(FrameType::kResponse, 7, "payload"));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].stream, 7U);
  EXPECT_EQ(frames[0].type, 2);
  EXPECT_EQ(frames[0].flags, 0);
  EXPECT_EQ(frames[0].data, "payload");
  EXPECT_EQ(frames[0].oversized, 0U);
}

TEST(Frame, EmptyDataIsAFrame) {
  const auto frames = frames_in(raw_header(0, 1, 1) + raw_header(0, 3, 1));
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[1].stream, 3U);
  EXPECT_EQ(frames[1].data, "");
}

TEST(Frame, SplitAtEveryByteGivesTheSameFrames) {
  const std::string bytes = encode_frame(FrameType::kRequest, 1, "first") +
                            encode_frame(FrameType::kRequest, 3, "") +
                            encode_frame(FrameType::kData, 5, std::string(300, 'x'));
  for (size_t cut = 0; cut <= bytes.size(); cut++) {
    FrameReader reader;
    std::vector<Frame> frames;
    for (const std::string& part : {bytes.substr(0, cut), bytes.substr(cut)}) {
      auto input = as_bytes(part);
      while (auto frame = reader.next(input)) frames.push_back(std::move(*frame));
      EXPECT_TRUE(input.empty());
    }
    ASSERT_EQ(frames.size(), 3U) << "cut at " << cut;
    EXPECT_EQ(frames[0].data, "first");
    EXPECT_EQ(frames[2].data.size(), 300U);
    EXPECT_TRUE(reader.idle());
  }
}

TEST(Frame, ByteByByte) {
  const std::string bytes =
      encode_frame(FrameType::kRequest, 1, "one") + encode_frame(FrameType::kRequest, 3, "three");
  FrameReader reader;
  std::vector<std::string> data;
  for (const char& byte : bytes) {
    auto input = as_bytes(std::string_view(&byte, 1));
    while (auto frame = reader.next(input)) data.push_back(frame->data);
  }
  EXPECT_EQ(data, (std::vector<std::string>{"one", "three"}));
}

TEST(Frame, DataAtTheLimitPassesAndOneMoreIsDiscarded) {
  const std::string most(kMaxFrameData, 'm');
  const auto frames =
      frames_in(encode_frame(FrameType::kRequest, 1, most) + raw_header(kMaxFrameData + 1, 3, 1) +
                most + "!" + encode_frame(FrameType::kRequest, 5, "after"));
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0].data.size(), kMaxFrameData);
  EXPECT_EQ(frames[0].oversized, 0U);
  EXPECT_EQ(frames[1].stream, 3U);
  EXPECT_EQ(frames[1].oversized, kMaxFrameData + 1);
  EXPECT_TRUE(frames[1].data.empty());
  EXPECT_EQ(frames[2].data, "after");
}

TEST(Frame, AFrameWaitsForItsData) {
  FrameReader reader;
  const std::string bytes = raw_header(kMaxFrameData, 1, 1) + "few";
  auto input = as_bytes(bytes);
  EXPECT_FALSE(reader.next(input));
  EXPECT_TRUE(input.empty());
  EXPECT_FALSE(reader.idle());
}

TEST(Frame, TheLargestLengthIsDiscardedToItsEnd) {
  FrameReader reader;
  const std::string header = raw_header(UINT32_MAX, 9, 1);
  auto input = as_bytes(header);
  EXPECT_FALSE(reader.next(input));
  const std::string chunk(size_t{1} << 20, 'z');
  for (uint64_t left = UINT32_MAX; left > 0;) {
    const size_t count = std::min<uint64_t>(left, chunk.size());
    left -= count;
    auto part = as_bytes(std::string_view(chunk).substr(0, count));
    const auto frame = reader.next(part);
    ASSERT_EQ(frame.has_value(), left == 0);
    if (frame) {
      EXPECT_EQ(frame->oversized, UINT32_MAX);
    }
  }
  EXPECT_TRUE(reader.idle());
}

}  // namespace
}  // namespace wasmedge::rpc

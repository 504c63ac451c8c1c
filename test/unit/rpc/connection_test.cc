#include "shim/rpc/connection.h"

#include <gtest/gtest.h>

#include "test/unit/rpc/bytes.h"

namespace wasmedge::rpc {
namespace {

/// The one status that `replies` holds, as code.
StatusCode only_status(const std::string& replies, uint32_t stream) {
  const auto frames = frames_in(replies);
  EXPECT_EQ(frames.size(), 1U);
  if (frames.size() != 1) return StatusCode::kUnknown;
  EXPECT_EQ(frames[0].stream, stream);
  EXPECT_EQ(frames[0].type, static_cast<uint8_t>(FrameType::kResponse));
  return static_cast<StatusCode>(response_in(frames[0]).status().code());
}

TEST(Connection, DecodesACall) {
  Connection connection;
  const std::string payload("p\0q", 3);
  const auto received = connection.receive(as_bytes(request_frame(1, "s", "m", payload, 5)));
  ASSERT_EQ(received.calls.size(), 1U);
  EXPECT_EQ(received.calls[0].stream, 1U);
  EXPECT_EQ(received.calls[0].service, "s");
  EXPECT_EQ(received.calls[0].method, "m");
  EXPECT_EQ(received.calls[0].payload, payload);
  EXPECT_EQ(received.calls[0].timeout_nano, 5);
  EXPECT_TRUE(received.replies.empty());
}

TEST(Connection, AnEmptyRequestIsACallOfNothing) {
  Connection connection;
  const auto received = connection.receive(as_bytes(encode_frame(FrameType::kRequest, 1, "")));
  ASSERT_EQ(received.calls.size(), 1U);
  EXPECT_EQ(received.calls[0].service, "");
}

TEST(Connection, SplitAtEveryByte) {
  const std::string bytes = request_frame(1, "a", "b", "c") + request_frame(3, "d", "e", "f");
  for (size_t cut = 0; cut <= bytes.size(); cut++) {
    Connection connection;
    size_t calls = 0;
    for (const std::string& part : {bytes.substr(0, cut), bytes.substr(cut)}) {
      const auto received = connection.receive(as_bytes(part));
      calls += received.calls.size();
      EXPECT_TRUE(received.replies.empty());
    }
    EXPECT_EQ(calls, 2U) << "cut at " << cut;
  }
}

TEST(Connection, StreamIdsAreOddAndIncreasing) {
  Connection connection;
  const auto send = [&](uint32_t stream) {
    return connection.receive(as_bytes(request_frame(stream, "s", "m", "")));
  };
  EXPECT_EQ(only_status(send(0).replies, 0), StatusCode::kInvalidArgument);
  EXPECT_EQ(only_status(send(2).replies, 2), StatusCode::kInvalidArgument);
  EXPECT_EQ(send(5).calls.size(), 1U);
  EXPECT_EQ(only_status(send(5).replies, 5), StatusCode::kInvalidArgument);
  EXPECT_EQ(only_status(send(3).replies, 3), StatusCode::kInvalidArgument);
  EXPECT_EQ(send(7).calls.size(), 1U);
  EXPECT_EQ(send(UINT32_MAX).calls.size(), 1U);
}

TEST(Connection, AnOversizedRequestCostsOnlyItself) {
  Connection connection;
  const std::string body(kMaxFrameData + 1, 'b');
  const auto received = connection.receive(
      as_bytes(raw_header(kMaxFrameData + 1, 1, 1) + body + request_frame(3, "s", "m", "")));
  EXPECT_EQ(only_status(received.replies, 1), StatusCode::kResourceExhausted);
  EXPECT_EQ(received.calls.size(), 1U);
}

TEST(Connection, AnUndecodableRequestCostsOnlyItself) {
  Connection connection;
  const auto bad = connection.receive(as_bytes(encode_frame(FrameType::kRequest, 1, "\xff\xff")));
  EXPECT_EQ(only_status(bad.replies, 1), StatusCode::kInvalidArgument);
  EXPECT_EQ(connection.receive(as_bytes(request_frame(3, "s", "m", ""))).calls.size(), 1U);
}

TEST(Connection, ATextThatIsNoUtf8IsRefused) {
  Connection connection;
  const auto bad =
      connection.receive(as_bytes(encode_frame(FrameType::kRequest, 1, "\x0a\x02\xc3\x28")));
  EXPECT_EQ(only_status(bad.replies, 1), StatusCode::kInvalidArgument);
}

TEST(Connection, OtherFrameTypesAreIgnored) {
  Connection connection;
  for (const uint8_t type : {0, 2, 3, 4, 255}) {
    const auto received = connection.receive(as_bytes(raw_header(2, 1, type) + "xx"));
    EXPECT_TRUE(received.calls.empty());
    EXPECT_TRUE(received.replies.empty());
  }
  EXPECT_EQ(connection.receive(as_bytes(request_frame(1, "s", "m", ""))).calls.size(), 1U);
}

TEST(Reply, CarriesThePayloadWithoutAStatus) {
  const auto frames = frames_in(encode_reply(9, std::string("bytes")));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].stream, 9U);
  EXPECT_FALSE(response_in(frames[0]).has_status());
  EXPECT_EQ(response_in(frames[0]).payload(), "bytes");
}

TEST(Reply, CarriesAnErrorsCodeAndText) {
  const auto frames = frames_in(encode_reply(1, fail(ErrorCode::kNotFound, "no task {}", "x")));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(response_in(frames[0]).status().code(), 5);
  EXPECT_EQ(response_in(frames[0]).status().message(), "no task x");
}

TEST(Reply, OverTheLimitBecomesAnError) {
  EXPECT_EQ(only_status(encode_reply(1, std::string(kMaxFrameData, 'p')), 1),
            StatusCode::kResourceExhausted);
}

TEST(Status, FollowsGrpcsNumbers) {
  EXPECT_EQ(static_cast<int>(status_of(ErrorCode::kInvalidArgument)), 3);
  EXPECT_EQ(static_cast<int>(status_of(ErrorCode::kNotFound)), 5);
  EXPECT_EQ(static_cast<int>(status_of(ErrorCode::kAlreadyExists)), 6);
  EXPECT_EQ(static_cast<int>(status_of(ErrorCode::kPermissionDenied)), 7);
  EXPECT_EQ(static_cast<int>(status_of(ErrorCode::kResourceExhausted)), 8);
  EXPECT_EQ(static_cast<int>(status_of(ErrorCode::kFailedPrecondition)), 9);
  EXPECT_EQ(static_cast<int>(status_of(ErrorCode::kUnimplemented)), 12);
  EXPECT_EQ(static_cast<int>(status_of(ErrorCode::kInternal)), 13);
  EXPECT_EQ(static_cast<int>(status_of(ErrorCode::kUnavailable)), 14);
}

}  // namespace
}  // namespace wasmedge::rpc

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "shim/rpc/frame.h"
#include "shim/rpc/status.h"

namespace wasmedge::rpc {

/// One call as a client asked for it.
struct Call {
  uint32_t stream = 0;
  std::string service;
  std::string method;
  std::string payload;
  int64_t timeout_nano = 0;  // <= 0: none
};

/// The server's side of one ttrpc connection, without the socket.
///
/// Flow: receive(bytes) -> calls to run, and protocol errors already encoded as replies
///       a call ends   -> encode_reply(stream, outcome) -> bytes to send, in any order
///
/// What a peer does wrong costs it that call and never the connection: a stream id that is even or
/// not above the last one, a body over the limit (discarded) and an undecodable request are
/// answered on the id they came with. Frames of other types than request are ignored.
class Connection {
 public:
  struct Received {
    std::vector<Call> calls;
    std::string replies;  // bytes to send at once
  };
  Received receive(std::span<const std::byte> bytes);

  bool idle() const { return reader_.idle(); }

 private:
  void take(Frame frame, Received& received);

  FrameReader reader_;
  uint32_t last_stream_ = 0;
};

/// A reply frame. An answer over the frame limit becomes RESOURCE_EXHAUSTED: a sender must not emit
/// it.
std::string encode_reply(uint32_t stream, const Result<std::string>& answer);
/// A reply frame with a status that is no Error of ours.
std::string encode_status(uint32_t stream, StatusCode code, std::string_view message);

}  // namespace wasmedge::rpc

#pragma once

#include "oci/control.h"
#include "shim/init/protocol.h"

namespace wasmedge::init {

/// Init's end of the conversation (protocol.h). Blocks; a shim that goes away is an error.
class Channel {
 public:
  explicit Channel(Fd socket) : socket_(std::move(socket)) {}

  Result<> send(Control kind, std::string_view payload = {}, int fd = -1) {
    return oci::send_control(socket_.get(), static_cast<uint32_t>(kind), payload, fd);
  }
  /// The next message, which must be of this kind.
  Result<oci::ControlMessage> expect(Control kind) {
    TRY_ASSIGN(auto message, oci::receive_control(socket_.get()));
    if (!message) return fail(ErrorCode::kUnavailable, "the shim has closed the control socket");
    if (message->kind == static_cast<uint32_t>(kind)) return std::move(*message);
    return fail(ErrorCode::kInternal, "control message {} where {} was expected", message->kind,
                static_cast<uint32_t>(kind));
  }
  /// Sends one message, and waits for its answer.
  Result<oci::ControlMessage> ask(Control question, Control answer, std::string_view payload = {},
                                  int fd = -1) {
    TRY(send(question, payload, fd));
    return expect(answer);
  }
  int fd() const { return socket_.get(); }
  void close() { socket_.reset(); }

 private:
  Fd socket_;
};

}  // namespace wasmedge::init

#pragma once

#include <optional>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

/// The compiler's one message to its client; obtain.h describes the bytes.
namespace wasmedge::cache {

struct Reply {
  bool failed = false;
  ErrorCode code = ErrorCode::kInternal;  // if failed
  std::string text;                       // the error's message, or a warning
  Fd artifact;                            // unless failed
  bool fresh = false;                     // the artifact was compiled for this request
};

/// Longer texts are cut.
inline constexpr size_t kReplyTextBytes = size_t{16} << 10;

Result<> send_reply(int socket, const Reply& reply);

/// Blocks until there is a message; nothing if the peer closed without one. kInternal if the
/// message is none of ours.
Result<std::optional<Reply>> receive_reply(int socket);

}  // namespace wasmedge::cache

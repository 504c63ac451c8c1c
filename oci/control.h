#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

/// Messages on the control socket (AF_UNIX, SOCK_SEQPACKET) between the shim and a container's
/// first process: kind, payload, at most one descriptor. What the kinds mean is in
/// shim/init/protocol.h.
namespace wasmedge::oci {

/// Kinds that launching itself uses; the others start at kFirstFreeKind.
inline constexpr uint32_t kErrorMessage = 1;  // payload: encode_error()
inline constexpr uint32_t kSetupMessage = 2;  // payload: encode_setup(), launch.h
inline constexpr uint32_t kTreeMessage = 3;   // fd: a detached mount; payload: its number
inline constexpr uint32_t kFirstFreeKind = 4;

struct ControlMessage {
  uint32_t kind = 0;
  std::string payload;
  Fd fd;  // the descriptor that came along, or none
};

/// One message; `fd` (-1: none) is duplicated to the peer. A gone peer is kUnavailable, no SIGPIPE.
Result<> send_control(int socket, uint32_t kind, std::string_view payload = {}, int fd = -1);

/// The next message; nullopt: the peer has closed its end. On a non-blocking socket with nothing
/// to read: kUnavailable.
Result<std::optional<ControlMessage>> receive_control(int socket);

std::string encode_error(const Error& error);
Error decode_error(std::string_view payload);

}  // namespace wasmedge::oci

#include "oci/control.h"

#include <sys/socket.h>

#include <array>

namespace wasmedge::oci {

Result<> send_control(int socket, uint32_t kind, std::string_view payload, int fd) {
  std::array<iovec, 2> parts = {iovec{&kind, sizeof kind},
                                iovec{const_cast<char*>(payload.data()), payload.size()}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> ancillary{};
  if (fd >= 0) {
    message.msg_control = ancillary.data();
    message.msg_controllen = ancillary.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return {};
  if (errno == EPIPE || errno == ECONNRESET || errno == EAGAIN) {
    return fail(ErrorCode::kUnavailable, "control socket: {}", std::strerror(errno));
  }
  return fail_errno("send on the control socket");
}

Result<std::optional<ControlMessage>> receive_control(int socket) {
  const auto retried = [](auto call) {
    ssize_t result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
  };
  // Ask for the size first; messages are whole, so the buffer then fits exactly.
  const ssize_t size = retried([&] { return ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC); });
  if (size < 0 && errno == EAGAIN) {
    return fail(ErrorCode::kUnavailable, "control socket: nothing to read");
  }
  if (size < 0 && errno != ECONNRESET) return fail_errno("receive on the control socket");
  if (size <= 0) return std::nullopt;

  ControlMessage received;
  if (static_cast<size_t>(size) < sizeof received.kind) {
    return fail(ErrorCode::kInternal, "control socket: a message of {} bytes", size);
  }
  received.payload.resize(static_cast<size_t>(size) - sizeof received.kind);
  std::array<iovec, 2> parts = {iovec{&received.kind, sizeof received.kind},
                                iovec{received.payload.data(), received.payload.size()}};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> ancillary{};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  message.msg_control = ancillary.data();
  message.msg_controllen = ancillary.size();
  if (retried([&] { return ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC); }) < 0) {
    return fail_errno("receive on the control socket");
  }
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    received.fd.reset(fd);
  }
  return received;
}

std::string encode_error(const Error& error) {
  return static_cast<char>(error.code) + error.message;
}

Error decode_error(std::string_view payload) {
  if (payload.empty()) return {ErrorCode::kInternal, "an error without a message"};
  const auto code = static_cast<uint8_t>(payload[0]);
  const bool known = code <= static_cast<uint8_t>(ErrorCode::kInternal);
  return {known ? static_cast<ErrorCode>(code) : ErrorCode::kInternal,
          std::string(payload.substr(1))};
}

}  // namespace wasmedge::oci

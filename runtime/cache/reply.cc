#include "runtime/cache/reply.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace wasmedge::cache {
namespace {

constexpr uint8_t kLastCode = static_cast<uint8_t>(ErrorCode::kInternal);

// The first byte; between the two, 1 + an ErrorCode.
constexpr uint8_t kDone = 0;
constexpr uint8_t kDoneFresh = 128;

// One message with room for one fd beside it.
struct Message {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  iovec part{};
  msghdr header{};

  Message(void* bytes, size_t size) : part{bytes, size} {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  void attach(int fd) {
    cmsghdr* slot = CMSG_FIRSTHDR(&header);
    slot->cmsg_level = SOL_SOCKET;
    slot->cmsg_type = SCM_RIGHTS;
    slot->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(slot), &fd, sizeof fd);
  }
  Fd attached() {
    const cmsghdr* slot = CMSG_FIRSTHDR(&header);
    if (slot == nullptr || slot->cmsg_level != SOL_SOCKET || slot->cmsg_type != SCM_RIGHTS ||
        slot->cmsg_len != CMSG_LEN(sizeof(int))) {
      return {};
    }
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(slot), sizeof fd);
    return Fd(fd);
  }
};

}  // namespace

Result<> send_reply(int socket, const Reply& reply) {
  const int done = reply.fresh ? kDoneFresh : kDone;
  std::string bytes(1, static_cast<char>(reply.failed ? 1 + static_cast<int>(reply.code) : done));
  bytes.append(reply.text, 0, kReplyTextBytes);
  Message message(bytes.data(), bytes.size());
  if (reply.failed) {
    message.header.msg_controllen = 0;
  } else {
    message.attach(reply.artifact.get());
  }
  ssize_t sent = ::sendmsg(socket, &message.header, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR) sent = ::sendmsg(socket, &message.header, MSG_NOSIGNAL);
  if (sent < 0) return fail_errno("send the reply");
  return {};
}

Result<std::optional<Reply>> receive_reply(int socket) {
  std::string bytes(1 + kReplyTextBytes, '\0');
  Message message(bytes.data(), bytes.size());
  ssize_t count = ::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR) count = ::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC);
  if (count < 0) return fail_errno("receive the compiler's reply");
  if (count == 0) return std::nullopt;

  Reply reply;
  reply.artifact = message.attached();
  const auto status = static_cast<uint8_t>(bytes[0]);
  reply.fresh = status == kDoneFresh;
  reply.failed = status != kDone && !reply.fresh;
  if ((reply.failed && status > 1 + kLastCode) ||
      reply.failed == static_cast<bool>(reply.artifact)) {
    return fail(ErrorCode::kInternal,
                "the compiler's reply is malformed (status {}): do its build and ours differ?",
                status);
  }
  if (reply.failed) reply.code = static_cast<ErrorCode>(status - 1);
  reply.text.assign(bytes, 1, static_cast<size_t>(count) - 1);
  return reply;
}

}  // namespace wasmedge::cache

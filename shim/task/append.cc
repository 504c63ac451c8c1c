#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "shim/task/commands.h"

namespace wasmedge::task {
namespace {

constexpr int kRetryMilliseconds = 1000;

/// A full disk may have room again: until then the container waits, and nothing of it is lost.
Result<> write_patiently(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (errno == ENOSPC || errno == EDQUOT) {
      ::poll(nullptr, 0, kRetryMilliseconds);
    } else if (errno != EINTR) {
      return fail_errno("write the log");
    }
  }
  return {};
}

}  // namespace

Result<> append() {
  ::close(kLoggerReady);
  std::array<char, 65536> block{};
  std::array<pollfd, 2> streams = {{{kLoggerOut, POLLIN, 0}, {kLoggerErr, POLLIN, 0}}};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    if (::poll(streams.data(), streams.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return fail_errno("wait for the container's output");
    }
    for (pollfd& stream : streams) {
      if (stream.fd < 0 || stream.revents == 0) continue;
      const ssize_t count = ::read(stream.fd, block.data(), block.size());
      if (count > 0) {
        TRY(write_patiently({block.data(), static_cast<size_t>(count)}));
      } else if (count == 0) {
        stream.fd = -1;
      } else if (errno != EINTR) {
        return fail_errno("read the container's output from fd {}", stream.fd);
      }
    }
  }
  return {};
}

}  // namespace wasmedge::task

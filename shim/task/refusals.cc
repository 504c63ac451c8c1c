#include "shim/task/refusals.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include "shim/task/descriptor.h"

namespace wasmedge::task {
namespace asio = boost::asio;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr size_t kMostLine = 1024;

/// Takes the first line off; nothing if it is not complete.
bool take_line(std::string& text, std::string& line) {
  const size_t end = text.find('\n');
  if (end == std::string::npos && text.size() < kMostLine) return false;
  const size_t size = std::min(end, kMostLine);
  line = text.substr(0, size);
  text.erase(0, end == size ? size + 1 : size);
  return true;
}

}  // namespace

asio::awaitable<void> log_refusals(asio::io_context& io, ProcessLog log, Fd pipe) {
  asio::posix::stream_descriptor stream(io);
  if (auto given = give(stream, std::move(pipe)); !given) {
    log.warning(oci::Phase::kRun, "what it is refused is not told: {}", given.error().message);
    co_return;
  }
  asio::steady_timer pause(io);
  std::string text;
  for (;;) {
    std::string line;
    int lines = 0;
    while (lines < kRefusalLines && take_line(text, line)) {
      log.warning(oci::Phase::kRun, "{}", line);
      ++lines;
    }
    if (lines == kRefusalLines) {
      pause.expires_after(std::chrono::seconds(1));
      co_await pause.async_wait(kTuple);
      continue;
    }
    co_await stream.async_wait(asio::posix::stream_descriptor::wait_read, kTuple);
    std::array<char, 4096> buffer{};
    const ssize_t size = ::read(stream.native_handle(), buffer.data(), buffer.size());
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (size <= 0) co_return;
    text.append(buffer.data(), static_cast<size_t>(size));
  }
}

}  // namespace wasmedge::task

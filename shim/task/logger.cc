#include "shim/task/logger.h"

#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <utility>

#include "runtime/base/log.h"
#include "shim/task/descriptor.h"

namespace wasmedge::task {
namespace asio = boost::asio;
using namespace std::chrono_literals;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr auto kReadyWithin = 10s;
constexpr auto kDying = 10ms;

/// What a logger gets to end by, one after the other.
struct Step {
  int signal;
  std::chrono::seconds patience;
};
constexpr std::array<Step, 3> kEnding = {{{0, 10s}, {SIGTERM, 2s}, {SIGKILL, 10s}}};

}  // namespace

Logger::Logger(asio::io_context& io, const LoggerUri& uri, pid_t pid, std::string name,
               ProcessLog log)
    : name_(std::move(name)),
      log_(std::move(log)),
      kind_(uri.kind),
      pid_(pid),
      ready_(io),
      signal_(io) {}

Result<std::shared_ptr<Logger>> Logger::watch(asio::io_context& io, Children& children,
                                              const LoggerUri& uri, LoggerProcess& process,
                                              const std::string& of, ProcessLog log) {
  auto logger = std::make_shared<Logger>(
      io, uri, process.pid, fmt::format("the logger {} of {}", uri.path, of), std::move(log));
  TRY(children.watch(process.pid, std::move(process.pidfd),
                     [logger](uint32_t status) { logger->on_end(status); }));
  if (auto given = give(logger->ready_, std::move(process.ready)); !given) {
    ::kill(process.pid, SIGKILL);  // not reaped, so the pid is still its own
    return wrap(given.error(), logger->name_);
  }
  logger->ready_.async_wait(
      asio::posix::stream_descriptor::wait_read,
      [logger](const boost::system::error_code& error) { logger->on_ready(!error); });
  return logger;
}

void Logger::on_end(uint32_t status) {
  ended_ = true;
  status_ = status;
  if (status == 0) {
    log_.debug(oci::Phase::kStreams, "{} has ended", name_);
  } else {
    log_.warning(oci::Phase::kStreams, "{} (pid {}) ended with status {}", name_, pid_, status);
  }
  signal_.cancel();
}

void Logger::on_ready(bool readable) {
  char byte = 0;
  said_ready_ = readable && ::read(ready_.native_handle(), &byte, 1) == 1;
  closed_ready_ = !said_ready_;
  ready_.close();
  signal_.cancel();
}

asio::awaitable<Result<>> Logger::wait_until_ready() {
  const auto until = std::chrono::steady_clock::now() + kReadyWithin;
  signal_.expires_at(until);
  while (!said_ready_ && !closed_ready_ && !ended_ && std::chrono::steady_clock::now() < until) {
    co_await signal_.async_wait(kTuple);
  }
  if (closed_ready_ && !ended_) {  // by one that dies, the end is about to be seen
    signal_.expires_after(kDying);
    co_await signal_.async_wait(kTuple);
  }
  if (said_ready_ || (closed_ready_ && !ended_ && kind_ != LoggerUri::Kind::kTalking)) {
    co_return Result<>();
  }
  if (ended_) {
    co_return fail(ErrorCode::kUnavailable, "{} ended with status {} before it was ready", name_,
                   status_);
  }
  if (closed_ready_) {
    co_return fail(
        ErrorCode::kUnavailable,
        "{} closed fd 5 without a word: with binary-v2:// it writes a byte to it when it "
        "is ready",
        name_);
  }
  ready_.close();
  co_return fail(ErrorCode::kUnavailable,
                 "{} was not ready within {} s: it writes a byte to fd 5, or closes it, when it is",
                 name_, kReadyWithin.count());
}

asio::awaitable<void> Logger::finish() {
  for (const Step& step : kEnding) {
    if (ended_) co_return;
    if (step.signal != 0) {
      log_.warning(oci::Phase::kStreams, "{} (pid {}) does not end: signal {}", name_, pid_,
                   step.signal);
      ::kill(pid_, step.signal);  // not reaped, so the pid is still its own
    }
    const auto until = std::chrono::steady_clock::now() + step.patience;
    signal_.expires_at(until);
    while (!ended_ && std::chrono::steady_clock::now() < until) {
      co_await signal_.async_wait(kTuple);
    }
  }
}

}  // namespace wasmedge::task

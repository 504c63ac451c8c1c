#include "shim/task/oom.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "shim/task/events.h"
#include "shim/task/process_log.h"

namespace wasmedge::task {
namespace asio = boost::asio;
using namespace std::chrono_literals;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
/// From the notification to the kill that follows it, with version 1.
constexpr auto kPatience = 1s;

}  // namespace

OomReports::OomReports(asio::io_context& io, Events& events, std::string container_id,
                       oci::Cgroup group)
    : io_(io),
      events_(events),
      container_id_(std::move(container_id)),
      group_(std::move(group)),
      signal_(io) {}

OomReports::~OomReports() {
  if (signal_.is_open()) signal_.release();
}

void OomReports::start(const std::shared_ptr<OomReports>& reports) {
  if (reports->finished_) return;
  auto watch = oci::OomWatch::open(reports->group_);
  if (!watch) {
    ProcessLog(reports->container_id_, {})
        .debug(oci::Phase::kRun, "no word of kills for lack of memory: {}", watch.error().message);
    return;
  }
  reports->watch_.emplace(std::move(*watch));
  boost::system::error_code error;
  reports->signal_.assign(reports->watch_->fd(), error);
  if (error) {
    log::warning("container {}: kills for lack of memory are told at its end: {}",
                 reports->container_id_, error.message());
    return;
  }
  asio::co_spawn(reports->io_, run(reports), asio::detached);
}

asio::awaitable<void> OomReports::run(std::shared_ptr<OomReports> reports) {
  const auto wait = reports->watch_->wait_for_priority()
                        ? asio::posix::stream_descriptor::wait_error
                        : asio::posix::stream_descriptor::wait_read;
  reports->watch_->look();  // version 2 tells of changes since the last look
  while (!reports->finished_) {
    const auto [error] = co_await reports->signal_.async_wait(wait, kTuple);
    if (error || reports->finished_) break;
    co_await reports->look();
  }
}

asio::awaitable<void> OomReports::look() {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  std::chrono::milliseconds pause = 1ms;
  asio::steady_timer timer(io_);
  while (!finished_) {
    const oci::OomWatch::Sight sight = watch_->look();
    if (sight.kills > told_ || sight.stalled) {
      told_ = sight.kills;
      publish();
      co_return;
    }
    // memory.events changes for other reasons than kills, and it counts a kill when it tells.
    if (watch_->wait_for_priority() || std::chrono::steady_clock::now() > until) co_return;
    timer.expires_after(pause);
    co_await timer.async_wait(kTuple);
    pause *= 2;
  }
}

void OomReports::publish() {
  proto::TaskOOM event;
  event.set_container_id(container_id_);
  events_.publish(event);
}

void OomReports::finish() {
  finished_ = true;
  if (signal_.is_open()) signal_.release();
  watch_.reset();
  if (group_.oom_kills() > told_) publish();
}

}  // namespace wasmedge::task

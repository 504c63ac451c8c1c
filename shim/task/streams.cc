#include "shim/task/streams.h"

#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <utility>

#include "shim/task/logger.h"

namespace wasmedge::task {
namespace asio = boost::asio;
namespace {

Result<Stdio::LoggerEnds> start_logger(asio::io_context& io, Platform& platform, Children& children,
                                       Process& process) {
  TRY_ASSIGN(const auto uri, parse_logger(process.stdio_paths));
  if (!uri) return Stdio::LoggerEnds();
  const std::string& id = process.exec_id.empty() ? process.id : process.exec_id;
  TRY_ASSIGN(LoggerProcess started, platform.start_logger(*uri, id));
  TRY_ASSIGN(process.logger,
             Logger::watch(io, children, *uri, started, process.name(), process.log));
  return Stdio::LoggerEnds{std::move(started.out), std::move(started.err)};
}

Result<> open(asio::io_context& io, Platform& platform, Children& children, Process& process) {
  TRY_ASSIGN(Stdio::LoggerEnds ends, start_logger(io, platform, children, process));
  TRY_ASSIGN(process.stdio, Stdio::open(process.stdio_paths, std::move(ends), process.terminal));
  return {};
}

}  // namespace

asio::awaitable<Result<>> open_streams(asio::io_context& io, Platform& platform, Children& children,
                                       Process& process) {
  Result<> opened = open(io, platform, children, process);
  if (opened && process.logger) opened = co_await process.logger->wait_until_ready();
  if (!opened) co_await close_streams(process);
  co_return opened;
}

asio::awaitable<void> close_streams(Process& process) {
  using namespace std::chrono_literals;
  process.stdio.finish();
  if (process.console) {
    // What an executed process left running may have its terminal open for long.
    const std::chrono::milliseconds limit = process.exec_id.empty() ? 10s : 2s;
    co_await process.console->wait_until_drained(limit);
    process.console.reset();
  }
  if (!process.logger) co_return;
  const std::shared_ptr<Logger> logger = process.logger;
  co_await logger->finish();
}

}  // namespace wasmedge::task

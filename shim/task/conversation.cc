#include "shim/task/conversation.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <cstring>
#include <utility>

#include "oci/phase.h"
#include "runtime/cache/obtain.h"
#include "runtime/cache/reply.h"
#include "shim/task/refusals.h"

namespace wasmedge::task {
namespace asio = boost::asio;
using init::Control;
using oci::Phase;

Conversation::Conversation(asio::io_context& io, Platform& platform, Process& process,
                           const Annotations& annotations, Hooks hooks)
    : io_(io),
      platform_(platform),
      process_(process),
      annotations_(annotations),
      hooks_(std::move(hooks)) {}

asio::awaitable<Result<>> Conversation::run() {
  for (;;) {
    auto received = oci::receive_control(process_.control.get());
    if (!received && received.error().code == ErrorCode::kUnavailable && !process_.ended) {
      co_await wait_readable(process_, process_.control.get());
      continue;
    }
    if (!received && !process_.ended) co_return tl::unexpected<Error>(received.error());
    if (!received || !*received) {
      co_await wait_for_end(process_);
      co_return ended();
    }
    oci::ControlMessage message = std::move(**received);
    if (message.kind == static_cast<uint32_t>(Control::kReady)) {
      report_ready(std::move(message));
      co_return Result<>();
    }
    const Result<> done = co_await answer(std::move(message));
    if (!done) co_return done;
  }
}

asio::awaitable<Result<>> Conversation::answer(oci::ControlMessage message) {
  switch (static_cast<Control>(message.kind)) {
    case Control::kError:
      co_return tl::unexpected<Error>(oci::decode_error(message.payload));
    case Control::kHooks: {
      const Result<> done = co_await hooks_();
      if (!done) co_return done;
      co_return reply(Control::kResume);
    }
    case Control::kImage:
      co_return oci::in(Phase::kImage, co_await fetch_module(std::move(message.payload)));
    case Control::kTerminal:
      co_return oci::in(Phase::kTerminal, open_console(std::move(message.fd)));
    case Control::kFind:
      co_return oci::in(Phase::kFind, find_artifact(message.payload));
    case Control::kCompile:
    case Control::kCompileMetered:
      co_return oci::in(Phase::kCompile, co_await compile(std::move(message)));
    default:
      co_return fail(ErrorCode::kInternal, "wasmedge-init sent a message of unknown kind {}",
                     message.kind);
  }
}

Result<> Conversation::open_console(Fd master) {
  if (!process_.terminal || process_.console || !master) {
    return fail(ErrorCode::kInternal, "wasmedge-init sent a terminal that nobody asked for");
  }
  Stdio::TerminalEnds ends = process_.stdio.take_terminal_ends();
  TRY_ASSIGN(process_.console,
             Console::open(io_, std::move(master), std::move(ends.in), std::move(ends.out)));
  return {};
}

Result<> Conversation::find_artifact(std::string_view digest) {
  cache::Key key;
  if (digest.size() != key.digest.size()) {
    return fail(ErrorCode::kInternal, "wasmedge-init asked for a key of {} bytes", digest.size());
  }
  std::memcpy(key.digest.data(), digest.data(), digest.size());
  const auto found = platform_.find_artifact(key);
  if (!found) process_.log.warning(Phase::kFind, "{}", found.error().message);
  return reply(Control::kFound, {}, found && *found ? (*found)->get() : -1);
}

Result<> Conversation::reply(Control kind, std::string_view payload, int fd) const {
  return oci::send_control(process_.control.get(), static_cast<uint32_t>(kind), payload, fd);
}

void Conversation::report_ready(oci::ControlMessage message) {
  const init::Readiness ready = init::decode_readiness(message.payload);
  process_.is_module = ready.kind == "wasm";
  if (process_.is_module && !compiled_) process_.tally.count(metrics::Counter::kCacheHits);
  const ProcessLog& log = process_.log;
  log.info(Phase::kCreate, "ready: {} program {}, pid {}", ready.kind, ready.program, process_.pid);
  if (!ready.policy.empty()) log.info(Phase::kPolicy, "policy: {}", ready.policy);
  log.debug(Phase::kCreate, "took: {}", ready.took);
  if (message.fd) {
    asio::co_spawn(io_, log_refusals(io_, log, std::move(message.fd)), asio::detached);
  }
}

tl::unexpected<Error> Conversation::ended() const {
  if (process_.exec_id.empty()) {
    return fail(ErrorCode::kInternal,
                "the container's first process (pid {}) ended with status {} before it was ready",
                process_.pid, process_.exit_status);
  }
  return fail(ErrorCode::kInternal, "{} (pid {}) ended with status {} before it was ready",
              process_.name(), process_.pid, process_.exit_status);
}

/// Where the rootfs has no program: the image's module, if the image is an artifact.
asio::awaitable<Result<>> Conversation::fetch_module(std::string entry) {
  const auto named = annotations_.find("io.wasmedge.image");
  const std::string image = named == annotations_.end() ? "" : named->second;
  auto fetch = platform_.fetch_module({process_.id, image, std::move(entry)});
  if (!fetch) co_return tl::unexpected<Error>(fetch.error());
  co_await wait_readable(process_, fetch->reply.get());
  if (process_.ended) co_return ended();
  const auto fetched = cache::receive_reply(fetch->reply.get());
  if (!fetched) co_return tl::unexpected<Error>(fetched.error());
  if (!*fetched) {
    co_return fail(ErrorCode::kInternal,
                   "wasmedge-image died while it looked for the module of the container's image");
  }
  if (!(*fetched)->failed) {
    process_.log.info(Phase::kImage, "the module is the image's: {}",
                      (*fetched)->text.substr(0, (*fetched)->text.find('\0')));
    co_return reply(Control::kModule, (*fetched)->text, (*fetched)->artifact.get());
  }
  if ((*fetched)->code == ErrorCode::kNotFound) {
    process_.log.info(Phase::kImage, "no program in the root filesystem; {}", (*fetched)->text);
    co_return reply(Control::kModule);
  }
  const Error error{(*fetched)->code, (*fetched)->text};
  co_return reply(Control::kModule, oci::encode_error(error));
}

asio::awaitable<Result<>> Conversation::compile(oci::ControlMessage module) {
  const bool metered = module.kind == static_cast<uint32_t>(Control::kCompileMetered);
  process_.log.info(Phase::kCompile, "compiling {}", module.payload);
  compiled_ = true;
  process_.tally.count(metrics::Counter::kCacheMisses);
  const auto begun = std::chrono::steady_clock::now();
  auto compilation = platform_.compile(module.fd.get(), module.payload, metered);
  if (!compilation) {
    process_.tally.count(metrics::Counter::kCompileFailures);
    co_return tl::unexpected<Error>(compilation.error());
  }
  // The wait ends with the process too: a Kill must not have to wait for the compiler.
  co_await wait_readable(process_, compilation->reply.get());
  if (process_.ended) co_return ended();
  const auto compiled = cache::receive(*compilation);
  if (!compiled) {
    process_.tally.count(metrics::Counter::kCompileFailures);
    co_return reply(Control::kCompiled, oci::encode_error(compiled.error()));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  process_.log.info(Phase::kCompile, "{} in {:.2f} s",
                    compiled->fresh ? "compiled" : "compiled meanwhile by another", took.count());
  process_.tally.count(metrics::Counter::kCompiles);
  process_.tally.took(metrics::Timing::kCompile,
                      std::chrono::duration_cast<std::chrono::nanoseconds>(took));
  if (!compiled->warning.empty()) process_.log.warning(Phase::kCompile, "{}", compiled->warning);
  co_return reply(Control::kCompiled, {}, compiled->artifact.get());
}

}  // namespace wasmedge::task

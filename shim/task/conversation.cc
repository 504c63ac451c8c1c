#include "shim/task/conversation.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/cache/obtain.h"
#include "shim/init/protocol.h"
#include "shim/task/refusals.h"

namespace wasmedge::task {
namespace asio = boost::asio;
using init::Control;

Conversation::Conversation(asio::io_context& io, Platform& platform, Process& process, Hooks hooks)
    : io_(io), platform_(platform), process_(process), hooks_(std::move(hooks)) {}

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
      co_return reply(static_cast<uint32_t>(Control::kResume));
    }
    case Control::kCompile:
    case Control::kCompileMetered:
      co_return co_await compile(std::move(message));
    default:
      co_return fail(ErrorCode::kInternal, "wasmedge-init sent a message of unknown kind {}",
                     message.kind);
  }
}

Result<> Conversation::reply(uint32_t kind, std::string_view payload, int fd) const {
  return oci::send_control(process_.control.get(), kind, payload, fd);
}

/// "native", or "wasm", a newline and the policy in force.
void Conversation::report_ready(oci::ControlMessage message) {
  const std::string_view text = message.payload;
  const size_t end = text.find('\n');
  const std::string name = process_.name();
  log::info("{} is ready: {} program, pid {}", name, text.substr(0, end), process_.pid);
  if (end != std::string_view::npos) log::info("{}: policy: {}", name, text.substr(end + 1));
  if (message.fd) {
    asio::co_spawn(io_, log_refusals(io_, process_.id, std::move(message.fd)), asio::detached);
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

asio::awaitable<Result<>> Conversation::compile(oci::ControlMessage module) {
  const bool metered = module.kind == static_cast<uint32_t>(Control::kCompileMetered);
  const auto compiled_kind = static_cast<uint32_t>(Control::kCompiled);
  log::info("{}: compiling {}", process_.name(), module.payload);
  auto compilation = platform_.compile(module.fd.get(), module.payload, metered);
  if (!compilation) co_return tl::unexpected<Error>(compilation.error());
  // The wait ends with the process too: a Kill must not have to wait for the compiler.
  co_await wait_readable(process_, compilation->reply.get());
  if (process_.ended) co_return ended();
  const auto compiled = cache::receive(*compilation);
  if (!compiled) co_return reply(compiled_kind, oci::encode_error(compiled.error()));
  if (!compiled->warning.empty()) log::warning("{}: {}", module.payload, compiled->warning);
  co_return reply(compiled_kind, {}, compiled->artifact.get());
}

}  // namespace wasmedge::task

#include "oci/hooks.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "oci/control.h"
#include "oci/process.h"

namespace wasmedge::oci {
namespace {

using Clock = std::chrono::steady_clock;

/// What a hook says on stderr is for its error message: the end of it is enough.
constexpr size_t kStderrBytes = 4096;

struct HookProcess {
  pid_t pid = 0;
  Fd input, errors;
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> list;
  list.reserve(strings.size() + 1);
  for (const std::string& text : strings) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

Result<HookProcess> spawn(const Hook& hook) {
  std::array<int, 2> in{}, err{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe");
  Fd in_read(in[0]), in_write(in[1]);
  if (::pipe2(err.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe");
  Fd err_read(err[0]), err_write(err[1]);
  const std::vector<std::string> args =
      hook.args.empty() ? std::vector<std::string>{hook.path} : hook.args;
  const auto argv = pointers(args);
  const auto envp = pointers(hook.env);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork");
  if (pid == 0) {
    reset_signals();
    ::dup2(in_read.get(), 0);
    ::dup2(err_write.get(), 1);
    ::dup2(err_write.get(), 2);
    ::execve(hook.path.c_str(), argv.data(), envp.data());
    const std::string message = fmt::format("cannot be executed: {}", std::strerror(errno));
    (void)write_all(2, message, "stderr");
    ::_exit(127);
  }
  return HookProcess{pid, std::move(in_write), std::move(err_read)};
}

int milliseconds_until(const std::optional<Clock::time_point>& deadline) {
  if (!deadline) return -1;
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

/// Gives the state to the hook's stdin and reads its stderr until it closes both. False: time is
/// up.
bool converse(HookProcess& process, std::string_view state, std::string& output,
              const std::optional<Clock::time_point>& deadline) {
  ::fcntl(process.input.get(), F_SETFL, O_NONBLOCK);
  while (process.errors) {
    std::array<pollfd, 2> polls = {pollfd{process.errors.get(), POLLIN, 0},
                                   pollfd{process.input.get(), POLLOUT, 0}};
    const int ready = ::poll(polls.data(), process.input ? 2 : 1, milliseconds_until(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return false;
    if (process.input && polls[1].revents != 0) {
      const ssize_t count = ::write(process.input.get(), state.data(), state.size());
      if (count > 0) state.remove_prefix(static_cast<size_t>(count));
      // A hook need not read its state: EPIPE is no failure.
      if (state.empty() || (count < 0 && errno != EAGAIN && errno != EINTR)) process.input.reset();
    }
    if (polls[0].revents != 0) {
      std::array<char, 1024> chunk{};
      const ssize_t count = ::read(process.errors.get(), chunk.data(), chunk.size());
      if (count > 0) output.append(chunk.data(), static_cast<size_t>(count));
      if (output.size() > 2 * kStderrBytes) output.erase(0, output.size() - kStderrBytes);
      if (count == 0 || (count < 0 && errno != EINTR)) process.errors.reset();
    }
  }
  return true;
}

/// Waits for the process's end, without a race: pidfd. False: time is up.
bool wait_until(pid_t pid, const std::optional<Clock::time_point>& deadline) {
  const Fd pidfd = pidfd_of(pid);
  pollfd poll_entry{pidfd.get(), POLLIN, 0};
  for (;;) {
    const int ready = ::poll(&poll_entry, 1, milliseconds_until(deadline));
    if (ready > 0) return true;
    if (ready == 0) return false;
  }
}

Result<> run_hook(const Hook& hook, std::string_view state) {
  TRY_ASSIGN(HookProcess process, spawn(hook));
  std::optional<Clock::time_point> deadline;
  if (hook.timeout_seconds) deadline = Clock::now() + std::chrono::seconds(*hook.timeout_seconds);
  std::string output;
  const bool in_time =
      converse(process, state, output, deadline) && wait_until(process.pid, deadline);
  if (!in_time) ::kill(process.pid, SIGKILL);
  int status = 0;
  while (::waitpid(process.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (output.size() > kStderrBytes) output.erase(0, output.size() - kStderrBytes);
  while (output.ends_with('\n')) output.pop_back();
  if (!in_time) {
    return fail(ErrorCode::kInternal, "killed after its timeout of {} s; it said: \"{}\"",
                *hook.timeout_seconds, output);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string how = WIFEXITED(status) ? fmt::format("status {}", WEXITSTATUS(status))
                                            : fmt::format("signal {}", WTERMSIG(status));
  return fail(ErrorCode::kInternal, "ended with {}; it said: \"{}\"", how, output);
}

}  // namespace

std::string hook_state_json(const HookState& state) {
  nlohmann::json document = {{"ociVersion", state.version},
                             {"id", state.id},
                             {"status", state.status},
                             {"bundle", state.bundle}};
  if (state.pid != 0) document["pid"] = state.pid;
  if (!state.annotations.empty()) document["annotations"] = state.annotations;
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<> run_hooks(std::string_view name, const std::vector<Hook>& hooks, const HookState& state) {
  if (hooks.empty()) return {};
  const std::string json = hook_state_json(state);
  // A hook that closes its stdin early must not kill us.
  struct sigaction ignore{}, before{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  Result<> outcome;
  for (size_t i = 0; i < hooks.size() && outcome; ++i) {
    outcome = run_hook(hooks[i], json);
    if (!outcome) {
      outcome = wrap(outcome.error(),
                     fmt::format("config.json: hooks.{}[{}] ({})", name, i, hooks[i].path));
    }
  }
  ::sigaction(SIGPIPE, &before, nullptr);
  return outcome;
}

Result<HookRun> start_hooks(std::string_view name, const std::vector<Hook>& hooks,
                            const HookState& state) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe");
  Fd reader(ends[0]), writer(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork for hooks");
  if (pid == 0) {
    reset_signals();
    const auto outcome = run_hooks(name, hooks, state);
    if (!outcome) (void)write_all(writer.get(), encode_error(outcome.error()), "hook result");
    ::_exit(outcome ? 0 : 1);
  }
  return HookRun{pid, pidfd_of(pid), std::move(reader)};
}

}  // namespace wasmedge::oci

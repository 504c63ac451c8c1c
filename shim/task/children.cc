#include "shim/task/children.h"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "runtime/base/log.h"
#include "shim/task/descriptor.h"

namespace wasmedge::task {

namespace asio = boost::asio;

uint32_t exit_status(int code, int status) {
  const auto number = static_cast<uint32_t>(status);
  return code == CLD_EXITED ? number : 128 + number;
}

Children::Children(asio::io_context& io) : io_(io), signal_(io, SIGCHLD) {
  await_signal();
}

Result<> Children::watch(pid_t pid, Fd pidfd, Callback callback) {
  asio::posix::stream_descriptor end(io_);
  if (auto given = give(end, std::move(pidfd)); !given) {
    ::kill(pid, SIGKILL);  // not reaped, so the pid is still its own
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED);
    return wrap(given.error(), fmt::format("process {}", pid));
  }
  watched_.emplace(pid, Child{std::move(end), std::move(callback)});
  await_end(pid);
  return {};
}

void Children::await_end(pid_t pid) {
  watched_.at(pid).pidfd.async_wait(asio::posix::stream_descriptor::wait_read,
                                    [this, pid](const boost::system::error_code& error) {
                                      if (!error) collect(pid);  // else collected, or destroyed
                                    });
}

void Children::collect(pid_t pid) {
  const auto found = watched_.find(pid);
  if (found == watched_.end()) return;
  siginfo_t info{};
  const auto pidfd = static_cast<id_t>(found->second.pidfd.native_handle());
  if (::waitid(P_PIDFD, pidfd, &info, WEXITED | WNOHANG) != 0) {
    log::error("wait for process {}: {}", pid, std::strerror(errno));
    watched_.erase(found);
    return;
  }
  // Asio may tell of the descriptor that had this one's place before: then this one still runs.
  if (info.si_pid == 0) return await_end(pid);
  const auto child = watched_.extract(found);
  child.mapped().callback(exit_status(info.si_code, info.si_status));
}

void Children::await_signal() {
  signal_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;  // destroyed
    reap_orphans();
    await_signal();
  });
}

// One SIGCHLD may stand for many ends. WNOWAIT: whose end it is decides who takes it.
void Children::reap_orphans() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    if (watched_.contains(info.si_pid)) {
      collect(info.si_pid);
    } else {
      ::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
    }
  }
}

}  // namespace wasmedge::task

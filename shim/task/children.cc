#include "shim/task/children.h"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "runtime/base/log.h"

namespace wasmedge::task {

namespace asio = boost::asio;

uint32_t exit_status(int code, int status) {
  const auto number = static_cast<uint32_t>(status);
  return code == CLD_EXITED ? number : 128 + number;
}

Children::Children(asio::io_context& io) : io_(io), signal_(io, SIGCHLD) {
  await_signal();
}

void Children::watch(pid_t pid, Fd pidfd, Callback callback) {
  asio::posix::stream_descriptor end(io_, pidfd.release());
  const auto [child, added] = watched_.emplace(pid, Child{std::move(end), std::move(callback)});
  child->second.pidfd.async_wait(asio::posix::stream_descriptor::wait_read,
                                 [this, pid](const boost::system::error_code& error) {
                                   if (!error) collect(pid);  // else collected, or destroyed
                                 });
}

void Children::collect(pid_t pid) {
  auto child = watched_.extract(pid);
  if (child.empty()) return;
  siginfo_t info{};
  const auto pidfd = static_cast<id_t>(child.mapped().pidfd.native_handle());
  if (::waitid(P_PIDFD, pidfd, &info, WEXITED) != 0) {
    log::error("wait for process {}: {}", pid, std::strerror(errno));
    return;
  }
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

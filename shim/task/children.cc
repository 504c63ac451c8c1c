#include "shim/task/children.h"

#include <sys/wait.h>

#include <csignal>
#include <utility>

namespace wasmedge::task {

uint32_t exit_status(int code, int status) {
  const auto number = static_cast<uint32_t>(status);
  return code == CLD_EXITED ? number : 128 + number;
}

Children::Children(boost::asio::io_context& io) : signal_(io, SIGCHLD) {
  await_signal();
}

void Children::watch(pid_t pid, Callback callback) {
  callbacks_[pid] = std::move(callback);
}

void Children::await_signal() {
  signal_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;  // destroyed
    reap();
    await_signal();
  });
}

void Children::reap() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return;
    const auto found = callbacks_.extract(info.si_pid);
    if (!found.empty()) found.mapped()(exit_status(info.si_code, info.si_status));
  }
}

}  // namespace wasmedge::task

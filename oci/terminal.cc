#include "oci/terminal.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "oci/mount_calls.h"
#include "oci/mounts.h"

namespace wasmedge::oci {
namespace {

/// The directory of a devpts instance.
struct Instance {
  Fd directory;
  bool is_mounted = false;  // in the container
};

/// What the image has at /dev/pts is not looked at: only the kernel's own filesystem will do.
Result<Instance> find_instance() {
  auto mounted = open_file("/dev/pts", O_PATH | O_DIRECTORY | O_NOFOLLOW);
  struct statfs status{};
  if (mounted && ::fstatfs(mounted->get(), &status) == 0 && status.f_type == DEVPTS_SUPER_MAGIC) {
    return Instance{std::move(*mounted), true};
  }
  TRY_ASSIGN(Fd own, make_filesystem("devpts", "devpts", {"ptmxmode=0600", "mode=0620"}, {}, 0));
  return Instance{std::move(own), false};
}

Result<> bind_console(int terminal) {
  constexpr const char* kConsole = "/dev/console";
  if (::mknod(kConsole, S_IFREG, 0) != 0 && errno != EEXIST) {
    return fail_errno("make {}", kConsole);
  }
  TRY_ASSIGN(const Fd target, open_file(kConsole, O_PATH | O_NOFOLLOW));
  TRY_ASSIGN(const Fd tree, clone_tree(terminal, "", false));
  if (attach_mount(tree.get(), target.get()) == 0) return {};
  return fail_errno("bind the terminal at {}", kConsole);
}

Result<> set_size(int terminal, const Process& process) {
  if (!process.console_size) return {};
  winsize size{};
  size.ws_row = process.console_size->height;
  size.ws_col = process.console_size->width;
  if (::ioctl(terminal, TIOCSWINSZ, &size) == 0) return {};
  return fail_errno("config.json: process.consoleSize: set the terminal's size");
}

Result<> make_stdio(int terminal) {
  if (::ioctl(terminal, TIOCSCTTY, 0) != 0) return fail_errno("control the session's terminal");
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::dup2(terminal, stream) < 0) return fail_errno("make the terminal a standard stream");
  }
  return {};
}

}  // namespace

Result<Fd> open_terminal(const Process& process, bool console) {
  TRY_ASSIGN(const Instance instance, find_instance());
  TRY_ASSIGN(Fd master,
             open_file_at(instance.directory.get(), "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW));
  const int locked = 0;
  if (::ioctl(master.get(), TIOCSPTLCK, &locked) != 0) return fail_errno("unlock a terminal");
  // By the master, not by a path that the container could have changed meanwhile.
  const Fd terminal(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal) return fail_errno("open a terminal");
  if (::fchown(terminal.get(), process.user.uid, static_cast<gid_t>(-1)) != 0) {
    return fail_errno("give the terminal to user {}", process.user.uid);
  }
  TRY(set_size(terminal.get(), process));
  if (console && instance.is_mounted) TRY(bind_console(terminal.get()));
  TRY(make_stdio(terminal.get()));
  return master;
}

}  // namespace wasmedge::oci

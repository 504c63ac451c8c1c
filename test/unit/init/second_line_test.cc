#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <vector>

#include "oci/landlock.h"
#include "runtime/base/fd.h"
#include "shim/init/syscall_filter.h"
#include "test/unit/oci/temporary.h"

/// Native code in a process that has a module's filters: what it tries, and what it gets.
namespace wasmedge::init {
namespace {

/// Runs `payload` in a process of its own that `bind` has bound first; what it says, and the signal
/// that ended it.
std::string run_bound(const std::function<bool()>& bind,
                      const std::function<std::string()>& payload) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const std::string said = bind() ? payload() : "(not bound)";
    (void)!::write(writer.get(), said.data(), said.size());
    ::_exit(0);
  }
  writer.reset();
  std::string said = read_all(reader.get(), 1 << 20, "payload").value();
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  if (WIFSIGNALED(status)) said += fmt::format("(signal {})", WTERMSIG(status));
  return said;
}

std::string under(const FilterOptions& options, const std::function<std::string()>& payload) {
  return run_bound([&] { return oci::install_seccomp(module_filter(options)).has_value(); },
                   payload);
}

std::string under(const oci::LandlockRules& rules, const std::function<std::string()>& payload) {
  return run_bound(
      [&] {
        const auto ruleset = oci::make_landlock(rules);
        return ruleset && *ruleset && oci::enforce_landlock(*ruleset);
      },
      payload);
}

struct Attempt {
  const char* name;
  long number;
  std::vector<long> arguments;
};

long attempt(const Attempt& each) {
  long a[6] = {};
  std::copy(each.arguments.begin(), each.arguments.end(), a);
  return ::syscall(each.number, a[0], a[1], a[2], a[3], a[4], a[5]) < 0 ? errno : 0;
}

long pointer(const void* p) {
  return reinterpret_cast<long>(p);
}

const std::vector<Attempt>& attempts() {
  static const char* const kArguments[] = {"/bin/true", nullptr};
  const void* const arguments = static_cast<const void*>(kArguments);
  static const std::vector<Attempt> all = {
      {"execve", SYS_execve, {pointer("/bin/true"), pointer(arguments), 0}},
      {"execveat", SYS_execveat, {AT_FDCWD, pointer("/bin/true"), pointer(arguments), 0, 0}},
      {"clone as fork", SYS_clone, {SIGCHLD}},
      {"clone with namespaces", SYS_clone, {CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD}},
      {"ptrace", SYS_ptrace, {PTRACE_TRACEME}},
      {"process_vm_writev", SYS_process_vm_writev, {1}},
      {"pidfd_open", SYS_pidfd_open, {1, 0}},
      {"kill", SYS_kill, {1, 0}},
      {"tgkill of another", SYS_tgkill, {1, 1, 0}},
      {"mount", SYS_mount, {pointer("none"), pointer("/"), pointer("tmpfs"), 0, 0}},
      {"umount2", SYS_umount2, {pointer("/"), MNT_DETACH}},
      {"pivot_root", SYS_pivot_root, {pointer("/"), pointer("/")}},
      {"chroot", SYS_chroot, {pointer("/")}},
      {"open_tree", SYS_open_tree, {AT_FDCWD, pointer("/"), 1}},
      {"unshare", SYS_unshare, {CLONE_NEWUSER}},
      {"setns", SYS_setns, {0, 0}},
      {"setuid", SYS_setuid, {0}},
      {"capset", SYS_capset, {0, 0}},
      {"prctl", SYS_prctl, {PR_SET_DUMPABLE, 1}},
      {"seccomp", SYS_seccomp, {0, 0, 0}},
      {"landlock", SYS_landlock_restrict_self, {0, 0}},
      {"bpf", SYS_bpf, {0, 0, 0}},
      {"perf_event_open", SYS_perf_event_open, {0, 0, 0, 0, 0}},
      {"io_uring_setup", SYS_io_uring_setup, {1, 0}},
      {"userfaultfd", SYS_userfaultfd, {0}},
      {"keyctl", SYS_keyctl, {0}},
      {"add_key", SYS_add_key, {pointer("user"), pointer("a"), pointer("b"), 1, -3}},
      {"open_by_handle_at", SYS_open_by_handle_at, {AT_FDCWD, 0, 0}},
      {"memfd_create", SYS_memfd_create, {pointer("x"), 0}},
      {"mknodat", SYS_mknodat, {AT_FDCWD, pointer("/tmp/x"), 0, 0}},
      {"fchmodat", SYS_fchmodat, {AT_FDCWD, pointer("/tmp"), 04777}},
      {"fchownat", SYS_fchownat, {AT_FDCWD, pointer("/tmp"), 0, 0, 0}},
      {"setxattr", SYS_setxattr, {pointer("/tmp"), pointer("user.a"), 0, 0, 0}},
      {"ioctl TIOCSTI", SYS_ioctl, {0, 0x5412, pointer("x")}},
      {"set a limit", SYS_prlimit64, {0, 7, pointer("0123456789abcdef"), 0}},
      {"shmget", SYS_shmget, {0, 4096, 01000}},
      {"mq_open", SYS_mq_open, {pointer("x"), 0}},
      {"personality", SYS_personality, {0x0400000}},
      {"sethostname", SYS_sethostname, {pointer("x"), 1}},
      {"init_module", SYS_init_module, {0, 0, 0}},
      {"reboot", SYS_reboot, {0}},
      {"inotify_init1", SYS_inotify_init1, {0}},
      {"mmap of code", SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1}},
      {"mprotect of code", SYS_mprotect, {0x10000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC}},
      {"unix socket", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
      {"netlink socket", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
      {"packet socket", SYS_socket, {17, SOCK_RAW, 0}},
      {"vsock socket", SYS_socket, {40, SOCK_STREAM, 0}},
      {"raw socket", SYS_socket, {AF_INET, SOCK_RAW, 1}},
      {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, 0}},
  };
  return all;
}

TEST(SystemCalls, NativeCodeGetsNothingBeyondTheModule) {
  for (const Attempt& each : attempts()) {
    const std::string got = under(FilterOptions{}, [&] { return std::to_string(attempt(each)); });
    EXPECT_EQ(got, std::to_string(EPERM)) << each.name;
  }
}

TEST(SystemCalls, SocketsOnlyIfGranted) {
  const auto make = [](int family, int type) {
    return [=] { return std::to_string(attempt({"socket", SYS_socket, {family, type, 0}})); };
  };
  for (const int family : {AF_INET, AF_INET6}) {
    EXPECT_EQ(under(FilterOptions{}, make(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK)),
              "0");
    EXPECT_EQ(under(FilterOptions{}, make(family, SOCK_DGRAM)), "0");
    EXPECT_EQ(under(FilterOptions{.sockets = false}, make(family, SOCK_STREAM)),
              std::to_string(EPERM));
    EXPECT_EQ(under(FilterOptions{.sockets = false}, make(family, SOCK_DGRAM)),
              std::to_string(EPERM));
  }
  // A socket from elsewhere is of no use either.
  const Fd inherited(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(under(FilterOptions{.sockets = false},
                  [&] {
                    return std::to_string(attempt(
                        {"connect", SYS_connect, {inherited.get(), pointer("\2\0\0\x35"), 16}}));
                  }),
            std::to_string(EPERM));
}

TEST(SystemCalls, ThreadsOnlyIfGranted) {
  const auto start = [] {
    pthread_t thread{};
    const auto body = [](void*) -> void* { return nullptr; };
    const int error = ::pthread_create(&thread, nullptr, body, nullptr);
    if (error == 0) ::pthread_join(thread, nullptr);
    return std::to_string(error);
  };
  EXPECT_EQ(under(FilterOptions{}, start), "0");
  EXPECT_EQ(under(FilterOptions{.threads = false}, start), std::to_string(EPERM));
}

TEST(SystemCalls, WhatAModuleNeedsIsThere) {
  const std::string said = under(FilterOptions{.sockets = false}, [] {
    std::string text;
    void* memory =
        ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) text += "mmap ";
    if (::mprotect(memory, 4096, PROT_READ) != 0) text += "mprotect ";
    timespec time{};
    if (::syscall(SYS_clock_gettime, CLOCK_REALTIME, &time) != 0) text += "clock ";
    if (!open_file("/tmp", O_RDONLY | O_DIRECTORY)) text += "open ";
    if (::isatty(0) < 0) text += "isatty ";
    if (::raise(0) != 0) text += "raise ";
    return text;
  });
  EXPECT_EQ(said, "");
}

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
TEST(SystemCalls, TheOtherCallingConventionsEndTheProcess) {
  EXPECT_EQ(under(FilterOptions{},
                  [] {
                    long result = 20;  // getpid of 32-bit programs
                    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
                    return std::to_string(result);
                  }),
            fmt::format("(signal {})", SIGSYS));
  const long kX32 = 0x40000000;
  EXPECT_EQ(under(FilterOptions{},
                  [&] { return std::to_string(attempt({"x32", kX32 | SYS_getpid, {}})); }),
            std::to_string(EPERM));
}
#endif

class Landlock : public testing::Test {
 protected:
  void SetUp() override {
    version = static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
    if (version < 1) GTEST_SKIP() << "this kernel has no Landlock";
  }
  int version = 0;
};

TEST_F(Landlock, PathsAreThoseThatWereGiven) {
  const oci::TemporaryDirectory readable, writable, secret;
  for (const auto* each : {&readable, &writable, &secret}) {
    oci::write_text(each->path() + "/file", "text");
  }
  const Fd a = *open_file(readable.path(), O_PATH | O_DIRECTORY);
  const Fd b = *open_file(writable.path(), O_PATH | O_DIRECTORY);
  oci::LandlockRules rules;
  rules.paths = {{a.get(), true}, {b.get(), false}};
  const std::string said = under(rules, [&] {
    const auto may = [](const std::string& path, int flags) {
      return open_file(path, flags, 0600).has_value() ? "y" : "n";
    };
    std::string text = may(readable.path() + "/file", O_RDONLY);
    text += may(readable.path() + "/file", O_WRONLY);
    text += may(readable.path() + "/new", O_WRONLY | O_CREAT);
    text += may(writable.path() + "/file", O_RDWR);
    text += may(writable.path() + "/new", O_WRONLY | O_CREAT);
    text += may(secret.path() + "/file", O_RDONLY);
    text += may("/proc/self/root" + secret.path() + "/file", O_RDONLY);
    text += may("/etc/passwd", O_RDONLY);
    return text;
  });
  EXPECT_EQ(said, "ynnyynnn");
}

TEST_F(Landlock, TcpPortsAreThoseThatWereGiven) {
  if (version < 4) GTEST_SKIP() << "this kernel's Landlock knows no ports";
  oci::LandlockRules rules;
  rules.connect_ports = {1};
  rules.bind_ports = {0};
  const std::string said = under(rules, [] {
    const auto connect = [](uint16_t port) {
      const Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = static_cast<uint16_t>(port << 8 | port >> 8);
      to.sin_addr.s_addr = 0x0100007f;
      const auto* address = reinterpret_cast<const sockaddr*>(&to);
      return ::connect(socket.get(), address, sizeof to) == 0 ? 0 : errno;
    };
    return fmt::format("{} {}", connect(1), connect(2));
  });
  EXPECT_EQ(said, fmt::format("{} {}", ECONNREFUSED, EACCES));
}

}  // namespace
}  // namespace wasmedge::init

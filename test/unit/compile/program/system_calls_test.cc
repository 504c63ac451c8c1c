#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/compile/program/confine.h"

namespace wasmedge::compile {
namespace {

constexpr std::array<int, 0> kNoFiles{};

// A way out of the confinement, which must end the process that tries it.
struct Escape {
  const char* name;
  std::function<void()> attempt;
};

class Confined : public testing::Test {
 protected:
  void SetUp() override {
    if (!confined_fully()) {
      GTEST_SKIP()
          << "a sanitizer's runtime makes system calls of its own: no filter in this build";
    }
  }
};

TEST_F(Confined, OpensNoFile) {
  const auto done = run_confined({}, kNoFiles, "compiling", []() -> Result<> {
    const auto opened = open_file("/etc/passwd", O_RDONLY);
    if (opened) return fail(ErrorCode::kInternal, "opened");
    return tl::unexpected<Error>(opened.error());
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "open /etc/passwd: Permission denied");
}

TEST_F(Confined, IsEndedByWhatItHasNoBusinessWith) {
  const pid_t parent = ::getpid();
  const std::vector<Escape> escapes = {
      {"open", [] { ::syscall(SYS_open, "/etc/passwd", O_RDONLY); }},
      {"openat2", [] { ::syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", nullptr, 0); }},
      {"creat", [] { ::syscall(SYS_creat, "/tmp/x", 0600); }},
      {"memfd_create", [] { ::syscall(SYS_memfd_create, "x", 0); }},
      {"unlink", [] { ::syscall(SYS_unlink, "/tmp/no-such-file"); }},
      {"stat", [] { ::syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", nullptr, 0); }},
      {"readlink", [] { ::syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", nullptr, 0); }},
      {"socket", [] { ::syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); }},
      {"socketpair", [] { ::syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, nullptr); }},
      {"connect", [] { ::syscall(SYS_connect, 2, nullptr, 0); }},
      {"sendmsg", [] { ::syscall(SYS_sendmsg, 2, nullptr, 0); }},
      {"execve", [] { ::syscall(SYS_execve, "/bin/true", nullptr, nullptr); }},
      {"fork", [] { ::syscall(SYS_fork); }},
      {"vfork", [] { ::syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0); }},
      {"process by clone", [] { ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }},
      {"kill", [parent] { ::syscall(SYS_kill, parent, 0); }},
      {"tgkill of another", [parent] { ::syscall(SYS_tgkill, parent, parent, 0); }},
      {"ptrace", [] { ::syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }},
      {"process_vm_readv", [parent] { ::syscall(SYS_process_vm_readv, parent, 0, 0, 0, 0, 0); }},
      {"prctl of dumpable", [] { ::syscall(SYS_prctl, 4, 1, 0, 0, 0); }},
      {"setrlimit", [] { ::syscall(SYS_setrlimit, 0, nullptr); }},
      {"mount", [] { ::syscall(SYS_mount, "", "", "", 0, nullptr); }},
      {"bpf", [] { ::syscall(SYS_bpf, 0, nullptr, 0); }},
      {"io_uring", [] { ::syscall(SYS_io_uring_setup, 1, nullptr); }},
      {"userfaultfd", [] { ::syscall(SYS_userfaultfd, 0); }},
      {"code by mmap",
       [] {
         ::syscall(SYS_mmap, nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                   0);
       }},
      {"code by mprotect", [] { ::syscall(SYS_mprotect, nullptr, 4096, PROT_EXEC); }},
      {"x32's open", [] { ::syscall(SYS_open | 0x40000000, "/etc/passwd", O_RDONLY); }},
  };
  for (const Escape& escape : escapes) {
    const auto done = run_confined({}, kNoFiles, "compiling x.wasm", [&]() -> Result<> {
      escape.attempt();
      return {};
    });
    ASSERT_FALSE(done) << escape.name;
    EXPECT_NE(done.error().message.find("(SIGSYS)"), std::string::npos)
        << escape.name << ": " << done.error().message;
  }
}

// clone3's flags are out of the filter's sight, so it must look absent: the C library falls back.
TEST_F(Confined, HasNoClone3) {
  EXPECT_TRUE(run_confined({}, kNoFiles, "compiling", []() -> Result<> {
    if (::syscall(SYS_clone3, nullptr, 0) == -1 && errno == ENOSYS) return {};
    return fail(ErrorCode::kInternal, "clone3 is there");
  }));
}

// The value of `name` in a text such as /proc/PID/status.
std::string field(const std::string& text, const std::string& name) {
  const size_t at = text.find("\n" + name + ":\t");
  if (at == std::string::npos) return "(none)";
  const size_t from = at + name.size() + 3;
  return text.substr(from, text.find('\n', from) - from);
}

// The confined child tells its pid and waits; another process looks at it from outside.
struct Seen {
  std::string status;
  std::string oom_score_adj;
  std::string limits;
};

Seen look_at_confined_child() {
  std::array<int, 2> told{}, held{}, seen{};
  EXPECT_EQ(::pipe2(told.data(), O_CLOEXEC) + ::pipe2(held.data(), O_CLOEXEC) +
                ::pipe2(seen.data(), O_CLOEXEC),
            0);
  const pid_t observer = ::fork();
  if (observer == 0) {
    pid_t pid = 0;
    const bool known = ::read(told[0], &pid, sizeof pid) == sizeof pid;
    for (const char* file : {"status", "oom_score_adj", "limits"}) {
      const auto text = read_file(fmt::format("/proc/{}/{}", pid, file), 16384);
      static_cast<void>(write_all(seen[1], "\n" + text.value_or("") + '\0', "pipe"));
    }
    static_cast<void>(write_all(held[1], "!", "pipe"));
    ::_exit(known ? 0 : 1);
  }
  const std::array<int, 2> keep = {told[1], held[0]};
  EXPECT_TRUE(run_confined({}, keep, "compiling", [&]() -> Result<> {
    const pid_t self = ::getpid();
    char byte = 0;
    if (::write(told[1], &self, sizeof self) == sizeof self && ::read(held[0], &byte, 1) == 1) {
      return {};
    }
    return fail(ErrorCode::kInternal, "the observer is gone");
  }));
  int status = -1;
  EXPECT_EQ(::waitpid(observer, &status, 0), observer);
  EXPECT_EQ(status, 0);
  for (const int fd : {told[0], told[1], held[0], held[1], seen[1]}) ::close(fd);
  const std::string all = read_all(seen[0], 1 << 20, "pipe").value_or("");
  ::close(seen[0]);
  const size_t first = all.find('\0');
  const size_t second = all.find('\0', first + 1);
  return {all.substr(0, first), all.substr(first + 1, second - first - 1), all.substr(second + 1)};
}

TEST_F(Confined, IsNobodyWithoutAnyRight) {
  const Seen seen = look_at_confined_child();
  EXPECT_EQ(field(seen.status, "NoNewPrivs"), "1");
  EXPECT_EQ(field(seen.status, "Seccomp"), "2");
  EXPECT_EQ(seen.oom_score_adj, "\n1000\n");
  if (::geteuid() != 0) GTEST_SKIP() << "only root has rights to lose and a user to change";
  EXPECT_EQ(field(seen.status, "Uid"), "65534\t65534\t65534\t65534");
  EXPECT_EQ(field(seen.status, "Gid"), "65534\t65534\t65534\t65534");
  EXPECT_EQ(field(seen.status, "Groups"), " ");
  EXPECT_EQ(field(seen.status, "CapEff"), "0000000000000000");
  EXPECT_EQ(field(seen.status, "CapPrm"), "0000000000000000");
}

TEST_F(Confined, HasItsLimits) {
  const Seen seen = look_at_confined_child();
  for (const char* line : {"Max address space         8589934592           8589934592",
                           "Max cpu time              3600                 3605",
                           "Max core file size        0                    0",
                           "Max open files            0                    0",
                           "Max file size             4294967296           4294967296"}) {
    EXPECT_NE(seen.limits.find(line), std::string::npos) << line << " is not in" << seen.limits;
  }
}

}  // namespace
}  // namespace wasmedge::compile

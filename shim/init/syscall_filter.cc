#include "shim/init/syscall_filter.h"

#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <initializer_list>
#include <vector>

namespace wasmedge::init {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "name this machine's audit architecture here"
#endif

constexpr uint32_t kNumberOffset = offsetof(seccomp_data, nr);
constexpr uint32_t kArchOffset = offsetof(seccomp_data, arch);
constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
constexpr uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;

/// Allowed whatever their arguments.
constexpr auto kPlain = std::to_array<int>({
    // Files: paths are bound by Landlock and the mount namespace.
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_preadv,
    SYS_pwritev,
    SYS_preadv2,
    SYS_pwritev2,
    SYS_lseek,
    SYS_close,
    SYS_openat,
    SYS_openat2,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_fstatfs,
    SYS_getdents64,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_fadvise64,
    SYS_fsync,
    SYS_fdatasync,
    SYS_utimensat,
    SYS_mkdirat,
    SYS_unlinkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_linkat,
    SYS_symlinkat,
    SYS_readlinkat,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_fcntl,
    SYS_dup,
    SYS_dup3,
    SYS_copy_file_range,
    SYS_sendfile,
    // Memory; mmap and mprotect are below.
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_membarrier,
    // Time and chance.
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_getitimer,
    SYS_setitimer,
    SYS_timer_create,
    SYS_timer_settime,
    SYS_timer_gettime,
    SYS_timer_delete,
    SYS_getrusage,
    SYS_times,
    SYS_getrandom,
    // Waiting.
    SYS_ppoll,
    SYS_pselect6,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_eventfd2,
    SYS_pipe2,
    // Itself.
    SYS_futex,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_rseq,
    SYS_set_tid_address,
    SYS_gettid,
    SYS_getpid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_uname,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigpending,
    SYS_rt_sigtimedwait,
    SYS_sigaltstack,
    SYS_restart_syscall,
    SYS_exit,
    SYS_exit_group,
#if defined(__x86_64__)
    SYS_open,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_dup2,
    SYS_poll,
    SYS_select,
    SYS_epoll_wait,
    SYS_time,
#endif
});

/// With sockets. socket(2) itself is below.
constexpr auto kSockets = std::to_array<int>({
    SYS_bind,
    SYS_connect,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_sendto,
    SYS_recvfrom,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_sendmmsg,
    SYS_recvmmsg,
    SYS_getsockname,
    SYS_shutdown,
    SYS_setsockopt,
    SYS_getpeername,
});

class Assembler {
 public:
  std::vector<sock_filter> code;

  void load(uint32_t offset) { emit(BPF_LD | BPF_W | BPF_ABS, offset); }
  void load_argument(unsigned index, bool high = false) {
    load(static_cast<uint32_t>(offsetof(seccomp_data, args) + size_t{index} * 8 + (high ? 4 : 0)));
  }
  void emit(unsigned operation, uint32_t value, unsigned if_true = 0, unsigned if_false = 0) {
    code.push_back({static_cast<uint16_t>(operation), static_cast<uint8_t>(if_true),
                    static_cast<uint8_t>(if_false), value});
  }
  void answer(uint32_t value) { emit(BPF_RET | BPF_K, value); }
  /// If the accumulator is none of `values`: refused; otherwise it goes on.
  void one_of(std::initializer_list<uint32_t> values) {
    auto left = static_cast<unsigned>(values.size());
    for (const uint32_t value : values) emit(BPF_JMP | BPF_JEQ | BPF_K, value, left--, 0);
    answer(kRefuse);
  }
  /// The body, which answers, is for this system call alone.
  template <typename Body>
  void on(int number, const Body& body) {
    const size_t at = code.size();
    emit(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number));
    body();
    code[at].jf = static_cast<uint8_t>(code.size() - at - 1);
  }
  /// A tree of comparisons over [first, last): allowed numbers, as half-open ranges.
  using Ranges = std::vector<std::pair<int, int>>;
  void search(const Ranges& ranges, size_t first, size_t last) {
    if (last - first == 1) {
      const auto [from, to] = ranges[first];
      emit(BPF_JMP | BPF_JGE | BPF_K, static_cast<uint32_t>(from), 0, 2);
      emit(BPF_JMP | BPF_JGE | BPF_K, static_cast<uint32_t>(to), 1, 0);
      answer(kAllow);
      answer(kRefuse);
      return;
    }
    const size_t middle = first + (last - first) / 2;
    const size_t at = code.size();
    // A jump of 32 bits: the other half may be far.
    emit(BPF_JMP | BPF_JGE | BPF_K, static_cast<uint32_t>(ranges[middle].first), 0, 1);
    emit(BPF_JMP | BPF_JA, 0);
    search(ranges, first, middle);
    code[at + 1].k = static_cast<uint32_t>(code.size() - at - 2);
    search(ranges, middle, last);
  }
};

Assembler::Ranges ranges_of(std::vector<int> numbers) {
  std::sort(numbers.begin(), numbers.end());
  Assembler::Ranges ranges;
  for (const int number : numbers) {
    if (!ranges.empty() && ranges.back().second == number) {
      ++ranges.back().second;
    } else {
      ranges.emplace_back(number, number + 1);
    }
  }
  return ranges;
}

/// Memory is never made executable: the module's code is mapped already.
void check_protection(Assembler& a) {
  a.load_argument(2);
  a.emit(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
  a.answer(kRefuse);
  a.answer(kAllow);
}

void check_socket(Assembler& a) {
  constexpr uint32_t kTypeBits = 0xf;
  a.load_argument(0);
  a.one_of({AF_INET, AF_INET6});
  a.load_argument(1);
  a.emit(BPF_ALU | BPF_AND | BPF_K, kTypeBits);
  a.one_of({SOCK_STREAM, SOCK_DGRAM});
  a.answer(kAllow);
}

/// A thread, and no process.
void check_clone(Assembler& a) {
  a.load_argument(0);
  a.emit(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0);
  a.answer(kRefuse);
  a.answer(kAllow);
}

void check_prctl(Assembler& a) {
  constexpr uint32_t kSetVma = 0x53564d41;  // names of mappings, which malloc gives
  a.load_argument(0);
  a.one_of({PR_SET_NAME, kSetVma});
  a.answer(kAllow);
}

/// What isatty(3), a poll and non-blocking sockets ask.
void check_ioctl(Assembler& a) {
  a.load_argument(1);
  a.one_of({TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO});
  a.answer(kAllow);
}

/// Limits may be read, not set.
void check_prlimit(Assembler& a) {
  for (const bool high : {false, true}) {
    a.load_argument(2, high);
    a.one_of({0});
  }
  a.answer(kAllow);
}

/// raise(3), abort(3) and signals to its own threads.
void check_tgkill(Assembler& a) {
  a.load_argument(0);
  a.one_of({static_cast<uint32_t>(::getpid())});
  a.answer(kAllow);
}

}  // namespace

oci::SeccompProgram module_filter(const FilterOptions& options) {
  Assembler a;
  a.load(kArchOffset);
  a.emit(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
  a.answer(SECCOMP_RET_KILL_PROCESS);
  a.load(kNumberOffset);
  a.on(SYS_mmap, [&] { check_protection(a); });
  a.on(SYS_mprotect, [&] { check_protection(a); });
  if (options.sockets) a.on(SYS_socket, [&] { check_socket(a); });
  if (options.threads) {
    a.on(SYS_clone, [&] { check_clone(a); });
    a.on(SYS_clone3, [&] { a.answer(kUnknown); });
  }
  a.on(SYS_prctl, [&] { check_prctl(a); });
  a.on(SYS_ioctl, [&] { check_ioctl(a); });
  a.on(SYS_prlimit64, [&] { check_prlimit(a); });
  a.on(SYS_tgkill, [&] { check_tgkill(a); });

  std::vector<int> allowed(kPlain.begin(), kPlain.end());
  // What a socket that is stdio is asked.
  allowed.push_back(SYS_getsockopt);
  if (options.sockets) allowed.insert(allowed.end(), kSockets.begin(), kSockets.end());
  const Assembler::Ranges ranges = ranges_of(std::move(allowed));
  a.search(ranges, 0, ranges.size());
  return {std::move(a.code), 0};
}

}  // namespace wasmedge::init

#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <memory>

#include "runtime/compile/program/lockdown.h"

namespace wasmedge::compile {
namespace {

// What computing needs: memory, threads, the files that are open.
constexpr int kAllowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrandom),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_KILL_PROCESS), ::seccomp_release) {
    note(context_ ? 0 : -ENOMEM);
    note(::seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
  }
  void add(int call, uint32_t action = SCMP_ACT_ALLOW) {
    note(::seccomp_rule_add_array(context_.get(), action, call, 0, nullptr));
  }
  void allow_if(int call, scmp_arg_cmp condition) {
    note(::seccomp_rule_add_array(context_.get(), SCMP_ACT_ALLOW, call, 1, &condition));
  }
  Result<> load() {
    note(::seccomp_load(context_.get()));
    errno = -error_;
    if (error_ != 0) return fail_errno("restrict the compiler's system calls");
    return {};
  }

 private:
  void note(int result) {
    if (error_ == 0) error_ = result;
  }
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int error_ = 0;
};

scmp_arg_cmp masked(unsigned argument, uint64_t mask, uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}
scmp_arg_cmp equals(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

}  // namespace

Result<> restrict_system_calls() {
  Filter filter;
  for (const int call : kAllowed) filter.add(call);
  // Memory is never made executable: the compiler's output is data here.
  filter.allow_if(SCMP_SYS(mmap), masked(2, PROT_EXEC, 0));
  filter.allow_if(SCMP_SYS(mprotect), masked(2, PROT_EXEC, 0));
  // Threads, no processes. clone3's flags are out of a filter's reach; without it the C library
  // uses clone.
  constexpr uint64_t kThread = CLONE_VM | CLONE_THREAD;
  filter.allow_if(SCMP_SYS(clone), masked(0, kThread, kThread));
  filter.add(SCMP_SYS(clone3), SCMP_ACT_ERRNO(ENOSYS));
  filter.allow_if(SCMP_SYS(prctl), equals(0, PR_SET_NAME));
  // The C library's allocator looks into /proc, and does without when it cannot.
  filter.add(SCMP_SYS(openat), SCMP_ACT_ERRNO(EACCES));
  // abort(3) signals its own process.
  filter.allow_if(SCMP_SYS(tgkill), equals(0, static_cast<uint64_t>(::getpid())));
  return filter.load();
}

}  // namespace wasmedge::compile

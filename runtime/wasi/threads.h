#pragma once

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/run/trap.h"
#include "runtime/wasi/thread_instance.h"

namespace wasmedge::wasi {

/// The threads of one guest: proposal wasi-threads, the import wasi.thread-spawn.
///
/// **What a thread is.** A thread of the process, which runs an instance of its own of the guest's
/// module over the shared memories: own globals, own tables, own guest stack and signal stack, own
/// fuel. What WASI keeps for a guest (GuestState: fds, arguments, …) is the same for all.
///
/// **Who owns what.** Threads owns the first thread's instance, which owns the shared memories. A
/// spawned thread owns its instance, and holds on to Threads, which so outlives all of them. The
/// spawner makes instance and stack, so that it is told (EAGAIN) if they are not to be had; the new
/// thread frees them. A thread that ends waits for the one that ended before it, so that at most
/// one is ever on its way out. The first thread waits for the last.
///
/// **The end of all.** The first thread that returns from `_start`, or any that calls proc_exit or
/// traps, decides how the guest ended; what others do later does not count. GuestState::ended is
/// set, and all others get kInterruptSignal, again and again until they are gone: it ends compiled
/// code and waits where they are (run::interrupt_guest), and makes a system call return EINTR,
/// which is not done again (retry()); a host function then leaves the guest instead of returning to
/// it. A thread that the kernel does not let go for kGrace is left behind; whoever runs programs
/// ends the process now.
///
/// **Locks.** `mutex_` is a leaf: nothing else is locked, and nothing done that takes long, under
/// it. All signals are blocked where a thread makes another: host code that a signal could not
/// leave.
class Threads : public std::enable_shared_from_this<Threads> {
 public:
  /// Errors (kInvalidArgument): the module imports wasi.thread-spawn and exports no function
  /// wasi_thread_start of type [i32 i32] -> [], or has no shared memory. `most`: threads at a time
  /// besides the first; at most Limits::guest_threads.
  static Result<std::shared_ptr<Threads>> make(std::unique_ptr<ThreadInstance> first,
                                               const std::optional<Bound>& most);
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads();

  static bool is_spawn(std::string_view module, std::string_view name);
  /// wasi.thread-spawn for `spawner`: a positive thread id, or -EAGAIN in WASI's numbers.
  static run::ExternFunction spawn_function(ThreadInstance& spawner);

  ThreadInstance& first() { return *first_; }
  /// Whether the module imports wasi.thread-spawn.
  bool may_spawn() const { return entry_.has_value(); }
  /// What all threads together may use up, before run(). A new thread gets half of its spawner's;
  /// what a thread leaves over goes to the next that spawns.
  void set_fuel(uint64_t fuel);

  /// Runs the guest: `main` in this thread. Returns when all threads have ended; how the guest
  /// ended. Once.
  run::Outcome run(const std::function<run::Outcome()>& main);

 private:
  struct Start;
  // A thread that is, or is about to be, in the guest.
  struct Thread {
    uint32_t id;  // 0: the first
    std::optional<pthread_t> handle;
  };
  static constexpr uint32_t kIds = uint32_t{1} << 29;  // ids are smaller
  static constexpr size_t kHostStack = size_t{256} << 10;
  static constexpr std::chrono::seconds kGrace{2};

  Threads(std::unique_ptr<ThreadInstance> first, const std::optional<Bound>& most);
  Result<> find_entry();

  static uint32_t thread_spawn(ThreadInstance* spawner, uint32_t argument);
  uint32_t spawn(ThreadInstance& spawner, uint32_t argument);
  std::unique_ptr<Start> prepare(ThreadInstance& spawner, uint32_t id, uint32_t argument);
  void share_fuel(run::Store& spawner, run::Store& thread);
  static void* run_thread(void* start);
  static std::optional<run::Outcome> run_guest(Start& start);

  uint32_t admit();
  bool enter(uint32_t id);
  bool end(run::Outcome outcome);
  void leave(uint32_t id);
  void dismiss(uint32_t id);
  void interrupt_others();

  const uint32_t most_;
  const std::string rule_;  // that says `most_`; empty: no policy does
  std::unique_ptr<ThreadInstance> first_;
  std::optional<uint64_t> entry_;  // wasi_thread_start's type; none: no thread is ever spawned
  bool metered_ = false;

  std::mutex mutex_;  // guards all below
  std::condition_variable empty_;
  std::vector<Thread> threads_;
  std::optional<pthread_t> last_ended_;  // not joined yet
  bool left_behind_ = false;             // run() has returned without some
  uint32_t next_id_ = 1;
  uint64_t unused_fuel_ = 0;
  run::Outcome outcome_;  // once GuestState::ended
};

}  // namespace wasmedge::wasi

#include "runtime/wasi/threads.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/base/quote.h"
#include "runtime/run/artifact_file.h"
#include "runtime/run/func_types.h"
#include "runtime/run/guest_stack.h"
#include "runtime/wasi/host_stack.h"
#include "runtime/wasi/interrupt.h"
#include "runtime/wasi/trace.h"

namespace wasmedge::wasi {

namespace {

constexpr std::string_view kThreadStart = "wasi_thread_start";
constexpr uint32_t kAgain = 0 - static_cast<uint32_t>(Errno::kAgain);

bool has_shared_memory(const run::Artifact& artifact) {
  return std::ranges::any_of(artifact.memories(), [](const run::ArtifactMemory& memory) {
    return memory.limits.shared != 0;
  });
}

bool imports_spawn(const run::Artifact& artifact) {
  return std::ranges::any_of(artifact.imports(), [&](const run::ArtifactImport& import) {
    return Threads::is_spawn(artifact.string(import.module), artifact.string(import.name));
  });
}

}  // namespace

/// What a new thread is given.
struct Threads::Start {
  std::shared_ptr<Threads> threads;
  std::unique_ptr<ThreadInstance> instance;
  std::unique_ptr<run::GuestStack> stack;
  uint32_t id = 0;
  uint32_t argument = 0;
  sigset_t signals{};  // its spawner's mask
};

Threads::Threads(std::unique_ptr<ThreadInstance> first, const std::optional<Bound>& most)
    : most_(most && most->value < kLimits.guest_threads ? static_cast<uint32_t>(most->value)
                                                        : kLimits.guest_threads),
      rule_(most ? most->rule : std::string()),
      first_(std::move(first)) {
  first_->threads = this;
}

Threads::~Threads() = default;

Result<std::shared_ptr<Threads>> Threads::make(std::unique_ptr<ThreadInstance> first,
                                               const std::optional<Bound>& most) {
  std::shared_ptr<Threads> threads(new Threads(std::move(first), most));
  if (imports_spawn(threads->first().instance().artifact())) {
    TRY(threads->find_entry());
    TRY(install_interrupts());
  }
  return threads;
}

Result<> Threads::find_entry() {
  static constexpr std::array kParameters = {wasm::kI32, wasm::kI32};
  const run::Artifact& artifact = first_->instance().artifact();
  const auto function = first_->instance().find_function(kThreadStart);
  if (!function) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: the module imports function \"wasi\".\"thread-spawn\" and exports no function "
                "{}, where its threads would begin; it exports {}",
                artifact.name(), quote(kThreadStart), list_exports(artifact));
  }
  if (function->ref.type != run::canonical_type(kParameters, {})) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: exported function {} has type {}, and must have [i32 i32] -> [] for threads "
                "to begin in it",
                artifact.name(), quote(kThreadStart),
                wasm::to_string(run::func_type(function->ref.type)));
  }
  if (!has_shared_memory(artifact)) {
    return fail(
        ErrorCode::kInvalidArgument,
        "{}: the module imports function \"wasi\".\"thread-spawn\" and has no shared memory, "
        "so that its threads would have nothing in common; link it with --import-memory "
        "--shared-memory",
        artifact.name());
  }
  entry_ = function->ref.type;
  return {};
}

bool Threads::is_spawn(std::string_view module, std::string_view name) {
  return module == "wasi" && name == "thread-spawn";
}

run::ExternFunction Threads::spawn_function(ThreadInstance& spawner) {
  return run::host_function(&thread_spawn, &spawner);
}

void Threads::set_fuel(uint64_t fuel) {
  metered_ = true;
  first_->store().set_fuel(fuel);
}

uint32_t Threads::thread_spawn(ThreadInstance* spawner, uint32_t argument) {
  need_host_stack();
  const uint32_t id = spawner->threads->spawn(*spawner, argument);
  if (spawner->env().guest->trace >= 0) {
    const std::array<uint64_t, 1> values{argument};
    TracedCall(spawner->env(), "thread-spawn", "uint32_t argument", values)
        .end(static_cast<int32_t>(id));
  }
  if (spawner->env().ended()) run::exit_guest(0);
  return id;
}

uint32_t Threads::spawn(ThreadInstance& spawner, uint32_t argument) {
  const BlockedSignals blocked;  // in the new thread too, until it is ready for them
  const uint32_t id = admit();
  if (id == 0) {
    if (rule_.empty() || spawner.env().ended()) return kAgain;
    spawner.env().guest->denials.report(fmt::format("run more than {} threads", most_ + 1), rule_);
    return kAgain;
  }
  std::unique_ptr<Start> start = prepare(spawner, id, argument);
  if (start != nullptr) start->signals = blocked.before();
  pthread_attr_t attributes;
  bool created = false;
  if (start != nullptr && pthread_attr_init(&attributes) == 0) {
    pthread_t handle{};
    created = pthread_attr_setstacksize(&attributes, kHostStack) == 0 &&
              pthread_create(&handle, &attributes, run_thread, start.get()) == 0;
    pthread_attr_destroy(&attributes);
  }
  if (created) {
    [[maybe_unused]] const Start* given = start.release();  // the thread's now
    return id;
  }
  start.reset();
  dismiss(id);
  return kAgain;
}

std::unique_ptr<Threads::Start> Threads::prepare(ThreadInstance& spawner, uint32_t id,
                                                 uint32_t argument) {
  auto instance = ThreadInstance::another(*first_);
  auto stack = run::GuestStack::make();
  if (!instance || stack == nullptr) return nullptr;
  if (metered_) share_fuel(spawner.store(), (*instance)->store());
  return std::make_unique<Start>(
      Start{shared_from_this(), std::move(*instance), std::move(stack), id, argument, {}});
}

void Threads::share_fuel(run::Store& spawner, run::Store& thread) {
  const std::lock_guard lock(mutex_);
  const uint64_t all = spawner.fuel() + std::exchange(unused_fuel_, 0);
  thread.set_fuel(all / 2);
  spawner.set_fuel(all - all / 2);
}

void* Threads::run_thread(void* argument) {
  const std::unique_ptr<Start> start(static_cast<Start*>(argument));
  const std::shared_ptr<Threads> threads = start->threads;
  run::GuestStack::adopt(std::move(start->stack));
  auto outcome = run_guest(*start);
  const bool ends_all = outcome && threads->end(std::move(*outcome));
  if (threads->metered_) {
    const std::lock_guard lock(threads->mutex_);
    threads->unused_fuel_ += start->instance->store().fuel();
  }
  start->instance.reset();
  threads->leave(start->id);
  if (ends_all) threads->interrupt_others();
  return nullptr;
}

// How it ended the guest; none: it did not.
std::optional<run::Outcome> Threads::run_guest(Start& start) {
  Threads& threads = *start.threads;
  if (!threads.enter(start.id)) return std::nullopt;
  pthread_sigmask(SIG_SETMASK, &start.signals, nullptr);
  const Interruptible interruptible(start.instance->env().guest->ended);
  run::Instance& instance = start.instance->instance();
  run::Outcome outcome = instance.initialize();
  if (outcome.returned()) {
    std::array<run::Value, 2> values{};
    values[0].i32 = start.id;
    values[1].i32 = start.argument;
    outcome = run::call(*instance.find_function(kThreadStart), values);
  }
  if (outcome.returned()) return std::nullopt;
  return outcome;
}

run::Outcome Threads::run(const std::function<run::Outcome()>& main) {
  if (!may_spawn()) return main();
  {
    const std::lock_guard lock(mutex_);
    threads_.push_back({0, pthread_self()});
  }
  run::Outcome outcome;
  {
    const Interruptible interruptible(first_->env().guest->ended);
    outcome = main();
  }
  end(std::move(outcome));
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(threads_, [](const Thread& thread) { return thread.id == 0; });
  }
  interrupt_others();
  std::unique_lock lock(mutex_);
  left_behind_ = !threads_.empty();
  const auto last = std::exchange(last_ended_, std::nullopt);
  run::Outcome ended = outcome_;
  lock.unlock();
  if (last) pthread_join(*last, nullptr);
  return ended;
}

// A new thread's id; 0: there are too many already, or the guest is to end.
uint32_t Threads::admit() {
  const std::lock_guard lock(mutex_);
  if (threads_.size() > most_ || first_->env().ended()) return 0;
  const auto is_alive = [this](uint32_t id) {
    return std::ranges::any_of(threads_, [id](const Thread& thread) { return thread.id == id; });
  };
  while (is_alive(next_id_)) next_id_ = next_id_ % (kIds - 1) + 1;
  threads_.push_back({next_id_, std::nullopt});
  return std::exchange(next_id_, next_id_ % (kIds - 1) + 1);
}

// False: the guest is to end.
bool Threads::enter(uint32_t id) {
  const std::lock_guard lock(mutex_);
  for (Thread& thread : threads_) {
    if (thread.id == id) thread.handle = pthread_self();
  }
  return !first_->env().ended();
}

// True: this outcome is the guest's.
bool Threads::end(run::Outcome outcome) {
  const std::lock_guard lock(mutex_);
  if (first_->env().guest->ended.exchange(true)) return false;
  outcome_ = std::move(outcome);
  return true;
}

// A thread that is about to end. From here on it is not interrupted.
void Threads::leave(uint32_t id) {
  std::unique_lock lock(mutex_);
  std::erase_if(threads_, [id](const Thread& thread) { return thread.id == id; });
  auto before = std::exchange(last_ended_, std::nullopt);
  if (left_behind_) {
    pthread_detach(pthread_self());  // nobody waits any more
  } else {
    last_ended_ = pthread_self();
  }
  if (threads_.empty()) empty_.notify_all();
  lock.unlock();
  if (before) pthread_join(*before, nullptr);
}

// A thread that has not begun.
void Threads::dismiss(uint32_t id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(threads_, [id](const Thread& thread) { return thread.id == id; });
  if (threads_.empty()) empty_.notify_all();
}

// A signal may come too early or too late: between the look at `ended` and a system call, say. So
// it comes again.
void Threads::interrupt_others() {
  using std::chrono::steady_clock;
  const auto give_up = steady_clock::now() + kGrace;
  auto pause = std::chrono::milliseconds(1);
  std::unique_lock lock(mutex_);
  while (!threads_.empty() && steady_clock::now() < give_up) {
    for (const Thread& thread : threads_) {
      if (thread.handle) pthread_kill(*thread.handle, kInterruptSignal);
    }
    empty_.wait_for(lock, pause, [this] { return threads_.empty(); });
    pause = std::min(pause * 2, std::chrono::milliseconds(64));
  }
}

}  // namespace wasmedge::wasi

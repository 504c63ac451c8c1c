#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/wasi/clock.h"
#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

namespace {

constexpr uint32_t kMaxSubscriptions = 16384;
constexpr uint64_t kForever = ~uint64_t{0};

// One subscription, as both layouts say it.
struct Wanted {
  uint64_t userdata = 0;
  EventType type = EventType::kClock;
  uint32_t clock_or_fd = 0;
  uint64_t timeout = 0;
  uint16_t flags = 0;
};

Wanted wanted_from(const Subscription& s) {
  return {s.userdata, s.type, s.clock_or_fd, s.timeout, s.flags};
}

Wanted wanted_from(const UnstableSubscription& s) {
  const bool is_clock = s.type == EventType::kClock;
  return {s.userdata, s.type, is_clock ? s.clock : static_cast<uint32_t>(s.identifier_or_fd),
          s.timeout, s.flags};
}

// One call. Flow: add() every subscription -> wait() -> report() what came due; or, if any of them
// was wrong from the start, report() that without waiting.
class Poll {
 public:
  Poll(WasiEnv& env, uint32_t count, bool edges) : env_(env), edges_(edges) {
    entries_.reserve(count);
    fds_.reserve(count);
  }

  Errno add(const Wanted& wanted) {
    Entry entry{wanted.userdata, wanted.type, Errno::kSuccess, 0, CLOCK_MONOTONIC};
    switch (wanted.type) {
      case EventType::kClock:
        add_clock(wanted, entry);
        break;
      case EventType::kFdRead:
      case EventType::kFdWrite:
        add_fd(wanted, entry);
        break;
      default:
        return Errno::kInval;
    }
    failed_ = failed_ || entry.error != Errno::kSuccess;
    entries_.push_back(entry);
    return Errno::kSuccess;
  }

  Errno wait() {
    for (;;) {
      const uint64_t left = failed_ ? 0 : time_left();
      const timespec timeout = from_nanoseconds(left);
      const int ready = poll_once(left == kForever ? nullptr : &timeout);
      if (ready < 0 && (errno != EINTR || env_.ended())) return last_error();
      if (ready > 0 || failed_ || time_left() == 0) return Errno::kSuccess;
    }
  }

  Errno report(uint32_t events_out, uint32_t count_out) {
    uint32_t count = 0;
    for (const Entry& entry : entries_) {
      Event event{};
      if (!make_event(entry, event)) continue;
      WASI_TRY(env_.memory.store(events_out + count * uint32_t{sizeof event}, event));
      ++count;
    }
    return env_.memory.store(count_out, count);
  }

 private:
  struct Entry {
    uint64_t userdata;
    EventType type;
    Errno error;
    uint64_t due_or_fd;  // kClock: when, on `clock`; else the index in fds_
    clockid_t clock;
  };

  int poll_once(const timespec* timeout) {
    if (!edges_) {
      const int ready = ::ppoll(fds_.data(), fds_.size(), timeout, nullptr);
      return ready < 0 && errno == EINVAL ? poll_merged(timeout) : ready;
    }
    if (env_.edges == nullptr) env_.edges = std::make_unique<EdgePoll>();
    return env_.edges->wait(fds_, files_, timeout);
  }

  // poll(2) takes no more entries than a process may have fds, and a guest may name one many times.
  int poll_merged(const timespec* timeout) {
    const auto by_fd = [](const pollfd& a, const pollfd& b) { return a.fd < b.fd; };
    std::vector<pollfd> merged;
    std::vector<pollfd> sorted = fds_;
    std::sort(sorted.begin(), sorted.end(), by_fd);
    for (const pollfd& each : sorted) {
      if (merged.empty() || merged.back().fd != each.fd) merged.push_back({each.fd, 0, 0});
      merged.back().events = static_cast<short>(merged.back().events | each.events);
    }
    const int ready = ::ppoll(merged.data(), merged.size(), timeout, nullptr);
    for (pollfd& each : fds_) {
      const auto found = std::lower_bound(merged.begin(), merged.end(), each, by_fd);
      each.revents =
          static_cast<short>(found->revents & (each.events | POLLERR | POLLHUP | POLLNVAL));
    }
    return ready;
  }

  void add_clock(const Wanted& wanted, Entry& entry) const {
    clockid_t clock = 0;
    entry.error = host_clock(wanted.clock_or_fd, clock);
    if (entry.error != Errno::kSuccess) return;
    // CPU time stands still while we wait for it.
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) {
      entry.error = Errno::kNotSup;
    } else if ((wanted.flags & ~kSubscriptionClockAbstime) != 0) {
      entry.error = Errno::kInval;
    } else if ((wanted.flags & kSubscriptionClockAbstime) != 0) {
      entry.clock = clock;
      entry.due_or_fd = wanted.timeout;
    } else if (__builtin_add_overflow(now(CLOCK_MONOTONIC), wanted.timeout, &entry.due_or_fd)) {
      entry.due_or_fd = kForever;
    }
  }

  void add_fd(const Wanted& wanted, Entry& entry) {
    DescriptorRef file;
    entry.error = env_.file(wanted.clock_or_fd, kPollFdReadwrite, file);
    if (entry.error != Errno::kSuccess) return;
    entry.due_or_fd = fds_.size();
    const bool reads = wanted.type == EventType::kFdRead;
    fds_.push_back({file->fd(), static_cast<short>(reads ? POLLIN : POLLOUT), 0});
    files_.push_back(std::move(file));
  }

  // Nanoseconds until the first clock is due.
  uint64_t time_left() const {
    uint64_t least = kForever;
    for (const Entry& entry : entries_) {
      if (entry.type != EventType::kClock || entry.error != Errno::kSuccess) continue;
      const uint64_t time = now(entry.clock);
      least = std::min(least, entry.due_or_fd > time ? entry.due_or_fd - time : 0);
    }
    return least;
  }

  // False: nothing to report of this one.
  bool make_event(const Entry& entry, Event& event) const {
    event.userdata = entry.userdata;
    event.type = entry.type;
    Errno error = entry.error;
    if (error == Errno::kSuccess && entry.type == EventType::kClock) {
      if (now(entry.clock) < entry.due_or_fd) return false;
    } else if (error == Errno::kSuccess) {
      const pollfd& polled = fds_[entry.due_or_fd];
      if (polled.revents == 0) return false;
      error = describe(entry.type, *files_[entry.due_or_fd], polled, event);
    }
    event.error = static_cast<uint16_t>(error);
    return true;
  }

  static Errno describe(EventType type, const Descriptor& file, const pollfd& polled,
                        Event& event) {
    if ((polled.revents & POLLNVAL) != 0) return Errno::kBadF;
    if ((polled.revents & POLLHUP) != 0) event.flags = kEventHangup;
    // A socket is ready to tell its error itself, which is what a guest then asks it for.
    if ((polled.revents & POLLERR) != 0 && !file.is_socket()) {
      return type == EventType::kFdWrite ? Errno::kPipe : Errno::kIo;
    }
    int readable = 0;
    if (type == EventType::kFdRead && ::ioctl(polled.fd, FIONREAD, &readable) == 0) {
      event.bytes = static_cast<uint64_t>(std::max(readable, 0));
    }
    return Errno::kSuccess;
  }

  WasiEnv& env_;
  std::vector<Entry> entries_;
  std::vector<pollfd> fds_;
  std::vector<DescriptorRef> files_;  // of fds_
  const bool edges_;                  // edge-triggered
  bool failed_ = false;
};

template <typename Layout>
Errno poll(WasiEnv& env, uint32_t subscriptions, uint32_t events_out, uint32_t count,
           uint32_t events_count_out, bool edges = false) {
  if (count == 0 || count > kMaxSubscriptions) return Errno::kInval;
  const std::byte* in = env.memory.range(subscriptions, count * sizeof(Layout));
  if (in == nullptr || env.memory.range(events_out, count * sizeof(Event)) == nullptr) {
    return Errno::kFault;
  }
  WASI_TRY(env.memory.check<uint32_t>(events_count_out));
  Poll call(env, count, edges);
  for (uint32_t i = 0; i < count; ++i) {
    Layout subscription{};
    std::memcpy(&subscription, in + i * sizeof subscription, sizeof subscription);
    WASI_TRY(call.add(wanted_from(subscription)));
  }
  WASI_TRY(call.wait());
  return call.report(events_out, events_count_out);
}

}  // namespace

Errno preview1::poll_oneoff(WasiEnv& env, uint32_t subscriptions, uint32_t events_out,
                            uint32_t count, uint32_t events_count_out) {
  return poll<Subscription>(env, subscriptions, events_out, count, events_count_out);
}

Errno preview1::epoll_oneoff(WasiEnv& env, uint32_t subscriptions, uint32_t events_out,
                             uint32_t count, uint32_t events_count_out) {
  return poll<Subscription>(env, subscriptions, events_out, count, events_count_out, true);
}

Errno unstable::poll_oneoff(WasiEnv& env, uint32_t subscriptions, uint32_t events_out,
                            uint32_t count, uint32_t events_count_out) {
  return poll<UnstableSubscription>(env, subscriptions, events_out, count, events_count_out);
}

}  // namespace wasmedge::wasi

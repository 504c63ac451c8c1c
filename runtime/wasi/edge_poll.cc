#include "runtime/wasi/edge_poll.h"

#include <algorithm>
#include <cerrno>

namespace wasmedge::wasi {

// poll(2) and epoll(7) number their events alike.
static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLERR == EPOLLERR &&
              POLLHUP == EPOLLHUP);

int EdgePoll::update(int fd, Watched& watched) {
  epoll_event event{};
  event.events = watched.wanted | EPOLLET;
  event.data.fd = fd;
  int error =
      ::epoll_ctl(epoll_.get(), watched.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
  if (error != 0 && errno == EEXIST) error = ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
  if (error != 0 && errno == ENOENT) error = ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  watched.always = error != 0 && errno == EPERM;
  if (error != 0 && !watched.always) return -1;
  watched.events = watched.wanted;
  return 0;
}

// The kernel watches what this call names, and nothing else.
int EdgePoll::watch(std::span<pollfd> fds, std::span<const DescriptorRef> files) {
  for (size_t i = 0; i < fds.size(); ++i) {
    Watched& watched = watched_[fds[i].fd];
    if (watched.file.lock() != files[i]) {
      watched = Watched{};
      watched.file = files[i];
    }
    if (watched.call != call_) watched.wanted = watched.ready = 0;
    watched.call = call_;
    watched.wanted |= static_cast<uint32_t>(fds[i].events);
  }
  forget_others();
  for (auto& [fd, watched] : watched_) {
    if (watched.wanted != watched.events && update(fd, watched) != 0) return -1;
  }
  return 0;
}

void EdgePoll::forget_others() {
  for (auto it = watched_.begin(); it != watched_.end();) {
    if (it->second.call == call_) {
      ++it;
      continue;
    }
    // Fails for one that is closed, which the kernel has forgotten by itself.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, it->first, nullptr);
    it = watched_.erase(it);
  }
}

// What is ready now; how many.
int EdgePoll::collect() {
  events_.resize(std::max<size_t>(watched_.size(), 1));
  const int count = ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto at = watched_.find(events_[static_cast<size_t>(i)].data.fd);
    if (at != watched_.end()) at->second.ready |= events_[static_cast<size_t>(i)].events;
  }
  return count;
}

int EdgePoll::wait(std::span<pollfd> fds, std::span<const DescriptorRef> files,
                   const timespec* timeout) {
  if (!epoll_) epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return -1;
  ++call_;
  if (watch(fds, files) != 0) return -1;
  bool always = false;
  for (auto& [fd, watched] : watched_) {
    if (watched.always) watched.ready = watched.wanted;
    always = always || watched.always;
  }
  int count = collect();
  if (count == 0 && !always) {
    pollfd all{epoll_.get(), POLLIN, 0};  // unlike epoll_wait(2), to the nanosecond
    if (::ppoll(&all, 1, timeout, nullptr) < 0) return -1;
    count = collect();
  }
  if (count < 0) return -1;
  int ready = 0;
  for (pollfd& each : fds) {
    const uint32_t found = watched_[each.fd].ready;
    const uint32_t told = static_cast<uint32_t>(each.events) | POLLERR | POLLHUP;
    each.revents = static_cast<short>(found & told);
    if (each.revents != 0) ++ready;
  }
  return ready;
}

}  // namespace wasmedge::wasi

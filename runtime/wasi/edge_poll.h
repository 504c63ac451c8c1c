#pragma once

#include <poll.h>
#include <sys/epoll.h>

#include <ctime>
#include <span>
#include <unordered_map>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/wasi/fds.h"

namespace wasmedge::wasi {

/// ppoll(2), but edge-triggered: what has been told of a descriptor is told again only once there
/// is something new. A descriptor that one call leaves out is forgotten.
class EdgePoll {
 public:
  /// Waits until one of `fds` has what it asks for, and sets every `revents`. `files[i]` is what
  /// `fds[i].fd` is of. Files that cannot be polled are always ready. `timeout` null: for ever.
  /// How many are ready; -1 and errno, also for EINTR.
  int wait(std::span<pollfd> fds, std::span<const DescriptorRef> files, const timespec* timeout);

 private:
  struct Watched {
    std::weak_ptr<Descriptor> file;  // another one may have the same fd by now
    uint64_t call = 0;               // the last that named it
    uint32_t wanted = 0;             // by that call
    uint32_t events = 0;             // what the kernel watches for
    uint32_t ready = 0;              // in that call
    bool always = false;             // epoll takes no such file
  };
  int watch(std::span<pollfd> fds, std::span<const DescriptorRef> files);
  int update(int fd, Watched& watched);
  void forget_others();
  int collect();

  Fd epoll_;
  uint64_t call_ = 0;
  std::unordered_map<int, Watched> watched_;  // by fd
  std::vector<epoll_event> events_;
};

}  // namespace wasmedge::wasi

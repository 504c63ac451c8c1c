#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>

namespace wasmedge::wasi {

/// Says what a guest was refused, and by which rule: a line each, to whoever keeps the guest's log,
/// and never to the guest. What a guest does in a loop must neither fill the log nor slow anything
/// down: a burst of kBurst lines, then one a second, with the number of those left out in between;
/// a reader that does not keep up loses lines. Threads may share it.
class Denials {
 public:
  static constexpr int kBurst = 10;

  /// `fd`: a pipe's or socket's non-blocking end, or a file; stays the caller's. -1: nobody
  /// listens.
  explicit Denials(int fd = -1) : fd_(fd) {}
  Denials(const Denials&) = delete;
  Denials& operator=(const Denials&) = delete;

  void set_fd(int fd) { fd_ = fd; }
  int fd() const { return fd_; }
  /// "refused: connect to 10.0.0.1:80/tcp: annotation io.wasmedge.wasi.network grants …", at most
  /// 1024 bytes in one write. `what`: the action, `why`: the rule and what it grants.
  void report(std::string_view what, std::string_view why);

 private:
  bool may_write();

  int fd_;
  std::mutex mutex_;  // guards what follows
  int64_t filled_at_ = 0;
  int tokens_ = kBurst;
  uint64_t left_out_ = 0;
};

}  // namespace wasmedge::wasi

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::task {

/// The master end of a process's terminal, and its copying to and from containerd's fifos. A buffer
/// of one page each way: a reader that is slow, or away, makes the process wait; nothing is lost.
///
/// Flow: open() -> copying -> finish() at the process's end -> drained, once all has been written
///       that the terminal still had -> destruction on Delete
class Console {
 public:
  /// `in` and `out` are fifos; without one there is no input, or the output is thrown away.
  static Result<Console> open(boost::asio::io_context& io, Fd master, Fd in, Fd out);
  ~Console();
  Console(Console&& other) = default;
  Console& operator=(Console&& other) noexcept {
    std::swap(copying_, other.copying_);  // the other one closes what we had
    return *this;
  }

  /// In characters. The foreground processes get SIGWINCH if it is a change.
  Result<> resize(uint32_t width, uint32_t height) const;

  /// The process has ended; others may still have the terminal open.
  void finish();
  /// Returns once all output has been written and nobody has the terminal open any more, or when
  /// the time is over. A reader that is gone for good ends the terminal. Keeps what it needs: the
  /// Console may be destroyed meanwhile.
  boost::asio::awaitable<void> wait_until_drained(std::chrono::milliseconds limit) const;

 private:
  struct Copying;
  explicit Console(std::shared_ptr<Copying> copying) : copying_(std::move(copying)) {}
  static boost::asio::awaitable<void> copy_output(std::shared_ptr<Copying> copying);

  std::shared_ptr<Copying> copying_;
};

}  // namespace wasmedge::task

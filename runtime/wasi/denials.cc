#include "runtime/wasi/denials.h"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "runtime/base/result.h"
#include "runtime/wasi/clock.h"

namespace wasmedge::wasi {

namespace {
constexpr int64_t kSecond = 1'000'000'000;
constexpr size_t kMostBytes = 1024;  // below PIPE_BUF: lines of several threads do not mix
}  // namespace

// A bucket of tokens, one a line, that gets one back each second.
bool Denials::may_write() {
  const auto time = static_cast<int64_t>(now(CLOCK_MONOTONIC));
  const int64_t seconds = (time - filled_at_) / kSecond;
  if (seconds > 0) {
    tokens_ = static_cast<int>(std::min<int64_t>(kBurst, tokens_ + seconds));
    filled_at_ = time;
  }
  if (tokens_ == 0) return false;
  --tokens_;
  return true;
}

void Denials::report(std::string_view what, std::string_view why) {
  if (fd_ < 0) return;
  const std::lock_guard lock(mutex_);
  if (!may_write()) return static_cast<void>(++left_out_);
  std::string line = fmt::format("refused: {}: {}", what, why);
  if (left_out_ > 0) line += fmt::format(" (and {} more refusals before it)", left_out_);
  if (line.size() >= kMostBytes) line.resize(kMostBytes - 1);
  line += '\n';
  const bool written = ::write(fd_, line.data(), line.size()) > 0;
  left_out_ = written ? 0 : left_out_ + 1;
}

}  // namespace wasmedge::wasi

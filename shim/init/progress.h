#pragma once

#include <chrono>
#include <string>

#include "oci/phase.h"

namespace wasmedge::init {

/// Where init is on its way to READY: what fails there is marked with it, and what each phase took
/// is told.
class Progress {
 public:
  void enter(oci::Phase phase) {
    leave();
    phase_ = phase;
  }
  oci::Phase phase() const { return phase_; }

  /// "config 0.31 ms, find 0.05 ms": up to now.
  std::string took() {
    leave();
    return took_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void leave() {
    const Clock::time_point now = Clock::now();
    const std::chrono::duration<double, std::milli> spent = now - since_;
    fmt::format_to(std::back_inserter(took_), "{}{} {:.2f} ms", took_.empty() ? "" : ", ",
                   name_of(phase_), spent.count());
    since_ = now;
  }

  oci::Phase phase_ = oci::Phase::kConfig;
  Clock::time_point since_ = Clock::now();
  std::string took_;
};

}  // namespace wasmedge::init

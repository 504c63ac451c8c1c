#pragma once

#include "oci/cgroup.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// Has the kernel tell when a control group runs out of memory. Source:
/// admin-guide/cgroup-v1/memory
/// ("OOM Control": an eventfd), admin-guide/cgroup-v2 (memory.events generates a file modified
/// event, which poll(2) tells as POLLPRI).
///
/// Flow: open -> wait until ready(fd(), wait_for_priority()) -> look() -> wait …
class OomWatch {
 public:
  /// kFailedPrecondition where the machine has no memory controller for the group.
  static Result<OomWatch> open(const Cgroup& group);

  int fd() const { return fd_.get(); }
  /// Whether fd() becomes ready as POLLPRI (version 2) or POLLIN (version 1).
  bool wait_for_priority() const { return unified_; }

  struct Sight {
    uint64_t kills = 0;  // since the group was made
    /// Version 1, with the OOM killer disabled: processes stand still for lack of memory.
    bool stalled = false;
  };
  /// Takes the notification, and says what there is to see. With version 1 it comes before the
  /// kill, so the kill may be counted a moment later only.
  Sight look() const;

 private:
  OomWatch(Cgroup group, Fd fd) : group_(std::move(group)), fd_(std::move(fd)) {
    unified_ = group_.is_unified();
  }
  Cgroup group_;
  Fd fd_;
  bool unified_ = false;
};

}  // namespace wasmedge::oci

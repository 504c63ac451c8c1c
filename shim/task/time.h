#pragma once

#include <ctime>

#include "proto/common.pb.h"

namespace wasmedge::task {

inline timespec now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return time;
}

inline void set_time(proto::Timestamp& to, const timespec& time) {
  to.set_seconds(time.tv_sec);
  to.set_nanos(static_cast<int32_t>(time.tv_nsec));
}

}  // namespace wasmedge::task

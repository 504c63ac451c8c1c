#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::task {

/// Gives `fd` to the event loop, where asio's own way throws and loses it. kResourceExhausted if
/// the kernel watches no more (epoll_ctl(2)).
inline Result<> give(boost::asio::posix::stream_descriptor& descriptor, Fd fd) {
  boost::system::error_code error;
  descriptor.assign(fd.get(), error);
  if (error) {
    return fail(ErrorCode::kResourceExhausted, "watch a descriptor: {}", error.message());
  }
  fd.release();
  return {};
}

}  // namespace wasmedge::task

#pragma once

#include <exception>
#include <string_view>

#include "runtime/base/result.h"

namespace wasmedge::rpc {

/// gRPC's status codes, the ones in use here.
enum class StatusCode : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
};

StatusCode status_of(ErrorCode code);

/// What an exception that ended a call is to the caller: a call that was cancelled, because nobody
/// waits for it, is kUnavailable.
Error error_of(const std::exception_ptr& exception);

}  // namespace wasmedge::rpc

#include "shim/rpc/status.h"

namespace wasmedge::rpc {

StatusCode status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return StatusCode::kInvalidArgument;
    case ErrorCode::kNotFound:
      return StatusCode::kNotFound;
    case ErrorCode::kAlreadyExists:
      return StatusCode::kAlreadyExists;
    case ErrorCode::kFailedPrecondition:
      return StatusCode::kFailedPrecondition;
    case ErrorCode::kPermissionDenied:
      return StatusCode::kPermissionDenied;
    case ErrorCode::kResourceExhausted:
      return StatusCode::kResourceExhausted;
    case ErrorCode::kUnimplemented:
      return StatusCode::kUnimplemented;
    case ErrorCode::kUnavailable:
      return StatusCode::kUnavailable;
    case ErrorCode::kInternal:
      return StatusCode::kInternal;
  }
  return StatusCode::kUnknown;
}

}  // namespace wasmedge::rpc

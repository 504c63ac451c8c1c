#include "shim/rpc/status.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <new>

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

Error error_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    return {ErrorCode::kResourceExhausted, "the shim is out of memory"};
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted) {
      return {ErrorCode::kUnavailable, "it was given up by its caller"};
    }
    return {ErrorCode::kInternal, error.what()};
  } catch (const std::exception& error) {
    return {ErrorCode::kInternal, error.what()};
  }
}

}  // namespace wasmedge::rpc

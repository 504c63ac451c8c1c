#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace wasmedge {

/// What kind of failure an Error is; the shim maps it one to one to a gRPC status code.
enum class ErrorCode {
  kInvalidArgument,     // the input (config, module, option) is wrong
  kNotFound,            // the named thing does not exist
  kAlreadyExists,       // the named thing exists already
  kFailedPrecondition,  // right call, wrong state
  kPermissionDenied,    // refused by policy or by the kernel
  kResourceExhausted,   // a limit was reached
  kUnimplemented,       // not supported by this build
  kUnavailable,         // try again later
  kInternal,            // our fault, or a kernel answer nobody expects
};

/// A failure as its reader needs it: what went wrong with which file, field or offset, and what to
/// do.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

/// Value or Error. Functions that can fail return it; exceptions stay inside one function.
template <typename T = void>
using Result = tl::expected<T, Error>;

/// Failure with a formatted message: `return fail(ErrorCode::kNotFound, "no task {}", id);`
template <typename... Args>
tl::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

/// Failure of a system call, with errno's text appended; the code follows errno.
template <typename... Args>
tl::unexpected<Error> fail_errno(fmt::format_string<Args...> format, Args&&... args) {
  const int error = errno;
  ErrorCode code = ErrorCode::kInternal;
  if (error == ENOENT) code = ErrorCode::kNotFound;
  if (error == EACCES || error == EPERM) code = ErrorCode::kPermissionDenied;
  if (error == EEXIST) code = ErrorCode::kAlreadyExists;
  if (error == ENOSPC || error == EMFILE || error == ENFILE || error == ENOMEM) {
    code = ErrorCode::kResourceExhausted;
  }
  return tl::unexpected<Error>(
      Error{code, fmt::format(format, std::forward<Args>(args)...) + ": " + std::strerror(error)});
}

/// The same failure, its message prefixed with what was being done.
inline tl::unexpected<Error> wrap(Error error, std::string_view doing) {
  return tl::unexpected<Error>(Error{error.code, fmt::format("{}: {}", doing, error.message)});
}

}  // namespace wasmedge

#define WASMEDGE_CONCAT_INNER(a, b) a##b
#define WASMEDGE_CONCAT(a, b) WASMEDGE_CONCAT_INNER(a, b)

/// TRY(expr): return the Error of a Result<void>, or go on.
#define TRY(...)                                                                 \
  do {                                                                           \
    if (auto try_result = (__VA_ARGS__); !try_result) {                          \
      return ::tl::unexpected<::wasmedge::Error>(std::move(try_result).error()); \
    }                                                                            \
  } while (false)

/// TRY_ASSIGN(auto x, expr): bind the value of a Result<T>, or return its Error.
#define TRY_ASSIGN(declaration, ...) \
  TRY_ASSIGN_NAMED(WASMEDGE_CONCAT(try_result_, __LINE__), declaration, __VA_ARGS__)
#define TRY_ASSIGN_NAMED(name, declaration, ...)                                  \
  auto name = (__VA_ARGS__);                                                      \
  if (!name) return ::tl::unexpected<::wasmedge::Error>(std::move(name).error()); \
  declaration = std::move(*name)

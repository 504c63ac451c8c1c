#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::compile {

/// A module's bytes that nobody can change any more: a copy in a sealed memfd, mapped.
class SealedCopy {
 public:
  /// Copies the regular file (or memfd) from offset 0; `name` is for messages. Errors:
  /// kInvalidArgument for what is no file, kResourceExhausted beyond kLimits.module_bytes.
  static Result<SealedCopy> of(int file, std::string_view name);
  std::span<const std::byte> bytes() const { return mapping_.bytes(); }

 private:
  explicit SealedCopy(MappedFile mapping) : mapping_(std::move(mapping)) {}
  MappedFile mapping_;
};

/// An empty memfd that can be sealed; `name` shows in /proc/PID/maps.
Result<Fd> make_memfd(const char* name);
/// Makes it immutable (F_SEAL_*) and read-only by mode. Nobody may have it mapped writable.
Result<> seal(int memfd);

}  // namespace wasmedge::compile

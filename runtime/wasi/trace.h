#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/wasi/env.h"

namespace wasmedge::wasi {

/// One call of a WASI function as a line of text: "wasi: path_open(fd=3, …, path="a/b", …) =
/// NOTCAPABLE". Of a call that succeeds, what it stored follows where that is a number. Strings are
/// quoted and cut as quote() does; other memory is told by its address.
class TracedCall {
 public:
  /// `parameters` as functions.def has them, "uint32_t fd, …"; `values` are theirs.
  TracedCall(const WasiEnv& env, std::string_view name, std::string_view parameters,
             std::span<const uint64_t> values);
  /// Writes the line to the guest's trace (WasiConfig::trace), in one write.
  void end(Errno error);
  /// The same, of wasi.thread-spawn: a thread's number, or a negative error.
  void end(int32_t result);
  /// Of a call that will not return.
  void end();

 private:
  void add_value(std::string_view name, uint64_t value);
  bool add_text(uint64_t address, uint64_t size);
  void add_results();
  void write();

  const WasiEnv& env_;
  std::string_view parameters_;
  std::span<const uint64_t> values_;
  fmt::memory_buffer line_;
};

}  // namespace wasmedge::wasi

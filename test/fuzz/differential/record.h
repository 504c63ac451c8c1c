#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/compile/compile.h"

namespace wasmedge::fuzz {

/// What a module did, as text. Two engines agree if their lines are the same.
struct Record {
  /// Every call with its results or its trap's kind, and a digest of what it left in exported
  /// memories, tables and globals. NaNs are one. As host.mjs writes them.
  std::vector<std::string> lines;
  /// Of each trap: exactly which, and where (function and offset in the module). For our own two
  /// qualities only.
  std::vector<std::string> traps;
  bool has_loops =
      false;  // after a memory trap in one, the memory is not specified: see runtime/compile
  bool is_relaxed = false;  // uses relaxed SIMD
};

/// Compiles, instantiates, and calls every export with the fixed arguments. Error: the module is
/// refused.
Result<Record> record(std::span<const std::byte> module, compile::Quality quality);

/// Whether they did the same, as far as it is specified. `run` says the same in Python.
bool agree(const Record& a, const Record& b);

/// One line of JSON.
std::string to_json(const std::string& name, const Result<Record>& record);

}  // namespace wasmedge::fuzz

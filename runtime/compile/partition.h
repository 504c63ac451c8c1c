#pragma once

#include <cstdint>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/compile/compile.h"
#include "runtime/compile/facts.h"
#include "runtime/compile/object.h"

namespace wasmedge::compile {

/// What is compiled together: functions [first, last), and in one partition also every entry thunk
/// and expression.
struct Partition {
  uint32_t first = 0;
  uint32_t last = 0;
  bool has_thunks = false;
  bool is_giant = false;  // one function, too large for algorithms that are not linear
};

/// Cuts the module's own functions into partitions of similar size, in order. The cut depends on
/// the module alone, so that the artifact does not depend on the number of threads.
std::vector<Partition> plan_partitions(const wasm::Module& module);

/// Emits, optimises and generates one partition; everything LLVM is freed on return. What would
/// take out of all proportion to optimise is compiled without.
Result<Object> compile_partition(const Facts& facts, const Partition& partition, Quality quality,
                                 const std::string& cpu);

}  // namespace wasmedge::compile

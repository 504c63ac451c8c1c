#include "runtime/compile/partition.h"

#include "runtime/compile/ir_module.h"
#include "runtime/compile/optimise.h"
#include "runtime/compile/target.h"

namespace wasmedge::compile {
namespace {

// Bytes of wasm code. Small enough to balance over threads and to bound memory (LLVM takes some
// hundred times as much), large enough that a partition's fixed cost (a millisecond) is lost in it.
constexpr uint64_t kPartitionBytes = 128 << 10;
// From here on a function is compiled without optimisation: what is superlinear would take minutes.
constexpr uint64_t kGiantBytes = 512 << 10;

}  // namespace

std::vector<Partition> plan_partitions(const wasm::Module& module) {
  const auto count = static_cast<uint32_t>(module.functions.size());
  std::vector<Partition> partitions = {
      {.first = module.imported_functions, .last = module.imported_functions, .has_thunks = true}};
  uint64_t bytes = 0;
  for (uint32_t i = module.imported_functions; i < count; ++i) {
    const uint64_t size = module.functions[i].body.size;
    const bool is_giant = size >= kGiantBytes;
    if (is_giant || partitions.back().is_giant || bytes + size > kPartitionBytes) {
      partitions.push_back({.first = i, .last = i, .is_giant = is_giant});
      bytes = 0;
    }
    partitions.back().last = i + 1;
    bytes += size;
  }
  return partitions;
}

Result<Object> compile_partition(const Facts& facts, const Partition& partition, Quality quality) {
  if (partition.is_giant) quality = Quality::kNone;
  TRY_ASSIGN(const auto machine, host_machine(quality));
  llvm::SmallVector<char, 0> elf;
  {
    IrModule module(facts, *machine);
    for (uint32_t i = partition.first; i < partition.last; ++i) emit_function(module, i);
    if (partition.has_thunks) {
      for (uint32_t i = 0; i < facts.needs_thunk.size(); ++i) {
        if (facts.needs_thunk[i]) emit_entry_thunk(module, i);
      }
      for (uint32_t i = 0; i < facts.expressions.size(); ++i) emit_expression(module, i);
    }
    module.finish();
    optimise(module.ir(), *machine, quality);
    TRY_ASSIGN(elf, generate_object(module.ir(), *machine));
  }
  return read_object({elf.data(), elf.size()});
}

}  // namespace wasmedge::compile

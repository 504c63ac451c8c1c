#include "runtime/compile/partition.h"

#include <algorithm>
#include <optional>

#include "runtime/compile/ir_module.h"
#include "runtime/compile/optimise.h"
#include "runtime/compile/target.h"
#include "runtime/wasm/instructions.h"

namespace wasmedge::compile {
namespace {

// Bytes of wasm code. Small enough to balance over threads and to bound memory (LLVM takes some
// hundred times as much), large enough that a partition's fixed cost (a millisecond) is lost in it.
constexpr uint64_t kPartitionBytes = 32 << 10;
// Beyond either, a function is compiled without optimisation, since part of LLVM is quadratic in
// them: 10,000 instructions in a row take half a second, ten times as many a minute.
constexpr uint64_t kGiantBytes = 512 << 10;
constexpr uint32_t kGiantRun = 10'000;

// The least that a partition may have in SSA form; more than a byte of wasm each is out of
// proportion.
constexpr size_t kPhiOperands = 60'000;

/// Finds the longest run of instructions without a block's beginning or end.
struct RunLength {
  uint32_t current = 0;
  uint32_t longest = 0;

  void step() { longest = std::max(longest, ++current); }
  void cut() { current = 0; }

#define WASM_OP(id, encoding, text, immediate, signature, feature)                         \
  void id(const wasm::immediate&) {                                                        \
    constexpr wasm::Op op = wasm::Op::id;                                                  \
    if constexpr (op == wasm::Op::block || op == wasm::Op::loop || op == wasm::Op::if_ ||  \
                  op == wasm::Op::else_ || op == wasm::Op::end || op == wasm::Op::br_if) { \
      cut();                                                                               \
    } else {                                                                               \
      step();                                                                              \
    }                                                                                      \
  }
#include "runtime/wasm/opcodes.def"
};

bool is_giant(const wasm::Module& module, const wasm::ByteRange& body) {
  if (body.size >= kGiantBytes) return true;
  if (body.size < kGiantRun) return false;
  wasm::Reader reader(module.bytes, body);
  wasm::skip_locals(reader);
  RunLength run;
  while (!reader.done() && run.longest < kGiantRun) wasm::visit(reader, run);
  return run.longest >= kGiantRun;
}

}  // namespace

std::vector<Partition> plan_partitions(const wasm::Module& module) {
  const auto count = static_cast<uint32_t>(module.functions.size());
  std::vector<Partition> partitions = {
      {.first = module.imported_functions, .last = module.imported_functions, .has_thunks = true}};
  uint64_t bytes = 0;
  for (uint32_t i = module.imported_functions; i < count; ++i) {
    const uint64_t size = module.functions[i].body.size;
    const bool giant = is_giant(module, module.functions[i].body);
    if (giant || partitions.back().is_giant || bytes + size > kPartitionBytes) {
      partitions.push_back({.first = i, .last = i, .is_giant = giant});
      bytes = 0;
    }
    partitions.back().last = i + 1;
    bytes += size;
  }
  return partitions;
}

namespace {

void emit(IrModule& module, const Partition& partition) {
  const Facts& facts = module.facts();
  for (uint32_t i = partition.first; i < partition.last; ++i) emit_function(module, i);
  if (partition.has_thunks) {
    for (uint32_t i = 0; i < facts.needs_thunk.size(); ++i) {
      if (facts.needs_thunk[i]) emit_entry_thunk(module, i);
    }
    for (uint32_t i = 0; i < facts.expressions.size(); ++i) emit_expression(module, i);
  }
  module.finish();
}

size_t phi_limit(const wasm::Module& module, const Partition& partition) {
  size_t bytes = 0;
  for (uint32_t i = partition.first; i < partition.last; ++i)
    bytes += module.functions[i].body.size;
  return std::max(kPhiOperands, bytes);
}

// Nothing if it would take out of all proportion to optimise.
Result<std::optional<llvm::SmallVector<char, 0>>> try_generate(const Facts& facts,
                                                               const Partition& partition,
                                                               Quality quality, Form form) {
  TRY_ASSIGN(const auto machine, target_machine(facts.target, quality, facts.cpu));
  IrModule module(facts, *machine);
  emit(module, partition);
  if (quality == Quality::kBest &&
      !optimise(module.ir(), *machine, phi_limit(facts.module, partition))) {
    return std::nullopt;
  }
  return generate(module.ir(), *machine, form);
}

Result<llvm::SmallVector<char, 0>> generate(const Facts& facts, const Partition& partition,
                                            Quality quality, Form form) {
  if (partition.is_giant) quality = Quality::kNone;
  TRY_ASSIGN(auto generated, try_generate(facts, partition, quality, form));
  if (!generated) {
    TRY_ASSIGN(generated, try_generate(facts, partition, Quality::kNone, form));
  }
  return std::move(*generated);
}

}  // namespace

Partition partition_of(const wasm::Module& module, uint32_t function) {
  return {.first = function,
          .last = function + 1,
          .is_giant = is_giant(module, module.functions[function].body)};
}

Result<Object> compile_partition(const Facts& facts, const Partition& partition, Quality quality) {
  TRY_ASSIGN(const auto elf, generate(facts, partition, quality, Form::kObject));
  return read_object({elf.data(), elf.size()});
}

Result<std::string> partition_text(const Facts& facts, const Partition& partition, Quality quality,
                                   Form form) {
  TRY_ASSIGN(const auto text, generate(facts, partition, quality, form));
  return std::string(text.data(), text.size());
}

}  // namespace wasmedge::compile

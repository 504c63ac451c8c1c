#include "test/fuzz/differential/traits.h"

#include "runtime/wasm/instructions.h"

namespace wasmedge::fuzz {

namespace {

struct Visitor {
  Traits traits;

  void see(wasm::Op op) {
    traits.has_loops |= op == wasm::Op::loop;
    traits.is_relaxed |= wasm::info(op).feature == wasm::Feature::kRelaxedSimd;
  }
#define WASM_OP(id, encoding, text, immediate, signature, feature) \
  void id(const wasm::immediate& /*imm*/) { see(wasm::Op::id); }
#include "runtime/wasm/opcodes.def"
};

}  // namespace

Traits traits_of(const wasm::Module& module) {
  Visitor visitor;
  for (const wasm::Function& function : module.functions) {
    if (function.imported) continue;
    wasm::Reader reader(module.bytes, function.body);
    wasm::skip_locals(reader);
    while (!reader.done()) wasm::visit(reader, visitor);
  }
  return visitor.traits;
}

}  // namespace wasmedge::fuzz

#include "runtime/wasm/const_validator.h"

namespace wasmedge::wasm {

namespace {

constexpr bool is_constant(Op op) {
  switch (op) {
    case Op::i32_const:
    case Op::i64_const:
    case Op::f32_const:
    case Op::f64_const:
    case Op::v128_const:
    case Op::ref_null:
    case Op::ref_func:
    case Op::global_get:
    case Op::i32_add:
    case Op::i32_sub:
    case Op::i32_mul:
    case Op::i64_add:
    case Op::i64_sub:
    case Op::i64_mul:
    case Op::end:
      return true;
    default:
      return false;
  }
}

/// Refuses the instructions, and the globals, that a constant expression must not name.
class ConstRules {
 public:
  ConstRules(const Module& module, Reader& reader, size_t globals)
      : module_(module), reader_(reader), globals_(globals) {}

  void run() {
    while (!reader_.done()) {
      at_ = reader_.offset();
      visit(reader_, *this);
    }
  }

#define WASM_OP(id, encoding, text, immediate, signature, feature)              \
  void id(const immediate& imm) {                                               \
    if (!is_constant(Op::id)) {                                                 \
      return reader_.invalid(at_, "constant expression required, found " text); \
    }                                                                           \
    check(imm);                                                                 \
  }
#include "runtime/wasm/opcodes.def"

 private:
  template <class Imm>
  void check(const Imm&) {}
  void check(const GlobalImm& imm) {
    if (imm.global >= globals_) {
      reader_.invalid(at_, "unknown global {}: a constant may name the {} before it", imm.global,
                      globals_);
    } else if (module_.globals[imm.global].type.is_mutable) {
      reader_.invalid(at_, "constant expression required, but global {} is mutable", imm.global);
    }
  }

  const Module& module_;
  Reader& reader_;
  size_t globals_;
  uint32_t at_ = 0;
};

}  // namespace

Result<> ConstValidator::check(const ConstExpr& expr, size_t globals, const Item& item) {
  const auto index = static_cast<uint32_t>(item.index);
  if (expr.code.size == 0) {  // a function index of an element segment
    if (expr.index < module_.functions.size()) return {};
    return fail(ErrorCode::kInvalidArgument,
                "invalid module at offset {:#x}, {} {}: unknown function {}", item.at, item.what,
                index, expr.index);
  }
  Reader rules(module_.bytes, expr.code, item.what, index);
  ConstRules(module_, rules, globals).run();
  TRY(rules.status());
  Reader typed(module_.bytes, expr.code, item.what, index);
  functions_.expression(typed, expr.type);
  return typed.status();
}

}  // namespace wasmedge::wasm

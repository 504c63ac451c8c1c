#pragma once

#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/IRBuilder.h>

#include <optional>
#include <span>
#include <vector>

#include "runtime/compile/ir_module.h"
#include "runtime/run/context.h"
#include "runtime/wasm/instructions.h"

namespace wasmedge::compile {

/// Emits one function (or constant expression): a visitor of its instructions, whose members are
/// spread over emit_*.cc by operator family. The body is valid, so nothing here fails.
///
/// The operand stack holds LLVM values. Locals are allocas, which SROA turns into SSA form. Code
/// that cannot be reached is skipped, so there are no values of unknown type. Only instructions
/// that may trap or call carry a debug location: the wasm byte offset as line.
class FunctionEmitter {
 public:
  FunctionEmitter(IrModule& module, llvm::Function* function, const wasm::FuncType& type,
                  uint32_t offset);

  /// Declares `count` zeroed locals.
  void add_locals(uint32_t count, wasm::ValueType type);
  /// From here on, code uses up fuel; before emit().
  void meter();
  /// Everything up to the end of `reader`.
  void emit(wasm::Reader& reader);

#define WASM_OP(id, encoding, text, immediate, signature, feature) \
  void id(const wasm::immediate& imm);
#include "runtime/wasm/opcodes.def"

 private:
  enum class ControlKind : uint8_t { kBlock, kLoop, kIf, kElse, kTryTable, kTry, kCatch };

  // Where a branch goes, with one phi for each value it takes along.
  struct Label {
    llvm::BasicBlock* block = nullptr;
    llvm::SmallVector<llvm::PHINode*, 1> phis;
  };

  struct Control {
    ControlKind kind = ControlKind::kBlock;
    Label end;
    Label loop;                                // kLoop: the header
    llvm::BasicBlock* else_block = nullptr;    // kIf
    llvm::SmallVector<Operand, 1> parameters;  // kIf: what the else part begins with
    size_t height = 0;                         // of the stack beneath the block's parameters
    llvm::BasicBlock* landing = nullptr;       // kTryTable, kTry: where calls in the body unwind to
    Label dispatch;                            // likewise, and kCatch: where exceptions arrive
    llvm::BasicBlock* no_match = nullptr;      // kCatch: where those go that no clause took so far
    std::vector<wasm::CatchClause> clauses;    // kTryTable

    Label& target() { return kind == ControlKind::kLoop ? loop : end; }
  };

  // Stack.
  void push(llvm::Value* value) { stack_.push_back(Operand{value}); }
  llvm::Value* pop();

  // Control (emit_control.cc).
  Label make_label(std::span<const wasm::ValueType> types);
  std::pair<std::span<const wasm::ValueType>, std::span<const wasm::ValueType>> signature(
      const wasm::BlockType& type);
  Control& push_control(ControlKind kind, std::span<const wasm::ValueType> parameters,
                        std::span<const wasm::ValueType> results);
  Control& label_at(uint32_t depth) { return controls_[controls_.size() - 1 - depth]; }
  void take_along(Label& label);
  void branch_to(Label& label);
  void branch_if(llvm::Value* condition, Label& label);
  void begin(llvm::BasicBlock* block);
  void set_unreachable();
  void leave(Control& control);
  void leave_block();
  void emit_return();
  llvm::MDNode* hinted_weights();
  llvm::BasicBlock* new_block();

  // Exceptions (emit_exception.cc). A try is known by the index of its Control.
  std::optional<size_t> innermost_try() const;
  Label& dispatch_of(Control& control);
  llvm::BasicBlock* landing_pad();
  void raise(llvm::Value* exception, std::optional<size_t> handler);
  void begin_try(ControlKind kind, const wasm::BlockType& type);
  bool end_try_body();
  llvm::BasicBlock* match(llvm::Value* exception, uint32_t tag);
  llvm::Value* payload(llvm::Value* exception, size_t index);
  void push_payload(llvm::Value* exception, uint32_t tag);
  bool begin_catch();
  void end_try_table();
  void end_try();

  // Traps (emit_trap.cc).
  void locate(llvm::Instruction* instruction);
  llvm::CallInst* trap_instruction(run::TrapCode code);
  void trap(run::TrapCode code);
  void trap_if(llvm::Value* condition, run::TrapCode code);

  // Fuel (emit_fuel.cc). All of it does nothing in code that is not metered.
  static constexpr unsigned kBytesRate = 5, kElementsRate = 2;
  void load_fuel();
  void store_fuel();
  void begin_line();
  void end_line();
  void check_fuel();
  void charge_bulk(llvm::Value* count, unsigned rate_log2);

  // Runtime structures (emit_runtime.cc).
  llvm::Value* load_constant(llvm::IRBuilder<>& builder, llvm::Type* type, llvm::Value* base,
                             uint32_t offset);
  llvm::Value* from_context(llvm::Type* type, uint32_t offset);
  llvm::Value* memory_base(uint32_t memory);
  llvm::Value* table_elements(uint32_t table);
  llvm::Value* table_size(uint32_t table);
  llvm::Value* call_builtin(uint32_t offset, llvm::Type* result,
                            std::initializer_list<llvm::Value*> arguments);
  llvm::Value* as_u64(llvm::Value* value);
  llvm::Value* u32(uint32_t value);
  llvm::Value* u64(uint64_t value);
  /// A value of the memory's or table's address type, from 64 bits.
  llvm::Value* as_address(llvm::Value* value, bool is64);

  // Calls (emit_call.cc).
  struct Callee {
    uint32_t type = 0;  // index
    llvm::Value* code = nullptr;
    ContextPtr context;
  };
  Callee callee(const wasm::FuncImm& imm);
  Callee callee(const wasm::CallIndirectImm& imm);
  Callee callee(const wasm::TypeImm& imm);
  Callee callee(uint32_t type, FuncRefPtr reference);
  llvm::Value* field(FuncRefPtr reference, llvm::Type* type, size_t offset);
  void check_type(FuncRefPtr reference, uint32_t type);
  llvm::SmallVector<llvm::Value*, 8> pass_arguments(const Callee& callee);
  void push_results(llvm::Value* call, const Callee& callee);
  void emit_call(const Callee& callee);
  void emit_tail_call(const Callee& callee);
  llvm::Value* load_spilled(llvm::IRBuilder<>& builder, ContextPtr context, uint32_t cell,
                            wasm::ValueType type);
  void store_spilled(ContextPtr context, uint32_t cell, llvm::Value* value);

  // Memory (emit_memory.cc).
  llvm::Value* memory_bytes(uint32_t memory);
  void check_bounds(const wasm::MemArgImm& imm, llvm::Value* index, uint64_t size);
  llvm::Value* address(const wasm::MemArgImm& imm, llvm::Value* index, uint64_t size);
  void finish_access(const wasm::MemArgImm& imm, llvm::Instruction* access);
  llvm::Value* load(const wasm::MemArgImm& imm, llvm::Type* type);
  void store(const wasm::MemArgImm& imm, llvm::Value* value);
  void store_low(const wasm::MemArgImm& imm, llvm::Type* type);

  // Atomics (emit_atomic.cc).
  void order(llvm::Instruction* access);
  llvm::Value* atomic_address(const wasm::MemArgImm& imm, llvm::Value* index, unsigned size_log2);
  void atomic_load(const wasm::MemArgImm& imm, unsigned size_log2, llvm::Type* type);
  void atomic_store(const wasm::MemArgImm& imm, unsigned size_log2);
  void atomic_rmw(const wasm::MemArgImm& imm, unsigned size_log2, llvm::AtomicRMWInst::BinOp op);
  void atomic_cmpxchg(const wasm::MemArgImm& imm, unsigned size_log2);
  llvm::Value* waiting_address(const wasm::MemArgImm& imm);
  void atomic_wait(const wasm::MemArgImm& imm, uint32_t builtin);

  // Tables (emit_table.cc).
  llvm::Value* element(uint32_t table, llvm::Value* index, run::TrapCode out_of_bounds);

  // Variables (emit_variable.cc).
  llvm::Value* global_cell(uint32_t global);

  // Numbers (emit_integer.cc, emit_float.cc, emit_convert.cc).
  void compare(llvm::CmpInst::Predicate predicate);
  void divide_signed();
  void divide_unsigned();
  void remainder_signed();
  void remainder_unsigned();
  llvm::Value* shift_amount(llvm::Value* amount);
  void rotate(llvm::Intrinsic::ID direction);
  void count_bits(llvm::Intrinsic::ID intrinsic);
  void sign_extend(llvm::Type* from);
  llvm::Value* pop_wide();
  void push_wide(llvm::Value* value);
  void float_unary(llvm::Intrinsic::ID intrinsic);
  llvm::Value* rounded(llvm::Intrinsic::ID intrinsic, llvm::Value* value);
  llvm::Value* arithmetic(llvm::Instruction::BinaryOps op, llvm::Value* left, llvm::Value* right);
  void float_arithmetic(llvm::Instruction::BinaryOps op);
  void min_max(llvm::Intrinsic::ID intrinsic);
  llvm::Value* quieted(llvm::Value* value);
  llvm::Value* quieted_beside(const llvm::Value* other, llvm::Value* value);
  void truncate(llvm::Type* to, bool is_signed);
  void truncate_saturating(llvm::Type* to, bool is_signed);
  void cast(llvm::Instruction::CastOps op, llvm::Type* to);

  // Vectors (emit_simd*.cc).
  static constexpr unsigned kVectorBits = 128;
  llvm::Value* pop_lanes(Shape shape);
  void push_lanes(llvm::Value* lanes);
  llvm::Value* as_lane(llvm::Value* value, Shape shape);
  llvm::Value* splat(llvm::Value* value, Shape shape);
  llvm::Value* lane_mask(llvm::Value* condition);
  llvm::Value* half(llvm::Value* value, bool high);
  llvm::Value* zero_extended(llvm::Value* low);
  llvm::Value* swizzle_bytes(llvm::Value* table, llvm::Value* indexes);
  llvm::Value* bit_select(llvm::Value* ones, llvm::Value* zeros, llvm::Value* mask);
  llvm::Value* is_zero(llvm::Value* vector);
  llvm::Value* all_true(llvm::Value* lanes);
  llvm::Value* bitmask(llvm::Value* lanes);
  llvm::Value* load_half(const wasm::MemArgImm& imm, Shape wide);
  llvm::Value* lane_shift(llvm::Value* amount, Shape shape);
  llvm::Value* shift_bytes(llvm::Instruction::BinaryOps shift, llvm::Value* bytes,
                           llvm::Value* amount);
  llvm::Value* average(llvm::Value* left, llvm::Value* right);
  llvm::Value* narrow(llvm::Value* low, llvm::Value* high, bool is_signed);
  llvm::Value* extended_half(llvm::Value* value, bool high, bool is_signed);
  llvm::Value* multiply_halves(llvm::Value* left, llvm::Value* right, bool high, bool is_signed);
  llvm::Value* add_pairs(llvm::Value* value, bool is_signed);
  llvm::Value* dot_product(llvm::Value* left, llvm::Value* right);
  llvm::Value* multiply_q15_saturating(llvm::Value* left, llvm::Value* right);
  llvm::Value* first_if_less(llvm::Value* first, llvm::Value* second);
  llvm::Value* first_if_greater(llvm::Value* first, llvm::Value* second);
  llvm::Value* min_of_numbers(llvm::Value* left, llvm::Value* right);
  llvm::Value* max_of_numbers(llvm::Value* left, llvm::Value* right);
  llvm::Value* combine_bits(llvm::Instruction::BinaryOps op, llvm::Value* left, llvm::Value* right);
  llvm::Value* or_nan(llvm::Value* of_numbers, llvm::Value* left, llvm::Value* right);
  llvm::Value* convert_saturating(llvm::Value* value, bool is_signed);
  llvm::Value* truncate_f32x4_signed(llvm::Value* value);
  llvm::Value* truncate_f32x4_unsigned(llvm::Value* value);
  llvm::Value* truncate_f64x2_signed(llvm::Value* value);
  llvm::Value* truncate_f64x2_unsigned(llvm::Value* value);
  llvm::Value* multiply_add(llvm::Value* left, llvm::Value* right, llvm::Value* sum);
  llvm::Value* lane_select(llvm::Value* ones, llvm::Value* zeros, llvm::Value* mask);
  llvm::Value* dot_bytes(llvm::Value* left, llvm::Value* right);

  IrModule& module_;
  llvm::Function* function_;
  const wasm::FuncType& type_;
  llvm::DISubprogram* debug_scope_;
  llvm::IRBuilder<> entry_;  // the entry block: allocas, and what every use of the function needs
  llvm::IRBuilder<> builder_;
  llvm::BasicBlock* first_block_;  // behind the entry block
  ContextPtr context_;
  uint32_t offset_ = 0;  // of the instruction being emitted
  bool reachable_ = true;
  std::vector<Operand> stack_;
  std::vector<llvm::AllocaInst*> locals_;
  std::vector<Control> controls_;
  std::vector<size_t> tries_;               // those whose body is open, from the outermost
  std::vector<llvm::Value*> memory_bases_;  // loaded in the entry block, on demand
  // Metered code only.
  llvm::Value* fuel_cell_ = nullptr;          // Context::fuel
  llvm::AllocaInst* fuel_ = nullptr;          // what is left, while this function runs
  llvm::Instruction* line_charge_ = nullptr;  // where the line being emitted is paid for
  uint32_t line_cost_ = 0;                    // so far
};

}  // namespace wasmedge::compile

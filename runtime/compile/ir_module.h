#pragma once

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <string>
#include <vector>

#include "runtime/compile/cpu_vectors.h"
#include "runtime/compile/facts.h"

namespace wasmedge::compile {

// Handles that keep apart what LLVM sees as just values.

/// A Context* of an instance (run/context.h), or a host function's own pointer.
struct ContextPtr {
  llvm::Value* ir = nullptr;
};
/// A FuncRef*, not null.
struct FuncRefPtr {
  llvm::Value* ir = nullptr;
};
/// A Wasm value: an operand of an instruction.
struct Operand {
  llvm::Value* ir = nullptr;
};

/// What a load or store reaches, for alias analysis: accesses of different kinds never overlap.
enum class Reach : uint8_t { kMemory, kGlobal, kTable, kSize, kConstant, kSpill, kFuel };

/// How a vector instruction sees a v128, by the name that Wasm gives it.
enum class Shape : uint8_t { i8x16, i16x8, i32x4, i64x2, f32x4, f64x2 };

/// One partition's LLVM module, in an LLVMContext of its own, and the declarations in it.
class IrModule {
 public:
  IrModule(const Facts& facts, const llvm::TargetMachine& machine);

  const Facts& facts() const { return facts_; }
  llvm::LLVMContext& context() { return context_; }
  llvm::Module& ir() { return ir_; }

  llvm::Type* type(wasm::ValueType type);
  llvm::Type* i8() { return llvm::Type::getInt8Ty(context_); }
  llvm::Type* i32() { return llvm::Type::getInt32Ty(context_); }
  llvm::Type* i64() { return llvm::Type::getInt64Ty(context_); }
  llvm::Type* ptr() { return llvm::PointerType::getUnqual(context_); }
  llvm::FixedVectorType* lanes(Shape shape);
  const CpuVectors& vectors() const { return vectors_; }
  /// The IR type of functions of this type: the context, parameters and results that are in
  /// registers (Placement).
  llvm::FunctionType* function_type(const wasm::FuncType& type);
  llvm::FunctionType* function_type(uint32_t type);

  /// Own function `index`, declared; it is defined here or in another partition.
  llvm::Function* function(uint32_t index);
  /// Gives a function or a call what C wants of integers of 32 bits where registers are wider.
  template <typename FunctionOrCall>
  void extend_integers(FunctionOrCall* of);

  /// A new function of this partition with every attribute that code generation wants.
  llvm::Function* define(const std::string& name, llvm::FunctionType* type);
  /// Gives a function debug locations: `offset` is its place in the module.
  llvm::DISubprogram* describe(llvm::Function* function, uint32_t offset);

  /// What functions with landing pads name for the unwinder, so that LLVM writes the tables; nobody
  /// calls it (unwind.h).
  llvm::Function* personality();

  /// Marks a load or store with what it reaches.
  void reaches(llvm::Instruction* access, Reach reach);

  /// Marks a volatile access to a memory that one thread alone reaches (see optimise.cc).
  void make_relaxable(llvm::Instruction* access);
  static bool is_relaxable(const llvm::Instruction& instruction);

  /// After the last function.
  void finish() { debug_.finalize(); }

 private:
  void set_attributes(llvm::Function* function);

  const Facts& facts_;
  const llvm::TargetMachine& machine_;
  CpuVectors vectors_;
  llvm::LLVMContext context_;
  llvm::Module ir_;
  llvm::DIBuilder debug_;
  llvm::DIFile* file_ = nullptr;
  llvm::DISubroutineType* debug_type_ = nullptr;
  std::vector<llvm::FunctionType*> function_types_;  // by type index, made on demand
  std::vector<llvm::MDNode*> tags_;                  // by Reach
  llvm::MDNode* nothing_ = nullptr;
};

/// Which parameters or results of a function are in registers, which in cells of Context::spill
/// (run/context.h).
class Placement {
 public:
  static constexpr uint32_t kRegister = ~uint32_t{0};

  static Placement parameters(const wasm::FuncType& type, Architecture target);
  static Placement results(const wasm::FuncType& type, Architecture target);

  /// The cell of value `i`, or kRegister.
  uint32_t operator[](size_t i) const { return cells_[i]; }
  bool uses_cells() const { return used_ != 0; }

 private:
  /// Registers that are left.
  struct Room {
    uint32_t integers = 0;
    uint32_t others = 0;
    uint32_t all = 0;
    bool has_vectors = false;

    bool take(const wasm::ValueType& value);
  };

  Placement(const std::vector<wasm::ValueType>& values, Room room);

  std::vector<uint32_t> cells_;
  uint32_t used_ = 0;
};

/// The place of cell `i` in Context::spill of `context`.
llvm::Value* spill_cell(IrModule& module, llvm::IRBuilder<>& builder, ContextPtr context, size_t i);

/// Emits the body of own function `index` (function_emitter.h).
void emit_function(IrModule& module, uint32_t index);
/// Emits expression number `index` of Facts::expressions as `result c<index>(Context*)`.
void emit_expression(IrModule& module, uint32_t index);
/// Emits the entry thunk of type `index` as `t<index>` (run::EntryThunk).
void emit_entry_thunk(IrModule& module, uint32_t index);

}  // namespace wasmedge::compile

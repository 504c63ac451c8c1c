#pragma once

#include <vector>

#include "test/fuzz/differential/program.h"
#include "test/fuzz/differential/rows.h"

namespace wasmedge::fuzz {

/// Writes one function. Expressions leave one value of a type, statements leave the stack as it
/// was.
///
/// Whatever is chosen, it ends: every entry of a function takes fuel and traps without, and loops
/// count. And it says the same everywhere: where a NaN's bits could be seen, it is made canonical
/// before.
class Body {
 public:
  Body(Program& program, uint32_t function);
  /// Locals and code.
  Writer generate();

 private:
  using Types = std::vector<wasm::ValueType>;
  struct Label {
    Types types;  // of a branch to it
  };

  uint32_t below(size_t n) { return choices_.below(n); }
  bool one_in(uint32_t n) { return choices_.one_in(n); }
  bool flip() { return choices_.flip(); }
  bool tired(unsigned depth) { return depth == 0 || choices_.exhausted() || budget_ == 0; }

  // Expressions.
  void expression(const wasm::ValueType& type, unsigned depth);
  void expressions(Types types, unsigned depth);  // by value: blocks add types to the program
  void leaf(const wasm::ValueType& type);
  void constant(const wasm::ValueType& type);
  void reference(const wasm::ValueType& type, unsigned depth);
  void operation(const wasm::ValueType& type, unsigned depth);
  void row(const Row& row, unsigned depth);
  void operands(const Row& row, unsigned depth);
  void guarded_operand(const Row& row, unsigned depth);
  void structured(const wasm::ValueType& type, unsigned depth);
  void select(const wasm::ValueType& type, unsigned depth);
  void wide(unsigned depth);
  void condition(unsigned depth) { expression(wasm::kI32, depth); }
  bool call_for(const wasm::ValueType& type, unsigned depth);
  bool global_for(const wasm::ValueType& type);
  bool size_for(const wasm::ValueType& type);
  bool null_check(unsigned depth);

  // NaNs: what is on the stack, made canonical.
  void canonical(const wasm::ValueType& type);
  void canonical_lanes(const Row& row);

  // Memory and tables.
  uint32_t address(const Row& row, unsigned depth);
  void access_immediate(uint32_t align_log2, uint32_t memory, uint64_t offset);
  void masked(bool is64, uint32_t mask, unsigned depth);
  void store(unsigned depth);
  void atomic(const wasm::ValueType& type, unsigned depth);
  void bulk_memory(unsigned depth);
  void wait_or_notify(unsigned depth);
  void table_index(uint32_t table, unsigned depth);
  void table_statement(unsigned depth);

  // Statements.
  void statements(unsigned count, unsigned depth);
  void statement(unsigned depth);
  void assign(unsigned depth);
  void set_global(unsigned depth);
  void log(unsigned depth);
  void call_statement(unsigned depth);
  uint32_t table_with(uint32_t function, unsigned depth);
  void call_by(uint32_t function, unsigned depth, bool tail);
  void leave(unsigned depth);
  void tail_call(unsigned depth);
  void keep(const Types& types);  // values on the stack, the last on top, into locals

  // Control.
  void block(unsigned depth);
  void multi_block(unsigned depth);
  void branch(unsigned depth);
  void if_statement(unsigned depth);
  void switch_statement(unsigned depth);
  void loop(unsigned depth);
  void vector_loop(unsigned depth);
  void null_branch(unsigned depth);
  void block_type(const Types& results);
  void open(wasm::Op op, const Types& results, const Types& branch_types);
  void close() {
    labels_.pop_back();
    code_.op(wasm::Op::end);
  }

  // Exceptions.
  void raise(unsigned depth);
  void try_statement(unsigned depth);
  void legacy_try(unsigned depth);

  uint32_t local(const wasm::ValueType& type);      // one of the type, old or new
  uint32_t new_local(const wasm::ValueType& type);  // that nobody else writes
  void get(uint32_t index) { code_.op(wasm::Op::local_get, index); }
  void set(uint32_t index) { code_.op(wasm::Op::local_set, index); }

  Program& program_;
  Choices& choices_;
  const wasm::FuncType type_;
  Types locals_;             // parameters first
  std::vector<bool> fixed_;  // locals of new_local()
  std::vector<Label> labels_;
  unsigned loops_ = 0;
  unsigned budget_ = 160;
  Writer code_;
};

}  // namespace wasmedge::fuzz

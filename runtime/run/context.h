#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/base/limits.h"
#include "runtime/wasm/types.h"

/// The ABI between compiled code and the runtime: everything that emitted instructions read or
/// call. `compile` emits loads at these offsets; `run` fills them in. A change here changes
/// kAbiVersion.
///
/// Calling convention. A Wasm function of type [p…] -> [r…] is a C function
///   r f(void* context, p…)
/// with references as pointers, null as nullptr. `context` is the callee's Context; for a host
/// function it is the host's own pointer. A call through a FuncRef passes FuncRef::context.
///
/// Nothing is on the stack, so that a tail call is a jump whatever the types of caller and callee
/// are, and a host function is as good a target as any: what does not fit the registers goes
/// through the callee's Context::spill, an array of Value that all instances of a Store share and
/// that nobody holds a value in beyond the call.
///
/// - Parameters: so many integers or references, the context among them, and so many others have
///   registers, as in C (convention.h). The others have the cells 0, 1, … in order. A host function
///   with such parameters is called through wasmedge_host_adapter (enter_<arch>.S), which puts them
///   where C has them; its FuncRef::context is a HostTarget.
/// - Results: one as in C; up to two integers or references and two others as a literal struct by
///   value; of more than the architecture can, all are in cells.
///
/// Entry thunks and compiled constant expressions are C functions, too. A trap never returns: it is
/// a fault or a trap instruction in text, or a builtin that unwinds.
namespace wasmedge::run {

inline constexpr uint32_t kAbiVersion = 6;

/// One value in a global cell or in an entry's argument array; the low bytes hold narrower types.
union alignas(16) Value {
  uint32_t i32;
  uint64_t i64;
  float f32;
  double f64;
  void* ref;
  uint8_t v128[16];
};

/// What a funcref points to.
struct FuncRef {
  const void* code;
  void* context;
  uint64_t type;  // canonical function type, unique in the process: equal ids <=> equal types
};

/// What FuncRef::context points to if FuncRef::code is wasmedge_host_adapter. Known to the
/// assembly.
struct HostTarget {
  const void* code;
  void* context;
  Value* spill;          // where Context has it
  uint64_t stack_words;  // of parameters, in `spill`
};

/// A linear memory as code sees it. `base` never changes; `bytes` grows, of a shared memory also
/// while other threads run.
struct MemoryView {
  std::byte* base;
  std::atomic<uint64_t> bytes;
};
static_assert(sizeof(MemoryView) == 16 && std::atomic<uint64_t>::is_always_lock_free);

/// How code keeps its accesses within a memory. Reserved address space behind `bytes` faults.
enum class MemoryBounds : uint8_t {
  kGuard,        // memory32: base + zext(index) + zext(offset) is always within the reservation
  kReservation,  // memory64: index < kMemory64Bytes is checked, or less if the offset is beyond 32
                 // bits; the rest is as above
  kSize,         // pages of one byte: `bytes` need not end at a page of the OS, so the access's end
                 // is compared with it
};
constexpr MemoryBounds bounds_of(const wasm::MemoryType& type) {
  if (type.page_log2 < 16) return MemoryBounds::kSize;
  return type.limits.is64 ? MemoryBounds::kReservation : MemoryBounds::kGuard;
}

/// The most bytes that a memory can have, and the guard that follows them: any 32-bit offset and a
/// whole access further.
inline constexpr uint64_t kMemory32Bytes = uint64_t{1} << 32;
inline constexpr uint64_t kMemory64Bytes = kLimits.memory64_bytes;
inline constexpr uint64_t kMemoryGuard = (uint64_t{1} << 32) + 65536;

/// A table as code sees it. `elements` never changes (the whole maximum is reserved); `size` grows.
/// Every element is a pointer: FuncRef*, the host's extern reference, or Exception*.
struct TableView {
  void** elements;
  uint64_t size;
};

/// Traps: code, the spec's text. A trap instruction carries the code (machine.h), which has five
/// bits.
#define WASMEDGE_TRAPS(X)                                   \
  X(kUnreachable, 1, "unreachable")                         \
  X(kMemoryOutOfBounds, 2, "out of bounds memory access")   \
  X(kTableOutOfBounds, 3, "out of bounds table access")     \
  X(kUndefinedElement, 4, "undefined element")              \
  X(kUninitializedElement, 5, "uninitialized element")      \
  X(kIndirectCallType, 6, "indirect call type mismatch")    \
  X(kIntegerDivideByZero, 7, "integer divide by zero")      \
  X(kIntegerOverflow, 8, "integer overflow")                \
  X(kInvalidConversion, 9, "invalid conversion to integer") \
  X(kStackOverflow, 10, "call stack exhausted")             \
  X(kNullReference, 11, "null reference")                   \
  X(kInterrupted, 12, "interrupted")                        \
  X(kUnalignedAtomic, 13, "unaligned atomic")               \
  X(kUncaughtException, 14, "uncaught exception")           \
  X(kOutOfMemory, 15, "out of memory")                      \
  X(kNotShared, 16, "expected shared memory")               \
  X(kNullFunctionReference, 17, "null function reference")  \
  X(kOutOfFuel, 18, "out of fuel")

enum class TrapCode : uint8_t {
#define X(name, code, text) name = code,
  WASMEDGE_TRAPS(X)
#undef X
};

/// Host routines that code calls through Context::builtins; the first argument is the caller's
/// Context. X(name, result, (parameters)). Sizes and addresses are zero-extended to 64 bits by the
/// caller. Those that can trap unwind to the entry, with the trap's site taken from their return
/// address.
#define WASMEDGE_BUILTINS(X)                                                                    \
  X(memory_grow, uint64_t,                                                                      \
    (Context*, uint32_t memory, uint64_t pages)) /* old size in pages, or ~0 */                 \
  X(memory_fill, void, (Context*, uint32_t memory, uint64_t to, uint32_t byte, uint64_t count)) \
  X(memory_copy, void,                                                                          \
    (Context*, uint32_t to_memory, uint32_t from_memory, uint64_t to, uint64_t from,            \
     uint64_t count))                                                                           \
  X(memory_init, void,                                                                          \
    (Context*, uint32_t memory, uint32_t segment, uint64_t to, uint32_t from, uint32_t count))  \
  X(memory_wait32, uint32_t, /* of wait_on() */                                                 \
    (Context*, uint32_t memory, uint64_t address, uint32_t expected, int64_t nanoseconds))      \
  X(memory_wait64, uint32_t,                                                                    \
    (Context*, uint32_t memory, uint64_t address, uint64_t expected, int64_t nanoseconds))      \
  X(memory_notify, uint32_t, (Context*, uint32_t memory, uint64_t address, uint32_t count))     \
  X(data_drop, void, (Context*, uint32_t segment))                                              \
  X(table_grow, uint64_t,                                                                       \
    (Context*, uint32_t table, void* value, uint64_t count)) /* old size, or ~0 */              \
  X(table_fill, void, (Context*, uint32_t table, uint64_t to, void* value, uint64_t count))     \
  X(table_copy, void,                                                                           \
    (Context*, uint32_t to_table, uint32_t from_table, uint64_t to, uint64_t from,              \
     uint64_t count))                                                                           \
  X(table_init, void,                                                                           \
    (Context*, uint32_t table, uint32_t segment, uint64_t to, uint32_t from, uint32_t count))   \
  X(elem_drop, void, (Context*, uint32_t segment))                                              \
  X(ref_func, void*, (Context*, uint32_t function))      /* FuncRef* of a declared function */  \
  X(exception_new, Exception*, (Context*, uint32_t tag)) /* for code to fill in */              \
  X(exception_throw, void, (Context*, Exception*))       /* to a landing pad; never returns */  \
  X(is_subtype, uint32_t, (Context*, uint64_t type, uint64_t of)) /* canonical types */

struct Context;
class Instance;
struct Exception;

struct Builtins {
#define X(name, result, parameters) result(*name) parameters;
  WASMEDGE_BUILTINS(X)
#undef X
};

/// Head of an instance's context; variable arrays follow, in the order and at the offsets of
/// ContextLayout. All of it but global cells is constant while code runs (emit loads as invariant).
struct Context {
  const Builtins* builtins;
  Instance* instance;
  Value* spill;   // see "Calling convention" above
  int64_t* fuel;  // what is left, of all instances of the Store; metered code alone touches it
};
static_assert(offsetof(Context, spill) == offsetof(HostTarget, spill));

/// How many of each the module has (whole index spaces, imports included).
struct ContextCounts {
  uint32_t memories = 0;
  uint32_t tables = 0;
  uint32_t tags = 0;
  uint32_t globals = 0;
  uint32_t types = 0;
  uint32_t imported_functions = 0;
};

/// Byte offsets in the context of its arrays.
class ContextLayout {
 public:
  explicit constexpr ContextLayout(const ContextCounts& counts) : counts_(counts) {
    memory_bases_ = align8(sizeof(Context));
    memories_ = memory_bases_ + 8 * counts.memories;
    tables_ = memories_ + 8 * counts.memories;
    tags_ = tables_ + 8 * counts.tables;
    types_ = tags_ + 8 * counts.tags;
    imports_ = types_ + 8 * counts.types;
    global_pointers_ =
        imports_ + static_cast<uint32_t>(sizeof(FuncRef)) * counts.imported_functions;
    globals_ = align16(global_pointers_ + 8 * counts.globals);
    size_ = globals_ + static_cast<uint32_t>(sizeof(Value)) * counts.globals;
  }
  uint32_t memory_base(uint32_t i) const { return memory_bases_ + 8 * i; }  // std::byte*
  uint32_t memory(uint32_t i) const { return memories_ + 8 * i; }           // MemoryView*
  uint32_t table(uint32_t i) const { return tables_ + 8 * i; }              // TableView*
  uint32_t tag(uint32_t i) const { return tags_ + 8 * i; }                  // Tag*
  uint32_t type(uint32_t i) const { return types_ + 8 * i; }  // uint64_t, canonical id
  uint32_t import(uint32_t i) const {
    return imports_ + static_cast<uint32_t>(sizeof(FuncRef)) * i;
  }  // FuncRef, inline
  uint32_t global_pointer(uint32_t i) const {
    return global_pointers_ + 8 * i;
  }  // Value*, for imported globals
  uint32_t global(uint32_t i) const {
    return globals_ + static_cast<uint32_t>(sizeof(Value)) * i;
  }  // Value, inline, own globals
  uint32_t size() const { return size_; }
  const ContextCounts& counts() const { return counts_; }

 private:
  static constexpr uint32_t align8(size_t n) { return static_cast<uint32_t>((n + 7) & ~size_t{7}); }
  static constexpr uint32_t align16(size_t n) {
    return static_cast<uint32_t>((n + 15) & ~size_t{15});
  }
  ContextCounts counts_;
  uint32_t memory_bases_, memories_, tables_, tags_, types_, imports_, global_pointers_, globals_,
      size_;
};

/// The artifact has one of these for each function type it can be entered by (see artifact.h):
/// loads arguments from `values`, calls `code(context, …)`, stores results from values[0] on.
using EntryThunk = void (*)(const void* code, void* context, Value* values);

}  // namespace wasmedge::run

#include "runtime/run/builtins.h"

#include <algorithm>
#include <cstring>

#include "runtime/run/activation.h"
#include "runtime/run/instance.h"
#include "runtime/run/range.h"
#include "runtime/run/store.h"
#include "runtime/run/unwind.h"
#include "runtime/run/waiters.h"

// The host routines of compiled code (context.h). Each is called by compiled code directly, so that
// its return address lies in the function that a trap is reported for.
namespace wasmedge::run {

#define WASMEDGE_CALLER (static_cast<const char*>(__builtin_return_address(0)) - 1)

struct BuiltinFunctions {
  static Instance& instance(Context* context) { return *context->instance; }
  static Memory& memory(Context* context, uint32_t index) {
    return *instance(context).memories_[index];
  }
  static Table& table(Context* context, uint32_t index) {
    return *instance(context).tables_[index];
  }

  static uint64_t memory_grow(Context* context, uint32_t index, uint64_t pages) {
    need_stack(WASMEDGE_CALLER);
    return memory(context, index).grow(pages);
  }

  static void memory_fill(Context* context, uint32_t index, uint64_t to, uint32_t byte,
                          uint64_t count) {
    const auto bytes = memory(context, index).bytes();
    if (!in_range(to, count, bytes.size())) {
      trap_guest(TrapCode::kMemoryOutOfBounds, WASMEDGE_CALLER);
    }
    if (count != 0) std::memset(bytes.data() + to, static_cast<int>(byte & 0xff), count);
  }

  static void memory_copy(Context* context, uint32_t to_memory, uint32_t from_memory, uint64_t to,
                          uint64_t from, uint64_t count) {
    const auto target = memory(context, to_memory).bytes();
    const auto source = memory(context, from_memory).bytes();
    if (!in_range(to, count, target.size()) || !in_range(from, count, source.size())) {
      trap_guest(TrapCode::kMemoryOutOfBounds, WASMEDGE_CALLER);
    }
    if (count != 0) std::memmove(target.data() + to, source.data() + from, count);
  }

  static void memory_init(Context* context, uint32_t memory, uint32_t segment, uint64_t to,
                          uint32_t from, uint32_t count) {
    need_stack(WASMEDGE_CALLER);
    if (!instance(context).memory_init(memory, segment, to, from, count)) {
      trap_guest(TrapCode::kMemoryOutOfBounds, WASMEDGE_CALLER);
    }
  }

  template <typename T>
  static uint32_t wait(Context* context, uint32_t index, uint64_t address, T expected,
                       int64_t nanoseconds, const void* caller) {
    need_stack(caller);
    Memory& target = memory(context, index);
    const std::byte* at = atomic_place(target, address, sizeof(T), caller);
    if (!target.type().limits.shared) trap_guest(TrapCode::kNotShared, caller);
    return static_cast<uint32_t>(wait_on(reinterpret_cast<const T*>(at), expected, nanoseconds));
  }

  // Of an atomic access, which is checked here.
  static std::byte* atomic_place(Memory& memory, uint64_t address, uint64_t size,
                                 const void* caller) {
    const auto bytes = memory.bytes();
    if (!in_range(address, size, bytes.size())) trap_guest(TrapCode::kMemoryOutOfBounds, caller);
    if (address % size != 0) trap_guest(TrapCode::kUnalignedAtomic, caller);
    return bytes.data() + address;
  }

  static uint32_t memory_wait32(Context* context, uint32_t memory, uint64_t address,
                                uint32_t expected, int64_t nanoseconds) {
    return wait(context, memory, address, expected, nanoseconds, WASMEDGE_CALLER);
  }

  static uint32_t memory_wait64(Context* context, uint32_t memory, uint64_t address,
                                uint64_t expected, int64_t nanoseconds) {
    return wait(context, memory, address, expected, nanoseconds, WASMEDGE_CALLER);
  }

  // Nobody can wait on a memory that is not shared.
  static uint32_t memory_notify(Context* context, uint32_t index, uint64_t address,
                                uint32_t count) {
    need_stack(WASMEDGE_CALLER);
    Memory& target = memory(context, index);
    const std::byte* at = atomic_place(target, address, sizeof(uint32_t), WASMEDGE_CALLER);
    return target.type().limits.shared ? notify(at, count) : 0;
  }

  static void data_drop(Context* context, uint32_t segment) {
    instance(context).dropped_data_[segment] = true;
  }

  static uint64_t table_grow(Context* context, uint32_t index, void* value, uint64_t count) {
    need_stack(WASMEDGE_CALLER);
    return table(context, index).grow(count, value);
  }

  static void table_fill(Context* context, uint32_t index, uint64_t to, void* value,
                         uint64_t count) {
    const TableView& view = *table(context, index).view();
    if (!in_range(to, count, view.size)) trap_guest(TrapCode::kTableOutOfBounds, WASMEDGE_CALLER);
    std::fill_n(view.elements + to, count, value);
  }

  static void table_copy(Context* context, uint32_t to_table, uint32_t from_table, uint64_t to,
                         uint64_t from, uint64_t count) {
    const TableView& target = *table(context, to_table).view();
    const TableView& source = *table(context, from_table).view();
    if (!in_range(to, count, target.size) || !in_range(from, count, source.size)) {
      trap_guest(TrapCode::kTableOutOfBounds, WASMEDGE_CALLER);
    }
    if (count != 0) {
      std::memmove(static_cast<void*>(target.elements + to),
                   static_cast<const void*>(source.elements + from), count * sizeof(void*));
    }
  }

  static void table_init(Context* context, uint32_t table, uint32_t segment, uint64_t to,
                         uint32_t from, uint32_t count) {
    need_stack(WASMEDGE_CALLER);
    if (!instance(context).table_init(table, segment, to, from, count)) {
      trap_guest(TrapCode::kTableOutOfBounds, WASMEDGE_CALLER);
    }
  }

  static void elem_drop(Context* context, uint32_t segment) {
    instance(context).dropped_elements_[segment] = true;
  }

  static void* ref_func(Context* context, uint32_t function) {
    need_stack(WASMEDGE_CALLER);
    return instance(context).func_ref(function);
  }

  static Exception* exception_new(Context* context, uint32_t tag) {
    need_stack(WASMEDGE_CALLER);
    Instance& thrower = instance(context);
    Exception* made =
        thrower.store_.make_exception(*thrower.slot<const Tag*>(thrower.layout_.tag(tag)));
    if (made == nullptr) trap_guest(TrapCode::kOutOfMemory, WASMEDGE_CALLER);
    return made;
  }

  static constexpr auto exception_throw = wasmedge_exception_throw;

  static uint32_t is_subtype(Context*, uint64_t type, uint64_t of) {
    need_stack(WASMEDGE_CALLER);
    return run::is_subtype(type, of) ? 1 : 0;
  }
};

const Builtins kBuiltins = {
#define X(name, result, parameters) .name = BuiltinFunctions::name,
    WASMEDGE_BUILTINS(X)
#undef X
};

}  // namespace wasmedge::run

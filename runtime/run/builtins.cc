#include "runtime/run/builtins.h"

#include <algorithm>
#include <cstring>

#include "runtime/run/activation.h"
#include "runtime/run/bulk.h"
#include "runtime/run/instance.h"
#include "runtime/run/interruption.h"
#include "runtime/run/range.h"
#include "runtime/run/store.h"
#include "runtime/run/unwind.h"
#include "runtime/run/waiters.h"

// The host routines of compiled code (context.h). Each is called by compiled code directly, so that
// its return address lies in the function that a trap is reported for.
namespace wasmedge::run {

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

  // After bulk work, which ended early if it was interrupted.
  static void finish(bool finished, const Registers& caller) {
    if (!finished) trap_guest(TrapCode::kInterrupted, caller);
  }

  // Items that may overlap.
  static void copy(void* to, const void* from, uint64_t count, uint64_t item_bytes,
                   const Registers& caller) {
    auto* const target = static_cast<std::byte*>(to);
    const auto* const source = static_cast<const std::byte*>(from);
    const auto piece = [&](uint64_t first, uint64_t some) {
      std::memmove(target + first * item_bytes, source + first * item_bytes, some * item_bytes);
    };
    finish(in_pieces(count, item_bytes, /*backward=*/target > source, piece), caller);
  }

  static void fill(void** to, void* value, uint64_t count, const Registers& caller) {
    const auto piece = [&](uint64_t first, uint64_t some) { std::fill_n(to + first, some, value); };
    finish(in_pieces(count, sizeof(void*), /*backward=*/false, piece), caller);
  }

  static void memory_fill(Context* context, uint32_t index, uint64_t to, uint32_t byte,
                          uint64_t count) {
    const auto bytes = memory(context, index).bytes();
    if (!in_range(to, count, bytes.size())) {
      trap_guest(TrapCode::kMemoryOutOfBounds, WASMEDGE_CALLER);
    }
    std::byte* target = bytes.data() + to;
    finish(in_pieces(count, 1, /*backward=*/false,
                     [&](uint64_t first, uint64_t some) {
                       std::memset(target + first, static_cast<int>(byte & 0xff), some);
                     }),
           WASMEDGE_CALLER);
  }

  static void memory_copy(Context* context, uint32_t to_memory, uint32_t from_memory, uint64_t to,
                          uint64_t from, uint64_t count) {
    const auto target = memory(context, to_memory).bytes();
    const auto source = memory(context, from_memory).bytes();
    if (!in_range(to, count, target.size()) || !in_range(from, count, source.size())) {
      trap_guest(TrapCode::kMemoryOutOfBounds, WASMEDGE_CALLER);
    }
    copy(target.data() + to, source.data() + from, count, 1, WASMEDGE_CALLER);
  }

  static void memory_init(Context* context, uint32_t memory, uint32_t segment, uint64_t to,
                          uint32_t from, uint32_t count) {
    need_stack(WASMEDGE_CALLER);
    Instance& self = instance(context);
    if (!self.can_init_memory(memory, segment, to, from, count)) {
      trap_guest(TrapCode::kMemoryOutOfBounds, WASMEDGE_CALLER);
    }
    const auto piece = [&](uint64_t first, uint64_t some) {
      self.memory_init(memory, segment, to + first, from + first, some);
    };
    finish(in_pieces(count, 1, /*backward=*/false, piece), WASMEDGE_CALLER);
  }

  template <typename T>
  static uint32_t wait(Context* context, uint32_t index, uint64_t address, T expected,
                       int64_t nanoseconds, const Registers& caller) {
    need_stack(caller);
    Memory& target = memory(context, index);
    const std::byte* at = atomic_place(target, address, sizeof(T), caller);
    if (!target.type().limits.shared) trap_guest(TrapCode::kNotShared, caller);
    Interruption interruption;
    const Waited waited =
        wait_on(reinterpret_cast<const T*>(at), expected, nanoseconds, &interruption.state());
    finish(!interruption.end(), caller);
    return static_cast<uint32_t>(waited);
  }

  // Of an atomic access, which is checked here.
  static std::byte* atomic_place(Memory& memory, uint64_t address, uint64_t size,
                                 const Registers& caller) {
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
    Table& grown = table(context, index);
    if (!grown.can_grow(count)) return ~uint64_t{0};
    // The elements are there before anybody can see them, and null already.
    if (value != nullptr) {
      fill(grown.view()->elements + grown.size(), value, count, WASMEDGE_CALLER);
    }
    return grown.grow(count, nullptr);
  }

  static void table_fill(Context* context, uint32_t index, uint64_t to, void* value,
                         uint64_t count) {
    const TableView& view = *table(context, index).view();
    if (!in_range(to, count, view.size)) trap_guest(TrapCode::kTableOutOfBounds, WASMEDGE_CALLER);
    fill(view.elements + to, value, count, WASMEDGE_CALLER);
  }

  static void table_copy(Context* context, uint32_t to_table, uint32_t from_table, uint64_t to,
                         uint64_t from, uint64_t count) {
    const TableView& target = *table(context, to_table).view();
    const TableView& source = *table(context, from_table).view();
    if (!in_range(to, count, target.size) || !in_range(from, count, source.size)) {
      trap_guest(TrapCode::kTableOutOfBounds, WASMEDGE_CALLER);
    }
    copy(static_cast<void*>(target.elements + to), static_cast<const void*>(source.elements + from),
         count, sizeof(void*), WASMEDGE_CALLER);
  }

  static void table_init(Context* context, uint32_t table, uint32_t segment, uint64_t to,
                         uint32_t from, uint32_t count) {
    need_stack(WASMEDGE_CALLER);
    Instance& self = instance(context);
    if (!self.can_init_table(table, segment, to, from, count)) {
      trap_guest(TrapCode::kTableOutOfBounds, WASMEDGE_CALLER);
    }
    const auto piece = [&](uint64_t first, uint64_t some) {
      self.table_init(table, segment, to + first, from + first, some);
    };
    finish(in_pieces(count, sizeof(void*), /*backward=*/false, piece), WASMEDGE_CALLER);
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

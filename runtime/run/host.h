#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include "runtime/run/context.h"
#include "runtime/run/convention.h"
#include "runtime/run/exception.h"
#include "runtime/run/func_types.h"
#include "runtime/run/memory.h"
#include "runtime/run/table.h"

/// What a module may import and what an instance exports. Everything named here is owned by the
/// importing instance's Store or, like host functions and their contexts, by the host, which keeps
/// them longer.
namespace wasmedge::run {

/// A global variable: its type and its cell.
struct Global {
  wasm::GlobalType type;
  Value* cell = nullptr;
};

/// A function: compiled code, or a host's. `stack_words`: how many parameters of a host function C
/// passes on the stack (see context.h).
struct ExternFunction {
  FuncRef ref;
  uint32_t stack_words = 0;
};

/// A function, table, memory, global or tag that crosses a module's boundary.
using Extern = std::variant<ExternFunction, Table*, Memory*, Global, const Tag*>;

/// What the module asks for.
struct ImportRequest {
  std::string_view module;
  std::string_view name;
  wasm::ExternKind kind = wasm::ExternKind::kFunc;
  uint64_t func_type = 0;  // kFunc, kTag: canonical type that the module expects
};

/// Finds an import; nullopt: the host does not provide it. The answer's type is checked by the
/// caller.
using Resolver = std::function<std::optional<Extern>(const ImportRequest&)>;

namespace detail {

template <typename T>
constexpr wasm::ValueType value_type() {
  if constexpr (std::is_same_v<T, uint32_t> || std::is_same_v<T, int32_t>) {
    return wasm::kI32;
  } else if constexpr (std::is_same_v<T, uint64_t> || std::is_same_v<T, int64_t>) {
    return wasm::kI64;
  } else if constexpr (std::is_same_v<T, float>) {
    return wasm::kF32;
  } else if constexpr (std::is_same_v<T, double>) {
    return wasm::kF64;
  } else if constexpr (std::is_same_v<T, FuncRef*>) {
    return wasm::kFuncRef;
  } else {
    static_assert(std::is_same_v<T, void*>, "no WebAssembly value type for this C++ type");
    return wasm::kExternRef;
  }
}

template <typename R, typename Context, typename... P>
uint64_t type_of_host_function(R (*)(Context*, P...)) {
  static constexpr std::array<wasm::ValueType, sizeof...(P)> kParameters = {value_type<P>()...};
  if constexpr (std::is_void_v<R>) {
    return canonical_type(kParameters, {});
  } else {
    static constexpr std::array<wasm::ValueType, 1> kResults = {value_type<R>()};
    return canonical_type(kParameters, kResults);
  }
}

/// Words of parameters that C passes on the stack.
template <typename... P>
constexpr uint32_t stack_words() {
  constexpr CallRegisters registers = call_registers(kThisArchitecture);
  constexpr size_t floats = (size_t{0} + ... + (std::is_floating_point_v<P> ? 1 : 0));
  constexpr size_t integers = 1 + sizeof...(P) - floats;
  static_assert(kThisArchitecture != Architecture::kRiscv64 || floats <= registers.floats,
                "C passes the ninth float in an integer's register, which the adapter does not");
  return static_cast<uint32_t>((integers > registers.integers ? integers - registers.integers : 0) +
                               (floats > registers.floats ? floats - registers.floats : 0));
}

}  // namespace detail

/// A plain C++ function `R f(Context*, P…)` as a Wasm function; its type follows from the C++ type:
/// (u)int32_t i32, (u)int64_t i64, float f32, double f64, FuncRef* funcref, void* externref; R may
/// be void. It runs on the guest's stack, must not throw, and may call into guests again.
template <typename R, typename Context, typename... P>
ExternFunction host_function(R (*function)(Context*, P...), Context* context) {
  return {
      {reinterpret_cast<const void*>(function), context, detail::type_of_host_function(function)},
      detail::stack_words<P...>()};
}

}  // namespace wasmedge::run

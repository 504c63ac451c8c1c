#include "runtime/run/import_match.h"

#include "runtime/base/quote.h"

namespace wasmedge::run {
namespace {

using wasm::ExternKind;

std::string describe(const wasm::SizeLimits& limits) {
  if (!limits.max) return fmt::format("{{min {}}}", limits.min);
  return fmt::format("{{min {}, max {}}}", limits.min, *limits.max);
}

std::string describe(const wasm::FuncType& type) {
  return fmt::format("of type {}", wasm::to_string(type));
}

std::string describe(const wasm::TableType& type) {
  return fmt::format("of {} {}{}", wasm::to_string(type.element), describe(type.limits),
                     type.limits.is64 ? " 64-bit" : "");
}

std::string describe(const wasm::MemoryType& type) {
  return fmt::format("of pages {}{}{}{}", describe(type.limits), type.limits.is64 ? " 64-bit" : "",
                     type.page_log2 == 16 ? "" : " of one byte",
                     type.limits.shared ? " shared" : "");
}

std::string describe(const wasm::GlobalType& type) {
  return fmt::format("of type {}{}", type.is_mutable ? "mut " : "", wasm::to_string(type.value));
}

// What the host provides, its size being the current one.
std::string describe(const Extern& found) {
  struct Describe {
    std::string operator()(const ExternFunction& function) const {
      return "function " + describe(func_type(function.ref.type));
    }
    std::string operator()(const Table* table) const {
      wasm::TableType type = table->type();
      type.limits.min = table->size();
      return "table " + describe(type);
    }
    std::string operator()(const Memory* memory) const {
      wasm::MemoryType type = memory->type();
      type.limits.min = memory->pages();
      return "memory " + describe(type);
    }
    std::string operator()(const Tag* tag) const { return "tag " + describe(func_type(tag->type)); }
    std::string operator()(const Global& global) const { return "global " + describe(global.type); }
  };
  return std::visit(Describe{}, found);
}

std::string_view noun(ExternKind kind) {
  return kind == ExternKind::kFunc ? "function" : wasm::to_string(kind);
}

// Spec: limits matching. `size` is the current one.
bool fits(uint64_t size, const wasm::SizeLimits& found, const wasm::SizeLimits& wanted) {
  if (size < wanted.min || found.shared != wanted.shared || found.is64 != wanted.is64) return false;
  return !wanted.max || (found.max && *found.max <= *wanted.max);
}

}  // namespace

// Descriptions are made for errors only: importing is on the path of every start.
template <typename T, typename Type, typename Matches>
Result<T> ImportMatch::resolve(ExternKind kind, uint64_t func_type, const Type& wanted,
                               const Matches& matches) const {
  const std::optional<Extern> found = resolver_({module_, name_, kind, func_type});
  const T* candidate = found ? std::get_if<T>(&*found) : nullptr;
  if (candidate != nullptr && matches(*candidate)) return *candidate;
  const std::string import = fmt::format("the module imports {} {}.{} {}", noun(kind),
                                         quote(module_), quote(name_), describe(wanted));
  if (!found) {
    return fail(ErrorCode::kInvalidArgument, "unknown import: {}, which the host does not provide",
                import);
  }
  return fail(ErrorCode::kInvalidArgument,
              "incompatible import type: {}, but the host provides a {}", import, describe(*found));
}

Result<ExternFunction> ImportMatch::function(uint64_t type) const {
  return resolve<ExternFunction>(
      ExternKind::kFunc, type, func_type(type),
      [type](const ExternFunction& found) { return is_subtype(found.ref.type, type); });
}

Result<const Tag*> ImportMatch::tag(uint64_t type) const {
  return resolve<const Tag*>(ExternKind::kTag, type, func_type(type),
                             [type](const Tag* found) { return found->type == type; });
}

Result<Table*> ImportMatch::table(const wasm::TableType& type) const {
  return resolve<Table*>(ExternKind::kTable, 0, type, [&type](const Table* found) {
    return found->type().element == type.element &&
           fits(found->size(), found->type().limits, type.limits);
  });
}

Result<Memory*> ImportMatch::memory(const wasm::MemoryType& type) const {
  return resolve<Memory*>(ExternKind::kMemory, 0, type, [&type](const Memory* found) {
    return found->type().page_log2 == type.page_log2 &&
           fits(found->pages(), found->type().limits, type.limits);
  });
}

Result<Global> ImportMatch::global(const wasm::GlobalType& type) const {
  return resolve<Global>(ExternKind::kGlobal, 0, type, [&type](const Global& found) {
    if (found.type.is_mutable != type.is_mutable) return false;
    return type.is_mutable ? found.type.value == type.value : matches(found.type.value, type.value);
  });
}

}  // namespace wasmedge::run

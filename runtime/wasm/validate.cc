#include <unordered_set>

#include "runtime/base/quote.h"
#include "runtime/wasm/const_validator.h"
#include "runtime/wasm/function_validator.h"
#include "runtime/wasm/module.h"
#include "runtime/wasm/type_validator.h"

namespace wasmedge::wasm {

namespace {

/// Rules about the module as a whole; each names the item by its index.
class ModuleValidator {
 public:
  explicit ModuleValidator(const Module& module)
      : module_(module),
        types_(module),
        functions_(module, types_),
        constants_(module, functions_) {}

  Result<> run() {
    TRY(validate_types(module_, types_));
    TRY(function_types());
    TRY(tables());
    TRY(memories());
    TRY(tags());
    TRY(globals());
    TRY(exports());
    TRY(start());
    TRY(elements());
    TRY(data());
    for (uint32_t i = module_.imported_functions; i < module_.functions.size(); ++i) {
      TRY(functions_.function(i));
    }
    return {};
  }

 private:
  template <typename... Args>
  static Result<> invalid(uint32_t at, fmt::format_string<Args...> format, Args&&... args) {
    return fail(ErrorCode::kInvalidArgument, "invalid module at offset {:#x}, {}", at,
                fmt::format(format, std::forward<Args>(args)...));
  }

  Result<> function_types() {
    for (size_t i = 0; i < module_.functions.size(); ++i) {
      const uint32_t type = module_.functions[i].type;
      if (type >= module_.types.size())
        return invalid(module_.functions[i].at, "function {}: unknown type {}", i, type);
    }
    return {};
  }

  Result<> known(const ValueType& type, uint32_t at, std::string_view what, size_t index) {
    if (is_known(module_, type)) return {};
    return invalid(at, "{} {}: unknown type {}", what, index, type.index);
  }

  Result<> tables() {
    for (size_t i = 0; i < module_.tables.size(); ++i) {
      const Table& table = module_.tables[i];
      const SizeLimits& limits = table.type.limits;
      if (!limits.is64 && (limits.min > UINT32_MAX || limits.max.value_or(0) > UINT32_MAX)) {
        return invalid(table.at, "table {}: table size must be at most 2^32-1 elements", i);
      }
      if (limits.max && limits.min > *limits.max) {
        return invalid(table.at, "table {}: size minimum must not be greater than maximum", i);
      }
      TRY(known(table.type.element, table.at, "table", i));
      if (!table.init && !table.imported && !table.type.element.is_defaultable()) {
        return invalid(table.at, "table {}: type mismatch: {} needs an initial value", i,
                       to_string(table.type.element));
      }
      if (table.init)
        TRY(constants_.check(*table.init, module_.imported_globals, {"table", i, table.at}));
    }
    return {};
  }

  Result<> memories() {
    for (size_t i = 0; i < module_.memories.size(); ++i) {
      const auto& [type, imported, at] = module_.memories[i];
      const SizeLimits& limits = type.limits;
      if (type.page_log2 != 0 && type.page_log2 != 16) {
        return invalid(at, "memory {}: invalid custom page size 2^{}: it must be 1 or 65536", i,
                       type.page_log2);
      }
      const uint64_t most = most_pages(type);
      if (limits.min > most || limits.max.value_or(0) > most) {
        return invalid(at, "memory {}: memory size must be at most {} pages ({})", i, most,
                       limits.is64 ? "16 EiB" : "4 GiB");
      }
      if (limits.max && limits.min > *limits.max) {
        return invalid(at, "memory {}: size minimum must not be greater than maximum", i);
      }
      if (limits.shared && !limits.max) {
        return invalid(at, "memory {}: shared memory must have maximum", i);
      }
    }
    return {};
  }

  Result<> tags() {
    for (size_t i = 0; i < module_.tags.size(); ++i) {
      const Tag& tag = module_.tags[i];
      if (tag.type >= module_.types.size()) {
        return invalid(tag.at, "tag {}: unknown type {}", i, tag.type);
      }
      const FuncType& type = module_.types[tag.type];
      if (!type.results.empty()) {
        return invalid(tag.at, "tag {}: non-empty tag result type: {}", i, to_string(type));
      }
    }
    return {};
  }

  Result<> globals() {
    for (size_t i = 0; i < module_.globals.size(); ++i) {
      const Global& global = module_.globals[i];
      TRY(known(global.type.value, global.at, "global", i));
      if (global.imported) continue;
      TRY(constants_.check(module_.globals[i].init, i,
                           {"global", i, module_.globals[i].init.code.offset}));
    }
    return {};
  }

  size_t count_of(ExternKind kind) const {
    switch (kind) {
      case ExternKind::kFunc:
        return module_.functions.size();
      case ExternKind::kTable:
        return module_.tables.size();
      case ExternKind::kMemory:
        return module_.memories.size();
      case ExternKind::kGlobal:
        return module_.globals.size();
      case ExternKind::kTag:
        return module_.tags.size();
    }
    return 0;
  }

  Result<> exports() {
    std::unordered_set<std::string_view> names;
    names.reserve(module_.exports.size());
    for (size_t i = 0; i < module_.exports.size(); ++i) {
      const Export& item = module_.exports[i];
      if (item.index >= count_of(item.kind)) {
        return invalid(item.at, "export {}: unknown {} {}", i, to_string(item.kind), item.index);
      }
      if (!names.insert(item.name).second) {
        return invalid(item.at, "export {}: duplicate export name {}", i, quote(item.name));
      }
    }
    return {};
  }

  Result<> start() {
    if (!module_.start) return {};
    if (*module_.start >= module_.functions.size()) {
      return invalid(module_.start_at, "start function: unknown function {}", *module_.start);
    }
    const FuncType& type = module_.type_of(*module_.start);
    if (!type.parameters.empty() || !type.results.empty()) {
      return invalid(module_.start_at,
                     "start function: function {} must be of type [] -> [], but is {}",
                     *module_.start, to_string(type));
    }
    return {};
  }

  Result<> elements() {
    for (size_t i = 0; i < module_.elements.size(); ++i) {
      const ElementSegment& segment = module_.elements[i];
      TRY(known(segment.type, segment.at, "element segment", i));
      if (segment.mode == SegmentMode::kActive) {
        if (segment.table >= module_.tables.size()) {
          return invalid(segment.at, "element segment {}: unknown table {}", i, segment.table);
        }
        const ValueType wanted = module_.tables[segment.table].type.element;
        if (!types_.matches(segment.type, wanted)) {
          return invalid(segment.at, "element segment {}: type mismatch: {} in a table of {}", i,
                         to_string(segment.type), to_string(wanted));
        }
        TRY(constants_.check(segment.offset, module_.globals.size(),
                             {"element segment", i, segment.at}));
      }
      for (const ConstExpr& element : segment.elements) {
        TRY(constants_.check(element, module_.globals.size(), {"element segment", i, segment.at}));
      }
    }
    return {};
  }

  Result<> data() {
    for (size_t i = 0; i < module_.data.size(); ++i) {
      const DataSegment& segment = module_.data[i];
      if (segment.mode != SegmentMode::kActive) continue;
      if (segment.memory >= module_.memories.size()) {
        return invalid(segment.at, "data segment {}: unknown memory {}", i, segment.memory);
      }
      TRY(constants_.check(segment.offset, module_.globals.size(),
                           {"data segment", i, segment.at}));
    }
    return {};
  }

  const Module& module_;
  ModuleTypes types_;
  FunctionValidator functions_;
  ConstValidator constants_;
};

}  // namespace

Result<> validate(const Module& module) {
  return ModuleValidator(module).run();
}

}  // namespace wasmedge::wasm

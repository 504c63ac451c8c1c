#include "runtime/compile/facts.h"

#include <unordered_map>

namespace wasmedge::compile {
namespace {

run::ContextCounts counts(const wasm::Module& module) {
  return {.memories = static_cast<uint32_t>(module.memories.size()),
          .tables = static_cast<uint32_t>(module.tables.size()),
          .globals = static_cast<uint32_t>(module.globals.size()),
          .types = static_cast<uint32_t>(module.types.size()),
          .imported_functions = module.imported_functions};
}

// The type's binary form: equal strings, equal types.
std::string key_of(const wasm::FuncType& type) {
  std::string key;
  const auto add = [&key](const wasm::ValueType& value) {
    key.push_back(static_cast<char>(value.kind));
    if (!value.is_ref()) return;
    key.push_back(static_cast<char>(value.heap));
    key.push_back(static_cast<char>(value.nullable));
    key.append(reinterpret_cast<const char*>(&value.index), sizeof(value.index));
  };
  for (const wasm::ValueType& parameter : type.parameters) add(parameter);
  key.push_back('>');
  for (const wasm::ValueType& result : type.results) add(result);
  return key;
}

void find_expressions(const wasm::Module& module, std::vector<const wasm::ConstExpr*>& found) {
  const auto add = [&found](const wasm::ConstExpr& expression) {
    if (expression.kind == wasm::ConstExpr::Kind::kExpression) found.push_back(&expression);
  };
  for (const wasm::Global& global : module.globals) add(global.init);
  for (const wasm::Table& table : module.tables) {
    if (table.init) add(*table.init);
  }
  for (const wasm::ElementSegment& segment : module.elements) {
    add(segment.offset);
    for (const wasm::ConstExpr& element : segment.elements) add(element);
  }
  for (const wasm::DataSegment& segment : module.data) add(segment.offset);
}

}  // namespace

Facts::Facts(const wasm::Module& wasm_module)
    : module(wasm_module),
      layout(counts(wasm_module)),
      same_type(wasm_module.types.size()),
      needs_thunk(wasm_module.types.size()) {
  std::unordered_map<std::string, uint32_t> first;
  for (uint32_t i = 0; i < module.types.size(); ++i) {
    same_type[i] = first.try_emplace(key_of(module.types[i]), i).first->second;
  }
  for (const wasm::Function& function : module.functions) {
    needs_thunk[same_type[function.type]] = true;
  }
  find_expressions(module, expressions);
  fixed_table_size.reserve(module.tables.size());
  for (const wasm::Table& table : module.tables) {
    // Import matching holds this for imported tables too: at least min, and never beyond max.
    const wasm::SizeLimits& limits = table.type.limits;
    const bool fixed = limits.max == limits.min;
    fixed_table_size.push_back(fixed ? std::optional(limits.min) : std::nullopt);
  }
}

}  // namespace wasmedge::compile

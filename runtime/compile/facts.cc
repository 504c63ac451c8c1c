#include "runtime/compile/facts.h"

#include <unordered_map>

#include "runtime/wasm/type_canon.h"

namespace wasmedge::compile {
namespace {

run::ContextCounts counts(const wasm::Module& module) {
  return {.memories = static_cast<uint32_t>(module.memories.size()),
          .tables = static_cast<uint32_t>(module.tables.size()),
          .tags = static_cast<uint32_t>(module.tags.size()),
          .globals = static_cast<uint32_t>(module.globals.size()),
          .types = static_cast<uint32_t>(module.types.size()),
          .imported_functions = module.imported_functions};
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

Facts::Facts(const wasm::Module& wasm_module, const CompileOptions& options)
    : module(wasm_module),
      target(options.target),
      metered(options.metered),
      cpu(options.cpu),
      layout(counts(wasm_module)),
      same_type(wasm_module.types.size()),
      needs_thunk(wasm_module.types.size()) {
  wasm::ModuleTypes types(module);
  types.add_all();
  std::unordered_map<uint32_t, uint32_t> first;
  for (uint32_t i = 0; i < module.types.size(); ++i) {
    same_type[i] = first.try_emplace(types.number(i), i).first->second;
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

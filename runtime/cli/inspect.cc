#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

#include "runtime/base/quote.h"
#include "runtime/cli/command.h"
#include "runtime/cli/help.h"
#include "runtime/cli/module.h"
#include "runtime/cli/tell.h"
#include "runtime/wasm/instructions.h"
#include "runtime/wasm/module.h"

namespace wasmedge::cli {
namespace {

using wasm::ExternKind;

/// Collects the features that instructions belong to.
struct UsedFeatures {
  std::set<std::string_view> names;
  uint64_t instructions = 0;

#define WASM_OP(id, encoding, text, immediate, signature, feature)  \
  void id(const wasm::immediate&) {                                 \
    ++instructions;                                                 \
    if constexpr (wasm::Feature::feature != wasm::Feature::kCore) { \
      names.insert(wasm::to_string(wasm::Feature::feature));        \
    }                                                               \
  }
#include "runtime/wasm/opcodes.def"
};

UsedFeatures used_features(const wasm::Module& module) {
  UsedFeatures used;
  for (const wasm::Function& function : module.functions) {
    if (function.imported) continue;
    wasm::Reader reader(module.bytes, function.body);
    wasm::skip_locals(reader);
    while (!reader.done()) wasm::visit(reader, used);
  }
  for (const wasm::Memory& memory : module.memories) {
    if (memory.type.limits.is64) used.names.insert("memory64");
    if (memory.type.limits.shared) used.names.insert(wasm::to_string(wasm::Feature::kThreads));
    if (memory.type.page_log2 != 16) used.names.insert("custom page sizes");
  }
  if (!module.tags.empty()) used.names.insert(wasm::to_string(wasm::Feature::kExceptionHandling));
  for (const wasm::Table& table : module.tables) {
    if (table.type.limits.is64) used.names.insert("table64");
  }
  if (module.memories.size() > 1) used.names.insert("multiple memories");
  if (std::ranges::any_of(module.types, [](const auto& type) { return type.results.size() > 1; })) {
    used.names.insert("multiple results");
  }
  return used;
}

std::string describe(const wasm::SizeLimits& limits, std::string_view unit) {
  return fmt::format("{}{} {}{}{}", limits.min,
                     limits.max ? fmt::format(" to {}", *limits.max) : " or more", unit,
                     limits.shared ? ", shared" : "", limits.is64 ? ", 64-bit addresses" : "");
}

std::string describe(const wasm::Module& module, ExternKind kind, uint32_t index) {
  switch (kind) {
    case ExternKind::kFunc:
      return to_string(module.type_of(index));
    case ExternKind::kTable:
      return fmt::format("{}, {}", to_string(module.tables[index].type.element),
                         describe(module.tables[index].type.limits, "elements"));
    case ExternKind::kMemory:
      return describe(
          module.memories[index].type.limits,
          fmt::format("pages of {} bytes", uint64_t{1} << module.memories[index].type.page_log2));
    case ExternKind::kGlobal:
      return fmt::format("{}{}", module.globals[index].type.is_mutable ? "mutable " : "",
                         to_string(module.globals[index].type.value));
    case ExternKind::kTag:
      return to_string(module.type_of_tag(index));
  }
  return "";
}

void add_sizes(std::string& out, const wasm::Module& module, const UsedFeatures& used) {
  const auto line = std::back_inserter(out);
  uint64_t code = 0, data = 0;
  uint32_t largest = 0;
  for (uint32_t i = 0; i < module.functions.size(); ++i) {
    code += module.functions[i].body.size;
    if (module.functions[i].body.size > module.functions[largest].body.size) largest = i;
  }
  for (const wasm::DataSegment& segment : module.data) data += segment.bytes.size;
  fmt::format_to(line, "functions: {}, of which {} imported; {} instructions, {} bytes of code\n",
                 module.functions.size(), module.imported_functions, used.instructions, code);
  if (code > 0) {
    const std::string_view name =
        largest < module.function_names.size() ? module.function_names[largest] : "";
    fmt::format_to(line, "largest function: {}{}, {} bytes\n", largest,
                   name.empty() ? "" : " " + quote(name), module.functions[largest].body.size);
  }
  fmt::format_to(line, "data: {} bytes in {} segments\n", data, module.data.size());
}

void add_items(std::string& out, const wasm::Module& module) {
  const auto line = std::back_inserter(out);
  const auto each = [&](std::string_view title, ExternKind kind, size_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      fmt::format_to(line, "{} {}: {}\n", title, i, describe(module, kind, i));
    }
  };
  each("memory", ExternKind::kMemory, module.memories.size());
  each("table", ExternKind::kTable, module.tables.size());
  fmt::format_to(line, "imports: {}\n", module.imports.size());
  for (const wasm::Import& import : module.imports) {
    fmt::format_to(line, "  {} {} {} {}\n", to_string(import.kind), quote(import.module),
                   quote(import.name), describe(module, import.kind, import.index));
  }
  fmt::format_to(line, "exports: {}\n", module.exports.size());
  for (const wasm::Export& entry : module.exports) {
    fmt::format_to(line, "  {} {} {}\n", to_string(entry.kind), quote(entry.name),
                   describe(module, entry.kind, entry.index));
  }
}

Result<std::string> inspect(const std::string& path) {
  TRY_ASSIGN(const ModuleFile file, open_module(path));
  const auto module = wasm::decode(file.bytes.bytes());
  if (!module) return wrap(module.error(), path);
  if (const auto valid = wasm::validate(*module); !valid) return wrap(valid.error(), path);
  const UsedFeatures used = used_features(*module);
  std::string out = fmt::format("{}: {} bytes\nfeatures:", path, module->bytes.size());
  std::string_view separator = " ";
  for (const std::string_view name : used.names) {
    fmt::format_to(std::back_inserter(out), "{}{}", separator, name);
    separator = ", ";
  }
  out += used.names.empty() ? " those of WebAssembly 1.0\n" : "\n";
  add_sizes(out, *module, used);
  add_items(out, *module);
  return out;
}

}  // namespace

int inspect_command(Arguments arguments) {
  for (const std::string_view argument : arguments) {
    if (argument == "--help" || argument == "-h") return print(kInspectHelp);
    if (argument.starts_with('-')) {
      return usage_error({ErrorCode::kInvalidArgument, fmt::format("unknown option {}", argument)},
                         "inspect");
    }
  }
  if (arguments.size() != 1) {
    return usage_error(
        {ErrorCode::kInvalidArgument,
         arguments.empty() ? "which module? No file is named" : "one module at a time"},
        "inspect");
  }
  const auto text = inspect(arguments[0]);
  return text ? print(*text) : failure(text.error());
}

}  // namespace wasmedge::cli

#include "runtime/compile/emit_text.h"

#include <fmt/format.h>
#include <llvm/ADT/StringRef.h>

#include <charconv>
#include <iterator>

#include "runtime/base/quote.h"
#include "runtime/compile/facts.h"
#include "runtime/compile/partition.h"

namespace wasmedge::compile {
namespace {

/// What is said of a function, entry thunk or constant expression, by its symbol.
class Labels {
 public:
  Labels(const wasm::Module& module, const Symbols& symbols) : module_(module), symbols_(symbols) {}

  std::string of(llvm::StringRef name) const {
    const auto symbol = parse_symbol({name.data(), name.size()});
    if (!symbol) return "";
    switch (symbol->kind) {
      case Symbol::Kind::kFunction: {
        const std::string_view known = this->name(symbol->index);
        return fmt::format("function {}{}, at module offset {:#x}", symbol->index,
                           known.empty() ? "" : " " + quote(known),
                           module_.functions[symbol->index].body.offset);
      }
      case Symbol::Kind::kThunk:
        return fmt::format("entry from the host into functions of type {}", symbol->index);
      case Symbol::Kind::kExpression:
        return fmt::format("constant expression {}", symbol->index);
    }
    return "";
  }

  std::string_view name(uint32_t function) const {
    if (const std::string* readable = symbols_.name(function)) return *readable;
    return function < module_.function_names.size() ? module_.function_names[function] : "";
  }

 private:
  const wasm::Module& module_;
  const Symbols& symbols_;
};

// With a comment above each definition.
std::string label_ir(llvm::StringRef text, const Labels& labels) {
  std::string labelled;
  while (!text.empty()) {
    const auto [line, rest] = text.split('\n');
    text = rest;
    if (line.starts_with("define ")) {
      const llvm::StringRef name = line.split('@').second.split('(').first;
      fmt::format_to(std::back_inserter(labelled), "; {}\n", labels.of(name));
    }
    labelled.append(line.data(), line.size());
    labelled += '\n';
  }
  return labelled;
}

// The code generator's text without what is there for the assembler or a debugger only; line
// numbers, which are module offsets, become comments.
std::string tidy_assembly(llvm::StringRef text, const Labels& labels) {
  std::string tidy;
  const auto out = std::back_inserter(tidy);
  bool skipping = false;
  while (!text.empty()) {
    const auto [line, rest] = text.split('\n');
    text = rest;
    llvm::StringRef bare = line.trim();
    if (bare.starts_with(".section")) {
      skipping = bare.contains(".debug_") || bare.contains(".gcc_except_table") ||
                 bare.contains(".note") || bare.contains(".data.DW.ref");
    }
    if (bare.starts_with(".text")) skipping = false;
    if (skipping || bare.starts_with(".cfi_") || bare.starts_with(".Ltmp") ||
        bare.starts_with(".Lfunc_") || bare.starts_with(".file") || bare.starts_with(".ident") ||
        bare.starts_with(".size") || bare.starts_with(".hidden") || bare.starts_with(".globl")) {
      continue;
    }
    if (bare.consume_front(".loc")) {
      unsigned offset = 0;
      llvm::StringRef numbers = bare.ltrim();
      numbers = numbers.drop_until([](char c) { return c == ' ' || c == '\t'; }).ltrim();
      if (!numbers.consumeInteger(10, offset) && offset != 0) {
        fmt::format_to(out, "\t\t\t\t# module offset {:#x}\n", offset);
      }
      continue;
    }
    const llvm::StringRef label = line.take_until([](char c) { return c == ':'; });
    if (label.size() < line.size() && !label.empty() && label.front() != '\t') {
      const std::string said = labels.of(label);
      if (!said.empty()) fmt::format_to(out, "\n# {}\n", said);
    }
    tidy.append(line.data(), line.size());
    tidy += '\n';
  }
  return tidy;
}

Result<uint32_t> find_function(const wasm::Module& module, const Labels& labels,
                               const std::string& wanted) {
  uint32_t index = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), index);
  bool found = error == std::errc() && end == wanted.data() + wanted.size();
  if (!found) {
    for (index = 0; index < module.functions.size(); ++index) {
      const std::string_view mangled =
          index < module.function_names.size() ? module.function_names[index] : "";
      if (labels.name(index) == wanted || mangled == wanted) break;
    }
    for (const wasm::Export& item : module.exports) {
      if (index != module.functions.size()) break;
      if (item.kind == wasm::ExternKind::kFunc && item.name == wanted) index = item.index;
    }
  }
  if (index >= module.functions.size()) {
    return fail(ErrorCode::kNotFound,
                "no function {}: the module has {} functions, and none is named or exported so",
                quote(wanted), module.functions.size());
  }
  if (module.functions[index].imported) {
    return fail(ErrorCode::kNotFound, "function {} is imported: it has no code here", index);
  }
  return index;
}

}  // namespace

Result<std::string> emit_text(const wasm::Module& module, const CompileOptions& options, Form form,
                              const std::string& function) {
  const Facts facts(module, options);
  const Labels labels(module, options.symbols);
  std::vector<Partition> partitions;
  if (function.empty()) {
    partitions = plan_partitions(module);
  } else {
    TRY_ASSIGN(const uint32_t index, find_function(module, labels, function));
    partitions = {partition_of(module, index)};
  }
  std::string all;
  for (const Partition& partition : partitions) {
    TRY_ASSIGN(const std::string text, partition_text(facts, partition, options.quality, form));
    all += form == Form::kIr ? label_ir(text, labels) : tidy_assembly(text, labels);
  }
  return all;
}

}  // namespace wasmedge::compile

#include "runtime/compile/artifact_writer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <unordered_map>

#include "runtime/base/cpu.h"
#include "runtime/run/artifact_file.h"
#include "runtime/run/artifact_types.h"

namespace wasmedge::compile {
namespace {

run::ArtifactLimits encode(const wasm::SizeLimits& limits) {
  return {.min = limits.min,
          .max = limits.max.value_or(~uint64_t{0}),
          .shared = limits.shared,
          .is64 = limits.is64};
}

template <size_t size>
void put_text(std::array<char, size>& field, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), size - 1), field.begin());
}

/// Builds the file front to back; the header is put in last.
class Writer {
 public:
  Writer(const Facts& facts, Linked code, const CompileOptions& options)
      : module_(facts.module), facts_(facts), code_(std::move(code)), options_(options) {
    for (size_t i = 0; i < facts.expressions.size(); ++i) {
      expression_code_[facts.expressions[i]] = code_.expressions[i].offset;
    }
  }

  Result<std::vector<std::byte>> write() {
    file_.reserve(code_.text_offset + code_.text.size() + code_.text.size() / 2);
    file_.resize(run::kArtifactPage);
    put_code(header_.rodata, code_.rodata_offset, std::move(code_.rodata));
    put_code(header_.text, code_.text_offset, std::move(code_.text));
    put_image();
    align_to(run::kArtifactPage);
    put_types();
    put_imports_and_exports();
    put_functions();
    put_definitions();
    put_elements();
    put_data();
    header_.sites = records(code_.sites);
    header_.unwind = records(code_.unwind);
    header_.saved = records(code_.saved);
    header_.landing_pads = records(code_.landing_pads);
    header_.frames = records(code_.frames);
    put_lines();
    if (strings_.size() > std::numeric_limits<uint32_t>::max()) {
      return fail(ErrorCode::kResourceExhausted,
                  "the module's names take {} bytes; an artifact can hold 4 GiB", strings_.size());
    }
    header_.strings = records(strings_);
    put_header();
    return std::move(file_);
  }

 private:
  void align_to(uint64_t alignment) {
    file_.resize((file_.size() + alignment - 1) / alignment * alignment);
  }

  template <typename T>
  run::Slice records(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    align_to(16);
    const run::Slice slice{.offset = file_.size(), .count = values.size()};
    const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
    file_.insert(file_.end(), bytes, bytes + values.size() * sizeof(T));
    return slice;
  }

  run::ArtifactString string(std::string_view text) {
    const run::ArtifactString string{.offset = static_cast<uint32_t>(strings_.size()),
                                     .size = static_cast<uint32_t>(text.size())};
    strings_.insert(strings_.end(), text.begin(), text.end());
    return string;
  }

  void put_code(run::Slice& slice, uint64_t offset, std::vector<std::byte> bytes) {
    slice = {.offset = offset, .count = bytes.size()};
    file_.resize(offset);
    file_.insert(file_.end(), bytes.begin(), bytes.end());
  }

  void put_image() {
    const std::optional<MemoryImage> image = make_image(module_);
    data_is_in_image_ = image.has_value();
    align_to(run::kArtifactPage);
    header_.image = {.offset = file_.size(), .count = 0};
    if (!image) return;
    header_.image.count = image->bytes.size();
    header_.image_address = image->address;
    file_.insert(file_.end(), image->bytes.begin(), image->bytes.end());
  }

  run::ArtifactConst encode(const wasm::ConstExpr& expression) const {
    const bool is_code = expression.kind == wasm::ConstExpr::Kind::kExpression;
    return {.kind = static_cast<uint32_t>(expression.kind),
            .index = expression.index,
            .bits = expression.bits,
            .bits_high = expression.bits_high,
            .code = is_code ? expression_code_.at(&expression) : 0,
            .type = run::pack(expression.type)};
  }

  void put_types() {
    std::vector<run::ArtifactType> values;
    std::vector<run::ArtifactFuncType> types;
    types.reserve(module_.types.size());
    for (size_t i = 0; i < module_.types.size(); ++i) {
      const wasm::FuncType& type = module_.types[i];
      const wasm::TypeDeclaration& declared = module_.type_declarations[i];
      types.push_back({.first = static_cast<uint32_t>(values.size()),
                       .parameters = static_cast<uint32_t>(type.parameters.size()),
                       .results = static_cast<uint32_t>(type.results.size()),
                       .is_final = declared.is_final,
                       .group = declared.group,
                       .group_size = declared.group_size,
                       .super = declared.super.value_or(~uint32_t{0}),
                       .reserved = 0,
                       .entry = code_.thunks[facts_.same_type[i]].offset});
      for (const wasm::ValueType& value : type.parameters) values.push_back(run::pack(value));
      for (const wasm::ValueType& value : type.results) values.push_back(run::pack(value));
    }
    header_.value_types = records(values);
    header_.types = records(types);
  }

  void put_imports_and_exports() {
    std::vector<run::ArtifactImport> imports;
    imports.reserve(module_.imports.size());
    for (const wasm::Import& import : module_.imports) {
      imports.push_back({.module = string(import.module),
                         .name = string(import.name),
                         .kind = static_cast<uint32_t>(import.kind),
                         .index = import.index});
    }
    std::vector<run::ArtifactExport> exports;
    exports.reserve(module_.exports.size());
    for (const wasm::Export& item : module_.exports) {
      exports.push_back({.name = string(item.name),
                         .kind = static_cast<uint32_t>(item.kind),
                         .index = item.index});
    }
    header_.imports = records(imports);
    header_.exports = records(exports);
  }

  void put_functions() {
    std::vector<run::ArtifactFunction> functions;
    functions.reserve(module_.functions.size());
    for (size_t i = 0; i < module_.functions.size(); ++i) {
      functions.push_back({.code = code_.functions[i].offset,
                           .code_size = static_cast<uint32_t>(code_.functions[i].size),
                           .type = module_.functions[i].type,
                           .name = string(function_name(static_cast<uint32_t>(i)))});
    }
    header_.functions = records(functions);
  }

  std::string_view function_name(uint32_t index) const {
    if (const std::string* readable = options_.symbols.name(index)) return *readable;
    return index < module_.function_names.size() ? module_.function_names[index] : "";
  }

  // Those lines that a site is of, and their files.
  void put_lines() {
    std::vector<uint32_t> offsets;
    for (const run::ArtifactSite& site : code_.sites) {
      if (site.wasm_offset != 0) offsets.push_back(site.wasm_offset);
    }
    std::sort(offsets.begin(), offsets.end());
    std::vector<run::ArtifactLine> lines;
    const std::vector<SourceLine>& all = options_.symbols.lines;
    auto site = offsets.begin();
    for (size_t i = 0; i < all.size(); ++i) {
      site = std::lower_bound(site, offsets.end(), all[i].wasm_offset);
      if (site == offsets.end()) break;
      if (i + 1 < all.size() && *site >= all[i + 1].wasm_offset) continue;
      lines.push_back(
          {.wasm_offset = all[i].wasm_offset, .file = all[i].file, .line = all[i].line});
    }
    std::vector<run::ArtifactString> files;
    if (!lines.empty()) {
      for (const std::string& file : options_.symbols.files) files.push_back(string(file));
    }
    header_.lines = records(lines);
    header_.files = records(files);
  }

  void put_definitions() {
    std::vector<run::ArtifactGlobal> globals;
    globals.reserve(module_.globals.size());
    for (const wasm::Global& global : module_.globals) {
      globals.push_back({.type = run::pack(global.type.value),
                         .is_mutable = global.type.is_mutable,
                         .imported = global.imported,
                         .init = encode(global.init)});
    }
    std::vector<run::ArtifactMemory> memories;
    memories.reserve(module_.memories.size());
    for (const wasm::Memory& memory : module_.memories) {
      memories.push_back({.limits = compile::encode(memory.type.limits),
                          .page_log2 = memory.type.page_log2,
                          .imported = memory.imported});
    }
    std::vector<run::ArtifactTable> tables;
    tables.reserve(module_.tables.size());
    for (const wasm::Table& table : module_.tables) {
      tables.push_back({.limits = compile::encode(table.type.limits),
                        .element = run::pack(table.type.element),
                        .imported = table.imported,
                        .has_init = table.init.has_value(),
                        .init = table.init ? encode(*table.init) : run::ArtifactConst{}});
    }
    std::vector<run::ArtifactTag> tags;
    tags.reserve(module_.tags.size());
    for (const wasm::Tag& tag : module_.tags) {
      tags.push_back({.type = tag.type, .imported = tag.imported});
    }
    header_.tags = records(tags);
    header_.globals = records(globals);
    header_.memories = records(memories);
    header_.tables = records(tables);
  }

  // As function indexes if that is all there is, which is the common case and the smaller form.
  void put_contents(const wasm::ElementSegment& segment, run::ArtifactElement& record) {
    using Kind = wasm::ConstExpr::Kind;
    const bool plain = std::ranges::all_of(segment.elements, [](const wasm::ConstExpr& element) {
      return element.kind == Kind::kRefFunc || element.kind == Kind::kRefNull;
    });
    if (!plain) {
      std::vector<run::ArtifactConst> consts;
      consts.reserve(segment.elements.size());
      for (const wasm::ConstExpr& element : segment.elements) consts.push_back(encode(element));
      record.uses_consts = 1;
      record.consts = records(consts);
      return;
    }
    std::vector<uint32_t> functions;
    functions.reserve(segment.elements.size());
    for (const wasm::ConstExpr& element : segment.elements) {
      functions.push_back(element.kind == Kind::kRefFunc ? element.index : ~uint32_t{0});
    }
    record.functions = records(functions);
  }

  void put_elements() {
    std::vector<run::ArtifactElement> elements;
    elements.reserve(module_.elements.size());
    for (const wasm::ElementSegment& segment : module_.elements) {
      run::ArtifactElement& record = elements.emplace_back();
      record.mode = static_cast<uint32_t>(segment.mode);
      record.table = segment.table;
      record.offset = encode(segment.offset);
      record.type = run::pack(segment.type);
      put_contents(segment, record);
    }
    header_.elements = records(elements);
  }

  // Bytes that the image has are not needed again: an active segment is dropped once it is applied.
  void put_data() {
    std::vector<run::ArtifactData> data;
    data.reserve(module_.data.size());
    for (const wasm::DataSegment& segment : module_.data) {
      const bool active = segment.mode == wasm::SegmentMode::kActive;
      run::ArtifactData& record = data.emplace_back();
      record.mode = static_cast<uint32_t>(segment.mode);
      record.memory = segment.memory;
      record.in_image = active && data_is_in_image_;
      record.offset = encode(segment.offset);
      record.bytes = {.offset = file_.size(), .count = 0};
      if (record.in_image != 0) continue;
      const auto bytes = module_.at(segment.bytes);
      record.bytes.count = bytes.size();
      file_.insert(file_.end(), bytes.begin(), bytes.end());
    }
    header_.data = records(data);
  }

  void put_header() {
    header_.abi_version = run::kAbiVersion;
    header_.file_size = file_.size();
    header_.module_sha256 = options_.module_sha256;
    put_text(header_.compiler_build, options_.compiler_build);
    put_text(header_.cpu, target_cpu(options_.target));
    header_.start = module_.start.value_or(~uint32_t{0});
    header_.imported_functions = module_.imported_functions;
    header_.imported_globals = module_.imported_globals;
    header_.is_metered = options_.metered ? 1 : 0;
    std::memcpy(file_.data(), &header_, sizeof(header_));
    header_.digest = run::artifact_digest(file_);
    std::memcpy(file_.data(), &header_, sizeof(header_));
  }

  const wasm::Module& module_;
  const Facts& facts_;
  Linked code_;
  const CompileOptions& options_;
  run::ArtifactHeader header_;
  std::vector<std::byte> file_;
  std::vector<char> strings_;
  std::unordered_map<const wasm::ConstExpr*, uint64_t> expression_code_;
  bool data_is_in_image_ = false;
};

}  // namespace

Result<std::vector<std::byte>> write_artifact(const Facts& facts, Linked code,
                                              const CompileOptions& options) {
  return Writer(facts, std::move(code), options).write();
}

}  // namespace wasmedge::compile

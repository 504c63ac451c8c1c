#include "test/unit/run/artifact_builder.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "runtime/base/cpu.h"
#include "test/unit/run/guest_code.h"

namespace wasmedge::run {
namespace {

// Text stands at the second page: nothing of these guests is in rodata.
constexpr uint64_t kText = kArtifactPage;

void pad(std::string& file, size_t alignment) {
  file.resize((file.size() + alignment - 1) / alignment * alignment);
}

template <typename T>
Slice append(std::string& file, const std::vector<T>& records) {
  pad(file, 8);
  const Slice slice{file.size(), records.size()};
  file.append(reinterpret_cast<const char*>(records.data()), records.size() * sizeof(T));
  return slice;
}

Slice append_bytes(std::string& file, std::string_view bytes) {
  const Slice slice{file.size(), bytes.size()};
  file += bytes;
  return slice;
}

}  // namespace

ArtifactBuilder::ArtifactBuilder() {
  header_.abi_version = kAbiVersion;
  const std::string cpu = host_cpu();
  std::memcpy(header_.cpu.data(), cpu.data(), cpu.size());
  thunk_ = place(code::thunk());
  thunk_without_values_ = place(code::thunk_without_values());
}

uint64_t ArtifactBuilder::place(std::string_view code) {
  pad(text_, 16);
  const uint64_t offset = kText + text_.size();
  text_ += code;
  return offset;
}

ArtifactString ArtifactBuilder::string(std::string_view text) {
  const ArtifactString string{static_cast<uint32_t>(strings_.size()),
                              static_cast<uint32_t>(text.size())};
  strings_ += text;
  return string;
}

uint32_t ArtifactBuilder::type(const std::vector<wasm::ValueType>& parameters,
                               const std::vector<wasm::ValueType>& results) {
  ArtifactFuncType type;
  type.first = static_cast<uint32_t>(value_types_.size());
  type.parameters = static_cast<uint32_t>(parameters.size());
  type.results = static_cast<uint32_t>(results.size());
  type.group = static_cast<uint32_t>(types_.size());
  type.entry = parameters.empty() && results.empty() ? thunk_without_values_ : thunk_;
  for (const auto& value : parameters) value_types_.push_back(pack(value));
  for (const auto& value : results) value_types_.push_back(pack(value));
  types_.push_back(type);
  return static_cast<uint32_t>(types_.size() - 1);
}

void ArtifactBuilder::import(std::string_view module, std::string_view name, wasm::ExternKind kind,
                             uint32_t index) {
  imports_.push_back({string(module), string(name), static_cast<uint32_t>(kind), index});
}

uint32_t ArtifactBuilder::import_function(std::string_view module, std::string_view name,
                                          uint32_t type) {
  import(module, name, wasm::ExternKind::kFunc, header_.imported_functions);
  functions_.push_back({0, 0, type, {}});
  return header_.imported_functions++;
}

uint32_t ArtifactBuilder::import_memory(std::string_view module, std::string_view name,
                                        ArtifactLimits limits) {
  memories_.push_back({limits, 16, 1});
  const auto index = static_cast<uint32_t>(memories_.size() - 1);
  import(module, name, wasm::ExternKind::kMemory, index);
  return index;
}

uint32_t ArtifactBuilder::import_table(std::string_view module, std::string_view name,
                                       ArtifactLimits limits) {
  tables_.push_back({limits, pack(wasm::kFuncRef), 1, 0, {}});
  const auto index = static_cast<uint32_t>(tables_.size() - 1);
  import(module, name, wasm::ExternKind::kTable, index);
  return index;
}

uint32_t ArtifactBuilder::import_global(std::string_view module, std::string_view name,
                                        wasm::GlobalType type) {
  globals_.push_back({pack(type.value), type.is_mutable ? 1u : 0u, 1, {}});
  import(module, name, wasm::ExternKind::kGlobal, header_.imported_globals);
  return header_.imported_globals++;
}

uint32_t ArtifactBuilder::function(uint32_t type, std::string_view code, std::string_view name) {
  functions_.push_back({place(code), static_cast<uint32_t>(code.size()), type, string(name)});
  return static_cast<uint32_t>(functions_.size() - 1);
}

uint32_t ArtifactBuilder::memory(uint64_t min, uint64_t max) {
  memories_.push_back({{min, max, 0, 0}, 16, 0});
  return static_cast<uint32_t>(memories_.size() - 1);
}

uint32_t ArtifactBuilder::table(uint64_t min, uint64_t max) {
  tables_.push_back({{min, max, 0, 0}, pack(wasm::kFuncRef), 0, 0, {}});
  return static_cast<uint32_t>(tables_.size() - 1);
}

uint32_t ArtifactBuilder::global(wasm::GlobalType type, ArtifactConst init) {
  globals_.push_back({pack(type.value), type.is_mutable ? 1u : 0u, 0, init});
  return static_cast<uint32_t>(globals_.size() - 1);
}

void ArtifactBuilder::add_export(std::string_view name, wasm::ExternKind kind, uint32_t index) {
  exports_.push_back({string(name), static_cast<uint32_t>(kind), index});
}

uint32_t ArtifactBuilder::exported(std::string_view name, uint32_t type, std::string_view code) {
  const uint32_t index = function(type, code, name);
  add_export(name, wasm::ExternKind::kFunc, index);
  return index;
}

void ArtifactBuilder::element(wasm::SegmentMode mode, uint32_t table, ArtifactConst offset,
                              std::vector<uint32_t> functions) {
  ArtifactElement segment;
  segment.mode = static_cast<uint32_t>(mode);
  segment.table = table;
  segment.offset = offset;
  segment.type = pack(wasm::kFuncRef);
  elements_.push_back(segment);
  element_functions_.push_back(std::move(functions));
}

void ArtifactBuilder::data(wasm::SegmentMode mode, uint32_t memory, ArtifactConst offset,
                           std::string_view bytes) {
  data_.push_back({static_cast<uint32_t>(mode), memory, 0, 0, offset, {}});
  data_bytes_.emplace_back(bytes);
}

void ArtifactBuilder::image(uint64_t address, std::string_view bytes) {
  header_.image_address = address;
  image_ = bytes;
}

uint32_t ArtifactBuilder::tag(uint32_t type) {
  tags_.push_back({type, 0});
  return static_cast<uint32_t>(tags_.size() - 1);
}

void ArtifactBuilder::site(uint32_t function, uint32_t in_code, uint32_t wasm_offset) {
  sites_.push_back(
      {static_cast<uint32_t>(functions_[function].code - kText) + in_code, wasm_offset});
}

ArtifactConst ArtifactBuilder::expression(wasm::ValueType type, std::string_view code) {
  ArtifactConst constant;
  constant.kind = static_cast<uint32_t>(wasm::ConstExpr::Kind::kExpression);
  constant.code = place(code);
  constant.type = pack(type);
  return constant;
}

ContextLayout ArtifactBuilder::layout() const {
  ContextCounts counts;
  counts.memories = static_cast<uint32_t>(memories_.size());
  counts.tables = static_cast<uint32_t>(tables_.size());
  counts.tags = static_cast<uint32_t>(tags_.size());
  counts.globals = static_cast<uint32_t>(globals_.size());
  counts.types = static_cast<uint32_t>(types_.size());
  counts.imported_functions = header_.imported_functions;
  return ContextLayout(counts);
}

std::string ArtifactBuilder::build() const {
  ArtifactHeader header = header_;
  std::string file(kText, '\0');
  header.rodata = {kText, 0};
  header.text = append_bytes(file, text_);
  pad(file, kArtifactPage);
  header.image = append_bytes(file, image_);
  pad(file, kArtifactPage);
  header.strings = append_bytes(file, strings_);
  auto elements = elements_;
  for (size_t i = 0; i < elements.size(); ++i) {
    elements[i].functions = append(file, element_functions_[i]);
    elements[i].consts = {elements[i].functions.offset, 0};
  }
  auto data = data_;
  for (size_t i = 0; i < data.size(); ++i) data[i].bytes = append_bytes(file, data_bytes_[i]);
  header.value_types = append(file, value_types_);
  header.types = append(file, types_);
  header.imports = append(file, imports_);
  header.exports = append(file, exports_);
  header.functions = append(file, functions_);
  header.globals = append(file, globals_);
  header.memories = append(file, memories_);
  header.tables = append(file, tables_);
  header.elements = append(file, elements);
  header.data = append(file, data);
  header.sites = append(file, sites_);
  header.tags = append(file, tags_);
  header.unwind = append(file, unwind_);
  header.saved = append(file, saved_);
  header.landing_pads = append(file, landing_pads_);
  header.file_size = file.size();
  std::memcpy(file.data(), &header, sizeof(header));
  seal(file);
  return file;
}

ArtifactConst ArtifactBuilder::i32(uint32_t value) {
  ArtifactConst constant;
  constant.kind = static_cast<uint32_t>(wasm::ConstExpr::Kind::kConst);
  constant.bits = value;
  constant.type = pack(wasm::kI32);
  return constant;
}

ArtifactConst ArtifactBuilder::ref_null() {
  ArtifactConst constant;
  constant.kind = static_cast<uint32_t>(wasm::ConstExpr::Kind::kRefNull);
  constant.type = pack(wasm::kFuncRef);
  return constant;
}

ArtifactConst ArtifactBuilder::ref_func(uint32_t function) {
  ArtifactConst constant;
  constant.kind = static_cast<uint32_t>(wasm::ConstExpr::Kind::kRefFunc);
  constant.index = function;
  constant.type = pack(wasm::kFuncRef);
  return constant;
}

ArtifactConst ArtifactBuilder::global_get(uint32_t global, wasm::ValueType type) {
  ArtifactConst constant;
  constant.kind = static_cast<uint32_t>(wasm::ConstExpr::Kind::kGlobalGet);
  constant.index = global;
  constant.type = pack(type);
  return constant;
}

void seal(std::string& artifact) {
  const auto digest = artifact_digest(std::as_bytes(std::span(artifact)));
  std::memcpy(artifact.data() + offsetof(ArtifactHeader, digest), digest.data(), sizeof(digest));
}

Fd file_with(std::string_view bytes) {
  Fd file(memfd_create("artifact", MFD_CLOEXEC));
  EXPECT_TRUE(write_all(file.get(), bytes, "artifact"));
  EXPECT_EQ(fchmod(file.get(), 0400), 0);
  return file;
}

std::shared_ptr<const Artifact> load(const ArtifactBuilder& builder) {
  auto artifact = Artifact::load(file_with(builder.build()), "test.aot");
  if (!artifact) {
    ADD_FAILURE() << artifact.error().message;
    return nullptr;
  }
  return *artifact;
}

}  // namespace wasmedge::run

#include <algorithm>
#include <array>

#include "runtime/base/limits.h"
#include "runtime/wasm/decoder.h"
#include "runtime/wasm/instructions.h"

namespace wasmedge::wasm {

namespace {

/// Place of a section in the order; custom sections stand anywhere.
int order_of(SectionId id) {
  constexpr std::array kOrder = {SectionId::kType,    SectionId::kImport,    SectionId::kFunction,
                                 SectionId::kTable,   SectionId::kMemory,    SectionId::kTag,
                                 SectionId::kGlobal,  SectionId::kExport,    SectionId::kStart,
                                 SectionId::kElement, SectionId::kDataCount, SectionId::kCode,
                                 SectionId::kData};
  return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), id) - kOrder.begin()) + 1;
}

}  // namespace

Result<Module> decode(std::span<const std::byte> bytes) {
  return Decoder(bytes).run();
}

Result<Module> Decoder::run() {
  if (module_.bytes.size() > kLimits.module_bytes) {
    return fail(ErrorCode::kResourceExhausted, "module of {} bytes, but the limit is {}",
                module_.bytes.size(), kLimits.module_bytes);
  }
  Reader reader(module_.bytes);
  TRY(header(reader));
  while (!reader.done()) TRY(section(reader));
  TRY(across_sections());
  mark_declared();
  module_.function_names = read_function_names(module_.bytes, names_, module_.functions.size());
  module_.branch_hints = read_branch_hints(module_, branch_hints_);
  return std::move(module_);
}

Result<> Decoder::header(Reader& reader) {
  constexpr uint32_t kMagic = 0x6d736100;  // "\0asm"
  if (reader.fixed<uint32_t>() != kMagic) reader.malformed(0, "magic header not detected");
  const auto version = reader.fixed<uint16_t>();
  const auto layer = reader.fixed<uint16_t>();
  if (layer == 1) {
    reader.malformed(4,
                     "unknown binary version: this is a component, which is not supported; build a "
                     "core module instead (for example, target wasm32-wasip1)");
  }
  if (version != 1 || layer != 0) {
    reader.malformed(4, "unknown binary version {} (layer {})", version, layer);
  }
  return reader.status();
}

Result<> Decoder::section(Reader& reader) {
  const uint32_t start = reader.offset();
  const auto id = static_cast<SectionId>(reader.byte());
  const uint32_t size = reader.u32();
  if (reader.ok() && id > SectionId::kTag) {
    reader.malformed(start, "malformed section id {}", static_cast<unsigned>(id));
  }
  if (size > reader.left()) {
    reader.malformed(start, "unexpected end: a section of {} bytes, but {} are left", size,
                     reader.left());
  }
  TRY(reader.status());
  if (id != SectionId::kCustom) {
    const int order = order_of(id);
    if (order <= last_order_) {
      reader.malformed(start, "unexpected section {}: repeated or out of order",
                       static_cast<unsigned>(id));
    }
    last_order_ = order;
  }
  Reader content(module_.bytes, ByteRange{reader.offset(), size});
  TRY(reader.status());
  contents(id, content);
  if (!content.done()) {
    content.malformed(content.offset(), "section size mismatch: {} bytes behind its contents",
                      content.left());
  }
  reader.bytes(size);
  return content.status();
}

void Decoder::contents(SectionId id, Reader& reader) {
  switch (id) {
    case SectionId::kCustom:
      return custom(reader);
    case SectionId::kType:
      return types(reader);
    case SectionId::kImport:
      return imports(reader);
    case SectionId::kFunction:
      return functions(reader);
    case SectionId::kTable:
      return tables(reader);
    case SectionId::kMemory:
      return memories(reader);
    case SectionId::kGlobal:
      return globals(reader);
    case SectionId::kExport:
      return exports(reader);
    case SectionId::kStart:
      module_.start_at = reader.offset();
      module_.start = reader.u32();
      return;
    case SectionId::kElement:
      return elements(reader);
    case SectionId::kCode:
      return code(reader);
    case SectionId::kData:
      return data(reader);
    case SectionId::kDataCount:
      module_.data_count = reader.u32();
      return;
    case SectionId::kTag:
      return tags(reader);
  }
}

void Decoder::custom(Reader& reader) {
  const std::string_view name = reader.name();
  const ByteRange rest{reader.offset(), static_cast<uint32_t>(reader.left())};
  reader.bytes(rest.size);
  if (!reader.ok()) return;
  if (name == "name") names_ = rest;
  if (name == "metadata.code.branch_hint") branch_hints_ = rest;
}

Result<> Decoder::across_sections() {
  Reader reader(module_.bytes);
  const size_t declared = module_.functions.size() - module_.imported_functions;
  if (declared != code_bodies_) {
    reader.malformed(code_offset_, "function and code section have inconsistent lengths: {} and {}",
                     declared, code_bodies_);
  }
  if (module_.data_count && *module_.data_count != module_.data.size()) {
    reader.malformed(data_offset_,
                     "data count and data section have inconsistent lengths: {} and {}",
                     *module_.data_count, module_.data.size());
  }
  return reader.status();
}

void Decoder::mark_declared() {
  const auto mark = [this](uint32_t function) {
    if (function < module_.functions.size()) module_.functions[function].declared = true;
  };
  const auto mark_expr = [&mark](const ConstExpr& expr) {
    if (expr.kind == ConstExpr::Kind::kRefFunc) mark(expr.index);
  };
  for (const Export& item : module_.exports) {
    if (item.kind == ExternKind::kFunc) mark(item.index);
  }
  for (const Global& global : module_.globals) mark_expr(global.init);
  for (const Table& table : module_.tables) {
    if (table.init) mark_expr(*table.init);
  }
  for (const ElementSegment& segment : module_.elements) {
    for (const ConstExpr& element : segment.elements) mark_expr(element);
  }
}

}  // namespace wasmedge::wasm

#pragma once

#include <span>

#include "runtime/wasm/module.h"
#include "runtime/wasm/reader.h"

namespace wasmedge::wasm {

/// Section ids of the binary format.
enum class SectionId : uint8_t {
  kCustom = 0,
  kType = 1,
  kImport = 2,
  kFunction = 3,
  kTable = 4,
  kMemory = 5,
  kGlobal = 6,
  kExport = 7,
  kStart = 8,
  kElement = 9,
  kCode = 10,
  kData = 11,
  kDataCount = 12,
  kTag = 13,
};

/// Flow: header -> sections in order, each by a Reader of its own -> what holds between sections ->
/// names. A section's function reads the whole of it; its reader's status tells how it went.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) { module_.bytes = bytes; }
  Result<Module> run();

 private:
  Result<> header(Reader& reader);
  Result<> section(Reader& reader);
  void contents(SectionId id, Reader& reader);
  Result<> across_sections();
  void mark_declared();

  void custom(Reader& reader);
  void types(Reader& reader);
  void type_group(Reader& reader, uint32_t size);
  void imports(Reader& reader);
  void import(Reader& reader);
  void functions(Reader& reader);
  void tables(Reader& reader);
  void memories(Reader& reader);
  void tags(Reader& reader);
  void globals(Reader& reader);
  void exports(Reader& reader);
  void elements(Reader& reader);
  void code(Reader& reader);
  void data(Reader& reader);

  Module module_;
  int last_order_ = 0;        // place in the order of the last section that is not custom
  uint32_t code_offset_ = 0;  // of the code section's contents
  uint32_t code_bodies_ = 0;  // entries in the code section
  uint32_t data_offset_ = 0;  // of the data section's contents
  ByteRange names_;           // the name section's contents
  ByteRange branch_hints_;    // those of metadata.code.branch_hint
};

/// The parts of sections that more than one section has.
FuncType read_func_type(Reader& reader);
TableType read_table_type(Reader& reader);
MemoryType read_memory_type(Reader& reader);
GlobalType read_global_type(Reader& reader);
/// A tag's type index.
uint32_t read_tag_type(Reader& reader);
ConstExpr read_const_expr(Reader& reader, ValueType type);
/// `elements` counts those of all segments.
ElementSegment read_element_segment(Reader& reader, uint64_t& elements);
DataSegment read_data_segment(Reader& reader);

/// Function names of a name section. Names are a convenience: what is wrong in there ends the
/// reading, not the module.
std::vector<std::string_view> read_function_names(std::span<const std::byte> module,
                                                  ByteRange section, size_t functions);
/// Those of a metadata.code.branch_hint section; none if anything in there is wrong.
std::vector<BranchHint> read_branch_hints(const Module& module, ByteRange section);

}  // namespace wasmedge::wasm

#include "runtime/compile/line_reader.h"

#include <llvm/DebugInfo/DWARF/DWARFContext.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "runtime/wasm/decoder.h"

namespace wasmedge::compile {
namespace {

using LineTable = llvm::DWARFDebugLine::LineTable;

/// The sections that line tables are in, and the contents of the code section, which addresses
/// count from.
struct DebugSections {
  llvm::StringMap<std::unique_ptr<llvm::MemoryBuffer>> dwarf;
  wasm::ByteRange code;
};

// The module is decoded already: its sections are in order.
DebugSections find_sections(const wasm::Module& module) {
  constexpr size_t kHeader = 8;
  DebugSections found;
  wasm::Reader reader(module.bytes);
  reader.bytes(kHeader);
  while (!reader.done()) {
    const auto id = static_cast<wasm::SectionId>(reader.byte());
    const uint32_t size = reader.u32();
    const wasm::ByteRange content{.offset = reader.offset(), .size = size};
    if (id == wasm::SectionId::kCode) found.code = content;
    if (id == wasm::SectionId::kCustom) {
      wasm::Reader custom(module.bytes, content);
      const std::string_view name = custom.name();
      if (name == ".debug_line" || name == ".debug_line_str" || name == ".debug_str") {
        const auto bytes = custom.bytes(custom.left());
        const llvm::StringRef text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        found.dwarf[llvm::StringRef(name).drop_front()] =
            llvm::MemoryBuffer::getMemBuffer(text, "", /*RequiresNullTerminator=*/false);
      }
    }
    reader.bytes(content.size);
  }
  return found;
}

/// Collects the rows of all tables.
class Lines {
 public:
  Lines(const wasm::ByteRange& code, Symbols& symbols) : code_(code), symbols_(symbols) {}

  // A sequence is a function's rows, mostly. Those of functions that the linker has dropped have
  // impossible addresses.
  void add(const LineTable& table) {
    files_of_table_.clear();
    for (const llvm::DWARFDebugLine::Sequence& sequence : table.Sequences) {
      if (sequence.LowPC == 0 || sequence.HighPC > code_.size) continue;
      for (unsigned i = sequence.FirstRowIndex; i < sequence.LastRowIndex; ++i) {
        add(table, table.Rows[i]);
      }
    }
  }

  // By offset. Of several at one, the last counts, and the end of a sequence least. Repetitions go.
  void finish() {
    const auto key = [](const Row& row) {
      return std::tuple(row.line.wasm_offset, row.line.line != 0, row.order);
    };
    std::ranges::sort(rows_, {}, key);
    auto& lines = symbols_.lines;
    for (size_t i = 0; i < rows_.size(); ++i) {
      const SourceLine& line = rows_[i].line;
      if (i + 1 < rows_.size() && rows_[i + 1].line.wasm_offset == line.wasm_offset) continue;
      const bool repeats =
          !lines.empty() && lines.back().line == line.line && lines.back().file == line.file;
      if (!repeats) lines.push_back(line);
    }
  }

 private:
  struct Row {
    SourceLine line;
    size_t order = 0;
  };

  void add(const LineTable& table, const llvm::DWARFDebugLine::Row& row) {
    if (row.Address.Address >= code_.size) return;
    SourceLine line{.wasm_offset = static_cast<uint32_t>(code_.offset + row.Address.Address)};
    if (!row.EndSequence && row.Line != 0) {
      line.file = file(table, row.File);
      line.line = row.Line;
    }
    rows_.push_back({line, rows_.size()});
  }

  uint32_t file(const LineTable& table, uint64_t number) {
    const auto [known, is_new] = files_of_table_.try_emplace(number, 0);
    if (!is_new) return known->second;
    std::string name;
    using Kind = llvm::DILineInfoSpecifier::FileLineInfoKind;
    if (!table.getFileNameByIndex(number, "", Kind::RelativeFilePath, name)) name = "?";
    const auto [file, is_new_name] =
        files_.try_emplace(name, static_cast<uint32_t>(symbols_.files.size()));
    if (is_new_name) symbols_.files.push_back(name);
    known->second = file->second;
    return file->second;
  }

  const wasm::ByteRange code_;
  Symbols& symbols_;
  std::vector<Row> rows_;
  std::unordered_map<uint64_t, uint32_t> files_of_table_;
  std::unordered_map<std::string, uint32_t> files_;
};

}  // namespace

void read_lines(const wasm::Module& module, Symbols& symbols) {
  constexpr uint8_t kAddressBytes = 4;
  const DebugSections sections = find_sections(module);
  if (!sections.dwarf.contains("debug_line")) return;
  // What is wrong in there costs lines.
  const auto ignore = [](llvm::Error error) { llvm::consumeError(std::move(error)); };
  const auto dwarf = llvm::DWARFContext::create(sections.dwarf, kAddressBytes,
                                                /*isLittleEndian=*/true, ignore, ignore);
  llvm::DWARFDataExtractor data(dwarf->getDWARFObj(), dwarf->getDWARFObj().getLineSection(),
                                /*IsLittleEndian=*/true, kAddressBytes);
  Lines lines(sections.code, symbols);
  llvm::DWARFDebugLine::SectionParser parser(data, *dwarf, dwarf->normal_units());
  while (!parser.done()) lines.add(parser.parseNext(ignore, ignore));
  lines.finish();
}

}  // namespace wasmedge::compile

#include "runtime/run/debug_image.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "runtime/base/quote.h"
#include "runtime/run/unwind.h"

namespace wasmedge::run {
namespace {

constexpr uint16_t machine() {
  switch (kThisArchitecture) {
    case Architecture::kX86_64:
      return EM_X86_64;
    case Architecture::kAarch64:
      return EM_AARCH64;
    case Architecture::kRiscv64:
      break;
  }
  return EM_RISCV;
}

// DWARF's numbers of registers.
constexpr uint8_t kStackPointer = kFrameRegisters.stack_pointer;
constexpr uint8_t kFramePointer = kFrameRegisters.saved[kFrameRegisters.frame_pointer];
constexpr uint8_t kReturnAddress = kFrameRegisters.saved[kFrameRegisters.return_address];

/// Appends what DWARF and ELF are made of, little-endian.
class Bytes {
 public:
  template <typename T>
  Bytes& put(const T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  Bytes& u8(uint8_t value) { return put(value); }
  Bytes& u16(uint16_t value) { return put(value); }
  Bytes& u32(uint32_t value) { return put(value); }
  Bytes& u64(uint64_t value) { return put(value); }
  Bytes& uleb(uint64_t value) {
    for (; value >= 0x80; value >>= 7) u8(static_cast<uint8_t>(value | 0x80));
    return u8(static_cast<uint8_t>(value));
  }
  Bytes& sleb(int64_t value) {
    for (; value < -64 || value > 63; value >>= 7) u8(static_cast<uint8_t>((value & 0x7f) | 0x80));
    return u8(static_cast<uint8_t>(value & 0x7f));
  }
  Bytes& text(std::string_view text) {
    out.append(text);
    return u8(0);
  }
  // Opens a unit that begins with its length; close() fills it in.
  size_t open() {
    u32(0);
    return out.size();
  }
  void close(size_t begin) {
    const auto size = static_cast<uint32_t>(out.size() - begin);
    std::copy_n(reinterpret_cast<const char*>(&size), sizeof(size),
                out.begin() + static_cast<ptrdiff_t>(begin - sizeof(size)));
  }

  std::string out;
};

uint64_t address_of(const void* place) {
  return reinterpret_cast<uint64_t>(place);
}

// Without what a terminal should not see.
std::string printable(std::string_view name) {
  const std::string quoted = quote(name);
  return quoted.substr(1, quoted.size() - 2);
}

/// Code from an address on, up to the next one's.
struct Piece {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// Functions and entry thunks, whose ends are where others begin.
std::vector<Piece> pieces_of(const Artifact& artifact) {
  const uint64_t text = address_of(artifact.text());
  const uint64_t end = text + artifact.header().text.count;
  std::vector<uint64_t> begins;
  const auto add = [&](uint64_t offset) {
    if (offset != 0) begins.push_back(address_of(artifact.code(offset)));
  };
  for (const ArtifactFunction& function : artifact.functions()) add(function.code);
  for (const ArtifactFuncType& type : artifact.types()) add(type.entry);
  std::sort(begins.begin(), begins.end());
  begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
  std::vector<Piece> pieces;
  pieces.reserve(begins.size());
  for (size_t i = 0; i < begins.size(); ++i) {
    pieces.push_back({begins[i], i + 1 < begins.size() ? begins[i + 1] : end});
  }
  return pieces;
}

/// .debug_frame: an entry for each piece of code.
class Frames {
 public:
  explicit Frames(const Artifact& artifact)
      : artifact_(artifact), text_(address_of(artifact.text())) {
    const size_t common = bytes_.open();
    bytes_.u32(~uint32_t{0}).u8(1).text("").uleb(1).sleb(-8).u8(kReturnAddress);
    without_frame();
    if (kFrameRegisters.returns_by_stack) saved(kReturnAddress, 1);
    close(common);
    for (const Piece& piece : pieces_of(artifact)) add(piece);
  }
  std::string take() { return std::move(bytes_.out); }

 private:
  static constexpr uint8_t kAdvance4 = 0x04, kOffsetExtended = 0x05, kSameValue = 0x08,
                           kDefineCfa = 0x0c;

  void without_frame() {
    bytes_.u8(kDefineCfa).uleb(kStackPointer).uleb(kFrameRegisters.returns_by_stack ? 8 : 0);
  }
  void saved(uint8_t number, uint8_t words) { bytes_.u8(kOffsetExtended).uleb(number).uleb(words); }

  void close(size_t begin) {
    while ((bytes_.out.size() - begin) % 8 != 4) bytes_.u8(0);  // nothing
    bytes_.close(begin);
  }

  void add(const Piece& piece) {
    const size_t begin = bytes_.open();
    bytes_.u32(0).u64(piece.begin).u64(piece.end - piece.begin);
    const auto frames = artifact_.frames();
    auto next = std::ranges::lower_bound(frames, piece.begin - text_, {},
                                         [](const ArtifactFrame& frame) { return frame.pc(); });
    if (next != frames.begin() && std::prev(next)->is_complete()) with_frame(piece.begin);
    uint64_t at = piece.begin;
    for (; next != frames.end() && text_ + next->pc() < piece.end; ++next) {
      const uint64_t place = text_ + next->pc();
      bytes_.u8(kAdvance4).u32(static_cast<uint32_t>(place - at));
      at = place;
      if (next->is_complete()) {
        with_frame(place);
      } else {
        without_frame();
        all_same();
      }
    }
    close(begin);
  }

  // But for a return address that is on the stack always.
  void all_same() {
    for (const uint8_t number : kFrameRegisters.saved) {
      if (kFrameRegisters.returns_by_stack && number == kReturnAddress) continue;
      bytes_.u8(kSameValue).uleb(number);
    }
  }

  void with_frame(uint64_t place) {
    const auto rows = artifact_.unwind();
    const auto after = std::ranges::upper_bound(rows, place - text_, {}, &ArtifactUnwind::pc);
    if (after == rows.begin()) return;
    const ArtifactUnwind& row = *std::prev(after);
    const bool from_frame_pointer = (row.cfa & ArtifactUnwind::kFromFramePointer) != 0;
    bytes_.u8(kDefineCfa)
        .uleb(from_frame_pointer ? kFramePointer : kStackPointer)
        .uleb(row.cfa & ~ArtifactUnwind::kFromFramePointer);
    const auto& words = artifact_.saved()[row.saved].words;
    for (size_t i = 0; i < kFrameRegisters.saved.size(); ++i) {
      if (words[i] != 0) saved(kFrameRegisters.saved[i], words[i]);
    }
  }

  const Artifact& artifact_;
  uint64_t text_;
  Bytes bytes_;
};

/// .debug_line: one sequence, with a row for each site.
std::string lines_of(const Artifact& artifact) {
  constexpr uint8_t kCopy = 1, kAdvancePc = 2, kAdvanceLine = 3, kSetFile = 4;
  Bytes bytes;
  const size_t unit = bytes.open();
  bytes.u16(2);
  const size_t header = bytes.open();
  bytes.u8(1).u8(1).u8(0).u8(1).u8(10);  // default_is_stmt, line_base, line_range, opcode_base
  for (const uint8_t operands : {0, 1, 1, 1, 1, 0, 0, 0, 1}) bytes.u8(operands);
  bytes.u8(0);  // no directories
  const auto files = artifact.files();
  const auto file = [&bytes](std::string_view name) {
    bytes.text(printable(name)).u8(0).u8(0).u8(0);
  };
  for (const ArtifactString& name : files) file(artifact.string(name));
  file(artifact.name());
  bytes.u8(0);
  bytes.close(header);

  bytes.u8(0).uleb(9).u8(2).u64(address_of(artifact.text()));  // set_address
  uint64_t pc = 0, line = 1;
  const auto advance = [&](uint64_t to) {
    bytes.u8(kAdvancePc).uleb(to - pc);
    pc = to;
  };
  for (const ArtifactSite& site : artifact.sites()) {
    if (site.wasm_offset == 0 || site.pc < pc) continue;
    const SourcePlace source = artifact.source_of(site.wasm_offset);
    const uint64_t to = source.line != 0 ? source.line : site.wasm_offset;
    advance(site.pc);
    bytes.u8(kSetFile).uleb(source.line != 0 ? source.file + 1 : files.size() + 1);
    bytes.u8(kAdvanceLine).sleb(static_cast<int64_t>(to - line)).u8(kCopy);
    line = to;
  }
  advance(artifact.header().text.count);
  bytes.u8(0).uleb(1).u8(1);  // end_sequence
  bytes.close(unit);
  return std::move(bytes.out);
}

// .debug_abbrev and .debug_info: one unit, whose only content is that it has lines.
constexpr uint8_t kUnitTag = 0x11, kName = 0x03, kLines = 0x10, kLowPc = 0x11, kHighPc = 0x12;
constexpr uint8_t kAddressForm = 0x01, kData4Form = 0x06, kStringForm = 0x08;

std::string abbreviations() {
  Bytes bytes;
  bytes.u8(1).u8(kUnitTag).u8(0);
  bytes.u8(kName).u8(kStringForm).u8(kLines).u8(kData4Form);
  bytes.u8(kLowPc).u8(kAddressForm).u8(kHighPc).u8(kAddressForm);
  bytes.u16(0).u8(0);
  return std::move(bytes.out);
}

std::string unit_of(const Artifact& artifact) {
  Bytes bytes;
  const uint64_t text = address_of(artifact.text());
  const size_t unit = bytes.open();
  bytes.u16(2).u32(0).u8(8);
  bytes.u8(1)
      .text(printable(artifact.name()))
      .u32(0)
      .u64(text)
      .u64(text + artifact.header().text.count);
  bytes.close(unit);
  return std::move(bytes.out);
}

struct Symbols {
  std::string table, names;
};

Symbols symbols_of(const Artifact& artifact, uint16_t text_section) {
  Bytes table, names;
  table.put(Elf64_Sym{});
  names.text("");
  const auto add = [&](uint64_t code, uint64_t size, std::string_view name) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<uint32_t>(names.out.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = text_section;
    symbol.st_value = address_of(artifact.code(code));
    symbol.st_size = size;
    table.put(symbol);
    names.text(name);
  };
  for (uint32_t i = 0; i < artifact.functions().size(); ++i) {
    const ArtifactFunction& function = artifact.functions()[i];
    if (function.code_size == 0) continue;
    const std::string_view name = artifact.string(function.name);
    add(function.code, function.code_size,
        name.empty() ? fmt::format("wasm-function[{}]", i) : printable(name));
  }
  for (const ArtifactFuncType& type : artifact.types()) {
    if (type.entry != 0) add(type.entry, 0, "wasm-entry");
  }
  return {std::move(table.out), std::move(names.out)};
}

Elf64_Shdr section(uint32_t type) {
  Elf64_Shdr header{};
  header.sh_type = type;
  header.sh_addralign = 1;
  return header;
}

/// Header, contents of sections, section headers.
class Image {
 public:
  Image() {
    bytes_.put(Elf64_Ehdr{});
    add("", Elf64_Shdr{});
  }

  Elf64_Shdr& add(std::string_view name, const Elf64_Shdr& kind, std::string_view content = {}) {
    Elf64_Shdr& header = headers_.emplace_back(kind);
    header.sh_name = static_cast<uint32_t>(names_.out.size());
    names_.text(name);
    while (bytes_.out.size() % 8 != 0) bytes_.u8(0);
    header.sh_offset = bytes_.out.size();
    if (kind.sh_type != SHT_NOBITS) header.sh_size = content.size();
    bytes_.out.append(content);
    return header;
  }

  std::string finish() {
    const auto names = static_cast<uint16_t>(headers_.size());
    std::string text = names_.out;
    add(".shstrtab", section(SHT_STRTAB), text.append(".shstrtab").append(1, '\0'));
    while (bytes_.out.size() % 8 != 0) bytes_.u8(0);
    Elf64_Ehdr header{};
    std::copy_n(ELFMAG, SELFMAG, header.e_ident);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = machine();
    header.e_version = EV_CURRENT;
    header.e_shoff = bytes_.out.size();
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<uint16_t>(headers_.size());
    header.e_shstrndx = names;
    for (const Elf64_Shdr& section : headers_) bytes_.put(section);
    std::copy_n(reinterpret_cast<const char*>(&header), sizeof(header), bytes_.out.begin());
    return std::move(bytes_.out);
  }

 private:
  Bytes bytes_, names_;
  std::vector<Elf64_Shdr> headers_;
};

}  // namespace

std::string make_debug_image(const Artifact& artifact) {
  constexpr uint16_t kText = 1, kNames = 2;
  Image image;
  const Symbols symbols = symbols_of(artifact, kText);
  Elf64_Shdr text = section(SHT_NOBITS);
  text.sh_flags = SHF_ALLOC | SHF_EXECINSTR;
  text.sh_addr = address_of(artifact.text());
  text.sh_size = artifact.header().text.count;
  image.add(".text", text);
  image.add(".strtab", section(SHT_STRTAB), symbols.names);
  Elf64_Shdr table = section(SHT_SYMTAB);
  table.sh_link = kNames;
  table.sh_info = 1;  // no local symbols but the first
  table.sh_entsize = sizeof(Elf64_Sym);
  image.add(".symtab", table, symbols.table);
  image.add(".debug_frame", section(SHT_PROGBITS), Frames(artifact).take());
  image.add(".debug_abbrev", section(SHT_PROGBITS), abbreviations());
  image.add(".debug_info", section(SHT_PROGBITS), unit_of(artifact));
  image.add(".debug_line", section(SHT_PROGBITS), lines_of(artifact));
  return image.finish();
}

}  // namespace wasmedge::run

#include "runtime/compile/unwind.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/DebugInfo/DWARF/DWARFDebugFrame.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "runtime/compile/relocate.h"
#include "runtime/compile/target.h"
#include "runtime/run/artifact.h"
#include "runtime/run/convention.h"

namespace wasmedge::compile {
namespace {

tl::unexpected<Error> unexpected_table(std::string_view what) {
  return fail(ErrorCode::kInternal, "object of the code generator: unwind tables: {}", what);
}

template <typename T>
Result<T> checked(llvm::Expected<T> value) {
  if (!value) return unexpected_table(llvm::toString(value.takeError()));
  return std::move(*value);
}

/// A place that a relocation of .eh_frame refers to.
struct Target {
  uint64_t section = 0;  // ELF's index
  uint64_t offset = 0;
};

class UnwindReader {
 public:
  UnwindReader(const llvm::object::ELF64LEObjectFile& elf, const KeptSections& kept, Object& object)
      : elf_(elf),
        kept_(kept),
        object_(object),
        registers_(run::frame_registers(architecture_of(elf.getArch()))) {}

  Result<> read() {
    TRY(relocations());
    const std::unique_ptr<llvm::DWARFContext> dwarf = llvm::DWARFContext::create(elf_);
    TRY_ASSIGN(const llvm::DWARFDebugFrame* frames, checked(dwarf->getEHFrame()));
    for (const llvm::dwarf::FrameEntry& entry : *frames) {
      if (const auto* function = llvm::dyn_cast<llvm::dwarf::FDE>(&entry)) TRY(read(*function));
    }
    const auto before = [](const auto& a, const auto& b) {
      return std::tuple(a.section, place(a)) < std::tuple(b.section, place(b));
    };
    std::sort(object_.unwind.begin(), object_.unwind.end(), before);
    std::sort(object_.frames.begin(), object_.frames.end(), before);
    std::sort(object_.landing_pads.begin(), object_.landing_pads.end(), before);
    return {};
  }

 private:
  static uint64_t place(const UnwindRow& row) { return row.offset; }
  static uint64_t place(const FrameChange& change) { return change.offset; }
  static uint64_t place(const LandingPad& pad) { return pad.begin; }

  Result<> relocations() {
    for (const llvm::object::SectionRef table : elf_.sections()) {
      TRY_ASSIGN(const auto target, checked(table.getRelocatedSection()));
      if (target == elf_.section_end()) continue;
      TRY_ASSIGN(const llvm::StringRef name, checked(target->getName()));
      if (name != ".eh_frame") continue;
      for (const llvm::object::ELFRelocationRef relocation : table.relocations()) {
        const llvm::object::ELFSymbolRef symbol = *relocation.getSymbol();
        TRY_ASSIGN(const auto section, checked(symbol.getSection()));
        TRY_ASSIGN(const uint64_t value, checked(symbol.getValue()));
        TRY_ASSIGN(const int64_t addend, checked(relocation.getAddend()));
        if (section == elf_.section_end() || is_difference(relocation)) continue;
        targets_[relocation.getOffset()] = {section->getIndex(),
                                            value + static_cast<uint64_t>(addend)};
      }
    }
    return {};
  }

  // riscv64 leaves differences to the linker: one relocation adds, the next subtracts.
  bool is_difference(const llvm::object::RelocationRef& relocation) const {
    return elf_.getArch() == llvm::Triple::riscv64 &&
           (relocation.getType() == llvm::ELF::R_RISCV_ADD32 ||
            relocation.getType() == llvm::ELF::R_RISCV_SUB32);
  }

  // A section of call sites; on riscv64 a copy of it, with the differences in place.
  Result<llvm::StringRef> contents_of(uint32_t section) {
    TRY_ASSIGN(const auto* const header, checked(elf_.getELFFile().getSection(section)));
    TRY_ASSIGN(const auto bytes, checked(elf_.getELFFile().getSectionContents(*header)));
    const llvm::StringRef contents = llvm::toStringRef(bytes);
    if (elf_.getArch() != llvm::Triple::riscv64) return contents;
    const auto [copy, is_new] = copies_.try_emplace(section, contents);
    if (is_new) TRY(put_differences(section, copy->second));
    return llvm::StringRef(copy->second);
  }

  Result<> put_differences(uint32_t section, std::string& contents) const {
    const auto bytes = std::as_writable_bytes(std::span(contents));
    for (const llvm::object::SectionRef table : elf_.sections()) {
      TRY_ASSIGN(const auto target, checked(table.getRelocatedSection()));
      if (target == elf_.section_end() || target->getIndex() != section) continue;
      for (const llvm::object::ELFRelocationRef relocation : table.relocations()) {
        if (!is_difference(relocation)) continue;
        const llvm::object::ELFSymbolRef symbol = *relocation.getSymbol();
        TRY_ASSIGN(const uint64_t value, checked(symbol.getValue()));
        TRY_ASSIGN(const int64_t addend, checked(relocation.getAddend()));
        TRY(relocate_riscv64(
            bytes.subspan(std::min<uint64_t>(relocation.getOffset(), bytes.size())),
            {.type = static_cast<uint32_t>(relocation.getType()),
             .to = value + static_cast<uint64_t>(addend)}));
      }
    }
    return {};
  }

  // One function: its code is what the field behind the entry's length and CIE pointer refers to,
  // its call sites what any later one does.
  Result<> read(const llvm::dwarf::FDE& function) {
    const auto code = targets_.find(function.getOffset() + 8);
    if (code == targets_.end()) return unexpected_table("a frame of no function");
    const auto section = kept_.find(code->second.section);
    if (section == kept_.end()) return unexpected_table("a frame of code that is not there");
    TRY(frame(function, section->second, code->second.offset));
    if (!function.getLSDAAddress()) return {};
    const auto sites = std::next(code);
    if (sites == targets_.end() || sites->first > function.getOffset() + function.getLength()) {
      return unexpected_table("no call sites where there should be");
    }
    return call_sites(sites->second, section->second, code->second.offset);
  }

  // One row is enough: frames are of one size from the end of the prologue on, where all registers
  // are saved that will be, and calls do not move the stack pointer. Where that is, the changes
  // tell.
  Result<> frame(const llvm::dwarf::FDE& function, uint32_t section, uint64_t offset) {
    const uint32_t bare = registers_.returns_by_stack ? 8 : 0;  // all that there is without a frame
    TRY_ASSIGN(const llvm::dwarf::UnwindTable table,
               checked(llvm::dwarf::UnwindTable::create(&function)));
    std::optional<UnwindRow> body;
    for (const llvm::dwarf::UnwindRow& row : table) {
      const uint32_t base = row.getCFAValue().getRegister();
      if (base != frame_pointer() && base != registers_.stack_pointer)
        continue;  // while a large frame is probed
      TRY_ASSIGN(UnwindRow made, this->row(row));
      if (body && std::tuple(saved(made), made.cfa) <= std::tuple(saved(*body), body->cfa))
        continue;
      body = made;
      body->section = section;
      body->offset = offset + row.getAddress() - function.getInitialLocation();
    }
    if (body && body->cfa == bare) body.reset();
    if (body) object_.unwind.push_back(*body);
    for (const llvm::dwarf::UnwindRow& row : table) {
      const uint64_t place = offset + row.getAddress() - function.getInitialLocation();
      TRY_ASSIGN(const bool is_complete, has_frame(row, body));
      object_.frames.push_back({.section = section, .offset = place, .is_complete = is_complete});
    }
    return {};
  }

  // Whether the body's frame is there, all registers saved.
  Result<bool> has_frame(const llvm::dwarf::UnwindRow& row,
                         const std::optional<UnwindRow>& body) const {
    const uint32_t base = row.getCFAValue().getRegister();
    if (!body || (base != frame_pointer() && base != registers_.stack_pointer)) return false;
    TRY_ASSIGN(const UnwindRow made, this->row(row));
    return made.cfa == body->cfa && made.saved == body->saved;
  }

  static int saved(const UnwindRow& row) {
    return static_cast<int>(
        std::ranges::count_if(row.saved.words, [](uint8_t at) { return at != 0; }));
  }

  uint32_t frame_pointer() const { return registers_.saved[registers_.frame_pointer]; }

  Result<UnwindRow> row(const llvm::dwarf::UnwindRow& from) const {
    UnwindRow to;
    const llvm::dwarf::UnwindLocation& cfa = from.getCFAValue();
    const bool from_frame_pointer = cfa.getRegister() == frame_pointer();
    if (cfa.getLocation() != llvm::dwarf::UnwindLocation::RegPlusOffset || cfa.getOffset() < 0) {
      return unexpected_table("a frame of unknown size");
    }
    to.cfa = static_cast<uint32_t>(cfa.getOffset());
    if (from_frame_pointer) to.cfa |= run::ArtifactUnwind::kFromFramePointer;
    for (size_t i = 0; i < registers_.saved.size(); ++i) {
      const auto at = from.getRegisterLocations().getRegisterLocation(registers_.saved[i]);
      if (!at || at->getLocation() == llvm::dwarf::UnwindLocation::Same) continue;
      const int32_t words = -at->getOffset() / 8;
      if (at->getLocation() != llvm::dwarf::UnwindLocation::CFAPlusOffset || words < 1 ||
          words > UINT8_MAX || at->getOffset() % 8 != 0) {
        return unexpected_table("a register in an unknown place");
      }
      to.saved.words[i] = static_cast<uint8_t>(words);
    }
    return to;
  }

  // The table's form is that of the Itanium C++ ABI for exceptions; we want its call sites only.
  Result<> call_sites(const Target& table, uint32_t section, uint64_t function) {
    constexpr uint8_t kOmitted = 0xff, kUleb = 0x01, kWord = 0x03;
    TRY_ASSIGN(const llvm::StringRef contents, contents_of(static_cast<uint32_t>(table.section)));
    const llvm::DataExtractor data(contents, /*IsLittleEndian=*/true, /*AddressSize=*/8);
    llvm::DataExtractor::Cursor at(table.offset);
    const uint8_t base = data.getU8(at);
    const uint8_t types = data.getU8(at);
    if (types != kOmitted) data.getULEB128(at);
    const uint8_t encoding = data.getU8(at);
    const uint64_t size = data.getULEB128(at);
    const uint64_t end = at.tell() + size;
    if (base != kOmitted || (encoding != kUleb && encoding != kWord)) {
      llvm::consumeError(at.takeError());
      return unexpected_table("call sites of unknown form");
    }
    const auto next = [&] { return encoding == kUleb ? data.getULEB128(at) : data.getU32(at); };
    while (at && at.tell() < end) {
      const uint64_t begin = next();
      const uint64_t length = next();
      const uint64_t pad = next();
      data.getULEB128(at);  // what the landing pad does
      if (pad == 0) continue;
      object_.landing_pads.push_back({.section = section,
                                      .begin = function + begin,
                                      .end = function + begin + length,
                                      .pad = function + pad});
    }
    if (auto error = at.takeError()) return unexpected_table(llvm::toString(std::move(error)));
    return {};
  }

  const llvm::object::ELF64LEObjectFile& elf_;
  const KeptSections& kept_;
  Object& object_;
  const run::FrameRegisters registers_;
  std::map<uint64_t, Target> targets_;  // by offset in .eh_frame
  std::map<uint32_t, std::string> copies_;
};

}  // namespace

bool is_for_unwinding(llvm::StringRef section) {
  return section == ".eh_frame" || section.starts_with(".gcc_except_table") ||
         section.starts_with(".data.DW.ref.");
}

Result<> read_unwind(const llvm::object::ELF64LEObjectFile& elf, const KeptSections& kept,
                     Object& object) {
  return UnwindReader(elf, kept, object).read();
}

}  // namespace wasmedge::compile

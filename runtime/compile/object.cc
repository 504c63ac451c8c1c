#include "runtime/compile/object.h"

#include <llvm/Object/ELFObjectFile.h>

#include <charconv>
#include <map>

#include "runtime/compile/frame_size.h"
#include "runtime/compile/sites.h"
#include "runtime/compile/unwind.h"

namespace wasmedge::compile {
namespace {

using Elf = llvm::object::ELF64LEObjectFile;

std::string text_of(llvm::Error error) {
  return llvm::toString(std::move(error));
}

template <typename T>
Result<T> checked(llvm::Expected<T> value, std::string_view what) {
  if (!value) {
    return fail(ErrorCode::kInternal, "object of the code generator: {}: {}", what,
                text_of(value.takeError()));
  }
  return std::move(*value);
}

/// Reads one object; `kept_` maps ELF section indexes to ours.
class ObjectReader {
 public:
  explicit ObjectReader(const Elf& elf) : elf_(elf) {}

  Result<Object> read() {
    TRY(sections());
    TRY(relocations());
    TRY(definitions());
    TRY(read_sites(elf_, kept_, object_.sites));
    TRY(read_unwind(elf_, kept_, object_));
    TRY(check_frame_sizes(elf_));
    return std::move(object_);
  }

 private:
  Result<> sections() {
    for (const llvm::object::ELFSectionRef section : elf_.sections()) {
      const uint64_t flags = section.getFlags();
      if ((flags & llvm::ELF::SHF_ALLOC) == 0 || section.getSize() == 0) continue;
      TRY_ASSIGN(const llvm::StringRef name, checked(section.getName(), "section name"));
      if (is_for_unwinding(name)) continue;
      const bool has_bytes = section.getType() == llvm::ELF::SHT_PROGBITS;
      if ((flags & llvm::ELF::SHF_WRITE) != 0 || !has_bytes) {
        return fail(ErrorCode::kInternal,
                    "object of the code generator: section {} is neither code nor constants",
                    name.str());
      }
      TRY_ASSIGN(const llvm::StringRef contents, checked(section.getContents(), "section"));
      const auto* bytes = reinterpret_cast<const std::byte*>(contents.data());
      kept_.emplace(section.getIndex(), static_cast<uint32_t>(object_.sections.size()));
      object_.sections.push_back({.is_code = (flags & llvm::ELF::SHF_EXECINSTR) != 0,
                                  .alignment = section.getAlignment().value(),
                                  .bytes = {bytes, bytes + contents.size()},
                                  .relocations = {}});
    }
    return {};
  }

  Result<> relocations() {
    for (const llvm::object::SectionRef table : elf_.sections()) {
      TRY_ASSIGN(const auto target, checked(table.getRelocatedSection(), "relocated section"));
      if (target == elf_.section_end()) continue;
      const auto kept = kept_.find(target->getIndex());
      if (kept == kept_.end()) continue;
      auto& into = object_.sections[kept->second].relocations;
      for (const llvm::object::ELFRelocationRef relocation : table.relocations()) {
        TRY_ASSIGN(Relocation read, this->relocation(relocation));
        into.push_back(read);
      }
      if (elf_.getArch() == llvm::Triple::riscv64) TRY(complete_pairs(into));
    }
    return {};
  }

  Result<Relocation> relocation(const llvm::object::ELFRelocationRef& from) {
    Relocation to{.offset = from.getOffset(),
                  .type = static_cast<uint32_t>(from.getType()),
                  .symbol = std::nullopt};
    TRY_ASSIGN(to.addend, checked(from.getAddend(), "addend"));
    const llvm::object::ELFSymbolRef symbol = *from.getSymbol();
    TRY_ASSIGN(const llvm::StringRef name, checked(symbol.getName(), "symbol name"));
    TRY_ASSIGN(const auto section, checked(symbol.getSection(), "symbol's section"));
    if (section == elf_.section_end()) {
      to.symbol = parse_symbol({name.data(), name.size()});
      if (to.symbol) return to;
      return fail(ErrorCode::kInternal,
                  "compiled code wants the routine `{}`, which an artifact cannot call: the code "
                  "generator has no instruction for it on this CPU",
                  name.str());
    }
    const auto kept = kept_.find(section->getIndex());
    if (kept == kept_.end()) {
      return fail(ErrorCode::kInternal,
                  "object of the code generator: reference to `{}`, which is "
                  "in no loaded section",
                  name.str());
    }
    to.section = kept->second;
    TRY_ASSIGN(to.value, checked(symbol.getValue(), "symbol value"));
    return to;
  }

  // On riscv64, what has the lower bits of a distance refers to the instruction with the upper
  // ones: both count from there, to what the latter refers to.
  static Result<> complete_pairs(std::vector<Relocation>& relocations) {
    std::map<uint64_t, const Relocation*> uppers;  // by offset
    for (const Relocation& relocation : relocations) {
      if (relocation.type == llvm::ELF::R_RISCV_PCREL_HI20) uppers[relocation.offset] = &relocation;
    }
    for (Relocation& lower : relocations) {
      if (lower.type != llvm::ELF::R_RISCV_PCREL_LO12_I &&
          lower.type != llvm::ELF::R_RISCV_PCREL_LO12_S) {
        continue;
      }
      const auto upper = uppers.find(lower.value);
      if (lower.symbol || upper == uppers.end()) {
        return fail(ErrorCode::kInternal, "object of the code generator: half a distance");
      }
      const Relocation& whole = *upper->second;
      lower = {.offset = lower.offset,
               .type = lower.type,
               .addend = whole.addend,
               .symbol = whole.symbol,
               .section = whole.section,
               .value = whole.value,
               .counts_from = static_cast<int64_t>(whole.offset - lower.offset)};
    }
    return {};
  }

  Result<> definitions() {
    for (const llvm::object::ELFSymbolRef symbol : elf_.symbols()) {
      TRY_ASSIGN(const auto type, checked(symbol.getType(), "symbol type"));
      if (type != llvm::object::SymbolRef::ST_Function) continue;
      TRY_ASSIGN(const auto section, checked(symbol.getSection(), "symbol's section"));
      TRY_ASSIGN(const llvm::StringRef name, checked(symbol.getName(), "symbol name"));
      const auto ours = parse_symbol({name.data(), name.size()});
      if (section == elf_.section_end() || !ours) continue;
      TRY_ASSIGN(const uint64_t offset, checked(symbol.getValue(), "symbol value"));
      object_.definitions.push_back({.symbol = *ours,
                                     .section = kept_.at(section->getIndex()),
                                     .offset = offset,
                                     .size = symbol.getSize()});
    }
    return {};
  }

  const Elf& elf_;
  KeptSections kept_;
  Object object_;
};

}  // namespace

std::optional<Symbol> parse_symbol(std::string_view name) {
  if (name.size() < 2) return std::nullopt;
  const auto kind = static_cast<Symbol::Kind>(name[0]);
  if (kind != Symbol::Kind::kFunction && kind != Symbol::Kind::kExpression &&
      kind != Symbol::Kind::kThunk) {
    return std::nullopt;
  }
  uint32_t index = 0;
  const char* end = name.data() + name.size();
  const auto [at, error] = std::from_chars(name.data() + 1, end, index);
  if (error != std::errc() || at != end) return std::nullopt;
  return Symbol{.kind = kind, .index = index};
}

Result<Object> read_object(std::span<const char> elf) {
  const llvm::MemoryBufferRef buffer(llvm::StringRef(elf.data(), elf.size()), "object");
  auto file = Elf::create(buffer);
  if (!file) {
    return fail(ErrorCode::kInternal, "object of the code generator: {}",
                text_of(file.takeError()));
  }
  return ObjectReader(*file).read();
}

}  // namespace wasmedge::compile

#include "runtime/compile/link.h"

#include <algorithm>
#include <map>

#include "runtime/compile/relocate.h"

namespace wasmedge::compile {
namespace {

// Between functions of different objects: `int3` on x86_64, elsewhere zeros are no instruction.
std::byte filler(Architecture target) {
  return std::byte{target == Architecture::kX86_64 ? uint8_t{0xcc} : uint8_t{0}};
}

uint64_t align(uint64_t offset, uint64_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

class Linker {
 public:
  Linker(std::vector<Object> objects, Architecture target, const SymbolCounts& counts)
      : objects_(std::move(objects)), target_(target) {
    linked_.functions.resize(counts.functions);
    linked_.expressions.resize(counts.expressions);
    linked_.thunks.resize(counts.thunks);
  }

  Result<Linked> run(uint64_t file_offset) {
    linked_.rodata_offset = file_offset;
    const uint64_t rodata_end = place(false, file_offset);
    linked_.text_offset = align(rodata_end, run::kArtifactPage);
    const uint64_t text_end = place(true, linked_.text_offset);
    if (text_end > uint64_t{1} << 31) {
      return fail(ErrorCode::kResourceExhausted,
                  "the module's code takes {} bytes; an artifact can hold 2 GiB", text_end);
    }
    linked_.rodata.resize(rodata_end - linked_.rodata_offset);
    linked_.text.resize(text_end - linked_.text_offset, filler(target_));
    define();
    for (size_t i = 0; i < objects_.size(); ++i) {
      TRY(copy(i));
      objects_[i] = {};
    }
    return std::move(linked_);
  }

 private:
  // Offsets for all sections of a kind, from `offset` on; returns their end.
  uint64_t place(bool code, uint64_t offset) {
    places_.resize(objects_.size());
    for (size_t i = 0; i < objects_.size(); ++i) {
      places_[i].resize(objects_[i].sections.size());
      for (size_t k = 0; k < objects_[i].sections.size(); ++k) {
        const Section& section = objects_[i].sections[k];
        if (section.is_code != code) continue;
        offset = align(offset, section.alignment);
        places_[i][k] = offset;
        offset += section.bytes.size();
      }
    }
    return offset;
  }

  void define() {
    for (size_t i = 0; i < objects_.size(); ++i) {
      for (const Definition& definition : objects_[i].definitions) {
        at(definition.symbol) = {.offset = places_[i][definition.section] + definition.offset,
                                 .size = definition.size};
      }
    }
  }

  Placed& at(const Symbol& symbol) {
    switch (symbol.kind) {
      case Symbol::Kind::kFunction:
        return linked_.functions.at(symbol.index);
      case Symbol::Kind::kExpression:
        return linked_.expressions.at(symbol.index);
      case Symbol::Kind::kThunk:
        break;
    }
    return linked_.thunks.at(symbol.index);
  }

  Result<> copy(size_t object) {
    const Relocate relocate = relocate_for(target_);
    for (size_t k = 0; k < objects_[object].sections.size(); ++k) {
      Section& section = objects_[object].sections[k];
      const uint64_t begin = places_[object][k];
      for (const Relocation& relocation : section.relocations) {
        TRY_ASSIGN(const uint64_t to, address_of(object, relocation));
        const std::span<std::byte> bytes(section.bytes);
        TRY(relocate(
            bytes.subspan(std::min<uint64_t>(relocation.offset, bytes.size())),
            {.type = relocation.type,
             .from = begin + relocation.offset + static_cast<uint64_t>(relocation.counts_from),
             .to = to + static_cast<uint64_t>(relocation.addend)}));
      }
      std::vector<std::byte>& into = section.is_code ? linked_.text : linked_.rodata;
      const uint64_t base = section.is_code ? linked_.text_offset : linked_.rodata_offset;
      std::copy(section.bytes.begin(), section.bytes.end(),
                into.begin() + static_cast<std::ptrdiff_t>(begin - base));
    }
    for (const Site& site : objects_[object].sites) {
      const uint64_t pc = places_[object][site.section] + site.offset - linked_.text_offset;
      linked_.sites.push_back({.pc = static_cast<uint32_t>(pc), .wasm_offset = site.wasm_offset});
    }
    copy_unwind(object);
    return {};
  }

  void copy_unwind(size_t object) {
    const auto in_text = [&](uint32_t section, uint64_t offset) {
      return static_cast<uint32_t>(places_[object][section] + offset - linked_.text_offset);
    };
    for (const UnwindRow& row : objects_[object].unwind) {
      linked_.unwind.push_back(
          {.pc = in_text(row.section, row.offset), .cfa = row.cfa, .saved = number_of(row.saved)});
    }
    for (const FrameChange& change : objects_[object].frames) {
      const uint32_t complete = change.is_complete ? run::ArtifactFrame::kComplete : 0;
      const run::ArtifactFrame frame{in_text(change.section, change.offset) | complete};
      const bool changes = linked_.frames.empty()
                               ? change.is_complete
                               : linked_.frames.back().is_complete() != change.is_complete;
      if (changes) linked_.frames.push_back(frame);
    }
    for (const LandingPad& pad : objects_[object].landing_pads) {
      linked_.landing_pads.push_back({.begin = in_text(pad.section, pad.begin),
                                      .end = in_text(pad.section, pad.end),
                                      .pad = in_text(pad.section, pad.pad)});
    }
  }

  uint32_t number_of(const run::ArtifactSaved& saved) {
    const auto next = static_cast<uint32_t>(linked_.saved.size());
    const auto [known, is_new] = saved_numbers_.try_emplace(saved, next);
    if (is_new) linked_.saved.push_back(saved);
    return known->second;
  }

  Result<uint64_t> address_of(size_t object, const Relocation& relocation) {
    if (!relocation.symbol) return places_[object][relocation.section] + relocation.value;
    const Placed& placed = at(*relocation.symbol);
    if (placed.offset != 0) return placed.offset;
    return fail(ErrorCode::kInternal, "no partition defines `{}{}`",
                static_cast<char>(relocation.symbol->kind), relocation.symbol->index);
  }

  std::vector<Object> objects_;
  const Architecture target_;
  std::vector<std::vector<uint64_t>> places_;  // by object and section
  std::map<run::ArtifactSaved, uint32_t> saved_numbers_;
  Linked linked_;
};

}  // namespace

Result<Linked> link(std::vector<Object> objects, Architecture target, uint64_t file_offset,
                    const SymbolCounts& counts) {
  return Linker(std::move(objects), target, counts).run(file_offset);
}

}  // namespace wasmedge::compile

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/run/artifact.h"

/// What the linker keeps of a partition's ELF object.
namespace wasmedge::compile {

/// A function of ours by its kind and number; the symbol's name is the letter and the number.
struct Symbol {
  enum class Kind : char { kFunction = 'f', kExpression = 'c', kThunk = 't' };
  Kind kind = Kind::kFunction;
  uint32_t index = 0;
};
std::optional<Symbol> parse_symbol(std::string_view name);

/// The ELF relocation `type` at `offset` of its section: against a symbol that another partition
/// may define, or against a place in section `section` of the same object.
struct Relocation {
  uint64_t offset = 0;
  uint32_t type = 0;
  int64_t addend = 0;
  std::optional<Symbol> symbol;
  uint32_t section = 0;     // if there is no symbol
  uint64_t value = 0;       // offset in it
  int64_t counts_from = 0;  // where a relative one counts from, itself counted from `offset`
};

/// A section that is loaded: code, or constants.
struct Section {
  bool is_code = false;
  uint64_t alignment = 1;
  std::vector<std::byte> bytes;
  std::vector<Relocation> relocations;
};

struct Definition {
  Symbol symbol;
  uint32_t section = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
};

/// Code at `offset` of code section `section`, up to the next site's, is of the module's byte
/// `wasm_offset` (0: of none).
struct Site {
  uint32_t section = 0;
  uint32_t wasm_offset = 0;
  uint64_t offset = 0;
};

/// How to leave the frame of the function whose calls come behind `offset`: as
/// run::ArtifactUnwind says, with what its `saved` is the number of.
struct UnwindRow {
  uint32_t section = 0;
  uint64_t offset = 0;
  uint32_t cfa = 0;
  run::ArtifactSaved saved{};
};

/// From `offset` on, functions have the frame of their UnwindRow, or not: as run::ArtifactFrame
/// says.
struct FrameChange {
  uint32_t section = 0;
  uint64_t offset = 0;
  bool is_complete = false;
};

/// Exceptions out of calls in [begin, end) go to `pad`, in the same section.
struct LandingPad {
  uint32_t section = 0;
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t pad = 0;
};

struct Object {
  std::vector<Section> sections;
  std::vector<Definition> definitions;
  std::vector<Site> sites;                 // by section and offset
  std::vector<UnwindRow> unwind{};         // likewise
  std::vector<FrameChange> frames{};       // likewise
  std::vector<LandingPad> landing_pads{};  // likewise
};

/// Reads an ELF object as our code generator writes it. Anything that the artifact has no place for
/// (writable data, an undefined symbol that is not ours) is kInternal, and named.
Result<Object> read_object(std::span<const char> elf);

}  // namespace wasmedge::compile

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

/// The artifact: native code and everything needed to instantiate, in one file that is mapped as it
/// is.
///
///   page 0     ArtifactHeader
///   rodata     constants that text reads (R)
///   text       code (RX); every reference from text is PC-relative, so file order = address order
///   image      initial contents of memory 0, page-aligned, mapped copy-on-write over it
///   meta       the arrays below (R), found by the header's Slices
///
/// Sections start on pages. There are no relocations and no pointers: only offsets from the file's
/// start. Bytes of a hostile module reach meta (names, data), so the reader bounds-checks all of it
/// once, in load().
namespace wasmedge::run {

inline constexpr std::array<char, 8> kArtifactMagic = {'w', 'e', 'a', 'o', 't', '\n', '\x1a', '\0'};
inline constexpr uint32_t kArtifactVersion = 5;
inline constexpr uint64_t kArtifactPage = 4096;

/// `count` records of the slice's type at `offset` bytes from the start of the file.
struct Slice {
  uint64_t offset = 0;
  uint64_t count = 0;
};

/// A string: bytes in the artifact.
struct ArtifactString {
  uint32_t offset = 0;  // from the start of `strings`
  uint32_t size = 0;
};

/// A value type as one word: kind, for references | heap << 8 | nullable << 16; index apart. See
/// artifact_types.h.
struct ArtifactType {
  uint32_t kind = 0;
  uint32_t index = 0;
};

struct ArtifactFuncType {
  uint32_t first = 0;  // in `value_types`: parameters, then results
  uint32_t parameters = 0;
  uint32_t results = 0;
  uint32_t is_final = 1;
  uint32_t group = 0;  // the first type of its recursion group
  uint32_t group_size = 1;
  uint32_t super = ~uint32_t{0};  // index of the declared supertype, or ~0
  uint32_t reserved = 0;
  uint64_t entry = 0;  // offset of the EntryThunk in the file

  constexpr uint64_t group_end() const { return uint64_t{group} + group_size; }
};

struct ArtifactImport {
  ArtifactString module;
  ArtifactString name;
  uint32_t kind = 0;   // wasm::ExternKind
  uint32_t index = 0;  // in its kind's index space; the record there tells the type
};

struct ArtifactExport {
  ArtifactString name;
  uint32_t kind = 0;
  uint32_t index = 0;
};

struct ArtifactFunction {
  uint64_t code = 0;       // offset in the file; 0 if imported
  uint32_t code_size = 0;  // bytes
  uint32_t type = 0;
  ArtifactString name;  // from the name section, in readable form; empty if none
};

/// A constant expression. kind as wasm::ConstExpr::Kind; kExpression: `code` is the offset of a
/// compiled function `value f(Context*)` that returns it (references as pointers).
struct ArtifactConst {
  uint32_t kind = 0;
  uint32_t index = 0;
  uint64_t bits = 0;
  uint64_t bits_high = 0;
  uint64_t code = 0;
  ArtifactType type;
};

struct ArtifactGlobal {
  ArtifactType type;
  uint32_t is_mutable = 0;
  uint32_t imported = 0;
  ArtifactConst init;
};

/// Limits of a memory or table; `max` is ~0 if there is none.
struct ArtifactLimits {
  uint64_t min = 0;
  uint64_t max = ~uint64_t{0};
  uint32_t shared = 0;
  uint32_t is64 = 0;
};

struct ArtifactMemory {
  ArtifactLimits limits;
  uint32_t page_log2 = 16;
  uint32_t imported = 0;
};

struct ArtifactTable {
  ArtifactLimits limits;
  ArtifactType element;
  uint32_t imported = 0;
  uint32_t has_init = 0;
  ArtifactConst init;
};

struct ArtifactElement {
  uint32_t mode = 0;  // wasm::SegmentMode
  uint32_t table = 0;
  ArtifactConst offset;
  ArtifactType type;
  Slice functions;  // uint32_t function indexes (~0: null), if `uses_consts` is 0
  Slice consts;     // ArtifactConst, otherwise
  uint32_t uses_consts = 0;
  uint32_t reserved = 0;
};

struct ArtifactData {
  uint32_t mode = 0;
  uint32_t memory = 0;
  uint32_t in_image = 0;  // active and already in `image`: nothing to do at instantiation
  uint32_t reserved = 0;
  ArtifactConst offset;
  Slice bytes;
};

/// Code at `pc` (offset from the start of text), up to the next record's, comes from the module's
/// byte `wasm_offset` (0: unknown).
struct ArtifactSite {
  uint32_t pc = 0;
  uint32_t wasm_offset = 0;
};

/// Code at module offset `wasm_offset`, up to the next record's, comes from this line of file
/// `file` (in `files`). There are records for the offsets of sites only.
struct ArtifactLine {
  uint32_t wasm_offset = 0;
  uint32_t file = 0;
  uint32_t line = 0;  // 0: of none
};

struct ArtifactTag {
  uint32_t type = 0;
  uint32_t imported = 0;
};

/// Where a frame keeps its caller's registers: register i (FrameRegisters::saved) stands words[i]
/// words below the CFA; 0: it still has the caller's value.
struct alignas(4) ArtifactSaved {
  std::array<uint8_t, 28> words{};

  auto operator<=>(const ArtifactSaved&) const = default;
};

/// How an exception leaves a frame, from a call at `pc` (offset from the start of text) or behind
/// it, up to the next record's. The frame's CFA, its caller's stack pointer, is the stack pointer
/// plus `cfa` bytes, or with kFromFramePointer the frame pointer. Its registers are in record
/// `saved` of `saved`, for most frames keep them in one of few ways.
struct ArtifactUnwind {
  static constexpr uint32_t kFromFramePointer = uint32_t{1} << 31;

  uint32_t pc = 0;
  uint32_t cfa = 0;
  uint32_t saved = 0;
};

/// From a place in text on, up to the next record's, functions have the frame that ArtifactUnwind
/// says (kComplete); or not yet, or no more: then nothing but registers that a prologue has saved
/// is between the stack pointer and the return address.
struct ArtifactFrame {
  static constexpr uint32_t kComplete = uint32_t{1} << 31;

  uint32_t place = 0;  // offset from the start of text, and kComplete

  constexpr uint32_t pc() const { return place & ~kComplete; }
  constexpr bool is_complete() const { return (place & kComplete) != 0; }
};

/// Exceptions out of calls in [begin, end) arrive at `pad` (offsets from the start of text).
struct ArtifactLandingPad {
  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t pad = 0;
};

struct ArtifactHeader {
  std::array<char, 8> magic = kArtifactMagic;
  uint32_t version = kArtifactVersion;
  uint32_t abi_version = 0;          // run::kAbiVersion
  std::array<uint64_t, 2> digest{};  // XXH3-128 of every byte of the file after this field
  uint64_t file_size = 0;
  std::array<uint8_t, 32> module_sha256{};
  std::array<char, 64> compiler_build{};  // what made it; part of the cache key
  std::array<char, 256> cpu{};            // architecture, CPU name and features that the code needs
  Slice rodata, text, image;              // count = bytes
  uint64_t image_address = 0;             // where in memory 0 the image begins (page-aligned)
  Slice strings;                          // bytes
  Slice value_types, types, imports, exports, functions, globals, memories, tables, elements, data,
      sites, tags, unwind, saved, landing_pads, frames, lines, files;
  uint32_t start = ~uint32_t{0};  // start function, or ~0
  uint32_t imported_functions = 0;
  uint32_t imported_globals = 0;
  uint32_t is_metered = 0;  // code uses up fuel (CompileOptions::metered)
};

static_assert(sizeof(ArtifactHeader) <= kArtifactPage);

}  // namespace wasmedge::run

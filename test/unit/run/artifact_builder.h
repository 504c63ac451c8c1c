#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/run/artifact_file.h"
#include "runtime/run/artifact_types.h"
#include "runtime/run/context.h"
#include "runtime/wasm/module.h"

namespace wasmedge::run {

/// Makes artifacts by hand, as the compiler would lay them out. Add imports before own definitions.
class ArtifactBuilder {
 public:
  ArtifactBuilder();

  uint32_t type(const std::vector<wasm::ValueType>& parameters,
                const std::vector<wasm::ValueType>& results);
  uint32_t import_function(std::string_view module, std::string_view name, uint32_t type);
  uint32_t import_memory(std::string_view module, std::string_view name, ArtifactLimits limits);
  uint32_t import_table(std::string_view module, std::string_view name, ArtifactLimits limits);
  uint32_t import_global(std::string_view module, std::string_view name, wasm::GlobalType type);
  uint32_t function(uint32_t type, std::string_view code, std::string_view name = "");
  uint32_t memory(uint64_t min, uint64_t max = ~uint64_t{0});
  uint32_t table(uint64_t min, uint64_t max = ~uint64_t{0});
  uint32_t global(wasm::GlobalType type, ArtifactConst init);
  void add_export(std::string_view name, wasm::ExternKind kind, uint32_t index);
  /// An exported function.
  uint32_t exported(std::string_view name, uint32_t type, std::string_view code);
  void element(wasm::SegmentMode mode, uint32_t table, ArtifactConst offset,
               std::vector<uint32_t> functions);
  void data(wasm::SegmentMode mode, uint32_t memory, ArtifactConst offset, std::string_view bytes);
  /// Page-aligned initial contents of memory 0.
  void image(uint64_t address, std::string_view bytes);
  void start(uint32_t function) { header_.start = function; }
  uint32_t tag(uint32_t type);
  /// Places of both count from the start of text.
  void unwind(ArtifactUnwind row) { unwind_.push_back(row); }
  void saved(ArtifactSaved row) { saved_.push_back(row); }
  void landing_pad(ArtifactLandingPad pad) { landing_pads_.push_back(pad); }
  /// From byte `in_code` of an own function on, code comes from `wasm_offset`.
  void site(uint32_t function, uint32_t in_code, uint32_t wasm_offset);
  /// An expression that is code of its own.
  ArtifactConst expression(wasm::ValueType type, std::string_view code);

  /// Offsets in the context of what has been added so far; types, imports, memories, tables and
  /// globals must be complete.
  ContextLayout layout() const;

  /// The file's bytes.
  std::string build() const;

  static ArtifactConst i32(uint32_t value);
  static ArtifactConst ref_null();
  static ArtifactConst ref_func(uint32_t function);
  static ArtifactConst global_get(uint32_t global, wasm::ValueType type);

 private:
  ArtifactString string(std::string_view text);
  uint64_t place(std::string_view code);
  void import(std::string_view module, std::string_view name, wasm::ExternKind kind,
              uint32_t index);

  ArtifactHeader header_;
  std::string text_, strings_, image_;
  std::vector<ArtifactType> value_types_;
  std::vector<ArtifactFuncType> types_;
  std::vector<ArtifactImport> imports_;
  std::vector<ArtifactExport> exports_;
  std::vector<ArtifactFunction> functions_;
  std::vector<ArtifactGlobal> globals_;
  std::vector<ArtifactMemory> memories_;
  std::vector<ArtifactTable> tables_;
  std::vector<ArtifactElement> elements_;
  std::vector<std::vector<uint32_t>> element_functions_;
  std::vector<ArtifactData> data_;
  std::vector<std::string> data_bytes_;
  std::vector<ArtifactSite> sites_;
  std::vector<ArtifactTag> tags_;
  std::vector<ArtifactUnwind> unwind_;
  std::vector<ArtifactSaved> saved_;
  std::vector<ArtifactLandingPad> landing_pads_;
  uint64_t thunk_ = 0;
  uint64_t thunk_without_values_ = 0;
};

/// Brings the digest up to date after the bytes were changed.
void seal(std::string& artifact);

/// The bytes as an unnamed file that the loader accepts: owned by this user, mode 0400.
Fd file_with(std::string_view bytes);

/// Loads what was built; a failure fails the test and gives null.
std::shared_ptr<const Artifact> load(const ArtifactBuilder& builder);

}  // namespace wasmedge::run

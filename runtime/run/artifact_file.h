#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/architecture.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/run/artifact.h"
#include "runtime/run/fault_region.h"
#include "runtime/run/trap.h"

namespace wasmedge::run {

/// A line of a source file, which is one of Artifact::files(). Line 0: not known.
struct SourcePlace {
  uint32_t file = 0;
  uint32_t line = 0;
};

/// A verified artifact, mapped: text executable, all else read-only. Every offset, count and index
/// in it has been checked, so readers use them without checks. Immutable; shared by its instances.
class Artifact {
 public:
  /// Maps and verifies the file: a regular file owned by root or by this user, writable by neither
  /// group nor others; magic, versions, size, digest, the CPU (base/cpu.h); then the bounds of all
  /// of it. `name` is what messages call it. Errors: kPermissionDenied (owner, mode, no exec
  /// allowed), kFailedPrecondition (another version or CPU: compile again), kInvalidArgument
  /// (damaged).
  static Result<std::shared_ptr<const Artifact>> load(Fd file, std::string_view name);
  /// The same for a file from one who has checked its owner: in a user namespace all look alike.
  static Result<std::shared_ptr<const Artifact>> load_vouched(Fd file, std::string_view name);
  /// The same for an artifact that is for `target`, which need not run here: it is not to be
  /// called.
  static Result<std::shared_ptr<const Artifact>> load_for(Architecture target, Fd file,
                                                          std::string_view name);

  Artifact(const Artifact&) = delete;
  Artifact& operator=(const Artifact&) = delete;
  ~Artifact();

  const ArtifactHeader& header() const { return *reinterpret_cast<const ArtifactHeader*>(base_); }
  std::span<const ArtifactType> value_types() const;
  std::span<const ArtifactFuncType> types() const;
  std::span<const ArtifactImport> imports() const;
  std::span<const ArtifactExport> exports() const;
  std::span<const ArtifactFunction> functions() const;
  std::span<const ArtifactGlobal> globals() const;
  std::span<const ArtifactMemory> memories() const;
  std::span<const ArtifactTable> tables() const;
  std::span<const ArtifactElement> elements() const;
  std::span<const ArtifactData> data() const;
  std::span<const ArtifactSite> sites() const;
  std::span<const ArtifactTag> tags() const;
  std::span<const ArtifactUnwind> unwind() const;
  std::span<const ArtifactSaved> saved() const;
  std::span<const ArtifactLandingPad> landing_pads() const;
  std::span<const ArtifactFrame> frames() const;
  std::span<const ArtifactLine> lines() const;
  std::span<const ArtifactString> files() const;

  std::string_view string(ArtifactString string) const;
  std::span<const std::byte> bytes(Slice slice) const;
  template <typename T>
  std::span<const T> records(Slice slice) const {
    return {reinterpret_cast<const T*>(base_ + slice.offset), slice.count};
  }
  /// The address of code at `offset` in the file.
  const void* code(uint64_t offset) const { return base_ + offset; }

  const std::byte* text() const { return base_ + header().text.offset; }

  /// The file, for copy-on-write mappings of `image`; -1 after close_file().
  int file() const { return file_.get(); }
  /// Closes the file; instances made afterwards copy the image.
  void close_file() const { file_.reset(); }
  const std::string& name() const { return name_; }

  /// The function whose code is at `pc`; nothing for thunks and what else the compiler adds. Linear
  /// in the number of functions.
  std::optional<uint32_t> function_at(const void* pc) const;
  /// The source line of code at this module offset.
  SourcePlace source_of(uint32_t wasm_offset) const;
  /// Tells which function, module offset and source line the code at `pc`, an address in text,
  /// comes from.
  void locate(const void* pc, TrapFrame& frame) const;

 private:
  static Result<std::shared_ptr<const Artifact>> map(Architecture target, Fd file,
                                                     std::string_view name);
  Artifact(Fd file, std::string name, const std::byte* base, size_t size);

  mutable Fd file_;
  std::string name_;
  const std::byte* base_;
  size_t size_;
  FaultRegion text_;
};

/// Digest of a whole artifact file, as ArtifactHeader::digest has it (digest field and all before
/// it are not covered).
std::array<uint64_t, 2> artifact_digest(std::span<const std::byte> file);

}  // namespace wasmedge::run

#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "runtime/base/architecture.h"
#include "runtime/base/limits.h"
#include "runtime/run/artifact_check.h"
#include "runtime/run/artifact_types.h"
#include "runtime/wasm/module.h"

namespace wasmedge::run {

template <typename... Args>
tl::unexpected<Error> damaged(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

/// What check_artifact() does, one method for each array of the artifact.
class ArtifactChecker {
 public:
  ArtifactChecker(std::span<const std::byte> file, Architecture target)
      : file_(file),
        target_(target),
        header_(*reinterpret_cast<const ArtifactHeader*>(file.data())) {}

  Result<> check() {
    TRY(check_sections());
    TRY(check_arrays());
    TRY(check_types());
    TRY(check_functions());
    TRY(check_imports());
    TRY(check_exports());
    TRY(check_globals());
    TRY(check_memories());
    TRY(check_tables());
    TRY(check_elements());
    TRY(check_data());
    TRY(check_tags());
    TRY(check_unwind());
    return check_start();
  }

 private:
  // `count` records of `size` bytes fit the file, aligned.
  Result<> check_slice(Slice slice, size_t size, size_t alignment, uint64_t most,
                       std::string_view field) {
    if (slice.offset > file_.size() || slice.count > (file_.size() - slice.offset) / size) {
      return damaged("{}: {} records at offset {} are beyond the end of the file", field,
                     slice.count, slice.offset);
    }
    if (slice.offset % alignment != 0) {
      return damaged("{}: offset {} is not aligned to {} bytes", field, slice.offset, alignment);
    }
    if (slice.count > most) {
      return damaged("{}: {} records are over the limit of {}", field, slice.count, most);
    }
    return {};
  }
  template <typename T>
  Result<> check_array(Slice slice, uint64_t most, std::string_view field) {
    return check_slice(slice, sizeof(T), alignof(T), most, field);
  }
  template <typename T>
  std::span<const T> records(Slice slice) const {
    return {reinterpret_cast<const T*>(file_.data() + slice.offset), slice.count};
  }
  bool in_text(uint64_t offset, uint64_t size) const {
    const Slice& text = header_.text;
    return offset >= text.offset && offset - text.offset < text.count &&
           size <= text.count - (offset - text.offset);
  }
  bool is_string(ArtifactString string) const {
    return string.offset <= header_.strings.count &&
           string.size <= header_.strings.count - string.offset;
  }

  Result<> check_sections();
  Result<> check_arrays();
  Result<> check_types();
  Result<> check_group(size_t index);
  Result<> check_functions();
  Result<> check_imports();
  Result<> check_exports();
  Result<> check_globals();
  Result<> check_memories();
  Result<> check_image();
  Result<> check_tables();
  Result<> check_elements();
  Result<> check_data();
  Result<> check_tags();
  Result<> check_unwind();
  Result<> check_frames();
  Result<> check_start();
  Result<> check_const(const ArtifactConst& constant, const ArtifactType& type,
                       uint64_t visible_globals, std::string_view field, size_t index);
  /// Whether a type's words are possible, with the module's first `types` types to name.
  static bool is_valid(const ArtifactType& type, uint64_t types);
  bool is_valid(const ArtifactType& type) const { return is_valid(type, types_.size()); }
  bool is_enterable(uint32_t function) const {
    return types_[functions_[function].type].entry != 0;
  }

  std::span<const std::byte> file_;
  Architecture target_;
  const ArtifactHeader& header_;
  std::span<const ArtifactFuncType> types_;
  std::span<const ArtifactFunction> functions_;
  std::span<const ArtifactTag> tags_;
  std::span<const ArtifactGlobal> globals_;
  std::span<const ArtifactMemory> memories_;
  std::span<const ArtifactTable> tables_;
};

inline bool same(const ArtifactType& a, const ArtifactType& b) {
  return a.kind == b.kind && a.index == b.index;
}

/// Whether a value of type `found` may stand where `wanted` is asked for, as far as memory safety
/// goes: which subtype it is was the compiler's business.
inline bool fits(const ArtifactType& found, const ArtifactType& wanted) {
  if (same(found, wanted)) return true;
  return is_reference(found) && is_reference(wanted) &&
         wasm::top_of(unpack(found).heap) == wasm::top_of(unpack(wanted).heap);
}

}  // namespace wasmedge::run

#include "runtime/run/artifact_file.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "runtime/base/cpu.h"
#include "runtime/run/artifact_check.h"
#include "runtime/run/context.h"

namespace wasmedge::run {
namespace {

constexpr std::string_view kAgain = "delete it and the module is compiled again";

class Mapping {
 public:
  Mapping(void* base, size_t size) : base_(base), size_(size) {}
  ~Mapping() {
    if (base_ != nullptr) munmap(base_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(base_), size_}; }
  const std::byte* release() {
    return static_cast<const std::byte*>(std::exchange(base_, nullptr));
  }

 private:
  void* base_;
  size_t size_;
};

// Native code is taken only from a file that nobody but root and this user can have written.
Result<> check_owner(int file, std::string_view name) {
  struct stat status{};
  if (fstat(file, &status) != 0) return fail_errno("artifact {}: cannot examine the file", name);
  const uid_t self = geteuid();
  if (status.st_uid != 0 && status.st_uid != self) {
    return fail(ErrorCode::kPermissionDenied,
                "artifact {}: owned by user {}, but must be owned by root or by user {}; {}", name,
                status.st_uid, self, kAgain);
  }
  return {};
}

Result<size_t> check_file(int file, std::string_view name) {
  struct stat status{};
  if (fstat(file, &status) != 0) return fail_errno("artifact {}: cannot examine the file", name);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kPermissionDenied, "artifact {}: not a regular file", name);
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(ErrorCode::kPermissionDenied,
                "artifact {}: mode {:04o} lets others write to it; {}", name,
                status.st_mode & 07777, kAgain);
  }
  if (static_cast<uint64_t>(status.st_size) < kArtifactPage) {
    return fail(ErrorCode::kInvalidArgument,
                "artifact {}: truncated: {} bytes are less than a header; {}", name, status.st_size,
                kAgain);
  }
  return static_cast<size_t>(status.st_size);
}

// Everything about the file as a whole; what is in it comes after.
Result<> check_header(std::span<const std::byte> file, std::string_view name, Architecture target) {
  const auto& header = *reinterpret_cast<const ArtifactHeader*>(file.data());
  if (header.magic != kArtifactMagic) {
    return fail(ErrorCode::kInvalidArgument, "artifact {}: magic: not an artifact; {}", name,
                kAgain);
  }
  if (header.version != kArtifactVersion || header.abi_version != kAbiVersion) {
    return fail(ErrorCode::kFailedPrecondition,
                "artifact {}: version: made for format {} and ABI {}, this is format {} and ABI "
                "{}; {}",
                name, header.version, header.abi_version, kArtifactVersion, kAbiVersion, kAgain);
  }
  if (header.file_size != file.size()) {
    return fail(ErrorCode::kInvalidArgument,
                "artifact {}: file_size: the header says {} bytes, the file has {}; {}", name,
                header.file_size, file.size(), kAgain);
  }
  if (artifact_digest(file) != header.digest) {
    return fail(ErrorCode::kInvalidArgument,
                "artifact {}: digest: the contents do not match it: the file is damaged; {}", name,
                kAgain);
  }
  const std::string_view cpu(header.cpu.data(), strnlen(header.cpu.data(), header.cpu.size()));
  if (const std::string here = target_cpu(target); cpu != here) {
    return fail(ErrorCode::kFailedPrecondition,
                "artifact {}: cpu: made for \"{}\", {} is \"{}\"; {}", name, cpu,
                target == kThisArchitecture ? "this machine" : "the target", here, kAgain);
  }
  return {};
}

// The last record at or before a place.
template <typename Record>
const Record* find_record(std::span<const Record> records, uint64_t place,
                          uint32_t Record::* begin) {
  const auto after = std::upper_bound(
      records.begin(), records.end(), place,
      [begin](uint64_t value, const Record& record) { return value < record.*begin; });
  return after == records.begin() ? nullptr : &*std::prev(after);
}

}  // namespace

std::array<uint64_t, 2> artifact_digest(std::span<const std::byte> file) {
  constexpr size_t kFrom = offsetof(ArtifactHeader, digest) + sizeof(ArtifactHeader::digest);
  const auto covered = file.subspan(kFrom);
  const XXH128_hash_t hash = XXH3_128bits(covered.data(), covered.size());
  return {hash.low64, hash.high64};
}

Result<std::shared_ptr<const Artifact>> Artifact::load(Fd file, std::string_view name) {
  return load_for(kThisArchitecture, std::move(file), name);
}

Result<std::shared_ptr<const Artifact>> Artifact::load_vouched(Fd file, std::string_view name) {
  return map(kThisArchitecture, std::move(file), name);
}

Result<std::shared_ptr<const Artifact>> Artifact::load_for(Architecture target, Fd file,
                                                           std::string_view name) {
  TRY(check_owner(file.get(), name));
  return map(target, std::move(file), name);
}

Result<std::shared_ptr<const Artifact>> Artifact::map(Architecture target, Fd file,
                                                      std::string_view name) {
  TRY_ASSIGN(const size_t size, check_file(file.get(), name));
  void* base = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.get(), 0);
  if (base == MAP_FAILED) return fail_errno("artifact {}: cannot map {} bytes", name, size);
  Mapping mapping(base, size);
  TRY(check_header(mapping.bytes(), name, target));
  if (auto checked = check_artifact(mapping.bytes(), target); !checked) {
    return fail(ErrorCode::kInvalidArgument, "artifact {}: {}; {}", name, checked.error().message,
                kAgain);
  }
  const Slice text = reinterpret_cast<const ArtifactHeader*>(base)->text;
  if (mprotect(static_cast<std::byte*>(base) + text.offset, text.count, PROT_READ | PROT_EXEC) !=
      0) {
    return fail_errno(
        "artifact {}: cannot make its code executable (is it on a file system that "
        "is mounted noexec?)",
        name);
  }
  return std::shared_ptr<const Artifact>(
      new Artifact(std::move(file), std::string(name), mapping.release(), size));
}

Artifact::Artifact(Fd file, std::string name, const std::byte* base, size_t size)
    : file_(std::move(file)),
      name_(std::move(name)),
      base_(base),
      size_(size),
      text_(base + header().text.offset, header().text.count, this) {}

Artifact::~Artifact() {
  munmap(const_cast<std::byte*>(base_), size_);
}

std::span<const ArtifactType> Artifact::value_types() const {
  return records<ArtifactType>(header().value_types);
}
std::span<const ArtifactFuncType> Artifact::types() const {
  return records<ArtifactFuncType>(header().types);
}
std::span<const ArtifactImport> Artifact::imports() const {
  return records<ArtifactImport>(header().imports);
}
std::span<const ArtifactExport> Artifact::exports() const {
  return records<ArtifactExport>(header().exports);
}
std::span<const ArtifactFunction> Artifact::functions() const {
  return records<ArtifactFunction>(header().functions);
}
std::span<const ArtifactGlobal> Artifact::globals() const {
  return records<ArtifactGlobal>(header().globals);
}
std::span<const ArtifactMemory> Artifact::memories() const {
  return records<ArtifactMemory>(header().memories);
}
std::span<const ArtifactTable> Artifact::tables() const {
  return records<ArtifactTable>(header().tables);
}
std::span<const ArtifactElement> Artifact::elements() const {
  return records<ArtifactElement>(header().elements);
}
std::span<const ArtifactData> Artifact::data() const {
  return records<ArtifactData>(header().data);
}
std::span<const ArtifactSite> Artifact::sites() const {
  return records<ArtifactSite>(header().sites);
}

std::span<const ArtifactTag> Artifact::tags() const {
  return records<ArtifactTag>(header().tags);
}
std::span<const ArtifactUnwind> Artifact::unwind() const {
  return records<ArtifactUnwind>(header().unwind);
}
std::span<const ArtifactSaved> Artifact::saved() const {
  return records<ArtifactSaved>(header().saved);
}
std::span<const ArtifactLandingPad> Artifact::landing_pads() const {
  return records<ArtifactLandingPad>(header().landing_pads);
}
std::span<const ArtifactFrame> Artifact::frames() const {
  return records<ArtifactFrame>(header().frames);
}
std::span<const ArtifactLine> Artifact::lines() const {
  return records<ArtifactLine>(header().lines);
}
std::span<const ArtifactString> Artifact::files() const {
  return records<ArtifactString>(header().files);
}

std::string_view Artifact::string(ArtifactString string) const {
  const std::byte* start = base_ + header().strings.offset + string.offset;
  return {reinterpret_cast<const char*>(start), string.size};
}

std::span<const std::byte> Artifact::bytes(Slice slice) const {
  return {base_ + slice.offset, slice.count};
}

std::optional<uint32_t> Artifact::function_at(const void* pc) const {
  const auto in_file = static_cast<uint64_t>(static_cast<const std::byte*>(pc) - base_);
  const auto functions = this->functions();
  for (uint32_t i = header().imported_functions; i < functions.size(); ++i) {
    if (in_file >= functions[i].code && in_file - functions[i].code < functions[i].code_size) {
      return i;
    }
  }
  return std::nullopt;
}

SourcePlace Artifact::source_of(uint32_t wasm_offset) const {
  const ArtifactLine* line = find_record(lines(), wasm_offset, &ArtifactLine::wasm_offset);
  // There may be many lines, so loading does not look at them.
  if (line == nullptr || line->line == 0 || line->file >= files().size()) return {};
  return {line->file, line->line};
}

void Artifact::locate(const void* pc, TrapFrame& frame) const {
  const auto function = function_at(pc);
  if (!function) return;
  frame.function = *function;
  frame.function_name = string(functions()[*function].name);
  const auto in_text = static_cast<uint64_t>(static_cast<const std::byte*>(pc) - text());
  const ArtifactSite* site = find_record(sites(), in_text, &ArtifactSite::pc);
  if (site == nullptr || site->wasm_offset == 0) return;
  frame.wasm_offset = site->wasm_offset;
  const SourcePlace source = source_of(site->wasm_offset);
  if (source.line == 0) return;
  frame.file = string(files()[source.file]);
  frame.line = source.line;
}

}  // namespace wasmedge::run

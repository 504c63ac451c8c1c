// Any bytes as an artifact file, with a right digest, so that the checks behind it are reached.
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "runtime/base/cpu.h"
#include "runtime/base/fd.h"
#include "runtime/run/artifact_file.h"
#include "runtime/run/debug_image.h"

using wasmedge::run::Artifact;
using wasmedge::run::ArtifactHeader;

namespace {

// Fields that a random input would hardly ever get right, and that guard all else.
void mend(std::vector<std::byte>& file) {
  if (file.size() < sizeof(ArtifactHeader)) return;
  ArtifactHeader header;
  std::memcpy(&header, file.data(), sizeof header);
  header.magic = wasmedge::run::kArtifactMagic;
  header.version = wasmedge::run::kArtifactVersion;
  header.abi_version = wasmedge::run::kAbiVersion;
  header.file_size = file.size();
  const std::string cpu = wasmedge::host_cpu();
  header.cpu.fill('\0');
  std::memcpy(header.cpu.data(), cpu.data(), cpu.size());
  std::memcpy(file.data(), &header, sizeof header);
  header.digest = wasmedge::run::artifact_digest(file);
  std::memcpy(file.data(), &header, sizeof header);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  std::vector<std::byte> bytes(input.begin(), input.end());
  mend(bytes);
  wasmedge::Fd file(::memfd_create("artifact", MFD_CLOEXEC));
  ::fchmod(file.get(), 0400);
  if (!wasmedge::write_all(file.get(), bytes, "artifact")) return 0;
  const auto artifact = Artifact::load(std::move(file), "artifact");
  if (!artifact) return 0;
  // What load() let pass must be readable to its ends.
  size_t touched = 0;
  for (const auto& import : (*artifact)->imports()) {
    touched += (*artifact)->string(import.module).size() + (*artifact)->string(import.name).size();
  }
  for (const auto& entry : (*artifact)->exports())
    touched += (*artifact)->string(entry.name).size();
  for (const auto& segment : (*artifact)->data()) {
    for (const std::byte byte : (*artifact)->bytes(segment.bytes))
      touched += std::to_integer<size_t>(byte);
  }
  // Tables that loading takes as they are, for they are looked at only when something went wrong.
  touched += wasmedge::run::make_debug_image(**artifact).size();
  const uint64_t text = (*artifact)->header().text.count;
  for (uint64_t i = 0; i < text && i < 64; ++i) {
    wasmedge::run::TrapFrame frame;
    (*artifact)->locate((*artifact)->text() + i, frame);
    touched += frame.function_name.size() + frame.file.size();
  }
  return touched == SIZE_MAX ? 1 : 0;  // the sum keeps the reads from being optimised away
}

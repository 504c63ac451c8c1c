#include "runtime/run/perf_map.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <iterator>
#include <vector>

#include "runtime/base/quote.h"

namespace wasmedge::run {

namespace {

// perf names code that is mapped from a file by that file's symbols alone, so memory without a file
// is put in its place. Nothing of it may be running.
Result<> detach_text(const Artifact& artifact) {
  const Slice& text = artifact.header().text;
  const auto bytes = artifact.bytes(text);
  const std::vector<std::byte> copy(bytes.begin(), bytes.end());
  void* const place = const_cast<void*>(artifact.code(text.offset));
  if (::mmap(place, text.count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
             0) == MAP_FAILED) {
    return fail_errno("map {} bytes for code", text.count);
  }
  std::memcpy(place, copy.data(), copy.size());
  if (::mprotect(place, text.count, PROT_READ | PROT_EXEC) != 0) {
    return fail_errno("make {} bytes of code executable", text.count);
  }
  return {};
}

}  // namespace

Result<> write_perf_map(const Artifact& artifact) {
  if (artifact.header().text.count == 0) return {};
  TRY(detach_text(artifact));
  std::string map;
  for (uint32_t i = 0; i < artifact.functions().size(); ++i) {
    const ArtifactFunction& function = artifact.functions()[i];
    if (function.code_size == 0) continue;
    const std::string_view name = artifact.string(function.name);
    fmt::format_to(std::back_inserter(map), "{:x} {:x} {}\n",
                   reinterpret_cast<uintptr_t>(artifact.code(function.code)), function.code_size,
                   name.empty() ? fmt::format("wasm-function[{}]", i) : quote(name));
  }
  // perf reads it only if it is this user's; another's file of that name must not be written to.
  const std::string path = fmt::format("/tmp/perf-{}.map", ::getpid());
  ::unlink(path.c_str());
  TRY_ASSIGN(const Fd file, open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0644));
  return write_all(file.get(), map, path);
}

}  // namespace wasmedge::run

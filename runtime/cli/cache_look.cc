#include <fcntl.h>
#include <sys/statvfs.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/base/cpu.h"
#include "runtime/cache/hashes.h"
#include "runtime/cli/cache.h"
#include "runtime/cli/tell.h"
#include "runtime/run/artifact_file.h"
#include "runtime/run/context.h"

/// `wasmedge cache ls`, `stat` and `verify`: what is there.
namespace wasmedge::cli {
namespace {

using run::ArtifactHeader;

template <size_t Size>
std::string_view text_of(const std::array<char, Size>& text) {
  return {text.data(), strnlen(text.data(), text.size())};
}

/// Not by way of Store::lookup(), which would count as a use.
Result<Fd> open_entry(const cache::Store& store, const cache::Entry& entry) {
  return open_file_at(store.directory(), entry.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

std::optional<ArtifactHeader> read_header(int file) {
  ArtifactHeader header;
  if (::pread(file, &header, sizeof header, 0) != ssize_t{sizeof header}) return std::nullopt;
  if (header.magic != run::kArtifactMagic) return std::nullopt;
  return header;
}

Artifact look_at(const cache::Store& store, cache::Entry entry) {
  Artifact artifact{std::move(entry), "damaged", "", "", false};
  const auto file = open_entry(store, artifact.entry);
  const auto header = file ? read_header(file->get()) : std::nullopt;
  if (!header) return artifact;
  const std::string_view cpu = text_of(header->cpu);
  const auto target = find_architecture(cpu.substr(0, cpu.find(' ')));
  if (!target || header->file_size != artifact.entry.bytes) return artifact;
  artifact.target = name_of(*target);
  artifact.module = hex(header->module_sha256);
  artifact.metered = header->is_metered != 0;
  artifact.state = text_of(header->compiler_build) != cache::compiler_build() ? "other build"
                   : cpu != target_cpu(*target)                               ? "other CPU"
                                                                              : "ready";
  return artifact;
}

std::string show_time(std::chrono::sys_seconds time, const char* format) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string describe(const Artifact& artifact) {
  return fmt::format("{}  {:>10}  {:11}  {:8} {}  {}\n",
                     show_time(artifact.entry.used, "%Y-%m-%d %H:%M"),
                     show_size(artifact.entry.bytes), artifact.state, artifact.target,
                     artifact.metered ? "metered" : "       ",
                     artifact.module.empty() ? artifact.entry.name + " (file)" : artifact.module);
}

std::string to_json(const Artifact& artifact) {
  return fmt::format(
      R"({{"key":"{}","module":"{}","bytes":{},"used":"{}","state":"{}","target":"{}","metered":{}}})",
      artifact.entry.name, artifact.module, artifact.entry.bytes,
      show_time(artifact.entry.used, "%Y-%m-%dT%H:%M:%SZ"), artifact.state, artifact.target,
      artifact.metered);
}

/// The whole check that loading makes, where this build can make it; of others, the digest.
Result<> verify(const cache::Store& store, const Artifact& artifact) {
  if (artifact.target.empty()) {
    return fail(ErrorCode::kInvalidArgument, "it is no artifact, or cut short");
  }
  TRY_ASSIGN(Fd file, open_entry(store, artifact.entry));
  if (artifact.state != "ready") {
    TRY_ASSIGN(const MappedFile bytes, MappedFile::map(file.get(), artifact.entry.name));
    const auto& header = *reinterpret_cast<const ArtifactHeader*>(bytes.bytes().data());
    if (run::artifact_digest(bytes.bytes()) == header.digest) return {};
    return fail(ErrorCode::kInvalidArgument, "its digest does not match its contents");
  }
  const Architecture target = find_architecture(artifact.target).value();
  TRY_ASSIGN(const auto loaded,
             run::Artifact::load_for(target, std::move(file), artifact.entry.name));
  const cache::CodeKind kind{target, artifact.metered};
  if (cache::key_of(loaded->header().module_sha256, kind).hex() == artifact.entry.name) return {};
  return fail(ErrorCode::kInvalidArgument, "it is another module's than its name says");
}

struct Sum {
  size_t count = 0;
  uint64_t bytes = 0;
};

template <typename Pick>
Sum sum_of(const std::vector<Artifact>& artifacts, Pick pick) {
  Sum sum;
  for (const Artifact& artifact : artifacts) {
    if (!pick(artifact)) continue;
    ++sum.count;
    sum.bytes += artifact.entry.bytes;
  }
  return sum;
}

}  // namespace

std::string show_size(uint64_t bytes) {
  constexpr std::array kUnits = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

Result<std::vector<Artifact>> artifacts_of(const cache::Store& store) {
  TRY_ASSIGN(auto entries, store.list());
  std::vector<Artifact> artifacts;
  artifacts.reserve(entries.size());
  for (cache::Entry& entry : entries) artifacts.push_back(look_at(store, std::move(entry)));
  return artifacts;
}

Result<int> cache_ls(const CacheOptions& options) {
  TRY_ASSIGN(const cache::Store store, open_cache());
  TRY_ASSIGN(const auto artifacts, artifacts_of(store));
  std::string text;
  if (options.json) {
    for (const Artifact& artifact : artifacts) {
      text.append(text.empty() ? "[" : ",\n ").append(to_json(artifact));
    }
    return print(text.empty() ? "[]\n" : text + "]\n");
  }
  for (const Artifact& artifact : artifacts) text += describe(artifact);
  return print("LAST USED (UTC)         SIZE  STATE        TARGET            MODULE'S SHA-256\n" +
               text);
}

Result<int> cache_stat(const CacheOptions& options) {
  TRY_ASSIGN(const cache::Store store, open_cache());
  TRY_ASSIGN(const auto artifacts, artifacts_of(store));
  TRY_ASSIGN(const cache::Bounds bounds, cache::read_bounds());
  TRY_ASSIGN(const size_t parts, store.parts());
  const Sum all = sum_of(artifacts, [](const Artifact&) { return true; });
  const Sum ready = sum_of(artifacts, [](const Artifact& each) { return each.state == "ready"; });
  const auto memory = cache::HashMemory::open(store);
  const size_t hashes = memory ? memory->count() : 0;
  struct statvfs filesystem{};
  if (::fstatvfs(store.directory(), &filesystem) != 0) return fail_errno("{}", store.path());
  const uint64_t free = uint64_t{filesystem.f_bavail} * filesystem.f_frsize;
  if (options.json) {
    return print(fmt::format(
        R"({{"artifacts":{},"bytes":{},"ready":{},"ready_bytes":{},"being_compiled":{},"hashes":{},"max_size":{},"max_age":{},"free":{},"build":"{}"}})"
        "\n",
        all.count, all.bytes, ready.count, ready.bytes, parts, hashes, bounds.bytes,
        bounds.age.count(), free, cache::compiler_build()));
  }
  return print(
      fmt::format("directory       {}\n"
                  "artifacts       {}, {}\n"
                  "  ready to run  {}, {}; the others are of other builds or CPUs, or damaged\n"
                  "being compiled  {}\n"
                  "hashes          {} files are known by their hash\n"
                  "bounds          {}, {} days since the last use\n"
                  "free space      {}\n"
                  "build           {}\n",
                  store.path(), all.count, show_size(all.bytes), ready.count,
                  show_size(ready.bytes), parts, hashes, show_size(bounds.bytes),
                  bounds.age / std::chrono::days(1), show_size(free), cache::compiler_build()));
}

Result<int> cache_verify(const CacheOptions& options) {
  TRY_ASSIGN(cache::Store store, open_cache());
  TRY_ASSIGN(const auto artifacts, artifacts_of(store));
  size_t bad = 0;
  for (const Artifact& artifact : artifacts) {
    const auto intact = verify(store, artifact);
    if (intact) continue;
    ++bad;
    failure(wrap(intact.error(), artifact.entry.name).value());
    if (!options.remove) continue;
    if (::unlinkat(store.directory(), artifact.entry.name.c_str(), 0) != 0) {
      return fail_errno("remove {}/{}", store.path(), artifact.entry.name);
    }
  }
  const int printed = print(fmt::format("{} artifacts, {} damaged{}\n", artifacts.size(), bad,
                                        bad != 0 && options.remove ? " and removed" : ""));
  return bad == 0 || options.remove ? printed : kFailure;
}

}  // namespace wasmedge::cli

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "runtime/cache/listing.h"
#include "runtime/cache/store.h"

namespace wasmedge::cache {
namespace {

using std::chrono::sys_seconds;

constexpr size_t kNameDigits = 64;
constexpr std::chrono::seconds kJustPublished{60};

std::optional<Entry> look_at(int directory, const std::string& name) {
  if (name.size() != kNameDigits ||
      name.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return std::nullopt;
  }
  struct stat status{};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return Entry{name, status.st_ino, static_cast<uint64_t>(status.st_size),
               sys_seconds(std::chrono::seconds(status.st_mtime))};
}

sys_seconds now() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

Result<std::vector<Entry>> Store::list() const {
  std::vector<Entry> entries;
  TRY(for_each_name(directory_.get(), path_, [&](const std::string& name) {
    if (auto entry = look_at(directory_.get(), name)) entries.push_back(std::move(*entry));
  }));
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.used != b.used ? a.used > b.used : a.name < b.name;
  });
  return entries;
}

Result<Evicted> Store::evict(const Bounds& bounds, bool really) {
  TRY_ASSIGN(const auto entries, list());
  const sys_seconds today = now();
  Evicted evicted;
  uint64_t kept = 0;
  for (const Entry& entry : entries) {
    const auto age = today - entry.used;
    const bool just_published = age >= age.zero() && age < kJustPublished;
    const bool fits = kept <= bounds.bytes && entry.bytes <= bounds.bytes - kept;
    if (just_published || (fits && age <= bounds.age)) {
      kept += entry.bytes;
      continue;
    }
    // It may have been used, or replaced, since it was listed.
    const auto still = look_at(directory_.get(), entry.name);
    if (!still || still->inode != entry.inode || still->used != entry.used) continue;
    if (really && ::unlinkat(directory_.get(), entry.name.c_str(), 0) != 0) {
      if (errno == ENOENT) continue;
      return fail_errno("remove {}/{}", path_, entry.name);
    }
    ++evicted.artifacts;
    evicted.bytes += entry.bytes;
  }
  return evicted;
}

}  // namespace wasmedge::cache

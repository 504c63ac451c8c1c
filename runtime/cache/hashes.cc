#include "runtime/cache/hashes.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <span>
#include <vector>

#include "runtime/cache/file_identity.h"

namespace wasmedge::cache {
namespace {

constexpr char kFile[] = "hashes";

/// As it lies in the file. Two writers of one place may mix: `check` tells.
struct Record {
  FileIdentity identity;
  Sha256 hash{};
  std::array<uint8_t, 16> boot{};
  int64_t when = 0;  // seconds since the system's start
  uint64_t check = 0;
};
static_assert(sizeof(Record) == 112);

constexpr size_t kWays = 4;
constexpr size_t kSets = 1024;
using Set = std::array<Record, kWays>;

uint64_t check_of(const Record& record) {
  const Sha256 digest = Sha256Hasher().add(&record, offsetof(Record, check)).digest();
  uint64_t check = 0;
  std::memcpy(&check, digest.data(), sizeof check);
  return check;
}

off_t place_of(const FileIdentity& identity) {
  const uint64_t mixed = (identity.inode ^ identity.device << 32) * 0x9e3779b97f4a7c15;
  return static_cast<off_t>((mixed >> 32) % kSets * sizeof(Set));
}

/// A set that was never written, or only in part, is empty.
Set read_set(int file, off_t place) {
  Set set{};
  const ssize_t size = ::pread(file, set.data(), sizeof set, place);
  if (size != static_cast<ssize_t>(sizeof set)) return {};
  return set;
}

int64_t seconds_since_start() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec;
}

/// The kernel's name for this run of the system: "xxxxxxxx-xxxx-…", 32 hex digits.
std::optional<std::array<uint8_t, 16>> this_boot() {
  const Fd file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  std::array<char, 36> text{};
  if (!file || ::read(file.get(), text.data(), text.size()) != ssize_t{text.size()}) {
    return std::nullopt;
  }
  std::array<uint8_t, 16> boot{};
  size_t digits = 0;
  for (const char c : text) {
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && !(c >= 'a' && c <= 'f')) continue;
    if (digits == 2 * boot.size()) return std::nullopt;
    const auto digit = static_cast<uint8_t>(decimal ? c - '0' : c - 'a' + 10);
    boot[digits / 2] = static_cast<uint8_t>(boot[digits / 2] << 4 | digit);
    ++digits;
  }
  if (digits != 2 * boot.size()) return std::nullopt;
  return boot;
}

Result<Sha256> read_and_hash(int file, std::string_view name) {
  TRY_ASSIGN(const MappedFile bytes, MappedFile::map(file, name));
  return sha256(bytes.bytes());
}

}  // namespace

std::optional<HashMemory> HashMemory::open(const Store& store) {
  const auto boot = this_boot();
  if (!boot) return std::nullopt;
  Fd file(::openat(store.directory(), kFile, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                   0600));
  if (!file || !store.owns(file.get())) return std::nullopt;
  return HashMemory(std::move(file), *boot);
}

std::optional<Sha256> HashMemory::find(const FileIdentity& identity) const {
  for (const Record& record : read_set(file_.get(), place_of(identity))) {
    if (record.identity == identity && record.boot == boot_ && record.check == check_of(record)) {
      return record.hash;
    }
  }
  return std::nullopt;
}

void HashMemory::remember(const FileIdentity& identity, const Sha256& hash) {
  const off_t place = place_of(identity);
  const Set set = read_set(file_.get(), place);
  const auto use = [&](const Record& record) -> int64_t {
    const bool same =
        record.identity.inode == identity.inode && record.identity.device == identity.device;
    return same || record.boot != boot_ ? -1 : record.when;
  };
  const auto* const oldest = std::min_element(
      set.begin(), set.end(), [&](const Record& a, const Record& b) { return use(a) < use(b); });
  Record record{identity, hash, boot_, seconds_since_start(), 0};
  record.check = check_of(record);
  // A set is written whole: one whose end is missing counts as empty.
  Set changed = set;
  changed[static_cast<size_t>(oldest - set.begin())] = record;
  [[maybe_unused]] const ssize_t written =
      ::pwrite(file_.get(), changed.data(), sizeof changed, place);
}

size_t HashMemory::count() const {
  size_t count = 0;
  for (size_t set = 0; set < kSets; ++set) {
    const Set records = read_set(file_.get(), static_cast<off_t>(set * sizeof(Set)));
    count += static_cast<size_t>(
        std::count_if(records.begin(), records.end(), [&](const Record& record) {
          return record.boot == boot_ && record.check == check_of(record);
        }));
  }
  return count;
}

Result<Sha256> hash_of(const Store* store, const ModuleSource& module) {
  const bool layered = module.layer >= 0;
  const int file = layered ? module.layer : module.file;
  std::optional<HashMemory> memory;
  std::optional<FileIdentity> identity;
  if (store != nullptr) identity = identify(file, layered ? -1 : store->directory());
  if (identity) memory = HashMemory::open(*store);
  if (memory) {
    if (const auto known = memory->find(*identity)) return *known;
  }
  const bool settled = memory && is_settled(*identity) && !is_written_to(file);
  TRY_ASSIGN(const Sha256 hash, read_and_hash(file, module.name));
  if (settled && identity == identify(file, layered ? -1 : store->directory())) {
    memory->remember(*identity, hash);
  }
  return hash;
}

}  // namespace wasmedge::cache

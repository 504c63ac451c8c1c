#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "runtime/cache/listing.h"
#include "runtime/cache/store.h"

namespace wasmedge::cache {
namespace {

constexpr std::string_view kPart = ".part";

std::string part_of(std::string_view name) {
  return std::string(name).append(kPart);
}

bool lock_file(int fd, int operation) {
  int result = ::flock(fd, operation);
  while (result != 0 && errno == EINTR) result = ::flock(fd, operation);
  return result == 0;
}

// Whether `path` still names the open file: its last holder renames or removes it before letting
// go.
bool still_named(int directory, const std::string& path, int fd) {
  struct stat by_fd{};
  struct stat by_name{};
  return ::fstat(fd, &by_fd) == 0 &&
         ::fstatat(directory, path.c_str(), &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
         by_fd.st_ino == by_name.st_ino && by_fd.st_dev == by_name.st_dev;
}

}  // namespace

Result<Writer> Store::lock(const Key& key) {
  const std::string part = part_of(key.hex());
  for (;;) {
    Fd file(
        ::openat(directory_.get(), part.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return fail_errno("write to the cache directory {}", path_);
    if (!lock_file(file.get(), LOCK_EX)) return fail_errno("lock {}/{}", path_, part);
    if (still_named(directory_.get(), part, file.get())) {
      return Writer(directory_.get(), key.hex(), std::move(file));
    }
  }
}

Writer::~Writer() {
  if (part_) ::unlinkat(directory_, part_of(name_).c_str(), 0);
}

Result<Fd> Writer::publish(int artifact) {
  const std::string part = part_of(name_);
  TRY_ASSIGN(const MappedFile source, MappedFile::map(artifact, "the new artifact"));
  // From the start again, if a try before ended for want of room.
  if (::ftruncate(part_.get(), 0) != 0 || ::lseek(part_.get(), 0, SEEK_SET) != 0) {
    return fail_errno("empty {}", part);
  }
  TRY(write_all(part_.get(), source.bytes(), part));
  if (::fsync(part_.get()) != 0) return fail_errno("sync {}", part);
  TRY_ASSIGN(Fd published, open_file_at(directory_, part, O_RDONLY | O_NOFOLLOW));
  if (::renameat(directory_, part.c_str(), directory_, name_.c_str()) != 0) {
    return fail_errno("rename {}", part);
  }
  // From here on it is published. Its mode is a reminder, and the directory's sync only durability:
  // the name appears whole or not at all. (Not read-only before: a successor could not open the
  // part.)
  [[maybe_unused]] const bool reminded = ::fchmod(part_.get(), 0400) == 0;
  [[maybe_unused]] const bool durable = ::fsync(directory_) == 0;
  part_.reset();
  return published;
}

Result<size_t> Store::parts() const {
  size_t count = 0;
  TRY(for_each_name(directory_.get(), path_,
                    [&](const std::string& name) { count += name.ends_with(kPart) ? 1 : 0; }));
  return count;
}

Result<size_t> Store::sweep() {
  size_t removed = 0;
  TRY(for_each_name(directory_.get(), path_, [&](const std::string& name) {
    if (!name.ends_with(kPart)) return;
    const Fd part(
        ::openat(directory_.get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!part || !lock_file(part.get(), LOCK_EX | LOCK_NB)) return;
    if (!still_named(directory_.get(), name, part.get())) return;
    if (::unlinkat(directory_.get(), name.c_str(), 0) == 0) ++removed;
  }));
  return removed;
}

}  // namespace wasmedge::cache

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/cache/store.h"

/// The hashes of modules' files, remembered, so that a large module is not read again at each
/// start.
///
/// A file is remembered by what the kernel says of it, and only where that cannot be made up:
///   - it lies on the cache's own filesystem, or in a layer of a container's root filesystem: who
///     could write there past the kernel could as well replace the cache, or the image. The
///     filesystem is of a kind that keeps times itself, on a block device
///   - it was not open for writing, by a descriptor or a mapping, when it was hashed. From then on
///     each change gives it a new ctime, which no system call can set
///   - its ctime was some seconds old then, so that a later change cannot have the same one
///   - this system has run since. After a crash a file may hold newer data under older times
/// All else is hashed each time.
namespace wasmedge::cache {

/// A module's file.
struct ModuleSource {
  int file = -1;     // O_RDONLY
  std::string name;  // for messages
  /// The same file in the layer that it comes from, O_RDONLY, if it is in a root filesystem made of
  /// layers and its layer is known; -1: none. See the rules above.
  int layer = -1;
};

/// What identifies a file's content as long as this system runs.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t generation = 0;  // of the inode (ioctl_iflags(2)); 0 where the filesystem tells none
  uint64_t size = 0;
  int64_t modified = 0;  // mtime and ctime, nanoseconds
  int64_t changed = 0;

  bool operator==(const FileIdentity&) const = default;
};

/// The memory: a file `hashes` in the cache's directory, of a fixed size, as private as the cache.
class HashMemory {
 public:
  /// Nothing if there is none and none can be made: then nothing is remembered.
  static std::optional<HashMemory> open(const Store& store);

  /// What is remembered of the file with this identity.
  std::optional<Sha256> find(const FileIdentity& identity) const;
  /// The oldest of those that share its place makes room. A memory that cannot be written forgets.
  void remember(const FileIdentity& identity, const Sha256& hash);
  /// How many files it knows now.
  size_t count() const;

 private:
  using Boot = std::array<uint8_t, 16>;
  HashMemory(Fd file, const Boot& boot) : file_(std::move(file)), boot_(boot) {}
  Fd file_;
  Boot boot_;  // which run of the system this is
};

/// SHA-256 of the file's content, remembered or read now. Without a store nothing is remembered.
Result<Sha256> hash_of(const Store* store, const ModuleSource& module);

}  // namespace wasmedge::cache

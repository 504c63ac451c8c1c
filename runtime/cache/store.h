#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/cache/bounds.h"
#include "runtime/cache/key.h"

/// The artifact cache: one directory, owned by its user and closed to others (0700), one file a key
/// (0400). A file under its final name is complete: it was written under another name, synced, and
/// renamed. Only `wasmedge-compiler` writes; everybody else looks up.
///
///   <64 hex>        an artifact
///   <64 hex>.part   being written, and the lock (flock) of its key while somebody compiles it
namespace wasmedge::cache {

/// The user's cache directory: $WASMEDGE_CACHE_DIR, else for root /var/cache/wasmedge, else
/// $XDG_CACHE_HOME/wasmedge or $HOME/.cache/wasmedge. kNotFound, naming the variables, if none is
/// set; kInvalidArgument for a relative path.
Result<std::string> default_directory();

/// The right to write one key's artifact, held until destruction; see Store::lock. Must not outlive
/// its Store.
class Writer {
 public:
  Writer(Writer&&) = default;
  Writer& operator=(Writer&&) = delete;
  /// Without publish(): nothing of it stays.
  ~Writer();

  /// Copies `artifact` (a regular file or memfd, whole) into the store under the key's name, and
  /// syncs it. Returns the published file, open read-only. On failure (ENOSPC, EIO, …) nothing of
  /// it stays in the end, and it can be tried again.
  Result<Fd> publish(int artifact);

 private:
  friend class Store;
  Writer(int directory, std::string name, Fd part)
      : directory_(directory), name_(std::move(name)), part_(std::move(part)) {}
  int directory_;
  std::string name_;
  Fd part_;
};

/// An artifact's file as it lies in the directory.
struct Entry {
  std::string name;  // its key, 64 hex digits
  uint64_t inode = 0;
  uint64_t bytes = 0;
  std::chrono::sys_seconds used;  // last, to the hour
};

/// What was deleted, or would be.
struct Evicted {
  size_t artifacts = 0;
  uint64_t bytes = 0;
};

/// A cache directory, open. The path is for messages only: everything goes by the fd, so that a
/// Store opened before pivot_root(2) works after it.
class Store {
 public:
  /// Opens a directory that exists. kNotFound if there is none (a cache that nobody has written to
  /// yet: treat as a miss); kPermissionDenied if another user owns it or can write to it, saying
  /// how to repair it.
  static Result<Store> open(const std::string& path);
  /// The same, made first (with its parents, 0700) where absent.
  static Result<Store> create(const std::string& path);
  /// A directory that the caller has opened itself, or been handed by who did, and vouches for.
  /// `name` is for messages. Its owner may be any (a user namespace shows root as nobody).
  static Result<Store> adopt(Fd directory, std::string name);

  /// The key's artifact, open read-only at offset 0, or nothing. Type, owner (the directory's) and
  /// mode are checked, else kPermissionDenied; the content is not: loading verifies it. That it is
  /// in use is noted in the file's mtime, once an hour, if this process may.
  Result<std::optional<Fd>> lookup(const Key& key) const;

  /// Waits until nobody else compiles this key, then gives the right to write it. Look up again
  /// afterwards: whoever held it before has most likely published. Errors: a directory that cannot
  /// be written (EROFS, EACCES, ENOSPC).
  Result<Writer> lock(const Key& key);

  /// Deletes an artifact that turned out damaged; absent is fine. Call it while holding the key's
  /// lock, or it may hit the good successor.
  Result<> discard(const Key& key);

  /// Deletes what crashed writers left: parts that nobody holds. Returns how many.
  Result<size_t> sweep();

  /// How many keys are being compiled now, or were when their compiler died.
  Result<size_t> parts() const;

  /// All artifacts, the one that was used last first.
  Result<std::vector<Entry>> list() const;

  /// Deletes what is beyond the bounds: artifacts that were not used for too long, and, beginning
  /// with the one that was used last, those that are too much. Who has one open or mapped keeps it.
  /// What was published within the last minute stays in any case, or processes that wait for it
  /// would compile it again, one by one. `really` false: only says what it would do.
  Result<Evicted> evict(const Bounds& bounds, bool really = true);

  /// Is this open file one of the cache's own: regular, its owner's, and closed to others' writing?
  bool owns(int file) const;

  /// The directory's path, as given.
  const std::string& path() const { return path_; }
  /// The directory; stays the Store's.
  int directory() const { return directory_.get(); }

 private:
  Store(Fd directory, std::string path, uid_t owner)
      : directory_(std::move(directory)), path_(std::move(path)), owner_(owner) {}
  Fd directory_;
  std::string path_;
  uid_t owner_;
};

}  // namespace wasmedge::cache

#pragma once

#include <optional>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
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
/// set; relative paths are refused.
Result<std::string> default_directory();

/// The right to write one key's artifact, held until destruction; see Store::lock.
class Writer {
 public:
  Writer(Writer&&) = default;
  Writer& operator=(Writer&&) = delete;
  /// Without publish(): nothing of it stays.
  ~Writer();

  /// Copies `artifact` (a regular file or memfd, whole) into the store under the key's name, and
  /// syncs it. Returns the published file, read-only. On failure (ENOSPC, EIO, …) nothing of it stays.
  Result<Fd> publish(int artifact) &&;

 private:
  friend class Store;
  Writer(int directory, std::string name, Fd part);
  int directory_;
  std::string name_;
  Fd part_;
};

/// A cache directory, open. Copies of the path are for messages only: everything goes by the fd, so
/// that a Store opened before pivot_root(2) works after it.
class Store {
 public:
  /// Opens a directory that exists. kNotFound if there is none (a cache that nobody has written to
  /// yet: treat as a miss); kPermissionDenied if another user owns it or can write to it, saying how
  /// to repair it.
  static Result<Store> open(const std::string& path);
  /// The same, made first (with its parents, 0700) where absent.
  static Result<Store> create(const std::string& path);

  /// The key's artifact, open read-only at offset 0, or nothing. Owner and mode are checked; what
  /// is in it is not: loading verifies the content. A file that is not ours (other owner, other
  /// writers, not a regular file) is kPermissionDenied.
  Result<std::optional<Fd>> lookup(const Key& key) const;

  /// Waits until nobody else compiles this key, then gives the right to write it. Look up again
  /// afterwards: whoever held it before has most likely published. Errors: a directory that cannot be
  /// written (EROFS, EACCES, ENOSPC).
  Result<Writer> lock(const Key& key);

  /// Deletes an artifact that turned out damaged. Absent is fine.
  Result<> discard(const Key& key);

  /// Deletes what crashed writers left: parts that nobody holds. Returns how many.
  Result<size_t> sweep();

  /// The directory; stays the Store's.
  int directory() const { return directory_.get(); }

 private:
  Store(Fd directory, std::string path) : directory_(std::move(directory)), path_(std::move(path)) {}
  Fd directory_;
  std::string path_;
};

}  // namespace wasmedge::cache

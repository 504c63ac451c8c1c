#include "runtime/cache/store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <ctime>

namespace wasmedge::cache {
namespace {

constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;

Result<struct stat> stat_of(int fd, std::string_view name) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return fail_errno("stat {}", name);
  return status;
}

bool is_private(const struct stat& file, uid_t owner) {
  return S_ISREG(file.st_mode) && file.st_uid == owner && (file.st_mode & kOthersWrite) == 0;
}

// mkdir -p, private.
Result<> make_directories(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      return fail_errno("make the cache directory {}", part);
    }
    if (slash == std::string::npos) return {};
  }
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// atime would do, but few mount with it. Who may not write to the file does not matter much.
void note_use(int file, const struct stat& status) {
  constexpr time_t kOften = 3600;
  if (std::time(nullptr) - status.st_mtime < kOften) return;
  const std::array<timespec, 2> times = {timespec{0, UTIME_OMIT}, timespec{0, UTIME_NOW}};
  [[maybe_unused]] const bool noted = ::futimens(file, times.data()) == 0;
}

}  // namespace

Result<std::string> default_directory() {
  const auto absolute = [](const char* variable, std::string path) -> Result<std::string> {
    if (path.front() == '/') return path;
    return fail(ErrorCode::kInvalidArgument, "{}=\"{}\" is not an absolute path", variable, path);
  };
  if (auto path = environment("WASMEDGE_CACHE_DIR"); !path.empty()) {
    return absolute("WASMEDGE_CACHE_DIR", std::move(path));
  }
  if (::geteuid() == 0) return "/var/cache/wasmedge";
  if (auto base = environment("XDG_CACHE_HOME"); !base.empty()) {
    return absolute("XDG_CACHE_HOME", base + "/wasmedge");
  }
  if (auto home = environment("HOME"); !home.empty()) {
    return absolute("HOME", home + "/.cache/wasmedge");
  }
  return fail(ErrorCode::kNotFound,
              "no place for the cache: none of WASMEDGE_CACHE_DIR, XDG_CACHE_HOME and HOME is set");
}

Result<Store> Store::adopt(Fd directory, std::string name) {
  TRY_ASSIGN(const auto status, stat_of(directory.get(), name));
  if (!S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "cache {} is not a directory", name);
  }
  if ((status.st_mode & kOthersWrite) != 0) {
    return fail(
        ErrorCode::kPermissionDenied,
        "cache directory {} can be written by others (mode {:04o}): what is in it cannot be "
        "trusted; remove it, or empty it and chmod 0700",
        name, status.st_mode & 07777);
  }
  return Store(std::move(directory), std::move(name), status.st_uid);
}

Result<Store> Store::open(const std::string& path) {
  TRY_ASSIGN(Fd directory, open_file(path, O_RDONLY | O_DIRECTORY));
  TRY_ASSIGN(Store store, adopt(std::move(directory), path));
  if (store.owner_ != ::geteuid()) {
    return fail(
        ErrorCode::kPermissionDenied,
        "cache directory {} belongs to user {}, not to you ({}): remove it, or name another "
        "one in WASMEDGE_CACHE_DIR",
        path, store.owner_, ::geteuid());
  }
  return store;
}

Result<Store> Store::create(const std::string& path) {
  auto store = open(path);
  if (store || store.error().code != ErrorCode::kNotFound) return store;
  TRY(make_directories(path));
  return open(path);
}

Result<std::optional<Fd>> Store::lookup(const Key& key) const {
  const std::string name = key.hex();
  Fd file(::openat(directory_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file && errno != ELOOP) return fail_errno("open {}/{}", path_, name);
  if (!file) {
    return fail(ErrorCode::kPermissionDenied, "{}/{} is a symbolic link: remove it", path_, name);
  }
  TRY_ASSIGN(const auto status, stat_of(file.get(), name));
  if (!is_private(status, owner_)) {
    return fail(ErrorCode::kPermissionDenied,
                "{}/{} is not an artifact of this cache (mode {:06o}, owner {}): remove it", path_,
                name, status.st_mode, status.st_uid);
  }
  note_use(file.get(), status);
  return file;
}

bool Store::owns(int file) const {
  struct stat status{};
  return ::fstat(file, &status) == 0 && is_private(status, owner_);
}

Result<> Store::discard(const Key& key) {
  const std::string name = key.hex();
  if (::unlinkat(directory_.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
    return fail_errno("remove {}/{}", path_, name);
  }
  return {};
}

}  // namespace wasmedge::cache

#include "shim/metrics/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "runtime/base/fd.h"

namespace wasmedge::metrics {
namespace {

/// To be raised whenever a number gets another place or meaning.
constexpr uint32_t kLayout = 1;

constexpr std::array<char, 12> kMagic = {'w', 'a', 's', 'm', 'e', 'd',
                                         'g', 'e', 'm', 'e', 't', 'r'};

struct Sheet {
  std::array<char, 12> magic = kMagic;
  uint32_t count = kNumbers;
  Numbers numbers{};
};
static_assert(sizeof(Sheet) == 16 + sizeof(Numbers), "no padding");

constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;

/// Unmaps.
class Mapping {
 public:
  Mapping(int fd, int protection)
      : address_(::mmap(nullptr, sizeof(Sheet), protection, MAP_SHARED, fd, 0)) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (*this) ::munmap(address_, sizeof(Sheet));
  }
  explicit operator bool() const { return address_ != MAP_FAILED; }
  Sheet& operator*() const { return *static_cast<Sheet*>(address_); }

 private:
  void* address_;
};

Result<> check_place(int fd, const std::string& path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return fail_errno("stat {}", path);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "{} is not a regular file", path);
  }
  if (status.st_size != sizeof(Sheet)) {
    return fail(ErrorCode::kInvalidArgument, "{} has {} bytes, where {} are right", path,
                status.st_size, sizeof(Sheet));
  }
  if (status.st_uid != ::geteuid() || (status.st_mode & kOthersWrite) != 0) {
    return fail(ErrorCode::kInvalidArgument,
                "{} is of user {} with mode {:o}: it must be ours, and ours alone to write", path,
                status.st_uid, status.st_mode & 07777);
  }
  return {};
}

Result<> check_head(const Sheet& sheet, const std::string& path) {
  if (sheet.magic == kMagic && sheet.count == kNumbers) return {};
  return fail(ErrorCode::kInvalidArgument, "{} does not begin as a file of metrics does", path);
}

/// Neither follows a symbolic link nor waits for a fifo.
Result<Fd> open_there(const std::string& path, int mode) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "{} is not a regular file", path);
  }
  return open_file(path, mode | O_NOFOLLOW | O_NONBLOCK);
}

Result<> check_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0755) == 0) {
    ::chmod(directory.c_str(), 0755);  // whatever the umask
  } else if (errno != EEXIST) {
    return fail_errno("make the directory of metrics, {}", directory);
  }
  struct stat status{};
  if (::lstat(directory.c_str(), &status) != 0) return fail_errno("stat {}", directory);
  if (S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() &&
      (status.st_mode & kOthersWrite) == 0) {
    return {};
  }
  return fail(ErrorCode::kPermissionDenied,
              "{} is not a directory that is ours, and ours alone to write: remove it", directory);
}

/// Complete before it has its name; whoever is first wins.
Result<> make(const std::string& path) {
  TRY(check_directory(path.substr(0, path.rfind('/'))));
  const std::string part = fmt::format("{}.{}", path, ::getpid());
  ::unlink(part.c_str());  // of a server that died, and whose pid we have
  TRY_ASSIGN(const Fd file, open_file(part, O_WRONLY | O_CREAT | O_EXCL, 0644));
  const Sheet sheet;
  Result<> made =
      write_all(file.get(), {reinterpret_cast<const char*>(&sheet), sizeof sheet}, part);
  if (made && ::fchmod(file.get(), 0644) != 0) made = fail_errno("chmod {}", part);
  if (made && ::link(part.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    made = fail_errno("make {}", path);
  }
  ::unlink(part.c_str());
  return made;
}

Result<> add_to(const Fd& file, const std::string& path, const Tally& tally) {
  TRY(check_place(file.get(), path));
  const Mapping mapping(file.get(), PROT_READ | PROT_WRITE);
  if (!mapping) return fail_errno("map {}", path);
  TRY(check_head(*mapping, path));
  for (const auto& [place, amount] : tally.additions()) {
    std::atomic_ref((*mapping).numbers[place]).fetch_add(amount, std::memory_order_relaxed);
  }
  return {};
}

}  // namespace

std::string default_path() {
  const char* named = std::getenv("WASMEDGE_METRICS");
  if (named != nullptr && *named == '/') return named;
  return fmt::format("/run/wasmedge/metrics.{}", kLayout);
}

Result<> add(const std::string& path, const Tally& tally) {
  for (int attempt = 0;; ++attempt) {
    const auto file = open_there(path, O_RDWR);
    const Result<> added =
        file ? add_to(*file, path, tally) : Result<>(tl::unexpected<Error>(file.error()));
    if (added || attempt == 2) return added;
    if (added.error().code == ErrorCode::kInvalidArgument) {
      ::rename(path.c_str(), (path + ".damaged").c_str());  // or another server was faster
    } else if (added.error().code != ErrorCode::kNotFound) {
      return added;
    }
    TRY(make(path));
  }
}

Result<Numbers> read(const std::string& path) {
  const auto file = open_there(path, O_RDONLY);
  if (!file && file.error().code == ErrorCode::kNotFound) return Numbers{};
  if (!file) return tl::unexpected<Error>(file.error());
  struct stat status{};
  if (::fstat(file->get(), &status) != 0) return fail_errno("stat {}", path);
  if (!S_ISREG(status.st_mode) || status.st_size != sizeof(Sheet)) {
    return fail(ErrorCode::kInvalidArgument,
                "{} is damaged: the next container that starts makes it anew", path);
  }
  const Mapping mapping(file->get(), PROT_READ);
  if (!mapping) return fail_errno("map {}", path);
  TRY(check_head(*mapping, path));
  Numbers numbers{};
  for (size_t i = 0; i < kNumbers; ++i) {
    numbers[i] = std::atomic_ref((*mapping).numbers[i]).load(std::memory_order_relaxed);
  }
  return numbers;
}

}  // namespace wasmedge::metrics

#pragma once

#include <unistd.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/result.h"

namespace wasmedge {

/// Owns one file descriptor; closes it. -1 is "none".
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

/// open(2), O_CLOEXEC always, retried on EINTR. The error names the path.
Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0);
/// openat(2), likewise.
Result<Fd> open_file_at(int dir, const std::string& path, int flags, unsigned mode = 0);

/// Everything from the current position to EOF, at most `limit` bytes (more is kResourceExhausted).
Result<std::string> read_all(int fd, size_t limit, std::string_view name);
/// A whole file; see read_all.
Result<std::string> read_file(const std::string& path, size_t limit);
/// All of `data`, retried on EINTR and short writes; the fd is blocking.
Result<> write_all(int fd, std::span<const std::byte> data, std::string_view name);
Result<> write_all(int fd, std::string_view data, std::string_view name);
/// One write(2) of `data` into an existing file, as kernel control files want it.
Result<> write_file(const std::string& path, std::string_view data);

/// A read-only private mapping of a whole file, unmapped at the end. An empty file maps to an empty
/// span.
class MappedFile {
 public:
  static Result<MappedFile> map(int fd, std::string_view name);
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile();
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace wasmedge

#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/wasi/env.h"
#include "runtime/wasi/functions.h"
#include "test/unit/temporary_directory.h"

namespace wasmedge::wasi {

/// A directory of its own for each test, removed at the end.
class TempDir : public test::TemporaryDirectory {
 public:
  std::filesystem::path path() const { return TemporaryDirectory::path(); }
  /// Writes a file beneath it.
  void write(const std::string& name, std::string_view content) const;
  std::string read(const std::string& name) const;
};

/// Memory as a guest has it, between two inaccessible pages: a host function that leaves it dies.
class FakeMemory {
 public:
  explicit FakeMemory(uint64_t bytes);
  FakeMemory(const FakeMemory&) = delete;
  FakeMemory& operator=(const FakeMemory&) = delete;
  ~FakeMemory();
  run::MemoryView* view() { return &view_; }

 private:
  run::MemoryView view_{};
};

/// A guest without code: its memory and its WASI state, to call host functions on. Its preopen, fd
/// kRoot, is `dir`/root; a file `dir`/secret lies outside.
class Guest {
 public:
  static constexpr uint32_t kRoot = 3;
  static constexpr uint64_t kMemoryBytes = 1 << 20;
  static constexpr uint32_t kOut = 0x100;  // where results go

  explicit Guest(Beneath::Mode mode = Beneath::Mode::kOpenat2, bool read_only = false);

  /// Copies a string into the memory; the address. Each call takes new space.
  uint32_t put(std::string_view text);
  template <typename T>
  T get(uint32_t address) const {
    T value{};
    EXPECT_EQ(env->memory.load(address, value), Errno::kSuccess);
    return value;
  }
  template <typename T>
  void set(uint32_t address, const T& value) const {
    EXPECT_EQ(env->memory.store(address, value), Errno::kSuccess);
  }
  std::string text(uint32_t address, uint32_t size) const;

  struct Open {
    uint32_t oflags = 0;
    Rights base = kDirectoryRights | kFileRights;
    Rights inheriting = kDirectoryRights | kFileRights;
    uint32_t fdflags = 0;
    uint32_t lookup = kSymlinkFollow;
    uint32_t dir = kRoot;
  };
  static constexpr Rights kRead = kFdRead | kFdSeek | kFdTell | kFdReaddir | kFdFilestatGet;
  static constexpr Rights kReadWrite = kFileRights;

  Errno open(std::string_view path, const Open& how, uint32_t* fd = nullptr);
  /// Opens or fails the test.
  uint32_t must_open(std::string_view path, const Open& how);
  Errno write(uint32_t fd, std::string_view text);
  /// What one fd_read of at most `size` bytes gives.
  std::string read(uint32_t fd, uint32_t size = 256);

  Errno create_directory(std::string_view path, uint32_t fd = kRoot);
  Errno remove_directory(std::string_view path, uint32_t fd = kRoot);
  Errno unlink(std::string_view path, uint32_t fd = kRoot);
  Errno rename(std::string_view from, std::string_view to, uint32_t to_fd = kRoot);
  Errno link(std::string_view from, std::string_view to, uint32_t to_fd = kRoot,
             uint32_t lookup = 0);
  Errno symlink(std::string_view target, std::string_view path, uint32_t fd = kRoot);
  Errno stat(std::string_view path, Filestat* out = nullptr, bool follow = true);
  Errno readlink(std::string_view path, std::string* out = nullptr, uint32_t size = 256);
  Errno set_times(std::string_view path, uint64_t time, uint32_t flags, bool follow = true);

  TempDir dir;
  FakeMemory memory;
  std::unique_ptr<WasiEnv> env;

 private:
  uint32_t next_ = 0x1000;
};

inline std::ostream& operator<<(std::ostream& out, Errno error) {
  return out << "errno " << static_cast<uint32_t>(error);
}

}  // namespace wasmedge::wasi

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

namespace {

// The guest's buffer, filled from the front; the last thing in it may be cut short.
class Output {
 public:
  explicit Output(std::span<std::byte> bytes) : bytes_(bytes) {}
  void append(const void* data, size_t size) {
    const size_t fits = std::min(size, bytes_.size() - used_);
    std::memcpy(bytes_.data() + used_, data, fits);
    used_ += fits;
  }
  bool full() const { return used_ == bytes_.size(); }
  uint32_t used() const { return static_cast<uint32_t>(used_); }

 private:
  std::span<std::byte> bytes_;
  size_t used_ = 0;
};

// "." and ".." come first, as guests expect and not every file system has it; then what the kernel
// tells, whose positions the other cookies are.
enum : uint64_t { kDot = 0, kDotDot = 1, kKernels = 2 };

void append_entry(Output& output, const char* name, uint64_t next, uint64_t inode, FileType type) {
  const size_t name_bytes = std::strlen(name);
  Dirent entry{};
  entry.next = next;
  entry.inode = inode;
  entry.name_bytes = static_cast<uint32_t>(name_bytes);
  entry.type = type;
  output.append(&entry, sizeof entry);
  output.append(name, name_bytes);
}

Errno append_dots(Output& output, int directory, uint64_t cookie) {
  for (const uint64_t each : {uint64_t{kDot}, uint64_t{kDotDot}}) {
    if (cookie > each) continue;
    const char* name = each == kDot ? "." : "..";
    struct stat status{};
    if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return last_error();
    append_entry(output, name, each + 1, status.st_ino, FileType::kDirectory);
  }
  return Errno::kSuccess;
}

bool is_dots(const char* name) {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

Errno append_kernels(WasiEnv& env, Output& output, int directory, uint64_t cookie) {
  const uint64_t position = std::max<uint64_t>(cookie, kKernels) - kKernels;
  if (::lseek(directory, static_cast<off_t>(position), SEEK_SET) < 0) return last_error();
  while (!output.full()) {
    const ssize_t filled = ::getdents64(directory, env.entries.data(), env.entries.size());
    if (filled < 0) return last_error();
    if (filled == 0) break;
    for (ssize_t at = 0; at < filled && !output.full();) {
      const auto* entry = reinterpret_cast<const dirent64*>(env.entries.data() + at);
      at += entry->d_reclen;
      const char* name = static_cast<const char*>(entry->d_name);
      if (is_dots(name)) continue;
      append_entry(output, name, static_cast<uint64_t>(entry->d_off) + kKernels, entry->d_ino,
                   file_type(DTTOIF(entry->d_type)));
    }
  }
  return Errno::kSuccess;
}

}  // namespace

// Nothing is kept here between calls. Less than the buffer's size in use tells the guest that this
// is the end.
Errno preview1::fd_readdir(WasiEnv& env, uint32_t fd, uint32_t buffer, uint32_t size,
                           uint64_t cookie, uint32_t size_out) {
  DescriptorRef directory;
  WASI_TRY(env.directory(fd, kFdReaddir, directory));
  WASI_TRY(env.memory.check<uint32_t>(size_out));
  std::byte* bytes = env.memory.range(buffer, size);
  if (bytes == nullptr) return Errno::kFault;
  WASI_TRY(directory->make_readable());
  const std::lock_guard lock(directory->steps());  // nobody else moves the position
  Output output({bytes, size});
  WASI_TRY(append_dots(output, directory->fd(), cookie));
  WASI_TRY(append_kernels(env, output, directory->fd(), cookie));
  return env.memory.store(size_out, output.used());
}

}  // namespace wasmedge::wasi

#include <dirent.h>
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

void append_entry(Output& output, const dirent64& host) {
  const size_t name_bytes = std::strlen(static_cast<const char*>(host.d_name));
  Dirent entry{};
  entry.next = static_cast<uint64_t>(host.d_off);
  entry.inode = host.d_ino;
  entry.name_bytes = static_cast<uint32_t>(name_bytes);
  entry.type = file_type(DTTOIF(host.d_type));
  output.append(&entry, sizeof entry);
  output.append(static_cast<const char*>(host.d_name), name_bytes);
}

}  // namespace

// A cookie is the kernel's own position in the directory, so that nothing is kept here between
// calls. Less than the buffer's size in use tells the guest that this is the end.
Errno preview1::fd_readdir(WasiEnv& env, uint32_t fd, uint32_t buffer, uint32_t size,
                           uint64_t cookie, uint32_t size_out) {
  DescriptorRef directory;
  WASI_TRY(env.directory(fd, kFdReaddir, directory));
  WASI_TRY(env.memory.check<uint32_t>(size_out));
  std::byte* bytes = env.memory.range(buffer, size);
  if (bytes == nullptr) return Errno::kFault;
  WASI_TRY(directory->make_readable());
  const std::lock_guard lock(directory->steps());  // nobody else moves the position
  if (::lseek(directory->fd(), static_cast<off_t>(cookie), SEEK_SET) < 0) return last_error();
  Output output({bytes, size});
  while (!output.full()) {
    const ssize_t filled = ::getdents64(directory->fd(), env.entries.data(), env.entries.size());
    if (filled < 0) return last_error();
    if (filled == 0) break;
    for (ssize_t at = 0; at < filled && !output.full();) {
      const auto* entry = reinterpret_cast<const dirent64*>(env.entries.data() + at);
      append_entry(output, *entry);
      at += entry->d_reclen;
    }
  }
  return env.memory.store(size_out, output.used());
}

}  // namespace wasmedge::wasi

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <mutex>
#include <span>

#include "runtime/wasi/functions.h"
#include "runtime/wasi/iovecs.h"

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20  // Linux 6.9: write at the offset, also if the file is open for appending
#endif

namespace wasmedge::wasi {

Errno gather(WasiEnv& env, uint32_t address, uint32_t count, std::span<const iovec>& out) {
  const std::byte* list = env.memory.range(address, uint64_t{count} * sizeof(Iovec));
  if (list == nullptr) return Errno::kFault;
  size_t used = 0;
  for (uint32_t i = 0; i < count && used < env.iovecs.size(); ++i) {
    Iovec guest{};
    std::memcpy(&guest, list + size_t{i} * sizeof(Iovec), sizeof guest);
    if (guest.bytes == 0) continue;
    std::byte* bytes = env.memory.range(guest.address, guest.bytes);
    if (bytes == nullptr) return Errno::kFault;
    env.iovecs[used++] = {bytes, guest.bytes};
  }
  out = {env.iovecs.data(), used};
  return Errno::kSuccess;
}

namespace {

// Gathers the buffers, does `call(fd, iovecs, count)`, stores the size.
template <typename Call>
Errno transfer(WasiEnv& env, const Descriptor& file, uint32_t iovecs, uint32_t count,
               uint32_t size_out, Call call) {
  WASI_TRY(env.memory.check<uint32_t>(size_out));
  std::span<const iovec> buffers;
  WASI_TRY(gather(env, iovecs, count, buffers));
  const ssize_t size =
      retry(env, [&] { return call(file.fd(), buffers.data(), static_cast<int>(buffers.size())); });
  if (size < 0) return last_error();
  return env.memory.store(size_out, static_cast<uint32_t>(size));  // the kernel moves < 2 GiB
}

// writev to a socket, whose peer may be gone: an error for the guest, and no signal for the
// process.
ssize_t send_quietly(int fd, const iovec* buffers, int count) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers);
  message.msg_iovlen = static_cast<size_t>(count);
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

// pwrite at the offset also on a file open for appending, which Linux's pwrite(2) would append to.
ssize_t write_at(WasiEnv& env, Descriptor& file, const iovec* buffers, int count, off_t offset) {
  const int fd = file.fd();
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return -1;
  if ((flags & O_APPEND) == 0) return ::pwritev(fd, buffers, count, offset);
  if (env.has_noappend) {
    const ssize_t size = ::pwritev2(fd, buffers, count, offset, RWF_NOAPPEND);
    if (size >= 0 || (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS)) return size;
    env.has_noappend = false;
  }
  // An older kernel: another thread's appending write may go astray meanwhile.
  const std::lock_guard lock(file.steps());
  if (::fcntl(fd, F_SETFL, flags & ~O_APPEND) != 0) return -1;
  const ssize_t size = ::pwritev(fd, buffers, count, offset);
  const int error = errno;
  if (::fcntl(fd, F_SETFL, flags) != 0) return -1;
  errno = error;
  return size;
}

Errno host_offset(uint64_t offset, off_t& out) {
  if (offset > static_cast<uint64_t>(INT64_MAX)) return Errno::kInval;
  out = static_cast<off_t>(offset);
  return Errno::kSuccess;
}

Errno seek(WasiEnv& env, const Descriptor& file, off_t offset, int whence, uint32_t position_out) {
  WASI_TRY(env.memory.check<uint64_t>(position_out));
  const off_t position = ::lseek(file.fd(), offset, whence);
  if (position < 0) return last_error();
  return env.memory.store(position_out, static_cast<uint64_t>(position));
}

// `whence` is the host's.
Errno seek_checked(WasiEnv& env, uint32_t fd, uint64_t offset, int whence, uint32_t position_out) {
  DescriptorRef file;
  const bool tells = offset == 0 && whence == SEEK_CUR;
  WASI_TRY(env.file(fd, 0, file));
  if (file->is_terminal()) return Errno::kSPipe;
  const bool may = file->may(kFdSeek) || (tells && file->may(kFdTell));  // to seek implies to tell
  if (!may) return Errno::kNotCapable;
  return seek(env, *file, static_cast<off_t>(offset), whence, position_out);
}

}  // namespace

Errno preview1::fd_read(WasiEnv& env, uint32_t fd, uint32_t iovecs, uint32_t count,
                        uint32_t size_out) {
  DescriptorRef file;
  WASI_TRY(env.file(fd, kFdRead, file));
  return transfer(env, *file, iovecs, count, size_out, ::readv);
}

Errno preview1::fd_write(WasiEnv& env, uint32_t fd, uint32_t iovecs, uint32_t count,
                         uint32_t size_out) {
  DescriptorRef file;
  WASI_TRY(env.file(fd, kFdWrite, file));
  return transfer(env, *file, iovecs, count, size_out, file->is_socket() ? send_quietly : ::writev);
}

Errno preview1::fd_pread(WasiEnv& env, uint32_t fd, uint32_t iovecs, uint32_t count,
                         uint64_t offset, uint32_t size_out) {
  DescriptorRef file;
  WASI_TRY(env.file(fd, kFdRead | kFdSeek, file));
  off_t at = 0;
  WASI_TRY(host_offset(offset, at));
  return transfer(env, *file, iovecs, count, size_out, [at](int host, const iovec* buffers, int n) {
    return ::preadv(host, buffers, n, at);
  });
}

Errno preview1::fd_pwrite(WasiEnv& env, uint32_t fd, uint32_t iovecs, uint32_t count,
                          uint64_t offset, uint32_t size_out) {
  DescriptorRef file;
  WASI_TRY(env.file(fd, kFdWrite | kFdSeek, file));
  off_t at = 0;
  WASI_TRY(host_offset(offset, at));
  return transfer(env, *file, iovecs, count, size_out,
                  [&env, &file, at](int, const iovec* buffers, int n) {
                    return write_at(env, *file, buffers, n, at);
                  });
}

Errno preview1::fd_seek(WasiEnv& env, uint32_t fd, uint64_t offset, uint32_t whence,
                        uint32_t position_out) {
  static constexpr int kWhence[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  if (whence >= std::size(kWhence)) return Errno::kInval;
  return seek_checked(env, fd, offset, kWhence[whence], position_out);
}

Errno unstable::fd_seek(WasiEnv& env, uint32_t fd, uint64_t offset, uint32_t whence,
                        uint32_t position_out) {
  static constexpr int kWhence[] = {SEEK_CUR, SEEK_END, SEEK_SET};
  if (whence >= std::size(kWhence)) return Errno::kInval;
  return seek_checked(env, fd, offset, kWhence[whence], position_out);
}

Errno preview1::fd_tell(WasiEnv& env, uint32_t fd, uint32_t position_out) {
  return seek_checked(env, fd, 0, SEEK_CUR, position_out);
}

}  // namespace wasmedge::wasi

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>

#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

namespace {

Errno result(int status) {
  return status == 0 ? Errno::kSuccess : last_error();
}

}  // namespace

Errno preview1::fd_advise(WasiEnv& env, uint32_t fd, uint64_t offset, uint64_t size,
                          uint32_t advice) {
  static constexpr int kAdvice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                    POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  DescriptorRef file;
  WASI_TRY(env.file(fd, kFdAdvise, file));
  if (advice >= std::size(kAdvice) || offset > INT64_MAX || size > INT64_MAX) return Errno::kInval;
  return from_host(::posix_fadvise(file->fd(), static_cast<off_t>(offset), static_cast<off_t>(size),
                                   kAdvice[advice]));
}

Errno preview1::fd_allocate(WasiEnv& env, uint32_t fd, uint64_t offset, uint64_t size) {
  DescriptorRef file;
  WASI_TRY(env.file(fd, kFdAllocate, file));
  if (offset > INT64_MAX || size > INT64_MAX) return Errno::kFBig;
  return result(::fallocate(file->fd(), 0, static_cast<off_t>(offset), static_cast<off_t>(size)));
}

Errno preview1::fd_filestat_set_size(WasiEnv& env, uint32_t fd, uint64_t size) {
  DescriptorRef file;
  WASI_TRY(env.file(fd, kFdFilestatSetSize, file));
  if (size > INT64_MAX) return Errno::kFBig;
  return result(::ftruncate(file->fd(), static_cast<off_t>(size)));
}

Errno preview1::fd_sync(WasiEnv& env, uint32_t fd) {
  DescriptorRef descriptor;
  WASI_TRY(env.descriptor(fd, kFdSync, descriptor));
  WASI_TRY(descriptor->make_readable());
  return result(::fsync(descriptor->fd()));
}

Errno preview1::fd_datasync(WasiEnv& env, uint32_t fd) {
  DescriptorRef descriptor;
  WASI_TRY(env.descriptor(fd, kFdDatasync, descriptor));
  WASI_TRY(descriptor->make_readable());
  return result(::fdatasync(descriptor->fd()));
}

}  // namespace wasmedge::wasi

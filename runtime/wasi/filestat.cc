#include <fcntl.h>
#include <sys/stat.h>

#include "runtime/wasi/clock.h"
#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

namespace {

template <typename Layout>
Errno store_stat(const WasiEnv& env, int fd, FileType type, uint32_t out) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return last_error();
  Layout stat{};
  stat.device = status.st_dev;
  stat.inode = status.st_ino;
  stat.type = type == FileType::kUnknown ? file_type(status.st_mode) : type;
  stat.links = static_cast<decltype(stat.links)>(status.st_nlink);
  stat.size = static_cast<uint64_t>(status.st_size);
  stat.accessed = nanoseconds(status.st_atim);
  stat.modified = nanoseconds(status.st_mtim);
  stat.changed = nanoseconds(status.st_ctim);
  return env.memory.store(out, stat);
}

template <typename Layout>
Errno fd_stat(const WasiEnv& env, uint32_t fd, uint32_t out) {
  DescriptorRef descriptor;
  WASI_TRY(env.descriptor(fd, kFdFilestatGet, descriptor));
  return store_stat<Layout>(env, descriptor->fd(), descriptor->type(), out);
}

// Opens what the path names, to look at or to touch, and not to read.
Errno open_object(WasiEnv& env, const Descriptor& directory, uint32_t lookup, uint32_t path,
                  uint32_t path_size, Fd& out) {
  if ((lookup & ~kSymlinkFollow) != 0) return Errno::kInval;
  WASI_TRY(env.path(path, path_size, env.path1));
  const int nofollow = (lookup & kSymlinkFollow) != 0 ? 0 : O_NOFOLLOW;
  return env.beneath.open(directory.fd(), env.path1.data(), O_PATH | nofollow, 0, out);
}

template <typename Layout>
Errno path_stat(WasiEnv& env, uint32_t fd, uint32_t lookup, uint32_t path, uint32_t path_size,
                uint32_t out) {
  DescriptorRef directory;
  WASI_TRY(env.directory(fd, kPathFilestatGet, directory));
  Fd object;
  WASI_TRY(open_object(env, *directory, lookup, path, path_size, object));
  return store_stat<Layout>(env, object.get(), FileType::kUnknown, out);
}

Errno set_times(int fd, uint64_t accessed, uint64_t modified, uint32_t flags) {
  constexpr uint32_t kBothAtim = kSetAtim | kSetAtimNow;
  constexpr uint32_t kBothMtim = kSetMtim | kSetMtimNow;
  if ((flags & ~kFstflags) != 0 || (flags & kBothAtim) == kBothAtim ||
      (flags & kBothMtim) == kBothMtim) {
    return Errno::kInval;
  }
  timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
  if ((flags & kSetAtim) != 0) times[0] = from_nanoseconds(accessed);
  if ((flags & kSetAtimNow) != 0) times[0] = {0, UTIME_NOW};
  if ((flags & kSetMtim) != 0) times[1] = from_nanoseconds(modified);
  if ((flags & kSetMtimNow) != 0) times[1] = {0, UTIME_NOW};
  return ::utimensat(fd, "", times, AT_EMPTY_PATH) == 0 ? Errno::kSuccess : last_error();
}

}  // namespace

Errno preview1::fd_filestat_get(WasiEnv& env, uint32_t fd, uint32_t filestat_out) {
  return fd_stat<Filestat>(env, fd, filestat_out);
}

Errno unstable::fd_filestat_get(WasiEnv& env, uint32_t fd, uint32_t filestat_out) {
  return fd_stat<UnstableFilestat>(env, fd, filestat_out);
}

Errno preview1::path_filestat_get(WasiEnv& env, uint32_t fd, uint32_t lookup, uint32_t path,
                                  uint32_t path_size, uint32_t filestat_out) {
  return path_stat<Filestat>(env, fd, lookup, path, path_size, filestat_out);
}

Errno unstable::path_filestat_get(WasiEnv& env, uint32_t fd, uint32_t lookup, uint32_t path,
                                  uint32_t path_size, uint32_t filestat_out) {
  return path_stat<UnstableFilestat>(env, fd, lookup, path, path_size, filestat_out);
}

Errno preview1::fd_filestat_set_times(WasiEnv& env, uint32_t fd, uint64_t accessed,
                                      uint64_t modified, uint32_t flags) {
  DescriptorRef descriptor;
  WASI_TRY(env.descriptor(fd, kFdFilestatSetTimes, descriptor));
  if (descriptor->read_only()) return Errno::kRoFs;
  return set_times(descriptor->fd(), accessed, modified, flags);
}

Errno preview1::path_filestat_set_times(WasiEnv& env, uint32_t fd, uint32_t lookup, uint32_t path,
                                        uint32_t path_size, uint64_t accessed, uint64_t modified,
                                        uint32_t flags) {
  DescriptorRef directory;
  WASI_TRY(env.directory(fd, kPathFilestatSetTimes, directory));
  Fd object;
  WASI_TRY(open_object(env, *directory, lookup, path, path_size, object));
  if (directory->read_only()) return Errno::kRoFs;
  return set_times(object.get(), accessed, modified, flags);
}

}  // namespace wasmedge::wasi

#include <fcntl.h>

#include "runtime/wasi/fdflags.h"
#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

Errno preview1::fd_close(WasiEnv& env, uint32_t fd) {
  return env.fds.close(fd);
}

Errno preview1::fd_renumber(WasiEnv& env, uint32_t from, uint32_t to) {
  return env.fds.renumber(from, to);
}

Errno preview1::fd_fdstat_get(WasiEnv& env, uint32_t fd, uint32_t fdstat_out) {
  DescriptorRef descriptor;
  WASI_TRY(env.descriptor(fd, 0, descriptor));
  const int flags = ::fcntl(descriptor->fd(), F_GETFL);
  if (flags < 0) return last_error();
  Fdstat stat{};
  stat.type = descriptor->type();
  stat.flags = guest_fdflags(flags);
  stat.rights_base = descriptor->base();
  stat.rights_inheriting = descriptor->inheriting();
  return env.memory.store(fdstat_out, stat);
}

Errno preview1::fd_fdstat_set_flags(WasiEnv& env, uint32_t fd, uint32_t flags) {
  DescriptorRef file;
  WASI_TRY(env.file(fd, kFdFdstatSetFlags, file));
  int wanted = 0;
  WASI_TRY(host_fdflags(flags, wanted));
  const int current = ::fcntl(file->fd(), F_GETFL);
  if (current < 0) return last_error();
  // Linux knows these two only at open, and would say nothing. Who leaves them out, as most who set
  // others do, keeps them; who wants them is told.
  constexpr int kFixed = O_SYNC | O_DSYNC;
  if ((wanted & ~current & kFixed) != 0) return Errno::kInval;
  constexpr int kChangeable = O_APPEND | O_NONBLOCK;
  const int set = (current & ~kChangeable) | (wanted & kChangeable);
  return ::fcntl(file->fd(), F_SETFL, set) == 0 ? Errno::kSuccess : last_error();
}

Errno preview1::fd_fdstat_set_rights(WasiEnv& env, uint32_t fd, uint64_t base,
                                     uint64_t inheriting) {
  DescriptorRef descriptor;
  WASI_TRY(env.descriptor(fd, 0, descriptor));
  return descriptor->narrow(base, inheriting);
}

Errno preview1::fd_prestat_get(WasiEnv& env, uint32_t fd, uint32_t prestat_out) {
  DescriptorRef descriptor;
  WASI_TRY(env.descriptor(fd, 0, descriptor));
  if (!descriptor->guest_path()) return Errno::kBadF;
  return env.memory.store(prestat_out,
                          Prestat{0, static_cast<uint32_t>(descriptor->guest_path()->size())});
}

Errno preview1::fd_prestat_dir_name(WasiEnv& env, uint32_t fd, uint32_t name_out, uint32_t size) {
  DescriptorRef descriptor;
  WASI_TRY(env.descriptor(fd, 0, descriptor));
  if (!descriptor->guest_path()) return Errno::kBadF;
  const std::string& name = *descriptor->guest_path();
  if (size < name.size()) return Errno::kNameTooLong;
  std::byte* bytes = env.memory.range(name_out, name.size());
  if (bytes == nullptr) return Errno::kFault;
  std::memcpy(bytes, name.data(), name.size());
  return Errno::kSuccess;
}

}  // namespace wasmedge::wasi

#include <fcntl.h>

#include <utility>

#include "runtime/wasi/fdflags.h"
#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

namespace {

constexpr mode_t kNewFileMode = 0666;  // less the process's umask

// What a path_open asks for, in the host's words.
struct Request {
  int flags = 0;
  Rights base = 0;
  Rights inheriting = 0;
};

// The access mode follows from the rights. What the directory does not pass on is not asked for;
// and since rights that make no sense on what will be found are dropped too, the guest learns from
// fd_fdstat_get what it got.
Errno make_request(const Descriptor& directory, uint32_t lookup, uint32_t oflags, Rights base,
                   Rights inheriting, uint32_t fdflags, Request& out) {
  if ((lookup & ~kSymlinkFollow) != 0 || (oflags & ~kOflags) != 0) return Errno::kInval;
  int flags = 0;
  WASI_TRY(host_fdflags(fdflags, flags));
  out.base = base & directory.inheriting();
  out.inheriting = inheriting & directory.inheriting();

  const bool reads = (out.base & (kFdRead | kFdReaddir)) != 0;
  const bool writes = (out.base & kWriteRights) != 0;
  flags |= writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
  if ((lookup & kSymlinkFollow) == 0) flags |= O_NOFOLLOW;
  if ((oflags & kOflagDirectory) != 0) flags |= O_DIRECTORY;
  if ((oflags & kOflagTrunc) != 0) flags |= O_TRUNC;
  constexpr uint32_t kMakes = kOflagCreat | kOflagExcl | kOflagTrunc;
  if ((oflags & kOflagDirectory) != 0 && (oflags & kMakes) != 0) return Errno::kInval;
  if ((oflags & kOflagCreat) != 0) {
    flags |= O_CREAT;
    if ((oflags & kOflagExcl) != 0) flags |= O_EXCL;
  }
  out.flags = flags | O_NOCTTY;
  return Errno::kSuccess;
}

Errno check_rights(const Descriptor& directory, uint32_t oflags, uint32_t fdflags) {
  Rights needed = kPathOpen;
  if ((oflags & kOflagCreat) != 0) needed |= kPathCreateFile;
  if ((oflags & kOflagTrunc) != 0) needed |= kPathFilestatSetSize;
  // Who may sync what it opens may have that done by each write.
  const bool syncs = (directory.inheriting() & kFdSync) != 0;
  const bool datasyncs = syncs || (directory.inheriting() & kFdDatasync) != 0;
  if ((fdflags & (kFdflagSync | kFdflagRsync)) != 0 && !syncs) return Errno::kNotCapable;
  if ((fdflags & kFdflagDsync) != 0 && !datasyncs) return Errno::kNotCapable;
  return directory.may(needed) ? Errno::kSuccess : Errno::kNotCapable;
}

// A read-only preopen behaves as a read-only mount: what exists can be opened to read, also with
// O_CREAT; any other open that would create, truncate or write is kRoFs.
Errno refuse_writes(WasiEnv& env, const Descriptor& directory, Request& request) {
  const bool writes = (request.flags & O_ACCMODE) != O_RDONLY || (request.flags & O_TRUNC) != 0;
  const bool creates = (request.flags & O_CREAT) != 0;
  if (!writes && !creates) return Errno::kSuccess;
  Fd found;
  const Errno error = env.beneath.open(directory.fd(), env.path1.data(),
                                       O_PATH | (request.flags & O_NOFOLLOW), 0, found);
  if (error == Errno::kNoEnt && creates) return Errno::kRoFs;
  WASI_TRY(error);
  if (creates && (request.flags & O_EXCL) != 0) return Errno::kExist;
  if (writes) return Errno::kRoFs;
  request.flags &= ~O_CREAT;
  return Errno::kSuccess;
}

// A fifo's open waits for the other end.
Errno open(WasiEnv& env, int directory, int flags, Fd& out) {
  Errno error = Errno::kIntr;
  do error = env.beneath.open(directory, env.path1.data(), flags, kNewFileMode, out);
  while (error == Errno::kIntr && !env.ended());
  return error;
}

}  // namespace

Errno preview1::path_open(WasiEnv& env, uint32_t fd, uint32_t lookup, uint32_t path,
                          uint32_t path_size, uint32_t oflags, uint64_t base, uint64_t inheriting,
                          uint32_t fdflags, uint32_t fd_out) {
  DescriptorRef directory;
  WASI_TRY(env.directory(fd, kPathOpen, directory));
  WASI_TRY(env.memory.check<uint32_t>(fd_out));
  Request request;
  WASI_TRY(make_request(*directory, lookup, oflags, base, inheriting, fdflags, request));
  WASI_TRY(check_rights(*directory, oflags, fdflags));
  WASI_TRY(env.path(path, path_size, env.path1));
  if (directory->read_only()) WASI_TRY(refuse_writes(env, *directory, request));

  Fd host;
  WASI_TRY(open(env, directory->fd(), request.flags, host));
  std::unique_ptr<Descriptor> opened;
  WASI_TRY(Descriptor::opened(std::move(host), request.base, request.inheriting,
                              directory->read_only(), opened, base));
  return env.memory.store(fd_out, env.fds.add(std::move(opened)));
}

}  // namespace wasmedge::wasi

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

namespace {

constexpr mode_t kNewDirectoryMode = 0777;  // less the process's umask

Errno result(int status) {
  return status == 0 ? Errno::kSuccess : last_error();
}

bool has_trailing_slash(const Place& place) {
  return place.name[std::strlen(place.name) - 1] == '/';
}

// Copies the path to `text` and finds its place beneath `fd`, which must have `rights`.
Errno find(WasiEnv& env, uint32_t fd, Rights rights, uint32_t path, uint32_t path_size,
           WasiEnv::Path& text, DescriptorRef& directory, Place& place) {
  WASI_TRY(env.directory(fd, rights, directory));
  WASI_TRY(env.path(path, path_size, text));
  return env.beneath.find(directory->fd(), text.data(), place);
}

// What is at `place`, whose trailing slashes are cut, so that a symbolic link is not followed.
// False: nothing is there.
bool look_at(const Place& place, struct stat& out) {
  std::string name(place.name);
  name.erase(name.find_last_not_of('/') + 1);
  return ::fstatat(place.dir, name.c_str(), &out, AT_SYMLINK_NOFOLLOW) == 0;
}

bool is_file(const Place& place) {
  struct stat status{};
  return look_at(place, status) && !S_ISDIR(status.st_mode) && !S_ISLNK(status.st_mode);
}

// As a read-only mount answers a call that would make `place`.
Errno refuse_to_make(const Place& place) {
  struct stat status{};
  return look_at(place, status) ? Errno::kExist : Errno::kRoFs;
}

Errno remove(WasiEnv& env, uint32_t fd, Rights rights, uint32_t path, uint32_t path_size,
             int flags) {
  DescriptorRef directory;
  Place place;
  WASI_TRY(find(env, fd, rights, path, path_size, env.path1, directory, place));
  if (directory->read_only()) return Errno::kRoFs;
  return result(::unlinkat(place.dir, place.name, flags));
}

// Whatever moves or links a file from one directory to another must not give the guest rights on
// it, or take it out of a read-only preopen.
Errno check_both_ends(const Descriptor& from, const Descriptor& to) {
  if (from.read_only() || to.read_only()) return Errno::kRoFs;
  return (to.inheriting() & ~from.inheriting()) == 0 ? Errno::kSuccess : Errno::kNotCapable;
}

}  // namespace

Errno preview1::path_create_directory(WasiEnv& env, uint32_t fd, uint32_t path,
                                      uint32_t path_size) {
  DescriptorRef directory;
  Place place;
  WASI_TRY(find(env, fd, kPathCreateDirectory, path, path_size, env.path1, directory, place));
  if (directory->read_only()) return refuse_to_make(place);
  return result(::mkdirat(place.dir, place.name, kNewDirectoryMode));
}

Errno preview1::path_remove_directory(WasiEnv& env, uint32_t fd, uint32_t path,
                                      uint32_t path_size) {
  return remove(env, fd, kPathRemoveDirectory, path, path_size, AT_REMOVEDIR);
}

Errno preview1::path_unlink_file(WasiEnv& env, uint32_t fd, uint32_t path, uint32_t path_size) {
  return remove(env, fd, kPathUnlinkFile, path, path_size, 0);
}

Errno preview1::path_link(WasiEnv& env, uint32_t from_fd, uint32_t lookup, uint32_t from,
                          uint32_t from_size, uint32_t to_fd, uint32_t to, uint32_t to_size) {
  // linkat(2) of an opened file, which following safely would need, takes a capability.
  if (lookup != 0) return Errno::kInval;
  DescriptorRef source;
  DescriptorRef target;
  Place old_place;
  Place new_place;
  WASI_TRY(find(env, from_fd, kPathLinkSource, from, from_size, env.path1, source, old_place));
  WASI_TRY(find(env, to_fd, kPathLinkTarget, to, to_size, env.path2, target, new_place));
  WASI_TRY(check_both_ends(*source, *target));
  // The kernel would follow a link with a trailing slash. Only a directory may have one, and no
  // directory can be linked.
  if (has_trailing_slash(old_place)) {
    Fd opened;
    WASI_TRY(env.beneath.open(old_place.dir, old_place.name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0,
                              opened));
    return Errno::kPerm;
  }
  return result(::linkat(old_place.dir, old_place.name, new_place.dir, new_place.name, 0));
}

Errno preview1::path_rename(WasiEnv& env, uint32_t from_fd, uint32_t from, uint32_t from_size,
                            uint32_t to_fd, uint32_t to, uint32_t to_size) {
  DescriptorRef source;
  DescriptorRef target;
  Place old_place;
  Place new_place;
  WASI_TRY(find(env, from_fd, kPathRenameSource, from, from_size, env.path1, source, old_place));
  WASI_TRY(find(env, to_fd, kPathRenameTarget, to, to_size, env.path2, target, new_place));
  WASI_TRY(check_both_ends(*source, *target));
  return result(::renameat(old_place.dir, old_place.name, new_place.dir, new_place.name));
}

Errno preview1::path_symlink(WasiEnv& env, uint32_t target, uint32_t target_size, uint32_t fd,
                             uint32_t path, uint32_t path_size) {
  DescriptorRef directory;
  Place place;
  WASI_TRY(find(env, fd, kPathSymlink, path, path_size, env.path1, directory, place));
  WASI_TRY(env.path(target, target_size, env.path2));
  // What a guest calls "/x" is another file for the host and for every other program there.
  if (env.path2[0] == '/') return Errno::kPerm;
  if (directory->read_only()) return refuse_to_make(place);
  const Errno error = result(::symlinkat(env.path2.data(), place.dir, place.name));
  // POSIX wants a directory before a slash; Linux says EEXIST of anything.
  if (error == Errno::kExist && has_trailing_slash(place) && is_file(place)) return Errno::kNotDir;
  return error;
}

Errno preview1::path_readlink(WasiEnv& env, uint32_t fd, uint32_t path, uint32_t path_size,
                              uint32_t buffer, uint32_t size, uint32_t size_out) {
  DescriptorRef directory;
  WASI_TRY(env.directory(fd, kPathReadlink, directory));
  WASI_TRY(env.memory.check<uint32_t>(size_out));
  std::byte* bytes = env.memory.range(buffer, size);
  if (bytes == nullptr) return Errno::kFault;
  WASI_TRY(env.path(path, path_size, env.path1));
  Fd link;
  WASI_TRY(env.beneath.open(directory->fd(), env.path1.data(), O_PATH | O_NOFOLLOW, 0, link));
  struct stat status{};
  if (::fstat(link.get(), &status) != 0) return last_error();
  if (!S_ISLNK(status.st_mode)) return Errno::kInval;
  if (size == 0) return env.memory.store(size_out, uint32_t{0});  // Linux calls that an error
  constexpr uint32_t kMost = PATH_MAX;                            // and a size beyond INT_MAX too
  const ssize_t used =
      ::readlinkat(link.get(), "", reinterpret_cast<char*>(bytes), std::min(size, kMost));
  if (used < 0) return last_error();
  return env.memory.store(size_out, static_cast<uint32_t>(used));
}

}  // namespace wasmedge::wasi

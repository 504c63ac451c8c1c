#include "runtime/wasi/fds.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace wasmedge::wasi {

FileType file_type(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFBLK:
      return FileType::kBlockDevice;
    case S_IFCHR:
      return FileType::kCharacterDevice;
    case S_IFDIR:
      return FileType::kDirectory;
    case S_IFREG:
      return FileType::kRegularFile;
    case S_IFLNK:
      return FileType::kSymbolicLink;
    case S_IFSOCK:
      return FileType::kSocketStream;
    default:
      return FileType::kUnknown;  // a fifo: the specification has no word for it
  }
}

namespace {

FileType type_of(int fd, unsigned mode) {
  const FileType type = file_type(mode);
  if (type != FileType::kSocketStream) return type;
  int kind = 0;
  socklen_t size = sizeof kind;
  const bool datagrams =
      ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &size) == 0 && kind == SOCK_DGRAM;
  return datagrams ? FileType::kSocketDgram : type;
}

}  // namespace

Errno Descriptor::identify(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return last_error();
  type_ = type_of(fd, status.st_mode);
  terminal_ = type_ == FileType::kCharacterDevice && ::isatty(fd) == 1;
  base_ &= is_directory() ? kDirectoryRights : is_socket() ? kSocketRights : kFileRights;
  // A guest's libc takes a character device that cannot seek for a terminal.
  if (terminal_) base_ &= ~(kFdSeek | kFdTell);
  return Errno::kSuccess;
}

Errno Descriptor::opened(Fd fd, Rights base, Rights inheriting, bool read_only,
                         std::unique_ptr<Descriptor>& out, Rights asked) {
  std::unique_ptr<Descriptor> made(new Descriptor);
  made->asked_ = asked | base;
  made->base_ = base;
  made->inheriting_ = inheriting;
  made->read_only_ = read_only;
  WASI_TRY(made->identify(fd.get()));
  made->fd_ = std::move(fd);
  out = std::move(made);
  return Errno::kSuccess;
}

std::unique_ptr<Descriptor> Descriptor::preopen(Fd dir, std::string guest_path, bool read_only) {
  std::unique_ptr<Descriptor> made(new Descriptor);
  made->fd_ = std::move(dir);
  made->type_ = FileType::kDirectory;
  made->read_only_ = read_only;
  made->base_ = kDirectoryRights;
  made->inheriting_ = kDirectoryRights | kFileRights;
  made->guest_path_ = std::move(guest_path);
  return made;
}

std::unique_ptr<Descriptor> Descriptor::borrowed(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return nullptr;
  std::unique_ptr<Descriptor> made(new Descriptor);
  made->base_ = kFileRights;
  if ((flags & O_ACCMODE) == O_RDONLY) made->base_ &= ~kWriteRights;
  if ((flags & O_ACCMODE) == O_WRONLY) made->base_ &= ~kFdRead;
  made->asked_ = made->base_;
  if (made->identify(fd) != Errno::kSuccess) return nullptr;
  made->fd_.reset(fd);
  made->borrowed_ = true;
  return made;
}

Descriptor::~Descriptor() {
  if (borrowed_) fd_.release();
}

Errno Descriptor::narrow(Rights base, Rights inheriting) {
  if ((base & ~this->base()) != 0 || (inheriting & ~this->inheriting()) != 0) {
    return Errno::kNotCapable;
  }
  base_ &= base;  // another thread may have taken more by now
  inheriting_ &= inheriting;
  return Errno::kSuccess;
}

Errno Descriptor::make_readable() {
  if (!is_directory()) return Errno::kSuccess;
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  if (flags < 0) return last_error();
  if ((flags & O_PATH) == 0) return Errno::kSuccess;
  const Fd opened(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return last_error();
  // Other threads may be using the number.
  if (::dup3(opened.get(), fd_.get(), O_CLOEXEC) < 0) return last_error();
  return Errno::kSuccess;
}

void FdTable::set_stdio(uint32_t number, std::unique_ptr<Descriptor> descriptor) {
  DescriptorRef replaced(std::move(descriptor));
  const std::lock_guard lock(mutex_);
  std::swap(slots_.at(number), replaced);
}

uint32_t FdTable::add(std::unique_ptr<Descriptor> descriptor) {
  const std::lock_guard lock(mutex_);
  while (free_from_ < slots_.size() && slots_[free_from_] != nullptr) ++free_from_;
  if (free_from_ == slots_.size()) slots_.emplace_back();
  slots_[free_from_] = std::move(descriptor);
  return free_from_++;
}

DescriptorRef FdTable::get(uint32_t number) const {
  const std::lock_guard lock(mutex_);
  return number < slots_.size() ? slots_[number] : nullptr;
}

DescriptorRef FdTable::take(uint32_t number) {
  if (number >= kFirst) free_from_ = std::min(free_from_, number);
  return std::move(slots_[number]);
}

Errno FdTable::close(uint32_t number) {
  DescriptorRef closed;
  const std::lock_guard lock(mutex_);
  if (!is_open(number)) return Errno::kBadF;
  closed = take(number);
  return Errno::kSuccess;
}

Errno FdTable::renumber(uint32_t from, uint32_t to) {
  DescriptorRef closed;
  const std::lock_guard lock(mutex_);
  if (!is_open(from) || !is_open(to)) return Errno::kBadF;
  if (from == to) return Errno::kSuccess;
  closed = std::exchange(slots_[to], take(from));
  return Errno::kSuccess;
}

}  // namespace wasmedge::wasi

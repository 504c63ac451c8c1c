#include "runtime/base/fd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>

namespace wasmedge {
namespace {

template <typename Call>
auto retry_on_eintr(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

Result<Fd> open_file_at(int dir, const std::string& path, int flags, unsigned mode) {
  const int fd =
      retry_on_eintr([&] { return ::openat(dir, path.c_str(), flags | O_CLOEXEC, mode); });
  if (fd < 0) return fail_errno("open {}", path);
  return Fd(fd);
}

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  return open_file_at(AT_FDCWD, path, flags, mode);
}

Result<std::string> read_all(int fd, size_t limit, std::string_view name) {
  std::string data;
  struct stat status{};
  size_t chunk = 4096;
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    chunk = std::min<size_t>(static_cast<size_t>(status.st_size) + 1, limit + 1);
  }
  for (size_t used = 0;;) {
    if (used > limit) {
      return fail(ErrorCode::kResourceExhausted, "{} is larger than {} bytes", name, limit);
    }
    if (data.size() < used + chunk) data.resize(used + chunk);
    const ssize_t count =
        retry_on_eintr([&] { return ::read(fd, data.data() + used, data.size() - used); });
    if (count < 0) return fail_errno("read {}", name);
    used += static_cast<size_t>(count);
    if (count == 0) {
      data.resize(used);
      return data;
    }
    chunk = std::max<size_t>(chunk, 64);
  }
}

Result<std::string> read_file(const std::string& path, size_t limit) {
  TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
  return read_all(fd.get(), limit, path);
}

Result<> write_all(int fd, std::span<const std::byte> data, std::string_view name) {
  while (!data.empty()) {
    const ssize_t count = retry_on_eintr([&] { return ::write(fd, data.data(), data.size()); });
    if (count < 0) return fail_errno("write {}", name);
    data = data.subspan(static_cast<size_t>(count));
  }
  return {};
}

Result<> write_all(int fd, std::string_view data, std::string_view name) {
  return write_all(fd, std::as_bytes(std::span(data.data(), data.size())), name);
}

Result<> write_file(const std::string& path, std::string_view data) {
  TRY_ASSIGN(const Fd fd, open_file(path, O_WRONLY));
  const ssize_t count = retry_on_eintr([&] { return ::write(fd.get(), data.data(), data.size()); });
  if (count < 0) return fail_errno("write \"{}\" to {}", data, path);
  return {};
}

Result<MappedFile> MappedFile::map(int fd, std::string_view name) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return fail_errno("stat {}", name);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "{} is not a regular file", name);
  }
  const auto size = static_cast<size_t>(status.st_size);
  if (size == 0) return MappedFile({});
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED) return fail_errno("map {}", name);
  return MappedFile(std::span(static_cast<const std::byte*>(address), size));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace wasmedge

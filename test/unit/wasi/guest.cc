#include "test/unit/wasi/guest.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <utility>

namespace wasmedge::wasi {

namespace fs = std::filesystem;

void TempDir::write(const std::string& name, std::string_view content) const {
  std::ofstream(path() / name, std::ios::binary) << content;
}

std::string TempDir::read(const std::string& name) const {
  std::ifstream file(path() / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

namespace {
constexpr size_t kGuard = 65536;
}

FakeMemory::FakeMemory(uint64_t bytes) {
  void* base = ::mmap(nullptr, bytes + 2 * kGuard, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) throw std::runtime_error("mmap");
  view_ = {static_cast<std::byte*>(base) + kGuard, bytes};
  ::mprotect(view_.base, bytes, PROT_READ | PROT_WRITE);
}

FakeMemory::~FakeMemory() {
  ::munmap(view_.base - kGuard, view_.bytes + 2 * kGuard);
}

Guest::Guest(Beneath::Mode mode, bool read_only) : memory(kMemoryBytes) {
  fs::create_directory(dir.path() / "root");
  dir.write("secret", "outside");
  WasiConfig config;
  config.args = {"program", "first", ""};
  config.env = {"A=1", "EMPTY="};
  const std::string root = (dir.path() / "root").string();
  config.preopens.push_back(
      {Fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)), "/", read_only});
  env = std::move(WasiEnv::make(std::move(config)).value());
  env->beneath = Beneath(mode);
  env->memory.bind(memory.view());
}

uint32_t Guest::put(std::string_view text) {
  const uint32_t address = next_;
  std::memcpy(memory.view()->base + address, text.data(), text.size());
  next_ += static_cast<uint32_t>(text.size()) + 8;
  EXPECT_LT(next_, kMemoryBytes / 2);
  return address;
}

std::string Guest::text(uint32_t address, uint32_t size) const {
  const std::byte* bytes = env->memory.range(address, size);
  EXPECT_NE(bytes, nullptr);
  return {reinterpret_cast<const char*>(bytes), size};
}

namespace {
uint32_t size_of(std::string_view text) {
  return static_cast<uint32_t>(text.size());
}
}  // namespace

Errno Guest::open(std::string_view path, const Open& how, uint32_t* fd) {
  const Errno error = preview1::path_open(*env, how.dir, how.lookup, put(path), size_of(path),
                                          how.oflags, how.base, how.inheriting, how.fdflags, kOut);
  if (error == Errno::kSuccess && fd != nullptr) *fd = get<uint32_t>(kOut);
  return error;
}

uint32_t Guest::must_open(std::string_view path, const Open& how) {
  uint32_t fd = ~uint32_t{0};
  EXPECT_EQ(open(path, how, &fd), Errno::kSuccess) << path;
  return fd;
}

Errno Guest::write(uint32_t fd, std::string_view text) {
  set(kOut + 16, Iovec{put(text), size_of(text)});
  return preview1::fd_write(*env, fd, kOut + 16, 1, kOut);
}

std::string Guest::read(uint32_t fd, uint32_t size) {
  const uint32_t buffer = put(std::string(size, '\0'));
  set(kOut + 16, Iovec{buffer, size});
  EXPECT_EQ(preview1::fd_read(*env, fd, kOut + 16, 1, kOut), Errno::kSuccess);
  return text(buffer, get<uint32_t>(kOut));
}

Errno Guest::create_directory(std::string_view path, uint32_t fd) {
  return preview1::path_create_directory(*env, fd, put(path), size_of(path));
}

Errno Guest::remove_directory(std::string_view path, uint32_t fd) {
  return preview1::path_remove_directory(*env, fd, put(path), size_of(path));
}

Errno Guest::unlink(std::string_view path, uint32_t fd) {
  return preview1::path_unlink_file(*env, fd, put(path), size_of(path));
}

Errno Guest::rename(std::string_view from, std::string_view to, uint32_t to_fd) {
  return preview1::path_rename(*env, kRoot, put(from), size_of(from), to_fd, put(to), size_of(to));
}

Errno Guest::link(std::string_view from, std::string_view to, uint32_t to_fd, uint32_t lookup) {
  return preview1::path_link(*env, kRoot, lookup, put(from), size_of(from), to_fd, put(to),
                             size_of(to));
}

Errno Guest::symlink(std::string_view target, std::string_view path, uint32_t fd) {
  return preview1::path_symlink(*env, put(target), size_of(target), fd, put(path), size_of(path));
}

Errno Guest::stat(std::string_view path, Filestat* out, bool follow) {
  const Errno error = preview1::path_filestat_get(*env, kRoot, follow ? kSymlinkFollow : 0,
                                                  put(path), size_of(path), kOut);
  if (error == Errno::kSuccess && out != nullptr) *out = get<Filestat>(kOut);
  return error;
}

Errno Guest::readlink(std::string_view path, std::string* out, uint32_t size) {
  const uint32_t buffer = put(std::string(size, '\0'));
  const Errno error =
      preview1::path_readlink(*env, kRoot, put(path), size_of(path), buffer, size, kOut);
  if (error == Errno::kSuccess && out != nullptr) *out = text(buffer, get<uint32_t>(kOut));
  return error;
}

Errno Guest::set_times(std::string_view path, uint64_t time, uint32_t flags, bool follow) {
  return preview1::path_filestat_set_times(*env, kRoot, follow ? kSymlinkFollow : 0, put(path),
                                           size_of(path), time, time, flags);
}

}  // namespace wasmedge::wasi

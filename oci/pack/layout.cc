#include "oci/pack/layout.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "oci/pack/tar.h"
#include "runtime/base/fd.h"
#include "runtime/base/sha256.h"

namespace wasmedge::oci {
namespace {

constexpr int kNewFile = O_WRONLY | O_CREAT | O_EXCL;
constexpr unsigned kAnyMode = 0666;  // less the umask

Result<> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) != 0) return fail_errno("make directory {}", path);
  return {};
}

Result<> rename_to(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR || errno == EISDIR) {
    return fail(ErrorCode::kAlreadyExists, "{} is there already: name another, or remove it", to);
  }
  return fail_errno("name the result {}", to);
}

}  // namespace

Result<Layout> Layout::create(const std::string& parent) {
  std::string home = parent + "/.wasmedge-pack.XXXXXX";
  if (::mkdtemp(home.data()) == nullptr) return fail_errno("make a directory in {}", parent);
  Layout layout(std::move(home));
  for (const char* folder : {"layout", "layout/blobs", "layout/blobs/sha256"}) {
    TRY(make_directory(layout.home_ + "/" + folder));
  }
  return layout;
}

Layout::~Layout() {
  if (home_.empty()) return;
  std::error_code ignored;  // nothing is left to be done about it
  std::filesystem::remove_all(home_, ignored);
}

std::string Layout::inside(std::string_view path) const {
  return fmt::format("{}/layout/{}", home_, path);
}

Result<Descriptor> Layout::add_blob(std::string media_type,
                                    const std::function<Result<>(const Sink&)>& write) {
  const std::string partial = home_ + "/blob";
  TRY_ASSIGN(const Fd file, open_file(partial, O_WRONLY | O_CREAT | O_TRUNC, kAnyMode));
  Sha256Hasher hasher;
  Descriptor blob{std::move(media_type), {}, 0};
  TRY(write([&](std::string_view bytes) -> Result<> {
    hasher.add(bytes.data(), bytes.size());
    blob.size += static_cast<int64_t>(bytes.size());
    return write_all(file.get(), bytes, "a blob of the image");
  }));
  const std::string digits = hex(hasher.digest());
  const std::string name = "blobs/sha256/" + digits;
  TRY(rename_to(partial, inside(name)));
  files_[name] = static_cast<uint64_t>(blob.size);
  blob.digest = "sha256:" + digits;
  return blob;
}

Result<Descriptor> Layout::add_blob(std::string media_type, std::string_view bytes) {
  return add_blob(std::move(media_type), [&](const Sink& sink) { return sink(bytes); });
}

Result<> Layout::add_file(const std::string& name, std::string_view bytes) {
  TRY_ASSIGN(const Fd file, open_file(inside(name), kNewFile, kAnyMode));
  TRY(write_all(file.get(), bytes, name));
  files_[name] = bytes.size();
  return {};
}

Result<std::string> Layout::make_archive() {
  std::string path = home_ + "/archive";
  TRY_ASSIGN(const Fd archive, open_file(path, kNewFile, kAnyMode));
  TarWriter tar(
      [&](std::string_view bytes) { return write_all(archive.get(), bytes, "the archive"); });
  TRY(tar.add_directory("blobs"));
  TRY(tar.add_directory("blobs/sha256"));
  for (const auto& [name, size] : files_) {
    TRY_ASSIGN(const Fd file, open_file(inside(name), O_RDONLY));
    TRY(tar.add_file(name, 0644, file.get(), size));
  }
  TRY(tar.finish());
  return path;
}

Result<> Layout::name_archive(const std::string& path) {
  return rename_to(home_ + "/archive", path);
}

Result<> Layout::name_directory(const std::string& path) {
  return rename_to(inside(""), path);
}

}  // namespace wasmedge::oci

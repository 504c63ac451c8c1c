#include "oci/pack/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <memory>
#include <vector>

#include "runtime/base/fd.h"

namespace wasmedge::oci {
namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr std::string_view kWhiteout = ".wh.";

Result<std::vector<std::string>> names_in(int directory, const std::string& shown) {
  TRY_ASSIGN(Fd copy, open_file_at(directory, ".", O_RDONLY | O_DIRECTORY));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy.get()), ::closedir);
  if (!stream) return fail_errno("read directory {}", shown);
  (void)copy.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return fail_errno("read directory {}", shown);
  std::sort(names.begin(), names.end());
  return names;
}

/// One name of this machine and what it is called in the archive.
struct Item {
  int directory;
  std::string name;
  std::string shown;  // in messages
  std::string path;   // in the archive
};

Result<> add_directory(TarWriter& tar, int directory, const std::string& shown,
                       const std::string& path);

Result<> add_link(TarWriter& tar, const Item& item) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size =
      ::readlinkat(item.directory, item.name.c_str(), target.data(), target.size());
  if (size < 0) return fail_errno("read link {}", item.shown);
  return tar.add_link(item.path, {target.data(), static_cast<size_t>(size)});
}

Result<> add_file(TarWriter& tar, int file, const struct stat& status, const std::string& path) {
  const unsigned mode = (status.st_mode & 0111) != 0 ? 0755 : 0644;
  return tar.add_file(path, mode, file, static_cast<uint64_t>(status.st_size));
}

Result<> add_item(TarWriter& tar, const Item& item) {
  if (item.name.starts_with(kWhiteout)) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: a layer would delete {} by this name: rename the file", item.shown,
                item.name.substr(kWhiteout.size()));
  }
  struct stat status{};
  if (::fstatat(item.directory, item.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail_errno("stat {}", item.shown);
  }
  if (S_ISLNK(status.st_mode)) return add_link(tar, item);
  if (S_ISDIR(status.st_mode)) {
    TRY(tar.add_directory(item.path));
    TRY_ASSIGN(const Fd inner, open_file_at(item.directory, item.name, kDirectory));
    return add_directory(tar, inner.get(), item.shown, item.path + "/");
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: an image holds files, directories and symbolic links, and this is none",
                item.shown);
  }
  TRY_ASSIGN(const Fd file,
             open_file_at(item.directory, item.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  return add_file(tar, file.get(), status, item.path);
}

/// `path`: "" or what ends in "/".
Result<> add_directory(TarWriter& tar, int directory, const std::string& shown,
                       const std::string& path) {
  TRY_ASSIGN(const std::vector<std::string> names, names_in(directory, shown));
  for (const std::string& name : names) {
    TRY(add_item(tar, {directory, name, shown + "/" + name, path + name}));
  }
  return {};
}

}  // namespace

Result<> add_tree(TarWriter& tar, const Tree& tree) {
  TRY_ASSIGN(const Fd source, open_file(tree.source, O_RDONLY | O_NONBLOCK));
  struct stat status{};
  if (::fstat(source.get(), &status) != 0) return fail_errno("stat {}", tree.source);
  const std::string path = tree.path.substr(1);
  for (size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    TRY(tar.add_directory(path.substr(0, slash)));
  }
  if (S_ISREG(status.st_mode) && !path.empty()) return add_file(tar, source.get(), status, path);
  if (!S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "{}: is no directory, and no file that could be at {}",
                tree.source, tree.path);
  }
  if (path.empty()) return add_directory(tar, source.get(), tree.source, "");
  TRY(tar.add_directory(path));
  return add_directory(tar, source.get(), tree.source, path + "/");
}

}  // namespace wasmedge::oci

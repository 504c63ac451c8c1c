#include "oci/rootfs.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <vector>

#include "oci/text.h"

namespace wasmedge::oci {
namespace {

int openat2(int directory, const std::string& path, int flags, uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  how.resolve = resolve;
  // EAGAIN: a rename elsewhere made the kernel unsure about ".."; it asks to be asked again.
  for (int attempt = 0;; ++attempt) {
    const long fd = ::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR) || attempt == 64) {
      return static_cast<int>(fd);
    }
  }
}

uint64_t resolve_flags(Follow follow) {
  return RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
         (follow == Follow::kNever ? RESOLVE_NO_SYMLINKS : 0u);
}

/// One missing name in a directory that is open.
Result<Fd> make_name(int parent, const std::string& name, std::string_view whole, bool directory) {
  if (directory) {
    if (::mkdirat(parent, name.c_str(), 0755) != 0) {
      if (errno != EEXIST) return fail_errno("make directory {}", whole);
      return fail(ErrorCode::kInvalidArgument, "{}: \"{}\" is a dangling symbolic link", whole,
                  name);
    }
  } else {
    const Fd made(
        ::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!made && errno == EEXIST) {
      return fail(ErrorCode::kInvalidArgument, "{}: \"{}\" is a dangling symbolic link", whole,
                  name);
    }
    if (!made) return fail_errno("make file {}", whole);
  }
  Fd opened(openat2(parent, name, O_PATH | O_NOFOLLOW,
                    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS));
  if (!opened) return fail_errno("{}", whole);
  return opened;
}

}  // namespace

std::string clean_path(std::string_view path) {
  std::vector<std::string_view> names;
  for (const std::string_view name : split(path, '/')) {
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      names.push_back(name);
    } else if (!names.empty()) {
      names.pop_back();
    }
  }
  std::string clean;
  for (const std::string_view name : names) clean.append("/").append(name);
  return clean.empty() ? "/" : clean;
}

bool is_beneath(std::string_view path, std::string_view directory) {
  return path == directory || directory == "/" ||
         (path.starts_with(directory) && path[directory.size()] == '/');
}

Result<Fd> open_in_root(int root, std::string_view path, int flags, Follow follow) {
  Fd opened(openat2(root, std::string(path), flags, resolve_flags(follow)));
  if (!opened && errno == ELOOP) {
    return fail(ErrorCode::kInvalidArgument, "{}: goes through a symbolic link that is not allowed",
                path);
  }
  if (!opened) return fail_errno("{}", path);
  return opened;
}

Result<std::optional<Fd>> find_in_root(int root, std::string_view path, int flags) {
  Fd opened(openat2(root, std::string(path), flags, resolve_flags(Follow::kLinks)));
  if (opened) return opened;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  return fail_errno("{}", path);
}

Result<Fd> make_in_root(int root, std::string_view path, Missing missing, Follow follow) {
  const std::string whole = clean_path(path);
  auto existing = open_in_root(root, whole, O_PATH, follow);
  if (existing || existing.error().code != ErrorCode::kNotFound) return existing;

  // Name by name: each prefix is resolved from the root, so that links mean what they mean in the
  // container; from the first missing one on, only what we have just made is gone through.
  TRY_ASSIGN(Fd parent, open_in_root(root, "/", O_PATH | O_DIRECTORY));
  const auto names = split(std::string_view(whole).substr(1), '/');
  std::string prefix;
  for (size_t i = 0; i < names.size(); ++i) {
    prefix.append("/").append(names[i]);
    auto next = open_in_root(root, prefix, O_PATH, follow);
    if (!next && next.error().code == ErrorCode::kNotFound) {
      const bool last = i + 1 == names.size();
      next = make_name(parent.get(), std::string(names[i]), whole,
                       !last || missing == Missing::kDirectory);
    }
    if (!next) return next;
    parent = std::move(*next);
  }
  return parent;
}

}  // namespace wasmedge::oci

#include <fcntl.h>
#include <linux/limits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/wasi/beneath.h"

namespace wasmedge::wasi {

namespace {

constexpr int kMaxLinks = 40;  // path_resolution(7)

/// Resolves a path one component at a time. Every directory on the way is held open, so that ".."
/// goes back to where we came from and not to where somebody has moved it.
class Walk {
 public:
  Walk(int base, std::string_view path, int flags, mode_t mode)
      : base_(base), rest_(path), flags_(flags), mode_(mode) {}

  Errno run(Fd& out) {
    if (rest_.empty()) return Errno::kNoEnt;
    if (rest_.front() == '/') return Errno::kPerm;
    for (;;) {
      next_component();
      if (component_ == "..") {
        if (above_.empty()) return Errno::kPerm;
        above_.pop_back();
        component_.assign(1, '.');  // not = ".", of which g++ 12 warns (its bug 105651)
      }
      if (component_ == ".") {
        if (last_) return open_last(out);
        continue;
      }
      bool expanded = false;
      if (follows()) WASI_TRY(expand_link(expanded));
      if (expanded) continue;
      if (last_) return open_last(out);
      WASI_TRY(enter());
    }
  }

 private:
  int here() const { return above_.empty() ? base_ : above_.back().get(); }

  void next_component() {
    rest_.erase(0, rest_.find_first_not_of('/'));
    const size_t end = rest_.find('/');
    component_ = rest_.substr(0, end);
    rest_.erase(0, end);
    slash_ = !rest_.empty();
    last_ = rest_.find_first_not_of('/') == std::string::npos;
  }

  // As the kernel: a last component is followed unless O_NOFOLLOW or an exclusive create says
  // otherwise, and a trailing slash always makes it followed.
  bool follows() const {
    if (!last_) return true;
    if ((flags_ & O_CREAT) != 0 && (flags_ & O_EXCL) != 0) return false;
    return slash_ || (flags_ & O_NOFOLLOW) == 0;
  }

  // If the component is a symbolic link, its target takes its place.
  Errno expand_link(bool& expanded) {
    std::array<char, PATH_MAX> target;  // NOLINT: filled by readlinkat
    const ssize_t size = ::readlinkat(here(), component_.c_str(), target.data(), target.size());
    if (size < 0) return errno == EINVAL || errno == ENOENT ? Errno::kSuccess : last_error();
    if (++links_ > kMaxLinks) return Errno::kLoop;
    if (size == 0) return Errno::kNoEnt;
    if (target[0] == '/') return Errno::kPerm;
    rest_.insert(0, target.data(), static_cast<size_t>(size));
    expanded = true;
    return Errno::kSuccess;
  }

  Errno enter() {
    Fd dir(::openat(here(), component_.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!dir) return last_error();
    above_.push_back(std::move(dir));
    return Errno::kSuccess;
  }

  Errno open_last(Fd& out) {
    int flags = flags_ | O_NOFOLLOW | O_CLOEXEC;
    if (slash_ || component_ == ".") {
      if ((flags & O_CREAT) != 0) return Errno::kIsDir;
      flags |= O_DIRECTORY;
    }
    Fd opened(::openat(here(), component_.c_str(), flags, mode_));
    if (!opened) return last_error();
    if (stays_outside(base_, opened.get())) return Errno::kAcces;
    out = std::move(opened);
    return Errno::kSuccess;
  }

  int base_;
  std::string rest_;
  int flags_;
  mode_t mode_;
  std::string component_;
  bool slash_ = false;  // a slash follows the component
  bool last_ = false;
  int links_ = 0;
  std::vector<Fd> above_;  // the directories entered, outermost first
};

}  // namespace

Errno open_walking(int dir, const char* path, int flags, mode_t mode, Fd& out) {
  return Walk(dir, path, flags, mode).run(out);
}

}  // namespace wasmedge::wasi

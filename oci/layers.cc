#include "oci/layers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <string>
#include <string_view>

#include "oci/rootfs.h"
#include "oci/text.h"

namespace wasmedge::oci {
namespace {

constexpr std::string_view kLower = "lowerdir=";

/// The overlay's lower layers, uppermost first; "" if it has none, or names that need more thought
/// than this.
std::string_view lower_layers(const std::vector<Mount>& mounts) {
  if (mounts.size() != 1 || mounts[0].type != "overlay") return {};
  std::string_view layers;
  for (const std::string& option : mounts[0].options) {
    if (option.starts_with(kLower)) layers = std::string_view(option).substr(kLower.size());
  }
  const bool plain =
      layers.find('\\') == std::string_view::npos && layers.find("::") == std::string_view::npos;
  return plain ? layers : std::string_view();
}

std::string link_to(int fd) {
  return fmt::format("/proc/self/fd/{}", fd);
}

std::string path_of(int fd) {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink(link_to(fd).c_str(), path.data(), path.size());
  return size < 0 ? "" : std::string(path.data(), static_cast<size_t>(size));
}

bool equal(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/// An overlay shows the inode number and the times of the file below it.
bool is_same(const struct stat& shown, const struct stat& layers) {
  return S_ISREG(layers.st_mode) && layers.st_ino == shown.st_ino &&
         layers.st_size == shown.st_size && equal(layers.st_mtim, shown.st_mtim) &&
         equal(layers.st_ctim, shown.st_ctim);
}

}  // namespace

Fd find_in_layers(const std::vector<Mount>& mounts, int root, int file) {
  const std::string_view layers = lower_layers(mounts);
  struct stat shown{};
  struct stat roots{};
  if (layers.empty() || ::fstat(file, &shown) != 0 || ::fstat(root, &roots) != 0 ||
      shown.st_dev != roots.st_dev) {
    return {};
  }
  const std::string path = path_of(file);
  const std::string base = path_of(root);
  if (base.empty() || !is_beneath(path, base)) return {};
  for (const std::string_view layer : split(layers, ':')) {
    const auto directory = open_file(std::string(layer), O_PATH | O_DIRECTORY);
    if (!directory) return {};
    const auto place = open_in_root(directory->get(), std::string_view(path).substr(base.size()),
                                    O_PATH, Follow::kNever);
    if (!place) continue;
    struct stat found{};
    if (::fstat(place->get(), &found) != 0 || !is_same(shown, found)) return {};
    auto opened = open_file(link_to(place->get()), O_RDONLY | O_NOCTTY);
    return opened ? std::move(*opened) : Fd();
  }
  return {};
}

}  // namespace wasmedge::oci

#include "shim/task/address.h"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cstdint>

namespace wasmedge::task {
namespace {

/// Backlog of the listening socket: connections made before the server is up wait in it, and
/// containerd takes a full one for an error.
constexpr int kBacklog = SOMAXCONN;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof(address.sun_path)) {
    return fail(ErrorCode::kInvalidArgument,
                "the socket path {} is longer than the {} bytes that a unix socket can have", path,
                sizeof(address.sun_path) - 1);
  }
  path.copy(address.sun_path, path.size());
  return address;
}

/// The directory, 0700, and its parent where absent.
Result<> make_directory(const std::string& directory) {
  const std::string parent = directory.substr(0, directory.rfind('/'));
  if ((::mkdir(parent.c_str(), 0711) != 0 && errno != EEXIST) ||
      (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)) {
    return fail_errno("make the directory {} for the shim's socket", directory);
  }
  return {};
}

/// True: bound. False: the path is taken.
Result<bool> bind_private(int socket, const sockaddr_un& address) {
  const mode_t mask = ::umask(0177);  // born with mode 0600
  const int result = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = errno;
  ::umask(mask);
  errno = error;
  if (result == 0) return true;
  if (error == EADDRINUSE) return false;
  return fail_errno("bind the shim's socket to {}", address.sun_path);
}

}  // namespace

std::string group_of(const std::map<std::string, std::string>& annotations, std::string_view id) {
  for (const char* key : {"io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id"}) {
    const auto found = annotations.find(key);
    if (found != annotations.end() && !found->second.empty()) return found->second;
  }
  return std::string(id);
}

std::string socket_path(std::string_view directory, std::string_view containerd_address,
                        std::string_view namespace_name, std::string_view group) {
  const std::string joined = fmt::format("{}/{}/{}", containerd_address, namespace_name, group);
  sha256_ctx hash;
  sha256_init(&hash);
  sha256_update(&hash, joined.size(), reinterpret_cast<const uint8_t*>(joined.data()));
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&hash, digest.size(), digest.data());
  std::string path(directory);
  path += '/';
  for (const uint8_t byte : digest) path += fmt::format("{:02x}", byte);
  return path;
}

bool is_served(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return false;
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 0, .tv_usec = 100'000};  // for connect(2) on a full backlog
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const auto* name = reinterpret_cast<const sockaddr*>(&*address);
  // EAGAIN: somebody listens, and has not come to accept for all this time.
  return ::connect(socket.get(), name, sizeof(*address)) == 0 || errno == EAGAIN;
}

Result<Fd> lock_sockets(const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/'));
  TRY(make_directory(directory));
  TRY_ASSIGN(Fd lock, open_file(directory, O_RDONLY | O_DIRECTORY));
  while (::flock(lock.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail_errno("lock {}", directory);
  }
  return lock;
}

Result<Fd> listen_unless_served(const std::string& path, const Fd&) {
  TRY_ASSIGN(const sockaddr_un address, address_of(path));
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno("make the shim's socket");
  TRY_ASSIGN(bool bound, bind_private(socket.get(), address));
  if (!bound) {
    if (is_served(path)) return Fd();
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      return fail_errno("remove the dead socket {}", path);
    }
    TRY_ASSIGN(bound, bind_private(socket.get(), address));
  }
  if (!bound) {
    return fail(ErrorCode::kUnavailable,
                "the socket {} is taken by a process that does not answer; try again", path);
  }
  if (::listen(socket.get(), kBacklog) != 0) return fail_errno("listen on {}", path);
  return socket;
}

}  // namespace wasmedge::task

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::task {

/// Where shims keep their sockets.
inline constexpr std::string_view kSocketDirectory = "/run/containerd/s";

/// Containers of one group (a pod) share a server. The group's name: an annotation of config.json,
/// in this order `io.containerd.runc.v2.group`, `io.kubernetes.cri.sandbox-id`; else the
/// container's id.
std::string group_of(const std::map<std::string, std::string>& annotations, std::string_view id);

/// `<directory>/<hex sha256 of containerd's address, namespace and group, joined as a path>`.
std::string socket_path(std::string_view directory, std::string_view containerd_address,
                        std::string_view namespace_name, std::string_view group);

/// Held by one process of this node at a time, until it is closed: from the look for a server at
/// `path` to a new server's being there, or two would take each other's socket for a dead one.
/// Waits for its turn. Makes the directory where it is absent.
Result<Fd> lock_sockets(const std::string& path);

/// A listening socket at `path`, of mode 0600 in a directory of mode 0700, or none (an empty Fd)
/// where a server answers there already. A socket that nobody listens on is replaced.
/// `lock` is lock_sockets()'s.
Result<Fd> listen_unless_served(const std::string& path, const Fd& lock);

/// Whether a server listens at `path`, asked for at most 100 ms. One that is too busy to answer by
/// then is one.
bool is_served(const std::string& path);

}  // namespace wasmedge::task

#pragma once

#include <sys/socket.h>

#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/wasi/denials.h"
#include "runtime/wasi/network_rule.h"

namespace wasmedge::wasi {

/// Judges what a guest does on the network. What is refused is also reported to Denials; the guest
/// gets kAcces (from the resolver: EAI_FAIL). Every route asks: socket, bind, listen, connect,
/// send_to, resolving a name. Threads may share it.
///
/// Addresses are judged as the kernel takes them: IPv4-mapped IPv6 as IPv4, and connecting to
/// 0.0.0.0 or :: as connecting to this host. The caller has checked that `address` is as long as
/// its family wants; families other than AF_INET and AF_INET6 are refused.
class NetworkPolicy {
 public:
  /// No rule: whatever the network namespace allows.
  NetworkPolicy() = default;
  NetworkPolicy(const NetworkPolicy&) = delete;
  NetworkPolicy& operator=(const NetworkPolicy&) = delete;

  /// Before the first question. `denials` outlives this.
  void set(std::vector<NetworkRule> rules, Denials* denials);

  /// May it have a socket at all?
  bool may_open();
  /// To bind, and to listen (where no address was bound: the family's unspecified one, port 0).
  /// Port 0 is whichever the kernel chooses: for UDP, one who may send to anybody may have it.
  bool may_listen(const sockaddr* address, Protocol protocol);
  /// To connect, and for each address that is sent to.
  bool may_connect(const sockaddr* address, Protocol protocol);
  /// To ask name servers or /etc/hosts for `name`. An address in digits is no question to anybody.
  bool may_resolve(std::string_view name);
  /// What `name`, which may be resolved, turned out to be: grants of the name now cover these
  /// addresses. The last kResolved of them are kept.
  void resolved(std::string_view name, std::span<const sockaddr* const> addresses);

  static constexpr size_t kResolved = 1024;

 private:
  struct Resolved {
    std::string name;
    IpAddress address;
  };
  bool refuse(std::string_view what, const NetworkRule& rule);
  bool reaches(const Grant& grant, const IpAddress& address);
  bool may_reach(const NetworkRule& rule, const Endpoint& to, Protocol protocol);

  std::vector<NetworkRule> rules_;
  Denials* denials_ = nullptr;
  std::mutex mutex_;  // guards resolved_
  std::deque<Resolved> resolved_;
};

}  // namespace wasmedge::wasi

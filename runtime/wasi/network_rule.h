#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

/// What a guest may do on the network, as a value.
namespace wasmedge::wasi {

enum class Protocol { kTcp, kUdp };
std::string_view to_string(Protocol protocol);

/// An address as rules judge it: an IPv4-mapped IPv6 address is the IPv4 address.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};  // IPv4: the first four
  bool v6 = false;

  bool operator==(const IpAddress&) const = default;
  bool any() const { return bytes == std::array<uint8_t, 16>{}; }
  std::string text() const;  // "10.0.0.1", "::1"
};

/// An address and port of AF_INET or AF_INET6; nullopt for every other family.
struct Endpoint {
  IpAddress ip;
  uint16_t port = 0;
  std::string text(Protocol protocol) const;  // "10.0.0.1:80/tcp", "[::1]:80/udp"
};
std::optional<Endpoint> endpoint_of(const sockaddr* address);

/// A range of addresses, "10.0.0.0/8".
struct IpRange {
  IpAddress first;
  uint8_t bits = 0;
  bool contains(const IpAddress& address) const;
};

/// One grant: who may be reached (or, for listening, where), on which ports, over what.
struct Grant {
  std::optional<IpRange> range;  // a host by address
  std::string name;              // or by name: "db", "*.example.com"; "*": every host
  uint16_t first_port = 0;
  uint16_t last_port = 0xffff;
  std::optional<Protocol> protocol;  // none: both

  bool covers(uint16_t port, Protocol which) const {
    return first_port <= port && port <= last_port && (!protocol || *protocol == which);
  }
};

/// Does `name` fit "db", "*.example.com" (any depth below it, but not itself) or "*"? Both in lower
/// case and without a dot at the end.
bool fits(std::string_view name, std::string_view pattern);
/// A name in that form.
std::string plain_name(std::string_view name);

/// One rule. Several may bind a guest (a container's own and the node's): what it does must be
/// granted by each of them.
struct NetworkRule {
  enum class Mode {
    kAll,     // whatever the network namespace allows
    kNone,    // no socket at all
    kGrants,  // what follows
  };
  std::string name;  // who made the rule: "annotation io.wasmedge.wasi.network"
  std::string text;  // its value, as it was written
  Mode mode = Mode::kAll;
  std::vector<Grant> listen;
  std::vector<Grant> connect;
  std::vector<std::string> resolve;  // names that may be looked up without being connected to
};

/// "all", "none", or items with commas between: `listen=HOST:PORT`, `connect=HOST:PORT`,
/// `resolve=NAME`. HOST is an address, a range (10.0.0.0/8, [fd00::/8]), for connecting also a name
/// or *.domain; or *. PORT is a number, a range 8000-8999, or *; "/tcp" or "/udp" may follow.
/// kInvalidArgument names `name`, the character, and what would be right.
Result<NetworkRule> parse_network_rule(std::string_view name, std::string_view text);

}  // namespace wasmedge::wasi

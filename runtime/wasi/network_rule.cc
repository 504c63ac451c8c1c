#include "runtime/wasi/network_rule.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "runtime/base/scan.h"

namespace wasmedge::wasi {

namespace {

constexpr size_t kMostName = 253;
constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(const IpAddress& address) {
  return address.v6 && std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin());
}

IpAddress from_v4(const void* four) {
  IpAddress address;
  std::memcpy(address.bytes.data(), four, 4);
  return address;
}

IpAddress from_v6(const void* sixteen) {
  IpAddress address;
  address.v6 = true;
  std::memcpy(address.bytes.data(), sixteen, 16);
  return is_mapped(address) ? from_v4(address.bytes.data() + kMapped.size()) : address;
}

std::optional<IpAddress> parse_address(std::string_view text, bool v6) {
  std::array<uint8_t, 16> bytes{};
  const std::string terminated(text);
  if (::inet_pton(v6 ? AF_INET6 : AF_INET, terminated.c_str(), bytes.data()) != 1) return {};
  return v6 ? from_v6(bytes.data()) : from_v4(bytes.data());
}

// The first address of the range that `address` is in.
IpAddress masked(IpAddress address, uint8_t bits) {
  for (size_t i = 0; i < address.bytes.size(); ++i) {
    const int kept = std::clamp(static_cast<int>(bits) - static_cast<int>(i) * 8, 0, 8);
    address.bytes[i] &= static_cast<uint8_t>(0xff00 >> kept);
  }
  return address;
}

// What stands in an item: "10.0.0.0/8" or, in brackets, "fd00::/8".
Result<IpRange> read_range(const Scanner& scanner, size_t start, std::string_view text, bool v6) {
  const size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash), v6);
  if (!address) {
    return scanner.fail_at(start, v6 ? "an IPv6 address in the brackets, such as [fd00::1]"
                                     : "an IPv4 address, such as 10.0.0.1, or a host's name");
  }
  const bool mapped = v6 && !address->v6;
  const uint64_t most = v6 ? 128 : 32;
  const uint64_t least = mapped ? 96 : 0;
  uint64_t bits = most;
  if (slash != std::string_view::npos) {
    Scanner length("", text.substr(slash + 1));
    const auto number = length.take_number(most, "");
    if (!number || !length.done() || *number < least) {
      return scanner.fail_at(start + slash + 1,
                             fmt::format("a number of bits from {} to {}", least, most));
    }
    bits = *number;
  }
  IpRange range{*address, static_cast<uint8_t>(bits - least)};
  const IpAddress first = masked(*address, range.bits);
  if (first != *address) {
    return scanner.fail_at(
        start, fmt::format("the range's first address: {}/{}", first.text(), range.bits));
  }
  return range;
}

bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Where it stops being a name, or npos. "*" stands for all names, "*.domain" for those below it.
size_t bad_character(std::string_view name) {
  if (name.empty() || name.size() > kMostName) return 0;
  if (name == "*") return std::string_view::npos;
  size_t label = 0;
  for (size_t i = name.starts_with("*.") ? 2 : 0; i < name.size(); ++i) {
    label = name[i] == '.' ? 0 : label + 1;
    if ((name[i] == '.' && (i == 0 || name[i - 1] == '.')) ||
        (name[i] != '.' && !is_label_character(name[i])) || label > 63) {
      return i;
    }
  }
  return label == 0 ? name.size() : std::string_view::npos;
}

Result<std::string> read_name(const Scanner& scanner, size_t start, std::string_view text) {
  std::string name = plain_name(text);
  const size_t bad = bad_character(name);
  if (bad == std::string_view::npos) return name;
  return scanner.fail_at(start + bad,
                         "an address, a range such as 10.0.0.0/8 or [fd00::/8], a name, *.domain, "
                         "or * for every host");
}

Result<> read_host(Scanner& scanner, bool listens, Grant& grant) {
  const size_t start = scanner.position();
  if (scanner.take("[")) {
    const std::string_view text = scanner.take_until("]");
    if (!scanner.take("]")) return scanner.fail_here("] after the IPv6 address");
    TRY_ASSIGN(grant.range, read_range(scanner, start + 1, text, true));
    return {};
  }
  const std::string_view text = scanner.take_until(":,");
  if (text.find_first_not_of("0123456789./") == std::string_view::npos && !text.empty()) {
    TRY_ASSIGN(grant.range, read_range(scanner, start, text, false));
    return {};
  }
  TRY_ASSIGN(grant.name, read_name(scanner, start, text));
  if (!listens || grant.name == "*") return {};
  return scanner.fail_at(start,
                         "an address of this container, a range, or *: names are for connect");
}

Result<> read_ports(Scanner& scanner, Grant& grant) {
  constexpr std::string_view kPort = "a port from 0 to 65535, a range such as 8000-8999, or *";
  if (!scanner.take(":")) return scanner.fail_here("\":\" and a port, such as :443 or :*");
  if (!scanner.take("*")) {
    TRY_ASSIGN(const uint64_t first, scanner.take_number(0xffff, kPort));
    grant.first_port = grant.last_port = static_cast<uint16_t>(first);
    if (scanner.take("-")) {
      const size_t start = scanner.position();
      TRY_ASSIGN(const uint64_t last, scanner.take_number(0xffff, "the last port of the range"));
      if (last < first) return scanner.fail_at(start, fmt::format("a port from {} on", first));
      grant.last_port = static_cast<uint16_t>(last);
    }
  }
  if (scanner.take("/tcp")) {
    grant.protocol = Protocol::kTcp;
  } else if (scanner.take("/udp")) {
    grant.protocol = Protocol::kUdp;
  }
  return {};
}

Result<> read_item(Scanner& scanner, NetworkRule& rule) {
  if (scanner.take("resolve=")) {
    const size_t start = scanner.position();
    TRY_ASSIGN(std::string name, read_name(scanner, start, scanner.take_until(",")));
    rule.resolve.push_back(std::move(name));
    return {};
  }
  const bool listens = scanner.take("listen=");
  if (!listens && !scanner.take("connect=")) {
    return scanner.fail_here(rule.listen.empty() && rule.connect.empty() && rule.resolve.empty()
                                 ? "all, none, or a list of listen=HOST:PORT, connect=HOST:PORT "
                                   "and resolve=NAME"
                                 : "listen=HOST:PORT, connect=HOST:PORT or resolve=NAME");
  }
  Grant grant;
  TRY(read_host(scanner, listens, grant));
  TRY(read_ports(scanner, grant));
  (listens ? rule.listen : rule.connect).push_back(std::move(grant));
  return {};
}

}  // namespace

std::string_view to_string(Protocol protocol) {
  return protocol == Protocol::kTcp ? "tcp" : "udp";
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::string Endpoint::text(Protocol protocol) const {
  const std::string host = ip.v6 ? fmt::format("[{}]", ip.text()) : ip.text();
  return fmt::format("{}:{}/{}", host, port, to_string(protocol));
}

std::optional<Endpoint> endpoint_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return Endpoint{from_v4(&v4.sin_addr), ntohs(v4.sin_port)};
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    return Endpoint{from_v6(&v6.sin6_addr), ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

bool IpRange::contains(const IpAddress& address) const {
  return address.v6 == first.v6 && masked(address, bits) == first;
}

bool fits(std::string_view name, std::string_view pattern) {
  if (pattern == "*") return true;
  if (!pattern.starts_with("*.")) return name == pattern;
  pattern.remove_prefix(1);
  return name.size() > pattern.size() && name.ends_with(pattern);
}

std::string plain_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string plain(name);
  for (char& c : plain) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return plain;
}

Result<NetworkRule> parse_network_rule(std::string_view name, std::string_view text) {
  NetworkRule rule{std::string(name), std::string(text), NetworkRule::Mode::kAll, {}, {}, {}};
  if (text == "all") return rule;
  rule.mode = text == "none" ? NetworkRule::Mode::kNone : NetworkRule::Mode::kGrants;
  if (text == "none") return rule;
  Scanner scanner(name, text);
  do {
    TRY(read_item(scanner, rule));
  } while (scanner.take(","));
  if (!scanner.done()) return scanner.fail_here("the end, or \",\" and another item");
  return rule;
}

}  // namespace wasmedge::wasi

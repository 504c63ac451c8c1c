#include "runtime/wasi/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/quote.h"

namespace wasmedge::wasi {

namespace {

using Mode = NetworkRule::Mode;

IpAddress loopback(bool v6) {
  IpAddress address;
  address.v6 = v6;
  address.bytes[v6 ? 15 : 0] = v6 ? 1 : 127;
  if (!v6) address.bytes[3] = 1;
  return address;
}

// Listening at an unspecified address is listening at every one: 0.0.0.0 at those of IPv4, :: at
// all of both. So only a grant of all covers it; and a grant of it covers them one by one too.
bool listens(const Grant& grant, const IpAddress& address) {
  if (!grant.range) return true;
  const IpRange& range = *grant.range;
  const bool exact = range.bits == (range.first.v6 ? 128 : 32);
  if (range.first.any() && exact) return range.first.v6 || !address.v6;
  if (address.any()) return !address.v6 && range.bits == 0 && !range.first.v6;
  return range.contains(address);
}

// The address is digits, or what getaddrinfo(3) takes for some.
bool is_numeric(std::string_view name) {
  const std::string text(name.substr(0, name.find('%')));
  std::array<uint8_t, 16> bytes{};
  return ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
}

}  // namespace

void NetworkPolicy::set(std::vector<NetworkRule> rules, Denials* denials) {
  rules_ = std::move(rules);
  std::erase_if(rules_, [](const NetworkRule& rule) { return rule.mode == Mode::kAll; });
  denials_ = denials;
}

bool NetworkPolicy::refuse(std::string_view what, const NetworkRule& rule) {
  if (denials_ != nullptr) denials_->report(what, fmt::format("{}={}", rule.name, rule.text));
  return false;
}

bool NetworkPolicy::may_open() {
  for (const NetworkRule& rule : rules_) {
    if (rule.mode == Mode::kNone) return refuse("make a socket", rule);
  }
  return true;
}

bool NetworkPolicy::may_listen(const sockaddr* address, Protocol protocol) {
  if (rules_.empty()) return endpoint_of(address).has_value();
  const auto at = endpoint_of(address);
  if (!at) return refuse("listen at an address that is no IPv4 or IPv6 one", rules_.front());
  for (const NetworkRule& rule : rules_) {
    const bool granted =
        std::any_of(rule.listen.begin(), rule.listen.end(),
                    [&](const Grant& grant) {
                      return grant.covers(at->port, protocol) && listens(grant, at->ip);
                    }) ||
        (at->port == 0 && protocol == Protocol::kUdp &&
         std::any_of(rule.connect.begin(), rule.connect.end(),
                     [&](const Grant& grant) { return grant.protocol != Protocol::kTcp; }));
    if (!granted) return refuse("listen at " + at->text(protocol), rule);
  }
  return true;
}

// Is it covered by the grant's range, or what one of the names that it covers has resolved to?
bool NetworkPolicy::reaches(const Grant& grant, const IpAddress& address) {
  if (grant.range) return grant.range->contains(address);
  if (grant.name == "*") return true;
  const std::lock_guard lock(mutex_);
  return std::any_of(resolved_.begin(), resolved_.end(), [&](const Resolved& each) {
    return each.address == address && fits(each.name, grant.name);
  });
}

bool NetworkPolicy::may_reach(const NetworkRule& rule, const Endpoint& to, Protocol protocol) {
  return std::any_of(rule.connect.begin(), rule.connect.end(), [&](const Grant& grant) {
    if (!grant.covers(to.port, protocol)) return false;
    if (!to.ip.any()) return reaches(grant, to.ip);
    // The kernel takes it for this host; :: may become either family's.
    return reaches(grant, loopback(false)) && (!to.ip.v6 || reaches(grant, loopback(true)));
  });
}

bool NetworkPolicy::may_connect(const sockaddr* address, Protocol protocol) {
  const auto to = endpoint_of(address);
  if (rules_.empty()) return to.has_value();
  if (!to) return refuse("connect to an address that is no IPv4 or IPv6 one", rules_.front());
  for (const NetworkRule& rule : rules_) {
    if (!may_reach(rule, *to, protocol)) return refuse("connect to " + to->text(protocol), rule);
  }
  return true;
}

bool NetworkPolicy::may_resolve(std::string_view name) {
  if (rules_.empty() || is_numeric(name)) return true;
  const std::string plain = plain_name(name);
  for (const NetworkRule& rule : rules_) {
    const bool granted =
        std::any_of(rule.resolve.begin(), rule.resolve.end(),
                    [&](const std::string& pattern) { return fits(plain, pattern); }) ||
        std::any_of(rule.connect.begin(), rule.connect.end(),
                    [&](const Grant& grant) { return !grant.range && fits(plain, grant.name); });
    if (!granted) return refuse("resolve the name " + quote(plain), rule);
  }
  return true;
}

void NetworkPolicy::resolved(std::string_view name, std::span<const sockaddr* const> addresses) {
  if (rules_.empty()) return;
  const std::string plain = plain_name(name);
  const std::lock_guard lock(mutex_);
  for (const sockaddr* address : addresses) {
    const auto endpoint = endpoint_of(address);
    if (!endpoint) continue;
    const bool known = std::any_of(resolved_.begin(), resolved_.end(), [&](const Resolved& each) {
      return each.address == endpoint->ip && each.name == plain;
    });
    if (known) continue;
    resolved_.push_back({plain, endpoint->ip});
    if (resolved_.size() > kResolved) resolved_.pop_front();
  }
}

}  // namespace wasmedge::wasi

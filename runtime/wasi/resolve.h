#pragma once

#include <netinet/in.h>

#include <string>
#include <vector>

#include "runtime/wasi/address.h"
#include "runtime/wasi/env.h"

namespace wasmedge::wasi {

/// What getaddrinfo(3) is asked. Values are the host's; 0 means "any".
struct Question {
  std::string node;     // a name or an address; empty: this host
  std::string service;  // a number or a name of /etc/services; empty: port 0
  int family = AF_UNSPEC;
  int type = 0;
  bool passive = false;       // no node: addresses to bind, not to connect to
  bool canonical = false;     // the name's canonical form is wanted
  bool numeric_host = false;  // nobody is to be asked for the node
  bool numeric_service = false;
  bool v4_mapped = false;  // IPv6 wanted, and none there: IPv4, mapped
  bool all = false;        // with v4_mapped: IPv4 also where there is IPv6
};

struct Answer {
  std::vector<HostAddress> addresses;  // in the order to try them (RFC 6724)
  std::string canonical;
};

/// getaddrinfo's errors as WasmEdge has them, in the numbers after WASI's own.
inline constexpr Errno kAiAddressFamily{77};
inline constexpr Errno kAiAgain{78};
inline constexpr Errno kAiBadFlag{79};
inline constexpr Errno kAiFail{80};
inline constexpr Errno kAiFamily{81};
inline constexpr Errno kAiMemory{82};
inline constexpr Errno kAiNoData{83};
inline constexpr Errno kAiNoName{84};
inline constexpr Errno kAiService{85};
inline constexpr Errno kAiSocketType{86};
inline constexpr Errno kAiSystem{87};

/// Answers as getaddrinfo(3) would where this process is: by /etc/hosts, /etc/resolv.conf and
/// /etc/services, and by the name servers that are named there. Blocks for kResolveSeconds at most;
/// kIntr: the guest is to end. Asks env.network first.
Errno resolve(WasiEnv& env, const Question& question, Answer& out);

inline constexpr int kResolveSeconds = 30;

/// The name servers' part of it, by c-ares: addresses of `name` with `port`. kAiNoName, kAiNoData,
/// kAiAgain (nobody answered, or not for now), kAiFail, kAiMemory.
Errno look_up(const WasiEnv& env, const std::string& name, int family, bool canonical,
              uint16_t port, Answer& out);

}  // namespace wasmedge::wasi

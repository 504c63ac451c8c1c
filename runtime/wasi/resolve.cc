#include "runtime/wasi/resolve.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "runtime/base/fd.h"

namespace wasmedge::wasi {

namespace {

constexpr size_t kMaxServicesBytes = 1 << 20;
constexpr size_t kMaxName = 255;  // of a host, as DNS has it

std::string_view next_word(std::string_view& line) {
  const size_t begin = std::min(line.find_first_not_of(" \t\r"), line.size());
  line.remove_prefix(begin);
  const size_t end = std::min(line.find_first_of(" \t\r"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

bool parse_port(std::string_view text, uint16_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

// A line of services(5): "https 443/tcp alias…", perhaps with a comment.
bool is_service(std::string_view line, std::string_view service, std::string_view protocol,
                uint16_t& port) {
  line = line.substr(0, line.find('#'));
  const std::string_view name = next_word(line);
  const std::string_view place = next_word(line);
  const size_t slash = place.find('/');
  if (slash == std::string_view::npos || !parse_port(place.substr(0, slash), port)) return false;
  if (!protocol.empty() && place.substr(slash + 1) != protocol) return false;
  bool found = name == service;
  for (std::string_view alias = next_word(line); !alias.empty(); alias = next_word(line)) {
    found = found || alias == service;
  }
  return found;
}

Errno find_port(const Question& question, uint16_t& out) {
  out = 0;
  if (question.service.empty() || parse_port(question.service, out)) return Errno::kSuccess;
  if (question.numeric_service) return kAiNoName;
  const auto services = read_file("/etc/services", kMaxServicesBytes);
  if (!services) return kAiService;
  const std::string_view protocol = question.type == SOCK_STREAM  ? "tcp"
                                    : question.type == SOCK_DGRAM ? "udp"
                                                                  : "";
  std::string_view rest = *services;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (is_service(rest.substr(0, end), question.service, protocol, out)) return Errno::kSuccess;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return kAiService;
}

void add4(in_addr ip, uint16_t port, Answer& out) {
  HostAddress address;
  auto* in = reinterpret_cast<sockaddr_in*>(&address.storage);
  in->sin_family = AF_INET;
  in->sin_port = htons(port);
  in->sin_addr = ip;
  address.size = sizeof *in;
  out.addresses.push_back(address);
}

void add6(const in6_addr& ip, uint16_t port, Answer& out) {
  HostAddress address;
  auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(port);
  in6->sin6_addr = ip;
  address.size = sizeof *in6;
  out.addresses.push_back(address);
}

// This host: its own address, or with `passive` all of them.
void add_this_host(const Question& question, uint16_t port, Answer& out) {
  if (question.family != AF_INET6) {
    add4({htonl(question.passive ? INADDR_ANY : INADDR_LOOPBACK)}, port, out);
  }
  if (question.family != AF_INET) {
    add6(question.passive ? in6_addr(IN6ADDR_ANY_INIT) : in6_addr(IN6ADDR_LOOPBACK_INIT), port,
         out);
  }
}

void map_v4(HostAddress& address) {
  if (address.family() != AF_INET) return;
  const auto in = *reinterpret_cast<const sockaddr_in*>(&address.storage);
  in6_addr ip{};
  ip.s6_addr[10] = ip.s6_addr[11] = 0xff;
  std::copy_n(reinterpret_cast<const uint8_t*>(&in.sin_addr), 4, &ip.s6_addr[12]);
  Answer mapped;
  add6(ip, ntohs(in.sin_port), mapped);
  address = mapped.addresses[0];
}

// An address in digits. kAiNoName: it is none.
Errno read_digits(const Question& question, uint16_t port, Answer& out) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, question.node.c_str(), &v4) == 1) {
    add4(v4, port, out);
    if (question.family == AF_INET6 && !question.v4_mapped) return kAiAddressFamily;
    if (question.family == AF_INET6) map_v4(out.addresses[0]);
    return Errno::kSuccess;
  }
  if (::inet_pton(AF_INET6, question.node.c_str(), &v6) == 1) {
    add6(v6, port, out);
    return question.family == AF_INET ? kAiAddressFamily : Errno::kSuccess;
  }
  return kAiNoName;
}

Errno ask(WasiEnv& env, const Question& question, uint16_t port, Answer& out) {
  if (!env.network.may_resolve(question.node)) return kAiFail;
  const bool mapping = question.family == AF_INET6 && question.v4_mapped;
  const int family = mapping && question.all ? AF_UNSPEC : question.family;
  Errno error = look_up(env, question.node, family, question.canonical, port, out);
  if (mapping && (error == kAiNoData || error == kAiNoName)) {
    error = look_up(env, question.node, AF_INET, question.canonical, port, out);
  }
  WASI_TRY(error);
  std::vector<const sockaddr*> found;
  found.reserve(out.addresses.size());
  for (const HostAddress& address : out.addresses) found.push_back(address.get());
  env.network.resolved(question.node, found);
  if (mapping) std::for_each(out.addresses.begin(), out.addresses.end(), map_v4);
  return Errno::kSuccess;
}

}  // namespace

Errno resolve(WasiEnv& env, const Question& question, Answer& out) {
  out = Answer{};
  if (question.node.empty() && question.service.empty()) return kAiNoName;
  if (question.node.size() > kMaxName) return kAiNoName;
  uint16_t port = 0;
  WASI_TRY(find_port(question, port));
  if (question.node.empty()) {
    add_this_host(question, port, out);
    return Errno::kSuccess;
  }
  out.canonical = question.node;
  const Errno digits = read_digits(question, port, out);
  if (digits != kAiNoName || question.numeric_host) return digits;
  return ask(env, question, port, out);
}

}  // namespace wasmedge::wasi

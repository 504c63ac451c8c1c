#include "shim/init/second_line.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <set>

#include "shim/init/syscall_filter.h"

namespace wasmedge::init {
namespace {

using wasi::Grant;
using wasi::NetworkRule;
using Ports = std::optional<std::vector<uint16_t>>;

constexpr uint16_t kDns = 53;

/// What the host's resolver reads for a module that may look names up.
constexpr std::array kResolverFiles = {"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf",
                                       "/etc/host.conf", "/etc/services"};

bool is_none(const policy::Policy& policy) {
  return std::any_of(policy.network.begin(), policy.network.end(),
                     [](const NetworkRule& rule) { return rule.mode == NetworkRule::Mode::kNone; });
}

/// The TCP ports of the grants; nothing if they are too many to list.
Ports tcp_ports(const std::vector<Grant>& grants) {
  constexpr size_t kMost = 512;
  std::set<uint16_t> ports;
  for (const Grant& grant : grants) {
    if (grant.protocol == wasi::Protocol::kUdp) continue;
    if (grant.last_port - grant.first_port + ports.size() >= kMost) return std::nullopt;
    for (uint32_t port = grant.first_port; port <= grant.last_port; ++port) {
      ports.insert(static_cast<uint16_t>(port));
    }
  }
  return std::vector<uint16_t>(ports.begin(), ports.end());
}

bool names_hosts(const NetworkRule& rule) {
  return !rule.resolve.empty() || std::any_of(rule.connect.begin(), rule.connect.end(),
                                              [](const Grant& grant) { return !grant.range; });
}

/// The first rule that lists ports will do: each of them binds the module by itself.
void list_ports(const policy::Policy& policy, oci::LandlockRules& rules) {
  for (const NetworkRule& rule : policy.network) {
    if (rule.mode != NetworkRule::Mode::kGrants) continue;
    if (!rules.bind_ports) rules.bind_ports = tcp_ports(rule.listen);
    if (rules.connect_ports) continue;
    rules.connect_ports = tcp_ports(rule.connect);
    if (rules.connect_ports && names_hosts(rule)) rules.connect_ports->push_back(kDns);
  }
}

}  // namespace

Result<SecondLine> make_second_line(const policy::Policy& policy, const wasi::WasiConfig& config) {
  SecondLine line;
  line.sockets = !is_none(policy);
  line.threads = !policy.threads || policy.threads->value > 0;
  line.text = "seccomp";
  oci::LandlockRules rules;
  std::vector<Fd> files;
  if (policy.preopens) {
    auto& paths = rules.paths.emplace();
    for (const wasi::Preopen& preopen : config.preopens) {
      paths.push_back({preopen.dir.get(), preopen.read_only});
    }
    for (const char* path : kResolverFiles) {
      if (!line.sockets) break;
      // Where the image has a link instead, the module's names go without the file.
      auto file = open_file(path, O_PATH | O_NOFOLLOW);
      if (file) paths.push_back({files.emplace_back(std::move(*file)).get(), true});
    }
  }
  list_ports(policy, rules);
  if (!rules.paths && !rules.bind_ports && !rules.connect_ports) return line;
  TRY_ASSIGN(line.landlock, oci::make_landlock(rules));
  line.text += line.landlock ? " and landlock" : ", without landlock: this kernel has none for us";
  return line;
}

Result<> bind_paths_and_ports(SecondLine& line) {
  if (!line.landlock) return {};
  TRY(oci::enforce_landlock(line.landlock));
  line.landlock.reset();
  return {};
}

Result<> bind_system_calls(const SecondLine& line) {
  return oci::install_seccomp(module_filter({.sockets = line.sockets, .threads = line.threads}));
}

}  // namespace wasmedge::init

#include <sys/stat.h>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <optional>

#include "oci/text.h"
#include "shim/doctor/checks.h"

namespace wasmedge::doctor {
namespace {

constexpr std::string_view kOldestContainerd = "1.6";
constexpr std::string_view kRuntime = "io.containerd.wasmedge.v1";
constexpr std::string_view kShim = "containerd-shim-wasmedge-v1";
constexpr char kDefaultConfig[] = "/etc/containerd/config.toml";
constexpr std::string_view kConfigure =
    "deploy/kubernetes/configure-containerd FILE adds it; then restart containerd";

/// Where CRI's configuration is, in formats 3 and 2.
constexpr std::array<std::string_view, 2> kCriPlugins = {"io.containerd.cri.v1.runtime",
                                                         "io.containerd.grpc.v1.cri"};

struct Containerd {
  const Machine& machine;
  const Daemon& daemon;
  std::string version;
  std::string config_file;
  std::string name;  // "containerd 1.7.24 (pid 12)"
};

/// The table of CRI's runtimes; nullptr if there is none.
const toml::table* runtimes_of(const toml::table& config) {
  for (const std::string_view plugin : kCriPlugins) {
    const toml::table* runtimes = config["plugins"][plugin]["containerd"]["runtimes"].as_table();
    if (runtimes != nullptr) return runtimes;
  }
  return nullptr;
}

bool disables_cri(const toml::table& config) {
  const toml::array* disabled = config["disabled_plugins"].as_array();
  if (disabled == nullptr) return false;
  return std::any_of(disabled->begin(), disabled->end(), [](const toml::node& each) {
    const std::string_view name = each.value_or(std::string_view());
    return name == "cri" ||
           std::find(kCriPlugins.begin(), kCriPlugins.end(), name) != kCriPlugins.end();
  });
}

/// The file that a shim is executed from, as containerd looks for it; empty if there is none.
std::string find_shim(const Containerd& found) {
  const std::string path = "/opt/containerd/bin:" + found.daemon.variable("PATH");
  for (const std::string_view directory : oci::split(path, ':')) {
    std::string file = fmt::format("{}/{}", directory, kShim);
    if (const auto status = found.machine.status(file);
        status && S_ISREG(status->mode) && (status->mode & 0111) != 0) {
      return file;
    }
  }
  return {};
}

void check_path(const Containerd& found, Report& report) {
  const std::string shim = find_shim(found);
  const std::string ours = fmt::format("{}/{}", found.machine.programs_directory(), kShim);
  const auto same = [&](const std::string& file) {
    const auto one = found.machine.status(file), other = found.machine.status(ours);
    return one && other && one->inode == other->inode;
  };
  if (shim.empty()) {
    report.problem(
        fmt::format("{} does not find {} in its PATH, {}", found.name, kShim,
                    found.daemon.variable("PATH")),
        fmt::format("install into one of these directories (deploy/install PREFIX), or add {} to "
                    "PATH in containerd's service and restart it",
                    found.machine.programs_directory()));
  } else if (!same(shim)) {
    report.warning(fmt::format("{} runs {}, which is another installation than this one, {}",
                               found.name, shim, ours),
                   "remove one of them (deploy/install --remove PREFIX)");
  } else {
    report.ok("{} finds the shim: {}", found.name, shim);
  }
}

void check_runtime_options(const Containerd& found, std::string_view handler,
                           const toml::table& options, Report& report) {
  const std::string where = fmt::format("runtime \"{}\" of {}", handler, found.name);
  if (const auto path = options["ConfigPath"].value<std::string>(); path && !path->empty()) {
    check_policy_file(found.machine, *path, where, report);
  }
  const bool lost = is_older(found.version, "1.7") &&
                    std::any_of(options.begin(), options.end(),
                                [](const auto& each) { return each.first.str() != "ConfigPath"; });
  if (lost) {
    report.problem(fmt::format("{}: containerd 1.6 hands on ConfigPath alone, and drops the other "
                               "options",
                               where),
                   "put them into a file, and name it as ConfigPath");
  }
}

/// A handler's table. True: it is ours.
bool check_handler(const Containerd& found, std::string_view handler, const toml::table& table,
                   Report& report) {
  const std::string type = table["runtime_type"].value_or(std::string());
  const bool named_so = handler.find("wasmedge") != std::string_view::npos;
  if (type != kRuntime) {
    if (!named_so && type.find("wasmedge") == std::string::npos) return false;
    report.problem(
        fmt::format("{}: runtime \"{}\" has the runtime_type \"{}\"", found.name, handler, type),
        fmt::format("in {}: runtime_type = \"{}\"", found.config_file, kRuntime));
    return true;
  }
  report.ok("{}: runtime \"{}\"", found.name, handler);
  if (const auto path = table["runtime_path"].value<std::string>();
      path && !path->empty() && !found.machine.status(*path)) {
    report.problem(fmt::format("{}: runtime \"{}\" has the runtime_path {}, which is not there",
                               found.name, handler, *path),
                   "take runtime_path away: the shim is found in PATH");
  }
  const toml::array* passed = table["pod_annotations"].as_array();
  const bool all =
      passed != nullptr && std::any_of(passed->begin(), passed->end(), [](const toml::node& each) {
        return each.value_or(std::string_view()) == "io.wasmedge.*";
      });
  if (!all) {
    report.note(fmt::format("{}: runtime \"{}\" lets no annotation io.wasmedge.* of a pod through",
                            found.name, handler),
                "if pods are to have them: pod_annotations = [\"io.wasmedge.*\"]");
  }
  if (const toml::table* options = table["options"].as_table()) {
    check_runtime_options(found, handler, *options, report);
  }
  return true;
}

void check_runtimes(const Containerd& found, const toml::table& config, Report& report) {
  if (disables_cri(config)) {
    report.note(
        fmt::format("{} has CRI disabled: fine for Docker and ctr, not for Kubernetes", found.name),
        "for Kubernetes: take cri out of disabled_plugins, and restart it");
    return;
  }
  const toml::table* runtimes = runtimes_of(config);
  bool ours = false;
  if (runtimes != nullptr) {
    for (const auto& [handler, node] : *runtimes) {
      const toml::table* table = node.as_table();
      if (table != nullptr && check_handler(found, handler.str(), *table, report)) ours = true;
    }
  }
  if (ours) return;
  std::string what = fmt::format("{} has no runtime handler for {}", found.name, kRuntime);
  if (found.machine.runs("kubelet")) {
    report.problem(what + ", and kubelet runs here", std::string(kConfigure));
  } else {
    report.note(what + ": needed for Kubernetes alone", std::string(kConfigure));
  }
}

/// The format as the file says it, for what containerd tells of it is its own newest.
void check_format(const Containerd& found, Report& report) {
  const auto text = found.machine.read(found.config_file);
  if (!text) {
    report.ok("{} has its default configuration: there is no {}", found.name, found.config_file);
    return;
  }
  const toml::parse_result parsed = toml::parse(*text);
  if (!parsed) {
    report.problem(fmt::format("{}, line {}: {}", found.config_file,
                               parsed.error().source().begin.line, parsed.error().description()),
                   "correct it: containerd does not start with it");
    return;
  }
  const int64_t format = parsed.table()["version"].value_or(int64_t{1});
  const bool has_three = !is_older(found.version, "2");
  if (format == 1) {
    report.warning(
        fmt::format("{} is of format 1, which containerd 2 does not read", found.config_file),
        "containerd config migrate > new.toml, and put it in its place");
  } else if (format > 3 || (format == 3 && !has_three)) {
    report.problem(fmt::format("{} is of format {}, which {} does not read", found.config_file,
                               format, found.name),
                   "write it for the containerd that runs: `containerd config default` shows how");
  } else {
    report.ok("{} is of format {}", found.config_file, format);
  }
}

void check_socket(const Containerd& found, const toml::table& config, Report& report) {
  const std::string given = found.daemon.option("--address", "-a");
  const std::string address =
      given.empty() ? config["grpc"]["address"].value_or(std::string()) : given;
  const auto status = found.machine.status(address);
  if (status && S_ISSOCK(status->mode)) {
    report.ok("{} listens at {}", found.name, address);
  } else {
    report.problem(fmt::format("{} has no socket at {}", found.name, address),
                   "restart containerd; nobody may remove its socket");
  }
}

/// What it makes of its configuration, imports included.
std::optional<toml::table> effective_config(const Containerd& found, Report& report) {
  const auto said = found.machine.run(
      {found.daemon.executable(), "--config", found.config_file, "config", "dump"});
  if (!said || said->status != 0) {
    report.problem(fmt::format("{} cannot read its configuration again: {}", found.name,
                               said ? said->errors : said.error().message),
                   fmt::format("correct {}: it does not start again with it", found.config_file));
    return std::nullopt;
  }
  toml::parse_result parsed = toml::parse(said->text);
  if (parsed) return std::move(parsed).table();
  report.problem(fmt::format("what {} tells of its configuration is no TOML: {}", found.name,
                             parsed.error().description()),
                 fmt::format("look at `containerd --config {} config dump`", found.config_file));
  return std::nullopt;
}

void check_one(const Machine& machine, const Daemon& daemon, Report& report) {
  Containerd found{machine, daemon, {}, daemon.option("--config", "-c"), {}};
  if (found.config_file.empty()) found.config_file = kDefaultConfig;
  const auto said = machine.run({daemon.executable(), "--version"});
  found.version = said ? version_in(said->text) : std::string();
  found.name = fmt::format("containerd {} (pid {})", found.version, daemon.pid);
  if (found.version.empty()) {
    report.warning(fmt::format("containerd of pid {} does not tell its version: {}", daemon.pid,
                               said ? said->errors : said.error().message),
                   "run this as root, on the node itself");
    return;
  }
  if (is_older(found.version, kOldestContainerd)) {
    report.problem(fmt::format("{} is older than {}", found.name, kOldestContainerd),
                   "install containerd 1.6, 1.7 or 2");
  } else {
    report.ok("{}", found.name);
  }
  if (daemon.user != 0) {
    report.problem(fmt::format("{} runs as user {}: containers need root", found.name, daemon.user),
                   "run containerd as root");
  }
  check_path(found, report);
  check_format(found, report);
  if (const auto config = effective_config(found, report)) {
    check_socket(found, *config, report);
    check_runtimes(found, *config, report);
  }
}

}  // namespace

void check_containerd(const Machine& machine, Report& report) {
  report.about("containerd");
  bool any = false;
  for (const Daemon& daemon : machine.daemons()) {
    if (daemon.program != "containerd") continue;
    any = true;
    check_one(machine, daemon, report);
  }
  if (any) return;
  report.problem("no containerd runs here",
                 "install it (1.6 or newer) and start it: systemctl enable --now containerd");
}

}  // namespace wasmedge::doctor

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "shim/doctor/checks.h"

namespace wasmedge::doctor {
namespace {

using nlohmann::json;

constexpr std::string_view kOldestDocker = "26";
/// From here on new installations have containerd's image store.
constexpr std::string_view kNewStoreByDefault = "29";
constexpr std::string_view kRuntime = "io.containerd.wasmedge.v1";
constexpr char kDefaultConfig[] = "/etc/docker/daemon.json";

struct Dockerd {
  const Machine& machine;
  std::string version;
  std::string config_file;
  std::string name;  // "Docker 28.5.2 (pid 12)"
};

std::string text_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void check_runtime(const Dockerd& found, const std::string& name, const json& entry,
                   Report& report) {
  if (!entry.is_object()) return;
  const std::string where = fmt::format("runtime \"{}\" of {}", name, found.name);
  if (text_in(entry, "path").find("containerd-shim-wasmedge") != std::string::npos) {
    report.problem(
        fmt::format("{} names the shim as its path, which is for programs like runc", where),
        fmt::format("in {}: {{\"runtimeType\": \"{}\"}} in its place", found.config_file,
                    kRuntime));
    return;
  }
  const std::string type = text_in(entry, "runtimeType");
  if (type != kRuntime) {
    if (type.find("wasmedge") == std::string::npos) return;
    report.problem(fmt::format("{} has the runtimeType \"{}\"", where, type),
                   fmt::format("in {}: \"runtimeType\": \"{}\"", found.config_file, kRuntime));
    return;
  }
  const auto options = entry.find("options");
  const json none = json::object();
  const json& given = options != entry.end() && options->is_object() ? *options : none;
  const std::string policy = text_in(given, "ConfigPath");
  if (!policy.empty()) {
    check_policy_file(found.machine, policy, where, report);
  } else if (!given.empty()) {
    report.problem(fmt::format("{} has options that Docker does not hand on: it knows ConfigPath "
                               "alone",
                               where),
                   "put the settings into a file, and name it: {\"ConfigPath\": \"FILE\"}");
  } else {
    report.ok("{}", where);
  }
}

void check_store(const Dockerd& found, const json& config, Report& report) {
  const auto features = config.find("features");
  bool store = !is_older(found.version, kNewStoreByDefault);
  if (features != config.end() && features->is_object()) {
    const auto wanted = features->find("containerd-snapshotter");
    if (wanted != features->end() && wanted->is_boolean()) store = wanted->get<bool>();
  }
  if (store) {
    report.ok("{} has containerd's image store: images of wasi/wasm and OCI artifacts run",
              found.name);
    return;
  }
  report.note(
      fmt::format("{} has its classic image store: modules run from images of linux/amd64, "
                  "and not from images of wasi/wasm or OCI artifacts",
                  found.name),
      fmt::format("for those: {{\"features\": {{\"containerd-snapshotter\": true}}}} in {}, "
                  "and restart Docker (images have to be pulled again)",
                  found.config_file));
}

/// An empty object where there is no file.
json read_config(const Dockerd& found, Report& report) {
  const auto text = found.machine.read(found.config_file);
  if (!text) return json::object();
  json config = json::parse(*text, nullptr, false);
  if (config.is_object()) return config;
  report.problem(fmt::format("{} is not a JSON object: Docker does not start again with it",
                             found.config_file),
                 "correct it: `dockerd --validate --config-file FILE` tells where");
  return json::object();
}

void check_one(const Machine& machine, const Daemon& daemon, Report& report) {
  Dockerd found{machine, {}, daemon.option("--config-file"), {}};
  if (found.config_file.empty()) found.config_file = kDefaultConfig;
  const auto said = machine.run({daemon.executable(), "--version"});
  found.version = said ? version_in(said->text) : std::string();
  found.name = fmt::format("Docker {} (pid {})", found.version, daemon.pid);
  if (found.version.empty()) {
    report.warning(fmt::format("Docker of pid {} does not tell its version: {}", daemon.pid,
                               said ? said->errors : said.error().message),
                   "run this as root, on the node itself");
    return;
  }
  if (is_older(found.version, kOldestDocker)) {
    report.problem(
        fmt::format("{} cannot use another runtime than runc: it is older than {}", found.name,
                    kOldestDocker),
        "install Docker 26 or newer; ctr, nerdctl and Kubernetes work with what is here");
    return;
  }
  report.ok("{}: docker run --runtime={}", found.name, kRuntime);
  const json config = read_config(found, report);
  check_store(found, config, report);
  const auto runtimes = config.find("runtimes");
  if (runtimes == config.end() || !runtimes->is_object()) return;
  for (const auto& [name, entry] : runtimes->items()) check_runtime(found, name, entry, report);
}

}  // namespace

void check_docker(const Machine& machine, Report& report) {
  report.about("docker");
  bool any = false;
  for (const Daemon& daemon : machine.daemons()) {
    if (daemon.program != "dockerd") continue;
    any = true;
    check_one(machine, daemon, report);
  }
  if (!any) report.note("no Docker runs here: ctr, nerdctl and Kubernetes do not need it");
}

}  // namespace wasmedge::doctor

#include <algorithm>
#include <array>

#include "oci/cgroup.h"
#include "oci/text.h"

namespace wasmedge::oci {
namespace {

/// mountinfo writes space, tab, newline and backslash as octal escapes.
std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                 (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// The controllers among a version 1 super block's options.
std::vector<std::string> controllers_of(std::string_view options) {
  constexpr std::array kKnown = {"cpu",      "cpuacct",    "cpuset", "memory",  "devices",
                                 "freezer",  "blkio",      "pids",   "hugetlb", "net_cls",
                                 "net_prio", "perf_event", "rdma",   "misc"};
  std::vector<std::string> controllers;
  for (const std::string_view option : split(options, ',')) {
    const bool known = std::find(kKnown.begin(), kKnown.end(), option) != kKnown.end();
    if (known || option.starts_with("name=")) controllers.emplace_back(option);
  }
  return controllers;
}

/// systemd nests slices by name: "a-b.slice" is /a.slice/a-b.slice.
Result<std::string> expand_slice(std::string_view slice) {
  constexpr std::string_view kSuffix = ".slice";
  if (slice == "-.slice") return std::string{};
  const std::string_view stem = slice.substr(0, slice.size() - kSuffix.size());
  if (!slice.ends_with(kSuffix) || stem.empty() || stem.find("--") != std::string_view::npos ||
      stem.starts_with('-') || stem.ends_with('-')) {
    return fail(ErrorCode::kInvalidArgument, "\"{}\" is not the name of a systemd slice", slice);
  }
  std::string path;
  for (size_t end = stem.find('-');; end = stem.find('-', end + 1)) {
    path.append("/").append(stem.substr(0, end)).append(kSuffix);
    if (end == std::string_view::npos) return path;
  }
}

Result<std::string> systemd_path(std::string_view cgroups_path) {
  const auto parts = split(cgroups_path, ':');
  const std::string_view slice = parts[0].empty() ? "system.slice" : parts[0];
  const std::string_view prefix = parts[1], name = parts[2];
  if (name.empty()) return fail(ErrorCode::kInvalidArgument, "the third part is empty");
  TRY_ASSIGN(std::string path, expand_slice(slice));
  path += '/';
  if (name.ends_with(".slice")) return path.append(name);
  if (!prefix.empty()) path.append(prefix).append("-");
  return path.append(name).append(".scope");
}

/// "/a//b/" -> "/a/b", with nothing that could lead elsewhere.
Result<std::string> checked(std::string_view path) {
  std::string clean;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return fail(ErrorCode::kInvalidArgument, "\"..\" is not allowed");
    for (const char c : part) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
        return fail(ErrorCode::kInvalidArgument, "holds a control byte");
      }
    }
    if (part.size() > 255) {
      return fail(ErrorCode::kInvalidArgument, "a name in it is longer than 255 bytes");
    }
    clean.append("/").append(part);
  }
  if (clean.empty()) return fail(ErrorCode::kInvalidArgument, "is the root of the hierarchy");
  return clean;
}

}  // namespace

Result<CgroupRoots> parse_cgroup_roots(std::string_view mountinfo) {
  CgroupRoots roots;
  std::string unified_elsewhere;
  for (const std::string_view line : split(mountinfo, '\n')) {
    const size_t dash = line.find(" - cgroup");
    if (dash == std::string_view::npos) continue;
    const auto mount = split(line.substr(0, dash), ' ');   // id parent dev root point options…
    const auto super = split(line.substr(dash + 3), ' ');  // type source options
    if (mount.size() < 6 || super.size() < 3) continue;
    const std::string point = unescape(mount[4]);
    if (super[0] == "cgroup2") {
      if (point == "/sys/fs/cgroup") roots.unified = point;
      if (unified_elsewhere.empty()) unified_elsewhere = point;
      continue;
    }
    std::vector<std::string> controllers = controllers_of(super[2]);
    const bool seen = std::any_of(roots.v1.begin(), roots.v1.end(), [&](const auto& other) {
      return other.controllers == controllers;
    });
    if (!controllers.empty() && !seen) roots.v1.push_back({std::move(controllers), point});
  }
  if (roots.v1.empty() && roots.unified.empty()) roots.unified = unified_elsewhere;
  if (roots.is_unified()) roots.v1.clear();
  if (!roots.is_unified() && roots.v1.empty()) {
    return fail(ErrorCode::kFailedPrecondition,
                "no control group hierarchy is mounted: mount cgroup2 at /sys/fs/cgroup");
  }
  return roots;
}

Result<CgroupRoots> find_cgroup_roots() {
  TRY_ASSIGN(const std::string text, read_file("/proc/self/mountinfo", size_t{64} << 20));
  return parse_cgroup_roots(text);
}

Result<std::string> cgroup_path(std::string_view cgroups_path, std::string_view container_id) {
  if (cgroups_path.empty()) return checked(fmt::format("/wasmedge/{}", container_id));
  const bool systemd = std::count(cgroups_path.begin(), cgroups_path.end(), ':') == 2 &&
                       cgroups_path.find('/') == std::string_view::npos;
  auto path = systemd ? systemd_path(cgroups_path) : Result<std::string>(cgroups_path);
  if (path) path = checked(*path);
  if (!path) {
    return wrap(path.error(), fmt::format("config.json: linux.cgroupsPath \"{}\"", cgroups_path));
  }
  return path;
}

}  // namespace wasmedge::oci

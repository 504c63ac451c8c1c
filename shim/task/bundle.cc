#include "shim/task/bundle.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "runtime/base/fd.h"
#include "runtime/base/limits.h"

namespace wasmedge::task {
namespace {

constexpr size_t kMaxFile = 8192;

std::string file_in(const std::string& bundle, const char* name) {
  return bundle + "/" + name;
}

/// All or nothing: another process never reads half a file.
Result<> write_whole(const std::string& path, std::string_view text) {
  const std::string part = path + ".part";
  {
    TRY_ASSIGN(const Fd fd, open_file(part, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    TRY(write_all(fd.get(), text, part));
  }
  if (::rename(part.c_str(), path.c_str()) != 0) return fail_errno("rename {} to {}", part, path);
  return {};
}

std::optional<std::string> read_if_there(const std::string& path) {
  auto text = read_file(path, kMaxFile);
  if (!text || text->empty()) return std::nullopt;
  return std::move(*text);
}

constexpr char kCgroupFile[] = "cgroup";
constexpr std::string_view kMaking = "making ";
constexpr char kPidFile[] = "init.pid";
constexpr char kAddressFile[] = "address";

}  // namespace

Result<> write_cgroup(const std::string& bundle, const CgroupOfBundle& cgroup) {
  return write_whole(file_in(bundle, kCgroupFile),
                     fmt::format("{}{}", cgroup.made ? "" : kMaking, cgroup.path));
}
std::optional<CgroupOfBundle> read_cgroup(const std::string& bundle) {
  const auto text = read_if_there(file_in(bundle, kCgroupFile));
  if (!text) return std::nullopt;
  const bool made = !text->starts_with(kMaking);
  return CgroupOfBundle{made ? *text : text->substr(kMaking.size()), made};
}
void forget_cgroup(const std::string& bundle) {
  ::unlink(file_in(bundle, kCgroupFile).c_str());
}

Result<> write_init_pid(const std::string& bundle, pid_t pid) {
  return write_whole(file_in(bundle, kPidFile), fmt::format("{}", pid));
}
std::optional<pid_t> read_init_pid(const std::string& bundle) {
  const auto text = read_if_there(file_in(bundle, kPidFile));
  pid_t pid = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), pid).ec != std::errc()) {
    return std::nullopt;
  }
  return pid;
}

Result<> write_address(const std::string& bundle, const std::string& address) {
  return write_whole(file_in(bundle, kAddressFile), address);
}
std::optional<std::string> read_address(const std::string& bundle) {
  return read_if_there(file_in(bundle, kAddressFile));
}

Result<std::string> read_config(const std::string& bundle) {
  return read_file(file_in(bundle, "config.json"), kLimits.config_json_bytes);
}

}  // namespace wasmedge::task

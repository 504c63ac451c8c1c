#include "oci/lsm.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace wasmedge::oci {
namespace {

/// The attribute file of a module, if it is there and truly the kernel's.
Result<Fd> open_attribute(const std::string& path, const std::string& field) {
  auto file = open_file(path, O_WRONLY);
  struct statfs status{};
  if (file && ::fstatfs(file->get(), &status) == 0 && status.f_type == PROC_SUPER_MAGIC) {
    return file;
  }
  return fail(ErrorCode::kFailedPrecondition,
              "config.json: process.{} is set, but its security module is not active on this "
              "machine ({})",
              field, file ? path + " is no file of /proc" : file.error().message);
}

}  // namespace

Result<SecurityLabels> SecurityLabels::open(const Process& process, When when) {
  SecurityLabels labels;
  const bool now = when == When::kNow;
  if (!process.apparmor_profile.empty() && process.apparmor_profile != "unconfined") {
    TRY_ASSIGN(Fd file,
               open_attribute(fmt::format("/proc/self/attr/apparmor/{}", now ? "current" : "exec"),
                              "apparmorProfile"));
    const char* verb = now ? "changeprofile " : "exec ";
    labels.labels_.push_back({std::move(file), verb + process.apparmor_profile,
                              "apparmorProfile " + process.apparmor_profile});
  }
  if (!process.selinux_label.empty()) {
    if (::access("/sys/fs/selinux/enforce", F_OK) != 0) {
      return fail(ErrorCode::kFailedPrecondition,
                  "config.json: process.selinuxLabel is set, but SELinux is not active on this "
                  "machine");
    }
    TRY_ASSIGN(Fd file, open_attribute(fmt::format("/proc/self/attr/{}", now ? "current" : "exec"),
                                       "selinuxLabel"));
    labels.labels_.push_back(
        {std::move(file), process.selinux_label, "selinuxLabel " + process.selinux_label});
  }
  return labels;
}

Result<> SecurityLabels::apply() const {
  for (const Label& label : labels_) {
    if (::write(label.file.get(), label.text.data(), label.text.size()) < 0) {
      return fail_errno("config.json: process.{}", label.what);
    }
  }
  return {};
}

}  // namespace wasmedge::oci

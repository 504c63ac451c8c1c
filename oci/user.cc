#include "oci/user.h"

#include <grp.h>
#include <limits.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace wasmedge::oci {

namespace {

/// To the kernel this number means "as it is", which is root.
Result<> check_id(uint32_t id, const char* field) {
  if (id != ~uint32_t{0}) return {};
  return fail(ErrorCode::kInvalidArgument, "config.json: process.user.{}: {} is no id", field, id);
}

}  // namespace

Result<> become_user(const User& user) {
  TRY(check_id(user.uid, "uid"));
  TRY(check_id(user.gid, "gid"));
  const std::vector<gid_t> groups(user.additional_gids.begin(), user.additional_gids.end());
  if (::setgroups(groups.size(), groups.data()) != 0) {
    return fail_errno("config.json: process.user.additionalGids");
  }
  if (::setresgid(user.gid, user.gid, user.gid) != 0) {
    return fail_errno("config.json: process.user.gid: become group {}", user.gid);
  }
  // Without this the kernel clears the permitted set on leaving root.
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return fail_errno("keep capabilities");
  if (::setresuid(user.uid, user.uid, user.uid) != 0) {
    return fail_errno("config.json: process.user.uid: become user {}", user.uid);
  }
  if (::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0) return fail_errno("reset keeping capabilities");
  ::umask(user.umask.value_or(0022));
  return {};
}

AccessAs::AccessAs(const User& user) {
  groups_.resize(static_cast<size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int groups_read = ::getgroups(static_cast<int>(groups_.size()), groups_.data());
  groups_.resize(static_cast<size_t>(std::max(0, groups_read)));
  const std::vector<gid_t> groups(user.additional_gids.begin(), user.additional_gids.end());
  // If these are refused we ask with more rights than the user has, and the kernel still answers
  // rightly when it comes to it.
  (void)::setgroups(groups.size(), groups.data());
  gid_ = ::setfsgid(user.gid);
  uid_ = ::setfsuid(user.uid);
}

AccessAs::~AccessAs() {
  ::setfsuid(static_cast<uid_t>(uid_));
  ::setfsgid(static_cast<gid_t>(gid_));
  (void)::setgroups(groups_.size(), groups_.data());
}

}  // namespace wasmedge::oci

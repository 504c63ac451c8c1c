#pragma once

#include "oci/spec.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// Becomes process.user for good: groups, then ids; capabilities are kept (see capabilities.h) and
/// the umask is set.
Result<> become_user(const User& user);

/// While it lives, files are accessed as that user would access them (setfsuid(2)), and all else
/// goes on as before: for questions such as "may it execute this?" before become_user().
class AccessAs {
 public:
  explicit AccessAs(const User& user);
  ~AccessAs();
  AccessAs(const AccessAs&) = delete;
  AccessAs& operator=(const AccessAs&) = delete;

 private:
  int uid_, gid_;
  std::vector<gid_t> groups_;
};

}  // namespace wasmedge::oci

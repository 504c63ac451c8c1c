#pragma once

#include <linux/filter.h>

#include <vector>

#include "oci/spec.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// A profile as the kernel takes it.
struct SeccompProgram {
  std::vector<sock_filter> filter;
  unsigned flags = 0;  // of seccomp(2)
};

/// linux.seccomp by libseccomp. System calls that it does not know on this machine are left out, as
/// runc leaves them out; unknown actions, architectures, operators and flags are kInvalidArgument.
Result<SeccompProgram> compile_seccomp(const Seccomp& profile);

/// What compile_seccomp() knows, by the names of config.json.
struct SeccompNames {
  std::vector<std::string_view> actions, operators, architectures, flags;
};
SeccompNames seccomp_names();

/// From here on, for good. Needs no_new_privs or CAP_SYS_ADMIN.
Result<> install_seccomp(const SeccompProgram& program);

}  // namespace wasmedge::oci

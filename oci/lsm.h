#pragma once

#include <string>

#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// process.apparmorProfile and process.selinuxLabel. The attribute files are opened while /proc is
/// still the host's, since a container's could be made to point elsewhere (CVE-2025-52881), and
/// written at the end.
class SecurityLabels {
 public:
  enum class When {
    kNow,     // the caller itself becomes confined: no execve follows
    kAtExec,  // the program it executes is
  };
  /// kFailedPrecondition if a label is asked for that this kernel has no module for: running
  /// without it would be less than was asked.
  static Result<SecurityLabels> open(const Process& process, When when);
  Result<> apply() const;

 private:
  struct Label {
    Fd file;
    std::string text;
    std::string what;
  };
  std::vector<Label> labels_;
};

}  // namespace wasmedge::oci

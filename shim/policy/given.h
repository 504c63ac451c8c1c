#pragma once

#include <string>
#include <vector>

#include "oci/spec.h"
#include "shim/policy/policy.h"

/// What a module gets of its container, by config.json and the policy.
namespace wasmedge::policy {

/// A directory for the module, in the order in which it gets them.
struct Given {
  std::string path;        // in the container
  std::string guest_path;  // what the module calls it
  bool read_only = false;
  std::string why;        // "config.json: root", "annotation …: /data:ro"
  bool by_rule = false;   // a rule names it: no symbolic link of the image leads there
  bool required = false;  // its absence is an error
};

/// Mounts are among them whether they are directories or files; files are left out later. The
/// working directory, as ".", is the last where it is not "/" and lies in one of the others.
/// kInvalidArgument: an annotation asks for writing where config.json mounts read-only.
Result<std::vector<Given>> given_directories(const oci::Spec& spec, const Policy& policy);

/// "preopens=/:rw,/data:ro network=none … ": the policy in force, for the log.
std::string describe(const Policy& policy, const std::vector<Given>& directories);

/// A text for people: what the module of this config.json sees and may do, and why.
Result<std::string> explain(const oci::Spec& spec, const std::vector<Ceiling>& ceilings);

}  // namespace wasmedge::policy

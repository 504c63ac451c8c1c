#pragma once

#include "shim/doctor/machine.h"
#include "shim/doctor/report.h"

/// Each looks at one part of a node, and reports all that it finds, good or bad.
namespace wasmedge::doctor {

void check_kernel(const Machine& machine, Report& report);
void check_cgroups(const Machine& machine, Report& report);
/// Our five programs.
void check_programs(const Machine& machine, Report& report);
/// The cache of compiled modules, and the node's policy: where containerd's environment says.
void check_cache(const Machine& machine, Report& report);
void check_policy(const Machine& machine, Report& report);
void check_containerd(const Machine& machine, Report& report);
void check_docker(const Machine& machine, Report& report);

/// All of them.
Report examine(const Machine& machine);

/// Is the text a policy's, such as a runtime's options may name? Adds a problem if not. `where`:
/// who names the file.
void check_policy_file(const Machine& machine, const std::string& path, std::string_view where,
                       Report& report);

/// "1.7.24" in what a program says of its version; empty if there is none.
std::string version_in(std::string_view text);
/// Is version `a` older than `b`?
bool is_older(std::string_view a, std::string_view b);

/// The variable in the environment of the containerd that runs, else in ours: what the shim will
/// see.
std::string shim_variable(const Machine& machine, const std::string& name);

}  // namespace wasmedge::doctor

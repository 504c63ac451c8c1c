#pragma once

#include <functional>
#include <optional>

#include "oci/launch.h"
#include "oci/lsm.h"
#include "oci/seccomp.h"
#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

/// The recipe that turns a freshly cloned process into a contained one. The caller is the
/// container's first process, single-threaded, in its namespaces and control group (launch.h), and
/// calls the steps in this order; between them it finds the program.
namespace wasmedge::oci {

/// What will run: decides which of the kernel's filesystems the container gets.
enum class Guest {
  kWasm,    // no /proc, /sys, /dev: nothing in a module can use them, and nothing can leak; nor new
            // privileges, since it executes nothing
  kNative,  // all that the spec asks for
};

/// Step 1. The root filesystem, with the spec's mounts but those on /proc, /sys and /dev, and the
/// working directory. Nothing of the image has been trusted: all paths are resolved inside the
/// root. Returns the root, O_PATH.
Result<Fd> build_root(const Spec& spec, const Setup& setup);

/// What is prepared while the host's files can still be reached, and used at the end.
struct Prepared {
  SecurityLabels labels;
  std::optional<SeccompProgram> seccomp;
};

/// Step 2. Completes the container around the root, lets `runtime_hooks` run (it returns when they
/// have), and pivots: beyond it no path leads to the host, and the caller stands in process.cwd.
Result<Prepared> enclose(const Spec& spec, const Setup& setup, int root, Guest guest,
                         const std::function<Result<>()>& runtime_hooks);

/// Steps 1 and 2 for a further process of a container that runs: enters the mount namespace behind
/// `mounts` and process.cwd; beyond it no path leads to the host. A native program in a module's
/// container gets a copy of these mounts, completed with those that the module does without.
Result<Prepared> join(const Spec& spec, const Setup& setup, int mounts, Guest guest);

/// Step 3. Limits, user, capabilities, no_new_privs, security labels. Beyond it the caller can do
/// nothing that the spec does not grant. A seccomp filter that needs privileges to be installed (no
/// no_new_privs) is installed here.
Result<> drop_privileges(const Spec& spec, const Prepared& prepared, Guest guest);

/// Step 4, right before the program runs: the filter, where it was not installed in step 3.
Result<> lock_down(const Spec& spec, const Prepared& prepared, Guest guest);

/// Closes every descriptor but those of `keep` and 0, 1, 2.
Result<> close_descriptors(std::vector<int> keep);

}  // namespace wasmedge::oci

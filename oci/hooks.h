#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

/// Hooks of config.json (runtime-spec, config.md "POSIX-platform Hooks"). Where they run:
///   prestart, createRuntime   the shim, on the HOOKS message (namespaces exist, root not pivoted)
///   createContainer           init, in the container's namespaces, before pivot_root
///   startContainer            init, inside the container, after START
///   poststart                 the shim, after the guest was started; failures are only logged
///   poststop                  the shim or the `delete` command, after removal; likewise
namespace wasmedge::oci {

/// The state that a hook reads on its stdin, as JSON.
struct HookState {
  std::string version;  // Spec::version
  std::string id;
  std::string status;  // "creating", "created", "running", "stopped"
  pid_t pid = 0;       // 0: none (stopped)
  std::string bundle;
  std::map<std::string, std::string> annotations;
};
std::string hook_state_json(const HookState& state);

/// Runs the hooks one after the other and waits for each; stops at the first failure. The error
/// names the hook, its status and the end of its stderr. A hook over its timeout is killed.
Result<> run_hooks(std::string_view name, const std::vector<Hook>& hooks, const HookState& state);

/// The same in a child process of the caller, for a caller that must not block. `errors` becomes
/// readable when all is done: read it to EOF; empty is success, otherwise it is decode_error()'s
/// payload. Reap `pid`.
struct HookRun {
  pid_t pid = 0;
  Fd pidfd;
  Fd errors;
};
Result<HookRun> start_hooks(std::string_view name, const std::vector<Hook>& hooks,
                            const HookState& state);

}  // namespace wasmedge::oci

#include "oci/phase.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace wasmedge::oci {
namespace {

constexpr std::array<std::string_view, kPhases> kNames = {
    "",        "serve", "create", "config", "policy",  "cgroup", "streams", "launch",
    "rootfs",  "mount", "find",   "image",  "compile", "hooks",  "sandbox", "terminal",
    "seccomp", "user",  "link",   "start",  "run",     "exec",   "delete",
};
static_assert(!kNames.back().empty());

/// What is not said fits all.
struct Hint {
  Phase phase = Phase::kNone;
  int number = 0;       // errno
  int code = kAnyCode;  // ErrorCode
  std::string_view text;

  static constexpr int kAnyCode = -1;
};
constexpr Hint by_errno(Phase phase, int number, std::string_view text) {
  return {phase, number, Hint::kAnyCode, text};
}
constexpr Hint by_code(Phase phase, ErrorCode code, std::string_view text) {
  return {phase, 0, static_cast<int>(code), text};
}
constexpr Hint by_phase(Phase phase, std::string_view text) {
  return {phase, 0, Hint::kAnyCode, text};
}

using enum Phase;
using enum ErrorCode;

/// The first that fits is given. None may hold the words by which Docker tells statuses 126 and 127
/// ("permission denied", "no such file or directory", "not a directory").
constexpr std::array kHints = {
    // Shortages, wherever they strike.
    by_errno(kLaunch, ENOSPC,
             "a limit on namespaces is reached: raise the sysctls user.max_*_namespaces"),
    by_errno(
        kCgroup, ENOSPC,
        "the kernel takes no more control groups here, or a cpuset names none of this machine's "
        "CPUs: remove containers that are not needed, or correct the cpuset"),
    by_errno(kMount, ENOSPC, "the sysctl fs.mount-max is reached, or the filesystem is full"),
    by_errno(kNone, EMFILE, "raise LimitNOFILE of containerd's service"),
    by_errno(kNone, ENFILE, "raise the sysctl fs.file-max"),
    by_errno(kNone, ENOMEM,
             "free memory on this node, or raise the limit of the control group that is named"),
    by_errno(kNone, ENOSPC, "free space on the filesystem that is named"),
    by_errno(kNone, EDQUOT, "free space on the filesystem that is named, or raise the quota"),
    by_errno(
        kNone, EAGAIN,
        "a limit on processes is reached: raise TasksMax of containerd's service, or the sysctls "
        "kernel.pid_max and kernel.threads-max"),

    by_phase(kServe,
             "see that /run/containerd can be written; `wasmedge doctor` looks at the node"),

    by_code(kConfig, kNotFound, "the bundle has gone: remove the container, and create it again"),
    by_phase(kConfig,
             "the engine writes config.json, from the image and what it is asked for: change the "
             "option that sets this field"),

    by_code(kPolicy, kPermissionDenied,
            "the node's administrator sets this: /etc/wasmedge/policy.toml, the runtime's options"),
    by_code(kPolicy, kNotFound,
            "make that file or directory, or take its name out of the settings"),
    by_phase(
        kPolicy,
        "correct the setting that is named; `wasmedge policy CONFIG.json` explains what holds"),

    by_code(kCgroup, kFailedPrecondition,
            "take that limit away, or give the node the controller; `wasmedge doctor` tells what "
            "it has"),
    by_code(
        kCgroup, kAlreadyExists,
        "another container uses this control group: end it, or choose another cgroup parent or id"),
    by_errno(kCgroup, ENOENT,
             "the controller of that file is not enabled here; `wasmedge doctor` tells what the "
             "node has"),
    by_errno(kCgroup, EROFS, "give containerd a writable /sys/fs/cgroup"),
    by_code(kCgroup, kPermissionDenied,
            "containerd must be root, with a writable /sys/fs/cgroup; `wasmedge doctor` checks"),
    by_errno(kCgroup, EBUSY,
             "the kernel cannot set this while others use it: change the parent's limits first"),
    by_phase(kCgroup, "the kernel does not take this value: correct the limit that is named"),

    by_code(
        kStreams, kNotFound,
        "whoever started the container has gone and taken its pipes along, or the logger that is "
        "named is not installed: start it again"),
    by_code(kStreams, kUnavailable,
            "look into the logger's own messages: it ended, or was not ready in time"),
    by_phase(kStreams, "correct the place that output goes to (ctr: --log-uri, --log-path)"),

    by_code(
        kLaunch, kNotFound,
        "install all programs in one directory (deploy/install), and see that the namespaces that "
        "are named still exist"),
    by_code(kLaunch, kPermissionDenied,
            "containerd must be root with all capabilities; in a container of its own, a "
            "privileged one"),
    by_code(kLaunch, kFailedPrecondition, "`wasmedge doctor` tells what this node lacks"),
    by_phase(
        kLaunch,
        "`wasmedge doctor` tells what this node lacks; the kernel's log may tell more (dmesg)"),

    by_errno(
        kRootfs, ENOENT,
        "the image's files have gone from the node: remove container and image, and pull it again"),
    by_errno(kRootfs, EROFS,
             "the image lacks a directory that is needed, and its root is read-only: make it in "
             "the image"),
    by_phase(
        kRootfs,
        "does the snapshotter fit the node's filesystem? `wasmedge doctor` looks; the kernel's log "
        "may tell more (dmesg)"),

    by_errno(kMount, ENOENT, "make the source on this node, or correct the volume"),
    by_errno(kMount, ENOTDIR,
             "source and destination must both be directories, or both files: correct the volume"),
    by_errno(
        kMount, EROFS,
        "the image has no such destination, and there it cannot be made: make it in the image"),
    by_code(kMount, kPermissionDenied,
            "the kernel forbids this mount here: does the filesystem allow it, in this user "
            "namespace?"),
    by_phase(kMount, "correct the volume or its options"),

    by_code(kFind, kNotFound,
            "name a program that the image has: its ENTRYPOINT or CMD, or --entrypoint"),
    by_code(kFind, kPermissionDenied,
            "let the container's user read it (a native program: execute it), in the image"),
    by_code(kFind, kUnimplemented, "build for wasm32-wasip1"),
    by_phase(kFind, "the entry point must be a .wasm module, or a program for this machine"),

    by_code(kImage, kUnavailable,
            "containerd must answer on its own socket: see its log, and try again"),
    by_code(kImage, kNotFound, "pull the image again; `wasmedge-image` must stand beside the shim"),
    by_phase(kImage, "build the artifact anew: one layer, a module, of type application/wasm"),

    by_code(kCompile, kInvalidArgument,
            "build the module anew; `wasmedge validate FILE` checks it"),
    by_code(kCompile, kUnimplemented, "build the module without that feature"),
    by_code(kCompile, kResourceExhausted,
            "make the module smaller: what takes this much cannot be compiled here"),
    by_code(kCompile, kNotFound, "install wasmedge-compiler beside the shim (deploy/install)"),
    by_code(kCompile, kPermissionDenied,
            "see that wasmedge-compiler and the cache are root's; `wasmedge doctor` checks"),
    by_phase(kCompile,
             "try again; the kernel's log tells if memory ran out (dmesg): then give containerd's "
             "service more"),

    by_phase(kHooks,
             "a hook is a program of the node's own, that the engine's configuration names: mend "
             "it there"),

    by_code(kSandbox, kPermissionDenied, "change the option that sets this field of config.json"),
    by_errno(kSandbox, ENOENT, "this kernel has no such setting: take it away"),
    by_phase(kSandbox, "`wasmedge doctor` tells what this node lacks"),
    by_phase(kTerminal, "start it without a terminal, or mount a devpts that has room"),

    by_code(kSeccomp, kInvalidArgument,
            "correct the profile (docker: --security-opt seccomp=FILE)"),
    by_phase(kSeccomp, "`wasmedge doctor` tells whether this kernel has system call filters"),

    by_errno(kUser, EINVAL,
             "this id has no mapping in the container's user namespace: choose another user"),
    by_phase(kUser, "choose a user, groups and limits that containerd itself may set"),

    by_code(kLink, kNotFound,
            "the module needs a function that WASI preview 1 does not have: build it without"),
    by_code(kLink, kResourceExhausted,
            "the module wants more memory than it may have: raise the limit that is named"),
    by_phase(kLink, "build the module as a program of wasm32-wasip1"),

    by_code(kExec, kUnavailable, "try again"),
    by_code(kCreate, kUnavailable, "try again"),
    by_code(kCreate, kUnimplemented, "create the container without that"),
    by_code(kNone, kInternal,
            "was it killed? The kernel's log tells if memory ran out (dmesg): then raise the "
            "container's limit"),
    by_code(kNone, kUnavailable, "try again"),
    by_phase(kNone, "containerd's log tells more with io.wasmedge.log=debug, an annotation"),
};

constexpr std::string_view kStep = "step ";

/// The end of the message, as fail_errno() makes it.
bool ends_with_errno(std::string_view message, int number) {
  const std::string_view text = std::strerror(number);
  return message.ends_with(text) && message.substr(0, message.size() - text.size()).ends_with(": ");
}

bool fits(const Hint& hint, const Error& error, Phase phase) {
  return (hint.phase == kNone || hint.phase == phase) &&
         (hint.code == Hint::kAnyCode || hint.code == static_cast<int>(error.code)) &&
         (hint.number == 0 || ends_with_errno(error.message, hint.number));
}

}  // namespace

std::string_view name_of(Phase phase) {
  return kNames[static_cast<size_t>(phase)];
}

Error in(Phase phase, Error error) {
  if (phase_of(error) == kNone) {
    error.message = fmt::format("{}{}: {}", kStep, name_of(phase), error.message);
  }
  return error;
}

Phase phase_of(const Error& error) {
  std::string_view text = error.message;
  if (!text.starts_with(kStep)) return kNone;
  text.remove_prefix(kStep.size());
  text = text.substr(0, text.find(": "));
  const auto found = std::find(kNames.begin() + 1, kNames.end(), text);
  return found == kNames.end() ? kNone : static_cast<Phase>(found - kNames.begin());
}

std::string_view hint_for(const Error& error) {
  const Phase phase = phase_of(error);
  for (const Hint& hint : kHints) {
    if (fits(hint, error, phase)) return hint.text;
  }
  return {};
}

Error explain(Error error) {
  const std::string_view hint = hint_for(error);
  error.message.append("; hint: ").append(hint);
  return error;
}

}  // namespace wasmedge::oci

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/wasi/config.h"

/// The capability policy of a module in a container: one value, made of the container's annotations
/// `io.wasmedge.wasi.*` and of the node's ceilings. It only ever takes away from what config.json
/// gives. Nothing of the image is read: engines put neither its labels nor its environment into
/// annotations.
namespace wasmedge::policy {

inline constexpr std::string_view kPrefix = "io.wasmedge.wasi.";

/// A directory of the container that the module gets.
struct Directory {
  std::string path;  // absolute and clean
  bool read_only = false;
  std::string rule;    // who says so
  bool asked = false;  // by an annotation: it must be there
};

struct Names {
  std::vector<std::string> patterns;  // "LANG", "APP_*", "*"
  std::string rule;
};

/// May a native program run at all? Rules about WASI do not bind one: it is contained as under any
/// container runtime. A ceiling says.
enum class Native { kAllow, kSandbox, kDeny };  // kSandbox: a pod's pause container alone

struct Policy {
  std::optional<std::vector<Directory>> preopens;  // absent: all that config.json mounts
  std::vector<wasi::NetworkRule> network;          // each must grant
  std::vector<Names> environment;                  // each must name the variable
  std::optional<wasi::Bound> memory;               // bytes of linear memory, all together
  std::optional<wasi::Bound> fuel;                 // instructions, about
  std::optional<wasi::Bound> time;                 // nanoseconds from the start
  std::optional<wasi::Bound> threads;              // at a time, beside the first
  bool trace = false;  // each call of a WASI function is told on stderr; takes nothing away
  Native native = Native::kAllow;
  std::string native_rule;
  /// The first of the container's own rules: what a native program cannot be held to.
  std::string first_annotation;

  /// Does any rule bind the module?
  bool narrows() const;
  bool passes(std::string_view variable) const;  // "KEY=VALUE"
};

/// A ceiling as it stands on the node: TOML of settings without tables.
struct Ceiling {
  std::string name;  // where it is from: "/etc/wasmedge/policy.toml"
  std::string text;
};

/// How the shim hands ceilings to wasmedge-init.
std::string encode(const std::vector<Ceiling>& ceilings);
std::vector<Ceiling> decode_ceilings(std::string_view text);

/// The policy of a container. kInvalidArgument: an annotation or setting that is unknown, or whose
/// value is wrong (it is named, with the character and what would be right); an annotation that
/// asks for more than a ceiling gives (both are named).
Result<Policy> policy_of(const std::map<std::string, std::string>& annotations,
                         const std::vector<Ceiling>& ceilings);

/// May this native program run? `annotations` tell a pod's sandbox. kPermissionDenied or
/// kInvalidArgument say which rule is against it.
Result<> check_native(const Policy& policy, const std::map<std::string, std::string>& annotations);

}  // namespace wasmedge::policy

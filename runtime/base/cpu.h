#pragma once

#include <string>

#include "runtime/base/architecture.h"
#include "runtime/base/result.h"

namespace wasmedge {

/// This machine's CPU as compiled code depends on it: architecture, family and model, and every
/// feature word that the code generator looks at, e.g. "x86_64 0x00a10f11 …". Equal strings: code
/// made for one runs on the other. At most 255 bytes; read from the CPU itself (CPUID, XCR0).
/// Architectures other than x86_64 are what their every Linux machine has: so code that another
/// machine made runs there.
std::string host_cpu();

/// What code for `target` is made for: this machine's CPU, or what every machine of another
/// architecture has. Empty if code for that architecture is made on its own machines only (x86_64).
std::string target_cpu(Architecture target);

/// What an option `--target` names. Errors: no architecture of ours, or one for which code is made
/// on its own machines only.
Result<Architecture> parse_target(std::string_view name);

}  // namespace wasmedge

#pragma once

#include "runtime/run/artifact_file.h"

namespace wasmedge::run {

/// Whether gdb(1) has started this program, and waits to be told of compiled code. Costs nothing.
bool is_debugged();

/// Tells gdb(1), now or when it is attached, the names, frames and lines of an artifact's
/// functions, by the JIT interface that it has: it gets an ELF file in memory (debug_image.h),
/// which stays. The artifact must stay, too.
void tell_debugger(const Artifact& artifact);

// For a user who has attached gdb to a program that has not told it: `call (void)wasmedge_debug()`.
extern "C" void wasmedge_debug();

}  // namespace wasmedge::run

#pragma once

#include "runtime/run/artifact_file.h"

namespace wasmedge::run {

/// Tells perf(1) what the artifact's functions are called: writes /tmp/perf-PID.map, a line each of
/// address, size and name (the quoted name or "wasm-function[index]"), in place of a file of that
/// name. Errors: those of open(2) and write(2).
Result<> write_perf_map(const Artifact& artifact);

}  // namespace wasmedge::run

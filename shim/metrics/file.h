#pragma once

#include <string>

#include "runtime/base/result.h"
#include "shim/metrics/tally.h"

/// The node's numbers: one small file below /run that all servers add to, each with atomic
/// additions to a shared mapping, so that they neither wait for each other nor lose anything when
/// one dies. It begins anew with the machine, as Prometheus' counters may.
namespace wasmedge::metrics {

/// $WASMEDGE_METRICS, else /run/wasmedge/metrics.N, where N is the layout's number: servers of
/// another layout, after an update, have a file of their own.
std::string default_path();

/// Adds to the file, which is made first where it is not there (0644, in a directory 0755). A file
/// that is damaged, another's, or may be written by others is put aside as FILE.damaged. Errors: a
/// directory that cannot be made or written, or that others may write to.
Result<> add(const std::string& path, const Tally& tally);

/// All zero where there is no file. kInvalidArgument: it is damaged.
Result<Numbers> read(const std::string& path);

}  // namespace wasmedge::metrics

#pragma once

#include <string_view>

#include "runtime/base/result.h"

/// What the user reads.
namespace wasmedge::cli {

/// Text on stdout. Status for the exit: 0, or kFailure if it cannot be written.
int print(std::string_view text);

/// "wasmedge: warning: …" on stderr.
void warn(std::string_view text);

/// "wasmedge: …" on stderr; kFailure.
int failure(const Error& error);

/// "wasmedge: …", and where to read on; kUsage. `command` is empty for `wasmedge` itself.
int usage_error(const Error& error, std::string_view command);

}  // namespace wasmedge::cli

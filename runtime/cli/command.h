#pragma once

#include <span>
#include <string_view>

/// The subcommands of `wasmedge`. Each takes its arguments (its own name apart) and returns the
/// program's exit status: the guest's, or one of these.
namespace wasmedge::cli {

inline constexpr int kFailure = 1;  // it could not be done; why is on stderr
inline constexpr int kUsage = 2;    // the command line is wrong

using Arguments = std::span<char* const>;

int run_command(Arguments arguments);
int compile_command(Arguments arguments);
int validate_command(Arguments arguments);
int inspect_command(Arguments arguments);
int policy_command(Arguments arguments);
int pack_command(Arguments arguments);
int cache_command(Arguments arguments);
int metrics_command(Arguments arguments);
int doctor_command(Arguments arguments);

}  // namespace wasmedge::cli

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/run/host.h"
#include "runtime/wasi/env.h"

namespace wasmedge::wasi {

inline constexpr std::string_view kPreview1 = "wasi_snapshot_preview1";
inline constexpr std::string_view kUnstable = "wasi_unstable";

/// The functions as the table lists them. Precondition of each: none; a guest may pass anything.
namespace preview1 {
#define WASI_SHARED(name, ...) Errno name(WasiEnv& env __VA_OPT__(, ) __VA_ARGS__);
#define WASI_PREVIEW1 WASI_SHARED
#define WASI_UNSTABLE(name, ...)
#include "runtime/wasi/functions.def"  // NOLINT: the table
#undef WASI_SHARED
#undef WASI_PREVIEW1
#undef WASI_UNSTABLE

/// Ends the guest with `status`; not in the table, since it alone returns no Errno.
[[noreturn]] void proc_exit(WasiEnv& env, uint32_t status);
}  // namespace preview1

namespace unstable {
#define WASI_SHARED(name, ...)
#define WASI_PREVIEW1(name, ...)
#define WASI_UNSTABLE(name, ...) Errno name(WasiEnv& env, __VA_ARGS__);
#include "runtime/wasi/functions.def"  // NOLINT: the table
#undef WASI_SHARED
#undef WASI_PREVIEW1
#undef WASI_UNSTABLE
}  // namespace unstable

/// The function that a module imports as `module`.`name`; nullopt if WASI has none. Where there are
/// several versions of it, the one of type `type` (run::canonical_type), or the last if none has
/// it; of a socket function, `name`_v2 is the last. `env` must outlive the instance that gets it.
std::optional<run::ExternFunction> find_function(WasiEnv& env, std::string_view module,
                                                 std::string_view name, uint64_t type = 0);

}  // namespace wasmedge::wasi

#include "runtime/wasi/functions.h"

#include "runtime/run/trap.h"
#include "runtime/wasi/host_stack.h"

namespace wasmedge::wasi {

namespace {

// What compiled code calls for a function of the table: the context is the WasiEnv.
template <auto kFunction>
struct Entry;
template <typename... P, Errno (*kFunction)(WasiEnv&, P...)>
struct Entry<kFunction> {
  static uint32_t call(WasiEnv* env, P... arguments) {
    need_host_stack();
    const Errno error = kFunction(*env, arguments...);
    if (env->ended()) run::exit_guest(0);
    return static_cast<uint32_t>(error);
  }
};
template <typename... P, void (*kFunction)(WasiEnv&, P...)>
struct Entry<kFunction> {
  static void call(WasiEnv* env, P... arguments) { kFunction(*env, arguments...); }
};

template <auto kFunction>
run::ExternFunction reference(WasiEnv& env) {
  return run::host_function(&Entry<kFunction>::call, &env);
}

struct Row {
  std::string_view name;
  run::ExternFunction (*preview1)(WasiEnv&);  // null: not in that module
  run::ExternFunction (*unstable)(WasiEnv&);
};

constexpr Row kRows[] = {
#define WASI_SHARED(name, ...) {#name, reference<&preview1::name>, reference<&preview1::name>},
#define WASI_PREVIEW1(name, ...) {#name, reference<&preview1::name>, nullptr},
#define WASI_UNSTABLE(name, ...) {#name, nullptr, reference<&unstable::name>},
#include "runtime/wasi/functions.def"  // NOLINT: the table
#undef WASI_SHARED
#undef WASI_PREVIEW1
#undef WASI_UNSTABLE
    {"proc_exit", reference<&preview1::proc_exit>, reference<&preview1::proc_exit>},
};

}  // namespace

std::optional<run::ExternFunction> find_function(WasiEnv& env, std::string_view module,
                                                 std::string_view name) {
  const bool is_preview1 = module == kPreview1;
  if (!is_preview1 && module != kUnstable) return std::nullopt;
  for (const Row& row : kRows) {
    const auto make = is_preview1 ? row.preview1 : row.unstable;
    if (make != nullptr && row.name == name) return make(env);
  }
  return std::nullopt;
}

}  // namespace wasmedge::wasi

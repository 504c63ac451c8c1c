#include "runtime/wasi/functions.h"

#include <algorithm>
#include <array>

#include "runtime/run/trap.h"
#include "runtime/wasi/host_stack.h"
#include "runtime/wasi/trace.h"

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

// Text as a template's argument.
template <size_t kBytes>
struct Literal {
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is meant to become one
  constexpr Literal(const char (&text)[kBytes]) { std::copy_n(text, kBytes, chars.begin()); }
  constexpr operator std::string_view() const { return {chars.data(), kBytes - 1}; }
  std::array<char, kBytes> chars{};
};

// The same, where calls are traced: only there is anything more to do.
template <auto kFunction, Literal kName, Literal kParameters>
struct Traced;
template <typename... P, Errno (*kFunction)(WasiEnv&, P...), Literal kName, Literal kParameters>
struct Traced<kFunction, kName, kParameters> {
  static uint32_t call(WasiEnv* env, P... arguments) {
    need_host_stack();
    const std::array<uint64_t, sizeof...(P)> values{arguments...};
    TracedCall traced(*env, kName, kParameters, values);
    const Errno error = kFunction(*env, arguments...);
    traced.end(error);
    if (env->ended()) run::exit_guest(0);
    return static_cast<uint32_t>(error);
  }
};
template <typename... P, void (*kFunction)(WasiEnv&, P...), Literal kName, Literal kParameters>
struct Traced<kFunction, kName, kParameters> {
  static void call(WasiEnv* env, P... arguments) {
    need_host_stack();
    const std::array<uint64_t, sizeof...(P)> values{arguments...};
    TracedCall(*env, kName, kParameters, values).end();
    kFunction(*env, arguments...);
  }
};

template <auto kFunction, Literal kName, Literal kParameters>
run::ExternFunction reference(WasiEnv& env) {
  if (env.guest->trace >= 0) {
    return run::host_function(&Traced<kFunction, kName, kParameters>::call, &env);
  }
  return run::host_function(&Entry<kFunction>::call, &env);
}

struct Row {
  std::string_view name;
  run::ExternFunction (*preview1)(WasiEnv&);  // null: not in that module
  run::ExternFunction (*unstable)(WasiEnv&);
};

constexpr Row kRows[] = {
// Of several versions, the row's parameters say which.
#define WASI_ENTRY(module, name, ...)                                                           \
  reference<static_cast<Errno (*)(WasiEnv & __VA_OPT__(, ) __VA_ARGS__)>(&module::name), #name, \
            #__VA_ARGS__>
#define WASI_SHARED(name, ...)                                   \
  {#name, WASI_ENTRY(preview1, name __VA_OPT__(, ) __VA_ARGS__), \
   WASI_ENTRY(preview1, name __VA_OPT__(, ) __VA_ARGS__)},
#define WASI_PREVIEW1(name, ...) \
  {#name, WASI_ENTRY(preview1, name __VA_OPT__(, ) __VA_ARGS__), nullptr},
#define WASI_UNSTABLE(name, ...) \
  {#name, nullptr, WASI_ENTRY(unstable, name __VA_OPT__(, ) __VA_ARGS__)},
#include "runtime/wasi/functions.def"  // NOLINT: the table
#undef WASI_SHARED
#undef WASI_PREVIEW1
#undef WASI_UNSTABLE
#undef WASI_ENTRY
    {"proc_exit", reference<&preview1::proc_exit, "proc_exit", "uint32_t status">,
     reference<&preview1::proc_exit, "proc_exit", "uint32_t status">},
};

constexpr std::string_view kSocketPrefix = "sock_";
constexpr std::string_view kSecondVersion = "_v2";

}  // namespace

std::optional<run::ExternFunction> find_function(WasiEnv& env, std::string_view module,
                                                 std::string_view name, uint64_t type) {
  const bool is_preview1 = module == kPreview1;
  if (!is_preview1 && module != kUnstable) return std::nullopt;
  const bool last =
      is_preview1 && name.starts_with(kSocketPrefix) && name.ends_with(kSecondVersion);
  if (last) name.remove_suffix(kSecondVersion.size());
  std::optional<run::ExternFunction> found;
  for (const Row& row : kRows) {
    const auto make = is_preview1 ? row.preview1 : row.unstable;
    if (make == nullptr || row.name != name) continue;
    found = make(env);
    if (!last && found->ref.type == type) break;
  }
  return found;
}

}  // namespace wasmedge::wasi

#include "shim/init/handler.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/base/quote.h"

namespace wasmedge::init {
namespace {

constexpr char kHandler[] = "run.oci.handler";
constexpr char kVariant[] = "module.wasm.image/variant";
constexpr char kContainerType[] = "io.kubernetes.cri.container-type";
constexpr std::array<std::string_view, 5> kHandlers = {"wasm", "wasmedge", "wasmtime", "wasmer",
                                                       "wamr"};

std::string_view value_of(const std::map<std::string, std::string>& annotations, const char* key) {
  const auto found = annotations.find(key);
  return found == annotations.end() ? std::string_view() : found->second;
}

}  // namespace

Result<> check_handler(const std::map<std::string, std::string>& annotations,
                       const Program& program) {
  const std::string_view handler = value_of(annotations, kHandler);
  const std::string_view variant = value_of(annotations, kVariant);
  const bool is_wasm = std::find(kHandlers.begin(), kHandlers.end(), handler) != kHandlers.end();
  if (!handler.empty() && !is_wasm) {
    return fail(ErrorCode::kInvalidArgument, "annotation {}={}: only {} is here", kHandler,
                quote(handler), kHandlers[0]);
  }
  if (!variant.empty() && variant != "compat" && variant != "compat-smart") {
    return fail(ErrorCode::kInvalidArgument, "annotation {}={}: expected compat or compat-smart",
                kVariant, quote(variant));
  }
  // A pod's annotations are its sandbox's too, whose program is native everywhere.
  const bool is_sandbox = value_of(annotations, kContainerType) == "sandbox";
  const bool promised = !handler.empty() || variant == "compat";
  if (!promised || is_sandbox || program.kind == ProgramKind::kWasm) return {};
  return fail(ErrorCode::kInvalidArgument,
              "annotation {} says that the program is a WebAssembly module, and {} is a native "
              "one; say {}=compat-smart where both occur",
              handler.empty() ? kVariant : kHandler, program.path, kVariant);
}

}  // namespace wasmedge::init

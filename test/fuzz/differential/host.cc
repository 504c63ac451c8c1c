#include "test/fuzz/differential/host.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace wasmedge::fuzz {

namespace {

// All run on the guest's stack, which these modules do not use up: their fuel ends before.
void log_i32(Host* host, uint32_t value) {
  host->log(wasm::kI32, {.i32 = value});
}
void log_i64(Host* host, uint64_t value) {
  host->log(wasm::kI64, {.i64 = value});
}
void log_f32(Host* host, float value) {
  host->log(wasm::kF32, {.f32 = value});
}
void log_f64(Host* host, double value) {
  host->log(wasm::kF64, {.f64 = value});
}
using Vector = uint64_t __attribute__((vector_size(16)));
void log_v128(Host* host, Vector) {
  host->log(wasm::kV128, {});
}
run::FuncRef* table_get(Host*, uint32_t) {
  return nullptr;
}
void table_set(Host*, uint32_t, run::FuncRef*) {}
void call_export(Host*, uint32_t, uint32_t) {}
uint32_t call_export_catch(Host*, uint32_t) {
  return 0;
}
void call_ref(Host*, run::FuncRef*, uint32_t) {}
uint32_t call_ref_catch(Host*, run::FuncRef*) {
  return 0;
}
uint32_t sleep(Host*, uint32_t, uint32_t id) {
  return id;
}

// host_function() knows no vectors.
run::Extern vector_logger(Host* host) {
  static constexpr std::array kParameters = {wasm::kV128};
  return run::ExternFunction{
      {reinterpret_cast<const void*>(&log_v128), host, run::canonical_type(kParameters, {})}};
}

}  // namespace

std::string text_of(const wasm::ValueType& type, const run::Value& value) {
  switch (type.kind) {
    case wasm::ValueKind::kI32:
      return fmt::format("i32:{}", static_cast<int32_t>(value.i32));
    case wasm::ValueKind::kI64:
      return fmt::format("i64:{}", static_cast<int64_t>(value.i64));
    case wasm::ValueKind::kF32:
      return std::isnan(value.f32) ? "f32:nan" : fmt::format("f32:{:x}", value.i32);
    case wasm::ValueKind::kF64:
      return std::isnan(value.f64) ? "f64:nan" : fmt::format("f64:{:x}", value.i64);
    case wasm::ValueKind::kRef:
      if (type == wasm::kExnRef) break;
      return value.ref == nullptr ? "ref:null" : "ref";
    case wasm::ValueKind::kV128:
      break;
  }
  return wasm::to_string(type);
}

void* host_object() {
  static char object;
  return &object;
}

std::optional<run::Extern> Host::find(const run::ImportRequest& request) {
  const std::string_view name = request.name;
  if (request.kind == wasm::ExternKind::kGlobal) {
    return store_.add_global({wasm::kExternRef, false}, {.ref = host_object()});
  }
  if (request.kind == wasm::ExternKind::kTag) {
    return store_.add_tag(request.func_type, name);
  }
  if (name == "log-i32" || name == "throw") return run::host_function(log_i32, this);
  if (name == "log-i64") return run::host_function(log_i64, this);
  if (name == "log-f32") return run::host_function(log_f32, this);
  if (name == "log-f64") return run::host_function(log_f64, this);
  if (name == "log-v128") return vector_logger(this);
  if (name == "table-get") return run::host_function(table_get, this);
  if (name == "table-set") return run::host_function(table_set, this);
  if (name == "call-export") return run::host_function(call_export, this);
  if (name == "call-export-catch") return run::host_function(call_export_catch, this);
  if (name == "call-ref") return run::host_function(call_ref, this);
  if (name == "call-ref-catch") return run::host_function(call_ref_catch, this);
  if (name == "sleep") return run::host_function(sleep, this);
  return std::nullopt;
}

}  // namespace wasmedge::fuzz

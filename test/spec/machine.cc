#include "test/spec/machine.h"

#include "runtime/base/fd.h"
#include "runtime/base/limits.h"
#include "runtime/run/host.h"
#include "runtime/wasm/module.h"

namespace wasmedge::spec {

Result<> validate_file(const std::filesystem::path& path) {
  TRY_ASSIGN(const std::string content, read_file(path, kLimits.module_bytes));
  TRY_ASSIGN(const wasm::Module module, wasm::decode(std::as_bytes(std::span(content))));
  return wasm::validate(module);
}

namespace {

// What the suite prints is of no interest: that the calls arrive with their types is.
void print(void*) {}
void print_i32(void*, uint32_t) {}
void print_i64(void*, uint64_t) {}
void print_f32(void*, float) {}
void print_f64(void*, double) {}
void print_i32_f32(void*, uint32_t, float) {}
void print_f64_f64(void*, double, double) {}

template <typename... P>
run::Extern function(void (*function)(void*, P...)) {
  static int context;
  return run::host_function(function, static_cast<void*>(&context));
}

}  // namespace

Result<Spectest> Spectest::make(run::Store& store) {
  run::Value i32{}, i64{}, f32{}, f64{};
  i32.i32 = 666;
  i64.i64 = 666;
  f32.f32 = 666.6F;
  f64.f64 = 666.6;
  TRY_ASSIGN(run::Memory * memory, store.add_memory({.limits = {.min = 1, .max = 2}}));
  TRY_ASSIGN(run::Memory * shared,
             store.add_memory({.limits = {.min = 1, .max = 2, .shared = true}}));
  TRY_ASSIGN(run::Table * table,
             store.add_table({.element = wasm::kFuncRef, .limits = {.min = 10, .max = 20}}));
  TRY_ASSIGN(
      run::Table * table64,
      store.add_table({.element = wasm::kFuncRef, .limits = {.min = 10, .max = 20, .is64 = true}}));
  Spectest spectest;
  spectest.items_ = {
      {"print", function(print)},
      {"print_i32", function(print_i32)},
      {"print_i64", function(print_i64)},
      {"print_f32", function(print_f32)},
      {"print_f64", function(print_f64)},
      {"print_i32_f32", function(print_i32_f32)},
      {"print_f64_f64", function(print_f64_f64)},
      {"global_i32", store.add_global({wasm::kI32, false}, i32)},
      {"global_i64", store.add_global({wasm::kI64, false}, i64)},
      {"global_f32", store.add_global({wasm::kF32, false}, f32)},
      {"global_f64", store.add_global({wasm::kF64, false}, f64)},
      {"memory", memory},
      {"shared_memory", shared},
      {"table", table},
      {"table64", table64},
  };
  return spectest;
}

std::optional<run::Extern> Spectest::find(std::string_view name) const {
  for (const Item& item : items_) {
    if (item.name == name) return item.value;
  }
  return std::nullopt;
}

}  // namespace wasmedge::spec

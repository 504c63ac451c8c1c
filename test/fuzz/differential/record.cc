#include "test/fuzz/differential/record.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/base/fd.h"
#include "runtime/cache/key.h"
#include "runtime/run/func_types.h"
#include "runtime/run/store.h"
#include "runtime/wasm/module.h"
#include "test/fuzz/differential/host.h"
#include "test/fuzz/differential/traits.h"

namespace wasmedge::fuzz {

namespace {

constexpr uint32_t kCallsAnExport = 3;
constexpr uint32_t kFuel = 200;

// The kinds of traps that V8's messages tell apart. host.mjs has the other side.
std::string_view kind_of(run::TrapCode code) {
  using run::TrapCode;
  switch (code) {
    case TrapCode::kUnreachable:
      return "unreachable";
    case TrapCode::kMemoryOutOfBounds:
      return "memory";
    case TrapCode::kTableOutOfBounds:
    case TrapCode::kUndefinedElement:
      return "table";
    case TrapCode::kUninitializedElement:
    case TrapCode::kIndirectCallType:
      return "call type";
    case TrapCode::kIntegerDivideByZero:
      return "division by zero";
    case TrapCode::kIntegerOverflow:
    case TrapCode::kInvalidConversion:
      return "overflow";
    case TrapCode::kStackOverflow:
      return "stack";
    case TrapCode::kNullReference:
    case TrapCode::kNullFunctionReference:
      return "null";
    case TrapCode::kUnalignedAtomic:
      return "unaligned";
    case TrapCode::kUncaughtException:
      return "exception";
    default:
      return run::trap_text(code);
  }
}

// The arguments of all calls: interesting values, by turns. host.mjs has the same.
run::Value argument(const wasm::ValueType& type, uint32_t turn) {
  static constexpr int64_t kIntegers[] = {0, 1, -1, INT32_MIN, INT32_MAX, 42, 0x10000, -128};
  static constexpr uint32_t kF32[] = {0,          0x3f800000, 0xbf800000, 0x7fc00000,
                                      0x7f800000, 0x80000000, 1,          0x4f000000};
  static constexpr uint64_t kF64[] = {0,
                                      0x3ff0000000000000,
                                      0xbff0000000000000,
                                      0x7ff8000000000000,
                                      0x7ff0000000000000,
                                      0x8000000000000000,
                                      1,
                                      0x41e0000000000000};
  run::Value value{};
  if (type == wasm::kI32) value.i32 = static_cast<uint32_t>(kIntegers[turn % 8]);
  if (type == wasm::kI64) value.i64 = static_cast<uint64_t>(kIntegers[turn % 8]);
  if (type == wasm::kF32) value.i32 = kF32[turn % 8];
  if (type == wasm::kF64) value.i64 = kF64[turn % 8];
  if (type == wasm::kExternRef && turn % 2 == 1) value.ref = host_object();
  return value;
}

Result<std::shared_ptr<const run::Artifact>> build(std::span<const std::byte> bytes,
                                                   compile::Quality quality, Traits& traits) {
  TRY_ASSIGN(const wasm::Module module, wasm::decode(bytes));
  TRY(wasm::validate(module));
  traits = traits_of(module);
  compile::CompileOptions options;
  options.quality = quality;
  options.compiler_build = "differential";
  TRY_ASSIGN(const auto artifact, compile::compile(module, options));
  Fd file(::memfd_create("artifact", MFD_CLOEXEC));
  if (!file || ::fchmod(file.get(), 0400) != 0) return fail_errno("make a memfd");
  TRY(write_all(file.get(), artifact, "artifact"));
  return run::Artifact::load(std::move(file), "module");
}

// JavaScript has neither vectors nor exception references.
bool callable(const wasm::FuncType& type) {
  const auto hidden = [](const wasm::ValueType& each) {
    return each == wasm::kV128 ||
           (each.is_ref() && wasm::top_of(each.heap) == wasm::HeapKind::kExn);
  };
  return std::ranges::none_of(type.parameters, hidden) &&
         std::ranges::none_of(type.results, hidden);
}

// One run of one module.
class Recorder {
 public:
  explicit Recorder(Record& into)
      : record_(into), host_(store_, [this](std::string text) {
          if (record_.lines.size() < kMostLines) line(std::move(text));
        }) {}

  Result<> run(std::shared_ptr<const run::Artifact> artifact) {
    TRY_ASSIGN(instance_,
               store_.link(std::move(artifact), [this](const run::ImportRequest& request) {
                 return host_.find(request);
               }));
    const run::Outcome outcome = instance_->initialize();
    line("init" + ending(outcome));
    if (!outcome.returned()) return {};
    state();
    for (const auto& entry : instance_->artifact().exports()) {
      const std::string name(instance_->artifact().string(entry.name));
      const auto function = instance_->find_function(name);
      if (function && !callable(run::func_type(function->ref.type))) continue;
      for (uint32_t i = 0; function && i < kCallsAnExport; ++i) call(name, *function, i);
    }
    return {};
  }

 private:
  void line(std::string text) { record_.lines.push_back(std::move(text)); }

  std::string ending(const run::Outcome& outcome) {
    if (outcome.returned()) return "";
    const run::TrapReport& trap = outcome.trap;
    record_.traps.push_back(fmt::format("{} in function {} at {:#x}", run::trap_text(trap.code),
                                        trap.function, trap.wasm_offset));
    return fmt::format(" traps: {}", kind_of(trap.code));
  }

  void set_fuel() {
    const auto fuel = instance_->find_export("fuel");
    if (fuel && std::holds_alternative<run::Global>(*fuel)) {
      std::get<run::Global>(*fuel).cell->i32 = kFuel;
    }
    // binaryen's modules have a function for it.
    const auto refill = instance_->find_function("hangLimitInitializer");
    if (refill) run::call(*refill, {});
  }

  void call(const std::string& name, const run::Function& function, uint32_t turn) {
    const wasm::FuncType& type = run::func_type(function.ref.type);
    std::vector<run::Value> values(std::max(type.parameters.size(), type.results.size()));
    std::string text = name + "(";
    for (uint32_t p = 0; p < type.parameters.size(); ++p) {
      values[p] = argument(type.parameters[p], 3 * turn + p);
      text += text_of(type.parameters[p], values[p]) + " ";
    }
    set_fuel();
    const run::Outcome outcome = run::call(function, values);
    text += ")" + ending(outcome);
    for (uint32_t r = 0; outcome.returned() && r < type.results.size(); ++r) {
      text += " " + text_of(type.results[r], values[r]);
    }
    line(std::move(text));
    state();
  }

  // A digest a memory; sizes and nulls of tables; globals.
  void state() {
    std::string text = "state";
    for (const auto& entry : instance_->artifact().exports()) {
      const std::string name(instance_->artifact().string(entry.name));
      const auto item = instance_->find_export(name);
      if (const auto* memory = std::get_if<run::Memory*>(&*item)) {
        const auto bytes = (*memory)->bytes();
        const cache::Key digest{cache::sha256(bytes)};
        text += fmt::format(" {}={}:{}", name, bytes.size(), digest.hex().substr(0, 16));
      } else if (const auto* table = std::get_if<run::Table*>(&*item)) {
        text += fmt::format(" {}=", name);
        for (uint64_t i = 0; i < (*table)->size(); ++i) {
          text += (*table)->get(i) == nullptr ? '-' : 'x';
        }
      } else if (const auto* global = std::get_if<run::Global>(&*item)) {
        text += fmt::format(" {}={}", name, text_of(global->type.value, *global->cell));
      }
    }
    line(std::move(text));
  }

  static constexpr size_t kMostLines = 10'000;
  Record& record_;
  run::Store store_;
  Host host_;
  run::Instance* instance_ = nullptr;
};

}  // namespace

Result<Record> record(std::span<const std::byte> module, compile::Quality quality) {
  Record result;
  Traits traits;
  TRY_ASSIGN(auto artifact, build(module, quality, traits));
  result.has_loops = traits.has_loops;
  result.is_relaxed = traits.is_relaxed;
  TRY(Recorder(result).run(std::move(artifact)));
  return result;
}

bool agree(const Record& a, const Record& b) {
  for (size_t i = 0; i < a.lines.size() && i < b.lines.size(); ++i) {
    if (a.lines[i] != b.lines[i]) return false;
    if (a.lines[i].ends_with("traps: stack")) return true;
    if (a.has_loops && a.lines[i].ends_with("traps: memory")) return true;
  }
  return a.lines.size() == b.lines.size();
}

std::string to_json(const std::string& name, const Result<Record>& record) {
  nlohmann::json json = {{"module", name}};
  if (record) {
    json["lines"] = record->lines;
    json["traps"] = record->traps;
    json["loops"] = record->has_loops;
    json["relaxed"] = record->is_relaxed;
  } else {
    json["refused"] = record.error().message;
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace wasmedge::fuzz

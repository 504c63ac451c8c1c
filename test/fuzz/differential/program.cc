// What a module has besides code, at random.
#include "test/fuzz/differential/program.h"

#include <algorithm>

#include "test/fuzz/differential/body.h"

namespace wasmedge::fuzz {

using wasm::FuncType;
using wasm::Op;
using wasm::ValueType;

namespace {

constexpr std::array kNumberTypes = {wasm::kI32, wasm::kI64, wasm::kF32, wasm::kF64, wasm::kV128};

}  // namespace

Program::Program(Choices& from) : choices(from) {
  choose_features();
  choose_types_and_functions();
  choose_memories();
  choose_tables();
  choose_globals();
  choose_segments();
}

void Program::choose_features() {
  features.simd = !choices.one_in(4);
  features.relaxed_simd = features.simd && choices.one_in(16);
  features.wide_arithmetic = choices.one_in(16);
  features.byte_pages = choices.one_in(16);
  features.memory64 = choices.one_in(3);
  features.threads = choices.one_in(3);
  features.tail_calls = choices.flip();
  features.references = choices.flip();
  features.wild = choices.one_in(4);
  if (choices.flip()) {
    features.exceptions = choices.one_in(3) ? Exceptions::kLegacy : Exceptions::kModern;
  }
}

uint32_t Program::type_index(const FuncType& type) {
  const auto found = std::find(types.begin(), types.end(), type);
  if (found != types.end()) return static_cast<uint32_t>(found - types.begin());
  types.push_back(type);
  return static_cast<uint32_t>(types.size() - 1);
}

ValueType Program::number_type() {
  return kNumberTypes[choices.below(kNumberTypes.size() - (features.simd ? 0 : 1))];
}

ValueType Program::any_type() {
  if (!features.references || !choices.one_in(6)) return number_type();
  return choices.flip() ? wasm::kFuncRef : wasm::kExternRef;
}

void Program::choose_types_and_functions() {
  for (const ValueType& logged : {wasm::kI32, wasm::kI64, wasm::kF32, wasm::kF64}) {
    functions.push_back(type_index({{logged}, {}}));
  }
  imports = static_cast<uint32_t>(functions.size());
  const uint32_t count = 2 + choices.below(5);
  for (uint32_t i = 0; i < count; ++i) {
    FuncType type;
    // More than the registers for parameters and results, now and then.
    const uint32_t parameters = choices.below(choices.one_in(8) ? 14 : 4);
    const uint32_t results = choices.below(choices.one_in(8) ? 6 : 3);
    for (uint32_t p = 0; p < parameters; ++p) type.parameters.push_back(any_type());
    for (uint32_t r = 0; r < results; ++r) type.results.push_back(any_type());
    functions.push_back(type_index(type));
  }
  if (features.exceptions != Exceptions::kNone) {
    const uint32_t tag_count = 1 + choices.below(3);
    for (uint32_t i = 0; i < tag_count; ++i) {
      FuncType type;
      const uint32_t parameters = choices.below(4);
      for (uint32_t p = 0; p < parameters; ++p) type.parameters.push_back(number_type());
      tags.push_back(type_index(type));
    }
  }
  if (choices.one_in(8)) {
    functions.push_back(type_index({}));
    start = static_cast<uint32_t>(functions.size() - 1);
  }
}

void Program::choose_memories() {
  const uint32_t count = 1 + (choices.one_in(3) ? choices.below(3) : 0);
  for (uint32_t i = 0; i < count; ++i) {
    Memory memory;
    memory.is64 = features.memory64 && choices.flip();
    memory.shared = features.threads && choices.flip();
    memory.byte_pages = features.byte_pages && choices.flip();
    memory.min = memory.byte_pages ? 0x8000 + choices.below(5000) : 1 + choices.below(2);
    memory.max = memory.min + choices.below(4);
    memories.push_back(memory);
  }
}

void Program::choose_tables() {
  const auto add = [this](const ValueType& element) {
    Table table;
    table.element = element;
    table.is64 = features.memory64 && choices.one_in(3);
    table.min = 4 + choices.below(12);
    table.max = table.min + choices.below(8);
    tables.push_back(table);
  };
  add(wasm::kFuncRef);
  if (!features.references) return;
  if (choices.flip()) add(wasm::kExternRef);
  if (choices.flip()) {
    const uint32_t type = functions[choices.below(functions.size())];
    add({wasm::ValueKind::kRef, wasm::HeapKind::kIndexed, true, type});
  }
}

Writer Program::constant(const ValueType& type) {
  Writer code;
  if (type == wasm::kI32) {
    code.i32(static_cast<int32_t>(choices.bits(2)));
    if (choices.one_in(4)) code.i32(3).op(choices.flip() ? Op::i32_mul : Op::i32_sub);
  } else if (type == wasm::kI64) {
    code.i64(static_cast<int64_t>(choices.bits(choices.flip() ? 1 : 8)));
  } else if (type == wasm::kF32) {
    code.op(Op::f32_const).raw(choices.flip() ? 0x3fc00000 : choices.bits(4), 4);
  } else if (type == wasm::kF64) {
    code.op(Op::f64_const).raw(choices.flip() ? 0x4004000000000000 : choices.bits(8), 8);
  } else if (type == wasm::kV128) {
    code.op(Op::v128_const).raw(choices.bits(8), 8).raw(choices.bits(8), 8);
  } else {
    code.op(Op::ref_null).heap(type);
  }
  return code;
}

void Program::choose_globals() {
  globals.push_back({wasm::kI32, true, Writer().i32(100)});
  const uint32_t count = 1 + choices.below(5);
  for (uint32_t i = 0; i < count; ++i) {
    const ValueType type = any_type();
    globals.push_back({type, !choices.one_in(4), constant(type)});
  }
}

void Program::choose_segments() {
  const auto some_functions = [this](uint32_t most, std::optional<uint32_t> of_type) {
    std::vector<uint32_t> chosen(1 + choices.below(most));
    for (uint32_t& function : chosen) {
      function = choices.below(functions.size());
      for (uint32_t i = 0; of_type && functions[function] != *of_type && i < functions.size();
           ++i) {
        function = (function + 1) % static_cast<uint32_t>(functions.size());
      }
    }
    return chosen;
  };
  for (uint32_t i = 0; i < tables.size(); ++i) {
    const ValueType& element = tables[i].element;
    if (element == wasm::kExternRef) continue;
    const bool typed = element.is_concrete();
    elements.push_back(
        {i, some_functions(tables[i].min, typed ? std::optional(element.index) : std::nullopt)});
  }
  elements.push_back({std::nullopt, some_functions(6, std::nullopt)});
  for (uint32_t i = 0; i < 3; ++i) {
    DataSegment segment;
    if (choices.flip()) segment.memory = choices.below(memories.size());
    segment.offset = choices.below(1024);
    segment.bytes.resize(choices.below(48));
    for (uint8_t& byte : segment.bytes) byte = static_cast<uint8_t>(choices.bits(1));
    data.push_back(std::move(segment));
  }
}

std::vector<uint8_t> generate(std::span<const uint8_t> bytes) {
  Choices choices(bytes);
  Program program(choices);
  for (uint32_t i = program.imports; i < program.functions.size(); ++i) {
    program.bodies.push_back(Body(program, i).generate());
  }
  return program.encode().bytes();
}

}  // namespace wasmedge::fuzz

// A Program in the binary format.
#include <fmt/format.h>

#include <algorithm>

#include "test/fuzz/differential/program.h"

namespace wasmedge::fuzz {

using wasm::Op;

namespace {

constexpr uint8_t kEnd = 0x0b;
constexpr uint8_t kRefFuncs = 0x00;  // elemkind

Writer limits(uint32_t min, uint32_t max, bool shared, bool is64) {
  Writer out;
  out.byte(static_cast<uint8_t>(1 | (shared ? 2 : 0) | (is64 ? 4 : 0)));
  return out.number(min).number(max);
}

}  // namespace

Writer Program::type_section() const {
  Writer out;
  out.number(types.size());
  for (const wasm::FuncType& type : types) {
    out.byte(0x60).number(type.parameters.size());
    for (const auto& each : type.parameters) out.type(each);
    out.number(type.results.size());
    for (const auto& each : type.results) out.type(each);
  }
  return out;
}

Writer Program::import_section() const {
  Writer out;
  out.number(imports);
  for (uint32_t i = 0; i < imports; ++i) {
    out.name("host").name("log-" + wasm::to_string(function_type(i).parameters[0]));
    out.byte(0).number(functions[i]);
  }
  return out;
}

// JavaScript has no vectors and no exception references.
bool Program::exportable(uint32_t function) const {
  const auto passes = [](const wasm::ValueType& type) {
    return type != wasm::kV128 && type != wasm::kExnRef;
  };
  const wasm::FuncType& type = function_type(function);
  return std::all_of(type.parameters.begin(), type.parameters.end(), passes) &&
         std::all_of(type.results.begin(), type.results.end(), passes);
}

Writer Program::export_section() const {
  Writer out;
  uint32_t count = 0;
  const auto add = [&](std::string_view prefix, wasm::ExternKind kind, size_t index) {
    out.name(fmt::format("{}{}", prefix, index)).byte(static_cast<uint8_t>(kind)).number(index);
    ++count;
  };
  for (uint32_t i = imports; i < functions.size(); ++i) {
    if (exportable(i)) add("f", wasm::ExternKind::kFunc, i);
  }
  for (uint32_t i = 0; i < memories.size(); ++i) add("m", wasm::ExternKind::kMemory, i);
  for (uint32_t i = 0; i < tables.size(); ++i) add("t", wasm::ExternKind::kTable, i);
  for (uint32_t i = 1; i < globals.size(); ++i) {
    if (globals[i].type != wasm::kV128) add("g", wasm::ExternKind::kGlobal, i);
  }
  out.name("fuel").byte(static_cast<uint8_t>(wasm::ExternKind::kGlobal)).number(kFuelGlobal);
  return Writer().number(count + 1).append(out);
}

Writer Program::element_section() const {
  Writer out;
  out.number(elements.size() + 1);
  for (const ElementSegment& segment : elements) {
    if (!segment.table) {
      out.byte(1).byte(kRefFuncs);
    } else if (const Table& table = tables[*segment.table]; table.element == wasm::kFuncRef) {
      out.byte(2).number(*segment.table).address(table.is64, 0).byte(kEnd).byte(kRefFuncs);
    } else {
      out.byte(6).number(*segment.table).address(table.is64, 0).byte(kEnd).type(table.element);
      out.number(segment.functions.size());
      for (const uint32_t function : segment.functions) {
        const bool fits = functions[function] == table.element.index;
        if (fits) out.op(Op::ref_func, function).byte(kEnd);
        if (!fits) out.op(Op::ref_null).heap(table.element).byte(kEnd);
      }
      continue;
    }
    out.number(segment.functions.size());
    for (const uint32_t function : segment.functions) out.number(function);
  }
  out.byte(3).byte(kRefFuncs).number(functions.size());  // declared: all, for ref.func
  for (uint32_t i = 0; i < functions.size(); ++i) out.number(i);
  return out;
}

Writer Program::data_section() const {
  Writer out;
  out.number(data.size());
  for (const DataSegment& segment : data) {
    if (segment.memory) {
      out.byte(2).number(*segment.memory);
      out.address(memories[*segment.memory].is64, segment.offset).byte(kEnd);
    } else {
      out.byte(1);
    }
    out.number(segment.bytes.size());
    for (const uint8_t byte : segment.bytes) out.byte(byte);
  }
  return out;
}

Writer Program::encode() const {
  Writer declared, table, memory, tag, global, code;
  declared.number(functions.size() - imports);
  for (uint32_t i = imports; i < functions.size(); ++i) declared.number(functions[i]);
  table.number(tables.size());
  for (const Table& each : tables) {
    table.type(each.element).append(limits(each.min, each.max, false, each.is64));
  }
  memory.number(memories.size());
  for (const Memory& each : memories) {
    Writer size = limits(each.min, each.max, each.shared, each.is64);
    if (each.byte_pages) {
      const uint8_t flags = static_cast<uint8_t>(size.bytes()[0] | 8);
      size = Writer().byte(flags).number(each.min).number(each.max).number(0);
    }
    memory.append(size);
  }
  tag.number(tags.size());
  for (const uint32_t type : tags) tag.byte(0).number(type);
  global.number(globals.size());
  for (const Global& each : globals) {
    global.type(each.type).byte(each.is_mutable ? 1 : 0).append(each.init).byte(kEnd);
  }
  code.number(bodies.size());
  for (const Writer& body : bodies) code.sized(body);

  Writer out;
  out.raw(0x6d736100, 4).raw(1, 4);
  out.section(1, type_section()).section(2, import_section()).section(3, declared);
  out.section(4, table).section(5, memory);
  if (!tags.empty()) out.section(13, tag);
  out.section(6, global).section(7, export_section());
  if (start) out.section(8, Writer().number(*start));
  out.section(9, element_section()).section(12, Writer().number(data.size()));
  return out.section(10, code).section(11, data_section());
}

}  // namespace wasmedge::fuzz

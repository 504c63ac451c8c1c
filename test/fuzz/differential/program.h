#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/wasm/types.h"
#include "test/fuzz/differential/choices.h"
#include "test/fuzz/differential/writer.h"

namespace wasmedge::fuzz {

enum class Exceptions : uint8_t { kNone, kModern, kLegacy };

/// What a module may use; chosen once, so that an engine that lacks something still takes most
/// modules.
struct Features {
  bool simd = true;
  bool relaxed_simd = false;  // results are the CPU's choice: only comparable with ourselves
  bool wide_arithmetic = false;
  bool byte_pages = false;
  bool memory64 = false;
  bool threads = false;
  bool tail_calls = false;
  bool references = false;
  bool wild = false;  // accesses out of bounds are no exception
  Exceptions exceptions = Exceptions::kNone;
};

struct Memory {
  bool is64 = false;
  bool shared = false;
  bool byte_pages = false;
  uint32_t min = 1;  // pages; bytes with byte_pages
  uint32_t max = 1;
};
struct Table {
  wasm::ValueType element = wasm::kFuncRef;
  bool is64 = false;
  uint32_t min = 0;
  uint32_t max = 0;
};
struct Global {
  wasm::ValueType type;
  bool is_mutable = true;
  Writer init;  // without the end
};
struct ElementSegment {
  std::optional<uint32_t> table;  // active, from element 0 on; or passive
  std::vector<uint32_t> functions;
};
struct DataSegment {
  std::optional<uint32_t> memory;  // active; or passive
  uint32_t offset = 0;
  std::vector<uint8_t> bytes;
};

inline constexpr uint32_t kFuelGlobal =
    0;  // function entries that are left; hosts set it before a call
inline constexpr uint32_t kMemoryMask = 0x7fff;  // addresses are mostly within it, and so in bounds

/// A module on its way: what there is to refer to, then function by function its code.
class Program {
 public:
  explicit Program(Choices& choices);

  Writer encode() const;

  uint32_t type_index(const wasm::FuncType& type);
  const wasm::FuncType& function_type(uint32_t function) const {
    return types[functions[function]];
  }
  /// The types of locals, parameters, blocks: at random.
  wasm::ValueType number_type();
  wasm::ValueType any_type();

  Choices& choices;
  Features features;
  std::vector<wasm::FuncType> types;
  std::vector<uint32_t> functions;  // their types; imports first
  uint32_t imports = 0;
  std::vector<Memory> memories;
  std::vector<Table> tables;
  std::vector<Global> globals;
  std::vector<uint32_t> tags;  // their types
  std::vector<ElementSegment> elements;
  std::vector<DataSegment> data;
  std::optional<uint32_t> start;
  std::vector<Writer> bodies;

 private:
  void choose_features();
  void choose_types_and_functions();
  void choose_memories();
  void choose_tables();
  void choose_globals();
  void choose_segments();
  Writer constant(const wasm::ValueType& type);

  Writer type_section() const;
  Writer import_section() const;
  Writer export_section() const;
  Writer element_section() const;
  Writer data_section() const;
  bool exportable(uint32_t function) const;
};

/// A whole module, valid, from any bytes.
std::vector<uint8_t> generate(std::span<const uint8_t> bytes);

}  // namespace wasmedge::fuzz

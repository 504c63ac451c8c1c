#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Module binaries for tests, put together by hand.
namespace wasmedge::test {

using Bytes = std::vector<uint8_t>;

inline void append(Bytes& to, const Bytes& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

inline Bytes leb(uint64_t value) {
  Bytes bytes;
  do {
    const uint8_t low = value & 0x7f;
    value >>= 7;
    bytes.push_back(value != 0 ? low | 0x80 : low);
  } while (value != 0);
  return bytes;
}

inline Bytes signed_leb(int64_t value) {
  Bytes bytes;
  for (bool more = true; more;) {
    const uint8_t low = value & 0x7f;
    value >>= 7;
    more = !((value == 0 && (low & 0x40) == 0) || (value == -1 && (low & 0x40) != 0));
    bytes.push_back(more ? low | 0x80 : low);
  }
  return bytes;
}

inline Bytes concat(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) append(all, part);
  return all;
}

inline Bytes vec(const std::vector<Bytes>& items) {
  Bytes all = leb(items.size());
  for (const Bytes& item : items) append(all, item);
  return all;
}

inline Bytes sized(const Bytes& bytes) {
  return concat({leb(bytes.size()), bytes});
}

inline Bytes name(std::string_view text) {
  return sized(Bytes(text.begin(), text.end()));
}

inline constexpr uint8_t kI32 = 0x7f, kI64 = 0x7e, kF32 = 0x7d, kF64 = 0x7c, kFuncref = 0x70;

inline Bytes func_type(const Bytes& parameters, const Bytes& results) {
  return concat({{0x60}, sized(parameters), sized(results)});
}

/// i32.const
inline Bytes i32(int32_t value) {
  return concat({{0x41}, signed_leb(value)});
}
/// i64.const
inline Bytes i64(int64_t value) {
  return concat({{0x42}, signed_leb(value)});
}

/// Sections in their order; a function's type is added once each. Function indexes count from the
/// imports, which are to be added first.
class ModuleBytes {
 public:
  uint32_t type(const Bytes& parameters, const Bytes& results) {
    const Bytes wanted = func_type(parameters, results);
    for (uint32_t i = 0; i < types_.size(); ++i) {
      if (types_[i] == wanted) return i;
    }
    types_.push_back(wanted);
    return static_cast<uint32_t>(types_.size()) - 1;
  }
  /// Any form of the type section: with supertypes, a recursion group.
  void raw_type(const Bytes& bytes) { types_.push_back(bytes); }
  uint32_t import_function(std::string_view module, std::string_view item, uint32_t type) {
    imports_.push_back(concat({name(module), name(item), {0x00}, leb(type)}));
    return imported_++;
  }
  /// As memory 0, 1, …, before the module's own.
  void import_memory(std::string_view module, std::string_view item, const Bytes& limits) {
    imports_.push_back(concat({name(module), name(item), {0x02}, limits}));
  }
  /// `locals` as the binary format has them: groups of count and type. `code` without its end.
  uint32_t function(uint32_t type, const Bytes& code, const std::vector<Bytes>& locals = {}) {
    functions_.push_back(leb(type));
    bodies_.push_back(sized(concat({vec(locals), code, {0x0b}})));
    return imported_ + static_cast<uint32_t>(bodies_.size()) - 1;
  }
  uint32_t export_function(std::string_view item, uint32_t function) {
    exports_.push_back(concat({name(item), {0x00}, leb(function)}));
    return function;
  }
  void table(const Bytes& bytes) { tables_.push_back(bytes); }
  void memory(const Bytes& limits) { memories_.push_back(limits); }
  void export_memory(std::string_view item) {
    exports_.push_back(concat({name(item), {0x02, 0x00}}));
  }
  /// `init` without its end.
  void global(uint8_t type, bool is_mutable, const Bytes& init) {
    globals_.push_back(concat({{type, static_cast<uint8_t>(is_mutable ? 1 : 0)}, init, {0x0b}}));
  }
  uint32_t tag(uint32_t type) {
    tags_.push_back(concat({{0x00}, leb(type)}));
    return imported_tags_ + static_cast<uint32_t>(tags_.size()) - 1;
  }
  uint32_t import_tag(std::string_view module, std::string_view item, uint32_t type) {
    imports_.push_back(concat({name(module), name(item), {0x04, 0x00}, leb(type)}));
    return imported_tags_++;
  }
  void import_table(std::string_view module, std::string_view item, const Bytes& bytes) {
    imports_.push_back(concat({name(module), name(item), {0x01}, bytes}));
  }
  void add_export(std::string_view item, uint8_t kind, uint32_t index) {
    exports_.push_back(concat({name(item), {kind}, leb(index)}));
  }
  void element(const Bytes& bytes) { elements_.push_back(bytes); }
  void data(const Bytes& bytes) { data_.push_back(bytes); }

  Bytes bytes() const {
    Bytes all = {0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00};
    const std::pair<uint8_t, const std::vector<Bytes>*> sections[] = {
        {1, &types_},    {2, &imports_}, {3, &functions_}, {4, &tables_},
        {5, &memories_}, {13, &tags_},   {6, &globals_},   {7, &exports_},
        {9, &elements_}, {10, &bodies_}, {11, &data_}};
    for (const auto& [id, items] : sections) {
      if (items->empty()) continue;
      if (id == 10 && !data_.empty()) append(all, concat({{12}, sized(leb(data_.size()))}));
      all.push_back(id);
      append(all, sized(vec(*items)));
    }
    return all;
  }

 private:
  std::vector<Bytes> types_, imports_, functions_, tables_, memories_, globals_, exports_,
      elements_, bodies_, data_, tags_;
  uint32_t imported_ = 0;
  uint32_t imported_tags_ = 0;
};

}  // namespace wasmedge::test

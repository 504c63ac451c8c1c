#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/wasm/types.h"

namespace wasmedge::wasm {

/// A function type of a recursion group. In it, ValueType::index of a concrete reference is a
/// number of a TypeCanon, or, with kInGroup, a place in the type's own group.
struct GroupMember {
  static constexpr uint32_t kInGroup = uint32_t{1} << 31;

  FuncType type;
  bool is_final = true;
  std::optional<uint32_t> super;  // likewise
};

/// Numbers types so that equal types, and only those, have equal numbers: recursion groups are
/// compared as a whole (spec: iso-recursive equivalence). Numbers begin with 1.
class TypeCanon {
 public:
  /// The number of the group's first member; the others' follow. References to earlier types must
  /// be numbers of this object.
  uint32_t add(std::vector<GroupMember> group);

  /// The type of this number, which concrete references in it are, too. Stays where it is.
  const FuncType& type(uint32_t number) const { return types_[number - 1].type; }
  /// Whether `type` is `of`, or declared below it. Linear in the depth, which validation bounds.
  bool is_subtype(uint32_t type, uint32_t of) const;
  /// Spec: value type matching; concrete references are numbers.
  bool matches(const ValueType& found, const ValueType& wanted) const;

 private:
  std::unordered_map<std::string, uint32_t> groups_;  // by their binary form
  std::deque<GroupMember> types_;                     // by number - 1; no kInGroup left
};

struct Module;

/// The types of one module, numbered.
class ModuleTypes {
 public:
  /// Without any type yet: add_group() or add_all() comes first.
  explicit ModuleTypes(const Module& module) : module_(module) {}

  /// Adds the next group. Precondition: references in it are within the module's types up to it.
  void add_group(uint32_t first);
  /// Adds all of them, of a valid module.
  void add_all();

  uint32_t number(uint32_t type) const { return numbers_[type]; }
  /// The type with indexes turned into numbers.
  ValueType numbered(ValueType type) const;
  /// Spec: value type matching, of types that name types by index.
  bool matches(const ValueType& found, const ValueType& wanted) const {
    return found == wanted || canon_.matches(numbered(found), numbered(wanted));
  }

 private:
  const Module& module_;
  TypeCanon canon_;
  std::vector<uint32_t> numbers_;  // by type index
};

}  // namespace wasmedge::wasm

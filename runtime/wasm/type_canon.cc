#include "runtime/wasm/type_canon.h"

#include "runtime/wasm/module.h"

namespace wasmedge::wasm {

namespace {

void append(std::string& key, uint32_t word) {
  key.append(reinterpret_cast<const char*>(&word), sizeof(word));
}

void append(std::string& key, const std::vector<ValueType>& types) {
  append(key, static_cast<uint32_t>(types.size()));
  for (const ValueType& type : types) {
    key += static_cast<char>(type.kind);
    if (!type.is_ref()) continue;
    key += static_cast<char>(type.heap);
    key += static_cast<char>(type.nullable);
    if (type.is_concrete()) append(key, type.index);
  }
}

// The group's binary form: equal strings, equal groups.
std::string key_of(const std::vector<GroupMember>& group) {
  std::string key;
  for (const GroupMember& member : group) {
    key += static_cast<char>(member.is_final);
    append(key, member.super ? *member.super + 1 : 0);
    append(key, member.type.parameters);
    append(key, member.type.results);
  }
  return key;
}

uint32_t resolved(uint32_t index, uint32_t first) {
  return (index & GroupMember::kInGroup) != 0 ? first + (index & ~GroupMember::kInGroup) : index;
}

void resolve(std::vector<ValueType>& types, uint32_t first) {
  for (ValueType& type : types) {
    if (type.is_concrete()) type.index = resolved(type.index, first);
  }
}

bool is_bottom(HeapKind heap) {
  return heap == HeapKind::kNoFunc || heap == HeapKind::kNoExtern || heap == HeapKind::kNoExn;
}

}  // namespace

uint32_t TypeCanon::add(std::vector<GroupMember> group) {
  const auto next = static_cast<uint32_t>(types_.size()) + 1;
  const auto [found, is_new] = groups_.try_emplace(key_of(group), next);
  if (!is_new) return found->second;
  for (GroupMember& member : group) {
    resolve(member.type.parameters, next);
    resolve(member.type.results, next);
    if (member.super) member.super = resolved(*member.super, next);
    types_.push_back(std::move(member));
  }
  return next;
}

bool TypeCanon::is_subtype(uint32_t type, uint32_t of) const {
  for (std::optional<uint32_t> at = type; at; at = types_[*at - 1].super) {
    if (*at == of) return true;
  }
  return false;
}

bool TypeCanon::matches(const ValueType& found, const ValueType& wanted) const {
  if (found == wanted) return true;
  if (!found.is_ref() || !wanted.is_ref() || (found.nullable && !wanted.nullable)) return false;
  if (found.heap == HeapKind::kBottom) return true;
  if (found.heap == HeapKind::kIndexed && wanted.heap == HeapKind::kIndexed) {
    return is_subtype(found.index, wanted.index);
  }
  if (found.heap == wanted.heap) return true;
  if (is_bottom(found.heap)) return top_of(found.heap) == top_of(wanted.heap);
  return wanted.heap == top_of(found.heap);
}

void ModuleTypes::add_group(uint32_t first) {
  const uint32_t size = module_.type_declarations[first].group_size;
  const auto number = [&](uint32_t index) {
    return index < first ? numbers_[index] : GroupMember::kInGroup | (index - first);
  };
  const auto renumber = [&](std::vector<ValueType>& types) {
    for (ValueType& type : types) {
      if (type.is_concrete()) type.index = number(type.index);
    }
  };
  std::vector<GroupMember> group;
  group.reserve(size);
  for (uint32_t i = first; i < first + size; ++i) {
    const TypeDeclaration& declared = module_.type_declarations[i];
    GroupMember& member = group.emplace_back();
    member.type = module_.types[i];
    renumber(member.type.parameters);
    renumber(member.type.results);
    member.is_final = declared.is_final;
    if (declared.super) member.super = number(*declared.super);
  }
  const uint32_t base = canon_.add(std::move(group));
  for (uint32_t i = 0; i < size; ++i) numbers_.push_back(base + i);
}

void ModuleTypes::add_all() {
  for (uint32_t i = 0; i < module_.types.size(); i += module_.type_declarations[i].group_size) {
    add_group(i);
  }
}

ValueType ModuleTypes::numbered(ValueType type) const {
  if (type.is_concrete()) type.index = numbers_[type.index];
  return type;
}

}  // namespace wasmedge::wasm

#include "runtime/run/func_types.h"

#include <mutex>

namespace wasmedge::run {
namespace {

struct Registry {
  std::mutex mutex;
  wasm::TypeCanon types;  // guarded by mutex; types themselves never change
};

Registry& registry() {
  static auto* const instance = new Registry;  // outlives every user
  return *instance;
}

}  // namespace

uint64_t canonical_type(std::span<const wasm::ValueType> parameters,
                        std::span<const wasm::ValueType> results) {
  wasm::GroupMember member;
  member.type.parameters.assign(parameters.begin(), parameters.end());
  member.type.results.assign(results.begin(), results.end());
  std::vector<wasm::GroupMember> group;
  group.push_back(std::move(member));
  return canonical_group(std::move(group));
}

uint64_t canonical_group(std::vector<wasm::GroupMember> group) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  return all.types.add(std::move(group));
}

const wasm::FuncType& func_type(uint64_t canonical) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  return all.types.type(static_cast<uint32_t>(canonical));
}

bool is_subtype(uint64_t type, uint64_t of) {
  if (type == of) return true;
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  return all.types.is_subtype(static_cast<uint32_t>(type), static_cast<uint32_t>(of));
}

bool matches(const wasm::ValueType& found, const wasm::ValueType& wanted) {
  if (found == wanted) return true;
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  return all.types.matches(found, wanted);
}

}  // namespace wasmedge::run

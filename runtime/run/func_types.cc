#include "runtime/run/func_types.h"

#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

namespace wasmedge::run {
namespace {

struct Registry {
  std::mutex mutex;
  std::unordered_map<std::string, uint64_t> numbers;  // guarded by mutex
  std::deque<wasm::FuncType> types;                   // guarded by mutex; elements never change
};

Registry& registry() {
  static auto* const instance = new Registry;  // outlives every user
  return *instance;
}

void append(std::string& key, const wasm::ValueType& type) {
  key += static_cast<char>(type.kind);
  if (!type.is_ref()) return;
  key += static_cast<char>(type.heap);
  key += static_cast<char>(type.nullable);
}

}  // namespace

uint64_t canonical_type(std::span<const wasm::ValueType> parameters,
                        std::span<const wasm::ValueType> results) {
  std::string key;
  for (const wasm::ValueType& type : parameters) append(key, type);
  key += '\0';
  for (const wasm::ValueType& type : results) append(key, type);
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  const auto [found, is_new] = all.numbers.try_emplace(std::move(key), all.types.size() + 1);
  if (is_new) {
    all.types.push_back({{parameters.begin(), parameters.end()}, {results.begin(), results.end()}});
  }
  return found->second;
}

const wasm::FuncType& func_type(uint64_t canonical) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  return all.types.at(canonical - 1);
}

}  // namespace wasmedge::run

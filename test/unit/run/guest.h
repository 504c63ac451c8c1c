#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

#include "runtime/run/store.h"
#include "test/unit/run/artifact_builder.h"

namespace wasmedge::run {

/// What a call of a test's guest gave.
struct Called {
  Outcome outcome;
  uint64_t result = 0;

  bool returned(uint64_t value) const { return outcome.returned() && result == value; }
  bool trapped(TrapCode code) const {
    return outcome.kind == Outcome::Kind::kTrapped && outcome.trap.code == code;
  }
};

inline Called run(Instance& instance, std::string_view name,
                  std::initializer_list<uint64_t> arguments = {}) {
  std::array<Value, 5> values{};
  size_t i = 0;
  for (const uint64_t argument : arguments) values[i++].i64 = argument;
  Called called;
  called.outcome = call(instance.find_function(name).value(), values);
  called.result = values[0].i64;
  return called;
}

/// Links and initialises; a failure fails the test and throws.
inline Instance& instantiate(Store& store, const ArtifactBuilder& builder,
                             const Resolver& resolver = {}) {
  auto instance = store.link(load(builder), resolver);
  if (!instance) throw std::runtime_error(instance.error().message);
  const Outcome outcome = (*instance)->initialize();
  if (!outcome.returned()) throw std::runtime_error(to_string(outcome.trap));
  return **instance;
}

}  // namespace wasmedge::run

#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string_view>

#include "runtime/compile/compile.h"
#include "runtime/run/instance.h"
#include "runtime/run/store.h"
#include "test/unit/compile/wasm_bytes.h"

namespace wasmedge::test {

/// Decodes, validates and compiles; the error of whichever fails.
Result<std::vector<std::byte>> compile_bytes(const Bytes& module, compile::Quality quality,
                                             unsigned threads = 1);

/// Compiles a module and loads its artifact. Throws where that fails.
std::shared_ptr<const run::Artifact> build(const Bytes& module, compile::Quality quality);

/// Knows no import.
inline std::optional<run::Extern> no_import(const run::ImportRequest&) {
  return std::nullopt;
}

/// A module instantiated in a Store of its own. Throws where that fails.
class Guest {
 public:
  Guest(const Bytes& module, compile::Quality quality) : Guest(build(module, quality)) {}
  explicit Guest(std::shared_ptr<const run::Artifact> artifact,
                 const run::Resolver& resolver = no_import);

  /// Calls an export; `values` are the arguments and have room for the results.
  run::Outcome call(std::string_view function, std::vector<run::Value>& values);
  /// For functions of one i32 or i64 result; fails the test if it traps.
  uint64_t result(std::string_view function, std::initializer_list<uint64_t> arguments = {});
  /// The trap's code; fails the test if it returns.
  run::TrapReport trap(std::string_view function, std::initializer_list<uint64_t> arguments = {});

  const run::Artifact& artifact() const { return instance_->artifact(); }
  run::Instance& instance() { return *instance_; }

 private:
  run::Store store_;
  run::Instance* instance_ = nullptr;
};

/// Both qualities, for value-parameterised tests.
class BothQualities : public testing::TestWithParam<compile::Quality> {};

}  // namespace wasmedge::test

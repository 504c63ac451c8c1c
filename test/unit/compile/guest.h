#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/compile/compile.h"
#include "runtime/run/instance.h"
#include "runtime/run/store.h"
#include "test/unit/compile/wasm_bytes.h"

namespace wasmedge::test {

/// Decodes, validates and compiles; the error of whichever fails.
Result<std::vector<std::byte>> compile_bytes(const Bytes& module, compile::Quality quality,
                                             unsigned threads = 1);

/// Instances that import from each other, by the names they are given.
class World {
 public:
  explicit World(compile::Quality quality) : quality_(quality) {}

  /// For imports from module "host".
  void provide(std::string_view name, run::Extern item) { host_.emplace(name, item); }
  /// Fails the test where making it fails.
  run::Instance& add(const std::string& name, const Bytes& module);
  /// Calls an export of instance `name`; `values` are arguments and have room for the results.
  run::Outcome call(const std::string& name, std::string_view function,
                    std::vector<run::Value>& values);
  /// The only result, of a call with integer arguments; fails the test if it traps.
  uint64_t result(const std::string& name, std::string_view function,
                  std::initializer_list<uint64_t> arguments = {});
  run::TrapReport trap(const std::string& name, std::string_view function,
                       std::initializer_list<uint64_t> arguments = {});
  run::Store& store() { return store_; }

 private:
  std::optional<run::Extern> find(const run::ImportRequest& request);

  compile::Quality quality_;
  run::Store store_;
  std::map<std::string, run::Extern, std::less<>> host_;
  std::map<std::string, run::Instance*, std::less<>> instances_;
};

/// A module without imports, compiled, loaded and instantiated. Fails the test where that fails.
class Guest {
 public:
  Guest(const Bytes& module, compile::Quality quality);

  /// Calls an export; `values` are the arguments and have room for the results.
  run::Outcome call(std::string_view function, std::vector<run::Value>& values);
  /// For functions of one i32 or i64 result; fails the test if it traps.
  uint64_t result(std::string_view function, std::initializer_list<uint64_t> arguments = {});
  /// The trap's code; fails the test if it returns.
  run::TrapReport trap(std::string_view function, std::initializer_list<uint64_t> arguments = {});

  const run::Artifact& artifact() const { return instance_->artifact(); }
  run::Instance& instance() { return *instance_; }

 private:
  World world_;
  run::Instance* instance_ = nullptr;
};

/// Both qualities, for value-parameterised tests.
class BothQualities : public testing::TestWithParam<compile::Quality> {};

}  // namespace wasmedge::test

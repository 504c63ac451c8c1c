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
                                             unsigned threads = 1, bool metered = false);

/// Compiles a module and loads its artifact. Throws where that fails.
std::shared_ptr<const run::Artifact> build(const Bytes& module, compile::Quality quality,
                                           bool metered = false);

/// Knows no import.
inline std::optional<run::Extern> no_import(const run::ImportRequest&) {
  return std::nullopt;
}

/// Instances that import from each other, by the names they are given.
class World {
 public:
  explicit World(compile::Quality quality = compile::Quality::kBest) : quality_(quality) {}

  /// For imports from module "host".
  void provide(std::string_view name, run::Extern item) { host_.emplace(name, item); }
  /// Instantiates a module. Throws where that fails.
  run::Instance& add(const std::string& name, const Bytes& module);
  run::Instance& add(const std::string& name, std::shared_ptr<const run::Artifact> artifact,
                     const run::Resolver& resolver);
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
  run::Store& store() { return world_.store(); }

 private:
  World world_;
  run::Instance* instance_ = nullptr;
};

/// Both qualities, for value-parameterised tests.
class BothQualities : public testing::TestWithParam<compile::Quality> {};

}  // namespace wasmedge::test

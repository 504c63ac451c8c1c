#include "test/unit/compile/guest.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "runtime/base/fd.h"

namespace wasmedge::test {
namespace {

template <typename T>
T value_or_fail(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

}  // namespace

Result<std::vector<std::byte>> compile_bytes(const Bytes& module, compile::Quality quality,
                                             unsigned threads, bool metered) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(module));
  TRY_ASSIGN(const wasm::Module decoded, wasm::decode(bytes));
  TRY(wasm::validate(decoded));
  return compile::compile(decoded, {.quality = quality,
                                    .metered = metered,
                                    .threads = threads,
                                    .module_sha256 = {},
                                    .compiler_build = "t"});
}

namespace {

std::vector<run::Value> values_of(std::initializer_list<uint64_t> arguments) {
  std::vector<run::Value> values(std::max<size_t>(arguments.size(), 1));
  size_t i = 0;
  for (const uint64_t argument : arguments) values[i++].i64 = argument;
  return values;
}

}  // namespace

std::shared_ptr<const run::Artifact> build(const Bytes& module, compile::Quality quality,
                                           bool metered) {
  const std::vector<std::byte> bytes = value_or_fail(compile_bytes(module, quality, 1, metered));
  Fd file(memfd_create("artifact", MFD_CLOEXEC));
  if (auto written = write_all(file.get(), bytes, "artifact"); !written) {
    throw std::runtime_error(written.error().message);
  }
  fchmod(file.get(), 0400);
  return value_or_fail(run::Artifact::load(std::move(file), "artifact"));
}

run::Instance& World::add(const std::string& name, const Bytes& module) {
  return add(name, build(module, quality_),
             [this](const run::ImportRequest& request) { return find(request); });
}

run::Instance& World::add(const std::string& name, std::shared_ptr<const run::Artifact> artifact,
                          const run::Resolver& resolver) {
  run::Instance* instance = value_or_fail(store_.link(std::move(artifact), resolver));
  const run::Outcome outcome = instance->initialize();
  if (!outcome.returned()) throw std::runtime_error(run::to_string(outcome.trap));
  instances_[name] = instance;
  return *instance;
}

std::optional<run::Extern> World::find(const run::ImportRequest& request) {
  if (request.module == "host") {
    const auto found = host_.find(request.name);
    return found == host_.end() ? std::nullopt : std::optional(found->second);
  }
  const auto found = instances_.find(request.module);
  return found == instances_.end() ? std::nullopt : found->second->find_export(request.name);
}

run::Outcome World::call(const std::string& name, std::string_view function,
                         std::vector<run::Value>& values) {
  const auto found = instances_.at(name)->find_function(function);
  if (!found) throw std::runtime_error("no such export: " + std::string(function));
  return run::call(*found, values);
}

uint64_t World::result(const std::string& name, std::string_view function,
                       std::initializer_list<uint64_t> arguments) {
  std::vector<run::Value> values = values_of(arguments);
  const run::Outcome outcome = call(name, function, values);
  EXPECT_TRUE(outcome.returned()) << function << ": " << run::to_string(outcome.trap);
  return values[0].i64;
}

run::TrapReport World::trap(const std::string& name, std::string_view function,
                            std::initializer_list<uint64_t> arguments) {
  std::vector<run::Value> values = values_of(arguments);
  const run::Outcome outcome = call(name, function, values);
  EXPECT_FALSE(outcome.returned()) << function;
  return outcome.trap;
}

Guest::Guest(std::shared_ptr<const run::Artifact> artifact, const run::Resolver& resolver)
    : instance_(&world_.add("guest", std::move(artifact), resolver)) {}

run::Outcome Guest::call(std::string_view function, std::vector<run::Value>& values) {
  return world_.call("guest", function, values);
}

uint64_t Guest::result(std::string_view function, std::initializer_list<uint64_t> arguments) {
  return world_.result("guest", function, arguments);
}

run::TrapReport Guest::trap(std::string_view function, std::initializer_list<uint64_t> arguments) {
  return world_.trap("guest", function, arguments);
}

}  // namespace wasmedge::test

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "runtime/run/store.h"

namespace wasmedge::fuzz {

/// A value as the records write it; NaNs are one.
std::string text_of(const wasm::ValueType& type, const run::Value& value);

/// What references of the host are.
void* host_object();

/// What modules import: functions that log, and what binaryen's modules want, which does as little
/// as it can. host.mjs has the same.
class Host {
 public:
  /// `log` is told each line.
  Host(run::Store& store, std::function<void(std::string)> log)
      : store_(store), log_(std::move(log)) {}
  std::optional<run::Extern> find(const run::ImportRequest& request);

  void log(const wasm::ValueType& type, const run::Value& value) {
    log_("log " + text_of(type, value));
  }

 private:
  run::Store& store_;
  std::function<void(std::string)> log_;
};

}  // namespace wasmedge::fuzz

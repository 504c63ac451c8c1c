#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "runtime/base/result.h"
#include "runtime/cache/key.h"
#include "runtime/compile/compile.h"

namespace wasmedge::compile {

struct WorkerJob {
  std::string name;                   // of the module; every error begins with it
  std::span<const std::byte> module;  // its bytes
  cache::Sha256 sha256{};             // and their hash
  int output = -1;                    // where the artifact is written
  unsigned threads = 1;
  Architecture target = kThisArchitecture;
  bool metered = false;
  Form form = Form::kObject;  // kObject: the artifact, else text of it
  std::string function{};     // as Job::function
  Symbols symbols{};
};

/// What the confined child does: decode, validate, compile, write the artifact.
Result<> compile_module(const WorkerJob& job);

/// What another one does before: decode, validate, read names and lines, write them
/// (encode_symbols()) to the output. Only name, module and output are looked at.
Result<> write_symbols(const WorkerJob& job);

}  // namespace wasmedge::compile

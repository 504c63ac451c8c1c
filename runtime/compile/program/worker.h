#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "runtime/base/result.h"
#include "runtime/cache/key.h"

namespace wasmedge::compile {

struct WorkerJob {
  std::string name;                   // of the module; every error begins with it
  std::span<const std::byte> module;  // its bytes
  cache::Sha256 sha256;               // and their hash
  int output = -1;                    // where the artifact is written
  unsigned threads = 1;
  Architecture target = kThisArchitecture;
};

/// What the confined child does: decode, validate, compile, write the artifact.
Result<> compile_module(const WorkerJob& job);

}  // namespace wasmedge::compile

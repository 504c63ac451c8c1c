#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "test/spec/artifacts.h"
#include "test/spec/tally.h"

namespace wasmedge::spec {

/// One script: its file, and what results call it.
struct Script {
  std::filesystem::path path;
  std::string name;
};

/// Runs each script in a process of its own, `jobs` at a time, so that a crash is that script's
/// failure. No process is left when it returns.
Tally run_all(const std::vector<Script>& scripts, unsigned jobs, const BuildOptions& options);

}  // namespace wasmedge::spec

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace wasmedge::spec {

/// What a feature that is not supported costs: how much of the suite it leaves out, and the first
/// answer that said so.
struct Gap {
  uint64_t assertions = 0;
  uint64_t modules = 0;
  std::map<std::string, uint64_t> scripts;  // assertions a script
  std::string reason;
};

/// Results, of one script or of all.
struct Tally {
  uint64_t assertions = 0;  // that held
  uint64_t modules = 0;     // instantiated
  uint64_t compiled = 0;
  uint64_t from_cache = 0;          // found there, and so not compiled
  uint64_t text = 0;                // about the text format, which is not read
  uint64_t superseded = 0;          // refusals of an older Wasm, of what a supported feature allows
  std::map<std::string, Gap> gaps;  // by feature
  std::vector<std::string> failures;

  void add(const Tally& other);
};

/// For the pipe from a script's process to the parent.
std::string to_json(const Tally& tally);
/// Throws nlohmann::json::exception if the process wrote anything else.
Tally tally_from_json(const std::string& text);

/// The summary for people; with `verbose`, each gap's scripts and reason.
std::string summary(const Tally& tally, size_t scripts, bool verbose);

}  // namespace wasmedge::spec

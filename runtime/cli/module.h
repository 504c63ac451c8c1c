#pragma once

#include <memory>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/run/artifact_file.h"

namespace wasmedge::cli {

/// A module's file, open and mapped.
struct ModuleFile {
  std::string path;
  Fd file;
  MappedFile bytes;
};

/// Opens what the user calls a module. kInvalidArgument, saying what it is instead, if it does not
/// begin as one; compiled artifacts are refused, for they are run from the cache only.
Result<ModuleFile> open_module(const std::string& path);

/// Its artifact, verified and mapped: from the cache, or compiled now. Says on stderr what takes
/// long and what could not be cached.
Result<std::shared_ptr<const run::Artifact>> load_artifact(const ModuleFile& module);

/// Its artifact's file, compiled if need be.
Result<Fd> compile_artifact(const ModuleFile& module, Architecture target);

}  // namespace wasmedge::cli

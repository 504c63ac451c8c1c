#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/cache/key.h"
#include "runtime/run/artifact_file.h"

namespace wasmedge::cli {

/// A module's file, open and mapped.
struct ModuleFile {
  std::string path;
  Fd file;
  MappedFile bytes;
};

/// The path of a program that is installed beside this one.
Result<std::string> program_beside(std::string_view name);

/// Opens what the user calls a module. kInvalidArgument, saying what it is instead, if it does not
/// begin as one; compiled artifacts are refused, for they are run from the cache only.
Result<ModuleFile> open_module(const std::string& path);

/// Its artifact, verified and mapped: from the cache, or compiled now. Says on stderr what takes
/// long and what could not be cached. `metered`: code that uses up fuel.
Result<std::shared_ptr<const run::Artifact>> load_artifact(const ModuleFile& module, bool metered);

/// Has an open file compiled into the cache, if it is a module; false if it is none.
Result<bool> compile_if_module(Fd file, const std::string& name);

/// Its artifact's file, compiled if need be.
Result<Fd> compile_artifact(const ModuleFile& module, const cache::CodeKind& kind);

/// A file with its LLVM IR ("ir") or assembly ("asm"), of the function with this index or name, or,
/// if that is empty, of all.
Result<Fd> compile_to_text(const ModuleFile& module, const cache::CodeKind& kind,
                           const std::string& emit, const std::string& function);

}  // namespace wasmedge::cli

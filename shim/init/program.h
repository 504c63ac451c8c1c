#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "shim/init/channel.h"

/// The entry point: which file process.args[0] names, and what it is, told by its content.
namespace wasmedge::init {

enum class ProgramKind { kWasm, kNative };

struct Program {
  ProgramKind kind = ProgramKind::kNative;
  std::string path;      // in the container, absolute
  std::string function;  // of a module, the one to call; empty: `_start`
  Fd file;               // O_RDONLY, at offset 0
  Fd layer{};            // the same file in its layer of the image, if that is known (oci/layers.h)
};

/// "MODULE#FUNCTION" calls one function of a module; both may be empty.
struct EntryPoint {
  std::string module;
  std::string function;
};
EntryPoint split_entry_point(std::string_view text);

/// Finds process.args[0] below `root` (the container's root, O_PATH). With a slash it is a path,
/// from process.cwd if relative. Without, it is looked up in the directories of PATH in process.env
/// (a default PATH if unset), and then, for WebAssembly alone, in process.cwd: images of modules
/// often say just "app.wasm". If there is no such file, and it is MODULE#FUNCTION, the module is
/// looked for in the same way.
///
/// What it begins with decides: \0asm is a module (needs to be readable for process.user); ELF for
/// this machine, or #!, is native (needs to be executable for it). Everything else is an error that
/// says what was looked at and what was found: kNotFound, kPermissionDenied, kUnimplemented (a
/// component) or kInvalidArgument.
Result<Program> find_program(int root, const oci::Process& process);

/// The same, and if the rootfs has none: the module of an image that is an OCI Wasm artifact, which
/// the shim is asked for; "#FUNCTION" is its as well. Where process.args is empty, the image's own
/// command line is put there; if it has none, the module's name.
Result<Program> find_program(int root, oci::Process& process, Channel& channel);

/// What a file that begins with `head` is; the error describes it ("begins with bytes 7b 22…").
Result<ProgramKind> classify(std::string_view head);

}  // namespace wasmedge::init

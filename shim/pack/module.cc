#include "shim/pack/module.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "runtime/wasm/module.h"

namespace wasmedge::pack {

Result<Module> open_module(const std::string& path) {
  constexpr std::string_view kMagic("\0asm", 4);
  Module module;
  TRY_ASSIGN(module.file, open_file(path, O_RDONLY | O_NOCTTY));
  TRY_ASSIGN(const MappedFile mapped, MappedFile::map(module.file.get(), path));
  const auto bytes = mapped.bytes();
  module.size = bytes.size();
  const auto begins_with = [&](std::string_view text) {
    return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
  };
  if (begins_with("(module")) {
    return fail(ErrorCode::kInvalidArgument,
                "{} is WebAssembly text; assemble it (wat2wasm) and pack the .wasm file", path);
  }
  if (!begins_with(kMagic)) {
    return fail(ErrorCode::kInvalidArgument,
                "{} is not a WebAssembly module: it does not begin with \\0asm", path);
  }
  const auto decoded = wasm::decode(bytes);
  if (!decoded) return wrap(decoded.error(), path);
  if (const auto valid = wasm::validate(*decoded); !valid) return wrap(valid.error(), path);
  module.is_command = std::any_of(decoded->exports.begin(), decoded->exports.end(),
                                  [](const wasm::Export& each) { return each.name == "_start"; });
  return module;
}

}  // namespace wasmedge::pack

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

/// Paths inside a root whose files are hostile. Everything goes by descriptors and openat2(2):
/// symbolic links of the image, absolute or with "..", stay within the root, and magic links
/// (/proc/*/fd) are refused.
namespace wasmedge::oci {

/// Lexically cleaned: absolute, no ".", "..", doubled or trailing slashes. "a/../../b" -> "/b".
std::string clean_path(std::string_view path);
/// Is the clean `path` the clean `directory`, or in it?
bool is_beneath(std::string_view path, std::string_view directory);

enum class Follow {
  kLinks,  // symbolic links are followed, within the root
  kNever,  // a symbolic link anywhere in the path is an error
};

/// Opens what `path` names below `root`. `flags` as open(2); O_CLOEXEC always. errno's error names
/// the path.
Result<Fd> open_in_root(int root, std::string_view path, int flags, Follow follow = Follow::kLinks);

/// The same, but nothing where nothing is there (ENOENT, ENOTDIR).
Result<std::optional<Fd>> find_in_root(int root, std::string_view path, int flags);

enum class Missing { kDirectory, kFile };

/// Opens (O_PATH) what `path` names, first making what is missing: directories (0755) above, and at
/// the end a directory or an empty file. A dangling symbolic link is an error: making its target
/// would let an image choose where we write.
Result<Fd> make_in_root(int root, std::string_view path, Missing missing,
                        Follow follow = Follow::kLinks);

}  // namespace wasmedge::oci

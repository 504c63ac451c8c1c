#pragma once

#include <string>

#include "oci/pack/tar.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// Files of this machine, and where an image has them.
struct Tree {
  std::string source;  // a directory or a file
  std::string path;    // absolute, clean: where its content (or the file itself) is
};

/// Puts a tree into a layer's archive: the directories above it, then all names in order. Modes
/// become 0755 (directories, and files that somebody may execute) and 0644, so that neither umask
/// nor set-user-id bits get in. kInvalidArgument names what a layer cannot have: a device, a
/// socket, a fifo, or a name that means a deletion there (".wh.…").
Result<> add_tree(TarWriter& tar, const Tree& tree);

}  // namespace wasmedge::oci

#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "oci/pack/image.h"
#include "runtime/base/result.h"

/// `wasmedge pack`: a module becomes an image, for registries, containerd and Docker.
namespace wasmedge::pack {

/// What an image is written as; skopeo(1) has the same names.
enum class Format { kArchive, kDirectory };

/// Which engine an image is given to.
enum class Engine { kDocker, kContainerd, kWhicheverIsThere };

struct Options {
  bool help = false;
  std::string module;  // a path
  oci::ImageRequest image;
  std::optional<Format> format;  // none: by the output's name
  std::string output;            // empty: not said
  std::optional<Engine> load;
  std::string address, containerd_namespace;  // of the engine; empty: its own default
};

/// kInvalidArgument names the option and what it wants.
Result<Options> parse_options(std::span<char* const> arguments);

}  // namespace wasmedge::pack

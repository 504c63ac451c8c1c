#pragma once

#include <map>
#include <string>
#include <vector>

#include "oci/artifact.h"
#include "oci/pack/layout.h"
#include "oci/pack/tree.h"
#include "oci/reference.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// How a module becomes an image.
enum class Form {
  kImage,        // a file in an ordinary image
  kArtifact,     // the layer of an OCI Wasm artifact, as the CNCF describes it
  kArtifactOci,  // the same, with an ordinary image's config, which has a command line
};

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;  // mostly empty
};

struct ImageRequest {
  Form form = Form::kImage;
  Reference name;
  Platform platform;
  std::string file_name;  // the module's, without a directory
  int module = -1;        // its file
  uint64_t module_size = 0;
  std::vector<Tree> layers;
  // The config's. An artifact as the CNCF describes it has place for none but labels, which become
  // annotations of its manifest.
  std::vector<std::string> entrypoint, command, environment;
  std::map<std::string, std::string> labels;
  std::string user, working_directory;
};

/// Writes the image into `layout`, with an index that names it; its manifest's descriptor. The same
/// request gives the same bytes.
Result<Descriptor> pack_image(const ImageRequest& request, Layout& layout);

}  // namespace wasmedge::oci

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

/// An OCI Wasm artifact: an image whose manifest has a layer that is a WebAssembly module, and not
/// a filesystem. All of it is hostile: each document's digest and size are checked before it is
/// read.
namespace wasmedge::oci {

/// What an index or a manifest says of a blob.
struct Descriptor {
  std::string media_type;
  std::string digest;  // "sha256:" and 64 hex digits
  int64_t size = 0;
};

/// Where blobs are; `sink` gets a blob's bytes in order, and can end it with an error.
class ContentSource {
 public:
  virtual ~ContentSource() = default;
  using Sink = std::function<Result<>(std::string_view bytes)>;
  virtual Result<> read(const std::string& digest, const Sink& sink) = 0;
};

struct Artifact {
  Descriptor module;
  std::string name;               // what the manifest calls the module; empty: nothing
  std::vector<std::string> args;  // the config's entry point and command; may be empty
};

/// The Wasm artifact that `target` (an image's manifest, or an index that leads to one) is. In an
/// index, the entries whose platform is of architecture wasm are looked at, or all if there is
/// none. Of several modules in a manifest, the one whose title is what `entry` calls it, or, if
/// that is empty, the config's entry point; a leading slash apart. kNotFound: an ordinary image,
/// which has no module for a layer. kUnimplemented: a component. kInvalidArgument: it is damaged or
/// not as the specification has it; names the document and the field.
Result<Artifact> find_artifact(ContentSource& source, const Descriptor& target,
                               std::string_view entry = {});

/// The bytes of a blob to `sink`, with its digest and size checked: only after success is what the
/// sink got worth anything.
Result<> read_verified(ContentSource& source, const Descriptor& blob,
                       const ContentSource::Sink& sink);

}  // namespace wasmedge::oci

#pragma once

#include <memory>
#include <string>

#include "oci/artifact.h"
#include "runtime/base/result.h"

/// containerd's own store, over its gRPC API: the only part of the project that links gRPC.
namespace wasmedge::image {

/// containerd at `address` (the path of its socket), in one of its namespaces. Each call waits at
/// most ten seconds for containerd; kUnavailable says that it does not answer.
class Containerd : public oci::ContentSource {
 public:
  Containerd(const std::string& address, std::string namespace_name);
  ~Containerd() override;

  /// The image that a container was made of. kNotFound: no such container, or it names no image.
  Result<std::string> image_of(const std::string& container);
  /// What an image's name stands for.
  Result<oci::Descriptor> target_of(const std::string& image);
  Result<> read(const std::string& digest, const Sink& sink) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wasmedge::image

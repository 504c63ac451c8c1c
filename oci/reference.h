#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace wasmedge::oci {

/// An image's name, whole: what a user leaves out is put there as Docker does.
struct Reference {
  std::string repository;  // "docker.io/library/hello"
  std::string tag;         // "latest"; empty if there is a digest
  std::string digest;      // "sha256:…"; mostly empty

  /// "docker.io/library/hello:latest"
  std::string name() const;
};

/// [HOST[:PORT]/]PATH[:TAG][@DIGEST], as the distribution specification has it. kInvalidArgument
/// says which part is wrong.
Result<Reference> parse_reference(std::string_view text);

}  // namespace wasmedge::oci

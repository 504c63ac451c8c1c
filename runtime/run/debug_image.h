#pragma once

#include <string>

#include "runtime/run/artifact_file.h"

namespace wasmedge::run {

/// An ELF file for debuggers that describes an artifact's text where it is mapped now: a symbol for
/// each function, the frames (.debug_frame), and lines (.debug_line): those of the source where
/// they are known, else the module's file, whose "lines" are its byte offsets.
std::string make_debug_image(const Artifact& artifact);

}  // namespace wasmedge::run

#pragma once

#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::pack {

/// The module that goes into an image.
struct Module {
  Fd file;
  uint64_t size = 0;
  bool is_command = false;  // it exports _start; else it is a library (a reactor)
};

/// Opens it and checks all of it, so that no image is made of what cannot be run.
Result<Module> open_module(const std::string& path);

}  // namespace wasmedge::pack

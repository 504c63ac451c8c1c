#pragma once

#include <string>

#include "runtime/base/result.h"
#include "shim/pack/options.h"

namespace wasmedge::pack {

/// Gives an image's archive to the engine, by the program that its users have (`docker load`,
/// `ctr image import`), whose output is shown. Fails with what that program's status means.
Result<> load_archive(const std::string& archive, const Options& options);

}  // namespace wasmedge::pack

#pragma once

#include "test/spec/artifacts.h"
#include "test/spec/pool.h"
#include "test/spec/tally.h"

namespace wasmedge::spec {

/// Compiles every valid module of a script into the cache and runs nothing: what a machine of
/// another architecture does before that one runs the script with a warm cache.
Tally fill_cache(const Script& script, Artifacts artifacts);

}  // namespace wasmedge::spec

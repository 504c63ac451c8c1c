#pragma once

#include <string>

#include "shim/metrics/tally.h"

namespace wasmedge::metrics {

/// The numbers in Prometheus' text format (version 0.0.4), as node_exporter's textfile collector
/// takes them.
std::string text_of(const Numbers& numbers);

}  // namespace wasmedge::metrics

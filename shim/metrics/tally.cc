#include "shim/metrics/tally.h"

#include <algorithm>

namespace wasmedge::metrics {

void Tally::took(Timing timing, std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  const size_t first = place_of(timing);
  add(first + static_cast<size_t>(bound - kBounds.begin()), 1);
  add(first + kBuckets, static_cast<uint64_t>(std::max<int64_t>(time.count(), 0)));
}

}  // namespace wasmedge::metrics

#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/run/interruption.h"

namespace wasmedge::run {

/// Work on `count` items of `item_bytes`, done in pieces, so that a guest that fills gigabytes can
/// be interrupted: calls piece(first, count) for each, from the first item or, with `backward`,
/// from the last. False if it was interrupted, after some.
template <typename Piece>
bool in_pieces(uint64_t count, uint64_t item_bytes, bool backward, const Piece& piece) {
  constexpr uint64_t kPieceBytes = uint64_t{1} << 20;  // less than a millisecond
  const uint64_t most = kPieceBytes / item_bytes;
  if (count <= most) {
    if (count != 0) piece(uint64_t{0}, count);
    return true;
  }
  Interruption interruption;
  for (uint64_t done = 0; done < count && !interruption.interrupted();) {
    const uint64_t some = std::min(most, count - done);
    piece(backward ? count - done - some : done, some);
    done += some;
  }
  return !interruption.end();
}

}  // namespace wasmedge::run

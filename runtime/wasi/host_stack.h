#pragma once

#include <cstddef>

namespace wasmedge::wasi {

/// Host functions run on the guest's stack, of which a guest may have left a byte. If this much is
/// not there, the read hits the guard (which is larger), and the guest traps here and now: not in
/// the middle of a function of ours, or of the allocator.
inline constexpr ptrdiff_t kHostStackBytes = 65536;
inline void need_host_stack() {
  const auto* here = static_cast<const volatile std::byte*>(__builtin_frame_address(0));
  static_cast<void>(here[-kHostStackBytes]);
}

}  // namespace wasmedge::wasi

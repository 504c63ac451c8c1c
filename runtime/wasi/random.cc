#include <sys/random.h>

#include <cerrno>

#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

Errno preview1::random_get(WasiEnv& env, uint32_t bytes_out, uint32_t size) {
  std::byte* bytes = env.memory.range(bytes_out, size);
  if (bytes == nullptr) return Errno::kFault;
  for (uint64_t done = 0; done < size;) {
    const ssize_t more = ::getrandom(bytes + done, size - done, 0);
    if (env.ended()) return Errno::kIntr;
    if (more < 0 && errno != EINTR) return last_error();
    if (more > 0) done += static_cast<uint64_t>(more);
  }
  return Errno::kSuccess;
}

}  // namespace wasmedge::wasi

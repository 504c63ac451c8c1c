#include "runtime/wasi/errno.h"

#include <array>
#include <cerrno>
#include <cstddef>

namespace wasmedge::wasi {

namespace {

constexpr int kHostErrnos = 134;  // one more than Linux's last, EHWPOISON

constexpr std::array<Errno, kHostErrnos> make_table() {
  std::array<Errno, kHostErrnos> table{};
  for (auto& entry : table) entry = Errno::kIo;
#define X(name, number, host) \
  if (host != 0) table[host] = Errno::name;
  WASMEDGE_WASI_ERRNOS(X)
#undef X
  table[0] = Errno::kSuccess;
  return table;
}

constexpr std::array<Errno, kHostErrnos> kTable = make_table();

}  // namespace

Errno from_host(int host_errno) {
  if (host_errno < 0 || host_errno >= kHostErrnos) return Errno::kIo;
  return kTable[static_cast<size_t>(host_errno)];
}

Errno last_error() {
  return from_host(errno);
}

}  // namespace wasmedge::wasi

#include <sched.h>

#include "runtime/run/trap.h"
#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

Errno preview1::sched_yield(WasiEnv&) {
  ::sched_yield();
  return Errno::kSuccess;
}

// A guest has no signal handlers, so raising a signal could only end it: proc_exit's job. Libcs
// raise signals within the guest.
Errno preview1::proc_raise(WasiEnv&, uint32_t /*signal*/) {
  return Errno::kNoSys;
}

void preview1::proc_exit(WasiEnv&, uint32_t status) {
  run::exit_guest(status);
}

}  // namespace wasmedge::wasi

#pragma once

#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

/// A process's terminal (pty(7)).
namespace wasmedge::oci {

/// A new terminal becomes the caller's stdin, stdout and stderr and its session's controlling
/// terminal; it belongs to process.user, and has the size process.consoleSize. The caller is a
/// session's leader without a terminal, inside the container (contain.h, step 2), still privileged.
/// The terminal is one of the container's /dev/pts, or where nothing is mounted there, of an
/// instance that nobody else sees. `console`: it is at /dev/console too, if it is of /dev/pts.
/// Returns its master end (ptmx(4)), which ends with it: for who serves the terminal.
Result<Fd> open_terminal(const Process& process, bool console);

}  // namespace wasmedge::oci

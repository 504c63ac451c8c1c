#pragma once

#include "oci/seccomp.h"

namespace wasmedge::init {

/// What the filter depends on.
struct FilterOptions {
  bool sockets = true;  // of the internet families; all others are refused in any case
  bool threads = true;
};

/// The system calls that a process needs in which a module runs, and no others: as if the compiler
/// were broken and the module could run any machine code. There is no program to execute, no memory
/// to make executable, no process, namespace, mount or privilege to make, no other process to
/// signal, no kernel interface beyond files, clocks and sockets. What is refused fails with EPERM
/// (clone3 with ENOSYS, whose arguments no filter can read: libraries then use clone).
oci::SeccompProgram module_filter(const FilterOptions& options);

}  // namespace wasmedge::init

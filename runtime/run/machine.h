#pragma once

/// How signals show this machine's state. Each machine_<arch>.h has
///
///   int kTrapSignal                        what a trap instruction raises
///   program_counter(ucontext)              where the signal found the thread
///   trap_code_at(pc)                       what the trap instruction there carries; nothing if it
///                                          is none
///   registers_of(ucontext)                 the integers of Registers there; where calls leave the
///                                          return address on the stack, it is not known
///   go_to(ucontext, pc, sp)                where the thread goes on after the handler
#if defined(__x86_64__)
#include "runtime/run/machine_x86_64.h"
#elif defined(__aarch64__)
#include "runtime/run/machine_aarch64.h"
#elif defined(__riscv)
#include "runtime/run/machine_riscv64.h"
#endif

#pragma once

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/IR/Instructions.h>

#include <cstddef>

/// Undoes what the compiler's unrolling did to a loop, since vectors over turns can be wider than
/// vectors over what one turn repeats.
namespace wasmedge::compile {

/// Whether `later`, in repetition `group` of `times`, reaches what `first` reaches `group` of
/// `times` parts of a turn later.
using StepsAlong = llvm::function_ref<bool(
    const llvm::Instruction& first, const llvm::Instruction& later, size_t group, size_t times)>;

/// How often `work`, in the order of the block, says the same again; 1 if it does not. It is all
/// that the only block of a loop does, but for phis, addresses, and counting turns by `counter`.
size_t count_repetitions(llvm::ArrayRef<llvm::Instruction*> work, const llvm::PHINode& counter,
                         StepsAlong steps_along);

/// Leaves only the first of `times` repetitions. The counter is the caller's.
void keep_first_repetition(llvm::ArrayRef<llvm::Instruction*> work, size_t times);

}  // namespace wasmedge::compile

#pragma once

#include <llvm/Analysis/LoopInfo.h>

namespace wasmedge::compile {

/// A volatile access is made, whole, in its place, so that it traps as it must, and what was stored
/// before a trap stays. That forbids vectors, so it is given up where they pay: in innermost loops
/// of one block (rotated, in simplified form), for loads whose value every turn uses. There, a trap
/// may come some turns early; but it comes.
void relax_accesses(const llvm::LoopInfo& loops);

}  // namespace wasmedge::compile

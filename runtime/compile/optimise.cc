#include "runtime/compile/optimise.h"

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/PassManager.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/DeadStoreElimination.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/GVN.h>
#include <llvm/Transforms/Scalar/IndVarSimplify.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/LoopRotation.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>
#include <llvm/Transforms/Vectorize/LoopVectorize.h>
#include <llvm/Transforms/Vectorize/SLPVectorizer.h>
#include <llvm/Transforms/Vectorize/VectorCombine.h>

#include "runtime/compile/ir_module.h"
#include "runtime/compile/linear_loop.h"

namespace wasmedge::compile {
namespace {

// There is no C library beneath compiled code: no pass may think of calling memcpy or floorf.
llvm::TargetLibraryInfoImpl no_library(const llvm::Triple& triple) {
  llvm::TargetLibraryInfoImpl library(triple);
  library.disableAllFunctions();
  return library;
}

// Ends with innermost loops in their rotated form; begins with SSA form.
llvm::FunctionPassManager first_passes() {
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass());
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LoopRotatePass()));
  return passes;
}

// Whether a pass could make do with a part of what is loaded, or with nothing.
bool may_shrink(const llvm::LoadInst& load, const llvm::User* user) {
  const auto* instruction = llvm::cast<llvm::Instruction>(user);
  if (instruction->getParent() != load.getParent()) return true;  // sunk to where it is needed
  if (const auto* store = llvm::dyn_cast<llvm::StoreInst>(instruction)) {
    return store->getPointerOperand() == load.getPointerOperand();
  }
  if (instruction->isBitwiseLogicOp() || instruction->isShift()) {
    return llvm::isa<llvm::Constant>(instruction->getOperand(1));
  }
  return llvm::isa<llvm::TruncInst, llvm::ExtractElementInst, llvm::ShuffleVectorInst>(instruction);
}

// A volatile access is made, whole, in its place, so that it traps as it must, and what was stored
// before a trap stays. That forbids vectors, so it is given up where they pay: in innermost loops
// of one block, for loads whose value every turn uses. There, a trap may come some turns early.
void relax_accesses(const llvm::LoopInfo& loops) {
  for (const llvm::Loop* loop : loops.getLoopsInPreorder()) {
    if (loop->getNumBlocks() != 1) continue;
    for (llvm::Instruction& instruction : *loop->getHeader()) {
      if (!IrModule::is_relaxable(instruction)) continue;
      if (auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction)) {
        store->setVolatile(false);
        continue;
      }
      auto& load = llvm::cast<llvm::LoadInst>(instruction);
      load.setVolatile(load.use_empty() || llvm::any_of(load.users(), [&](const llvm::User* user) {
                         return may_shrink(load, user);
                       }));
    }
  }
}

// One loop at a time, since each leaves the analyses behind.
void linearise(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
  auto& loops = analyses.getResult<llvm::LoopAnalysis>(function);
  auto& tree = analyses.getResult<llvm::DominatorTreeAnalysis>(function);
  auto& evolution = analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
  for (llvm::Loop* loop : loops.getLoopsInPreorder()) {
    std::optional<LinearLoop> linear = LinearLoop::analyse(*loop, evolution);
    if (!linear) continue;
    linear->transform(loops, tree);
    evolution.forgetAllLoops();
  }
  analyses.invalidate(function, llvm::PreservedAnalyses::none());
}

llvm::FunctionPassManager hoisting_passes() {
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LICMPass(llvm::LICMOptions()),
                                                       /*UseMemorySSA=*/true));
  return passes;
}

// Reaches what the stock O2 pipeline reaches on code that a C or Rust compiler has optimised
// already, in little more than half its time.
llvm::FunctionPassManager main_passes() {
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::GVNPass());
  passes.addPass(llvm::DSEPass());
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::IndVarSimplifyPass()));
  passes.addPass(llvm::LoopVectorizePass());
  passes.addPass(llvm::SLPVectorizerPass());
  passes.addPass(llvm::VectorCombinePass());
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(
      llvm::SimplifyCFGPass(llvm::SimplifyCFGOptions().convertSwitchToLookupTable(true)));
  return passes;
}

size_t count_phi_operands(const llvm::Function& function) {
  size_t count = 0;
  for (const llvm::BasicBlock& block : function) {
    for (const llvm::PHINode& phi : block.phis()) count += phi.getNumIncomingValues();
  }
  return count;
}

}  // namespace

bool optimise(llvm::Module& module, llvm::TargetMachine& machine, size_t phi_limit) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  const llvm::TargetLibraryInfoImpl library = no_library(machine.getTargetTriple());
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);

  llvm::FunctionPassManager first = first_passes();
  llvm::FunctionPassManager hoist = hoisting_passes();
  llvm::FunctionPassManager passes = main_passes();
  llvm::SROAPass into_ssa(llvm::SROAOptions::ModifyCFG);
  size_t phi_operands = 0;
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    functions.invalidate(function, into_ssa.run(function, functions));
    phi_operands += count_phi_operands(function);
    if (phi_operands > phi_limit) return false;
    functions.invalidate(function, first.run(function, functions));
    relax_accesses(functions.getResult<llvm::LoopAnalysis>(function));
    functions.invalidate(function, llvm::PreservedAnalyses::none());
    functions.invalidate(function, hoist.run(function, functions));
    linearise(function, functions);
    passes.run(function, functions);
    functions.clear(function, function.getName());
  }
  return true;
}

Result<llvm::SmallVector<char, 0>> generate_object(llvm::Module& module,
                                                   llvm::TargetMachine& machine) {
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  passes.add(new llvm::TargetLibraryInfoWrapperPass(no_library(machine.getTargetTriple())));
  if (machine.addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile,
                                  /*DisableVerify=*/true)) {
    return fail(ErrorCode::kInternal, "the code generator cannot write objects");
  }
  passes.run(module);
  return object;
}

}  // namespace wasmedge::compile

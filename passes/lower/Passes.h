// Phase Lower: from nn ops on tensors to kernel calls in an arena, and on to C or LLVM.
#ifndef TINYC_PASSES_LOWER_PASSES_H
#define TINYC_PASSES_LOWER_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <string>
#include <vector>

namespace tinyc::lower {

#define GEN_PASS_DECL
#include "passes/lower/Passes.h.inc"

struct LowerOptions {
  std::string target = "cortex-m7";
  int64_t sram = 0, flash = 0; // bytes; 0: no budget
  double flashRead = 1;        // cycles of reading a word of constants; 1: no wait states
  int64_t scheduleSram = 0;    // budget that the streams are chosen for; 0: sram
  std::string optimize = "balanced"; // or "ram", "speed", "size"
  double maxRecompute = 1.0;         // MACs executed over MACs of the model, at most
  bool coded = false;        // weights are stored entropy coded where that saves flash
  double decodeCycles = 0;   // percent of the other cycles that decoding takes at most; 0: any
  bool streamInput = false, streamOutput = false; // inputs, outputs pass in rows
  std::vector<std::string> ramMemories, flashMemories; // of the board: name:bytes:read:write; none: unknown
};

/// From nn ops to a planned and verified function of typed kernel ops.
void buildLowerPipeline(mlir::OpPassManager &manager, const LowerOptions &options);

#define GEN_PASS_REGISTRATION
#include "passes/lower/Passes.h.inc"

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_PASSES_H

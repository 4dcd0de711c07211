#include "passes/lower/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace tinyc::lower {

void buildLowerPipeline(OpPassManager &manager, const LowerOptions &options) {
  manager.addPass(createConvertNNToKernelPass());
  if (options.streamInput || options.streamOutput) {
    StreamPortsPassOptions ports;
    ports.inputs = options.streamInput;
    ports.outputs = options.streamOutput;
    manager.addPass(createStreamPortsPass(ports));
  }
  int64_t sram = options.scheduleSram > 0 ? options.scheduleSram : options.sram;
  SplitLayersPassOptions split;
  split.target = options.target;
  split.optimize = options.optimize;
  split.sram = sram;
  split.maxRecompute = options.maxRecompute;
  manager.addPass(createSplitLayersPass(split));
  manager.addPass(createSelectKernelsPass({.target = options.target, .optimize = options.optimize}));
  StreamRowsPassOptions stream;
  stream.target = options.target;
  stream.optimize = options.optimize;
  stream.sram = sram;
  stream.flashRead = options.flashRead;
  stream.decoded = options.coded;
  manager.addPass(createStreamRowsPass(stream));
  manager.addPass(createPackWeightsPass({.wordKinds = options.coded}));
  if (options.coded) {
    EncodeWeightsPassOptions encode;
    encode.target = options.target;
    encode.sram = sram;
    encode.mostCycles = options.decodeCycles;
    manager.addPass(createEncodeWeightsPass(encode));
  }
  if (!options.flashMemories.empty()) {
    PlaceConstantsPassOptions place;
    place.flash.assign(options.flashMemories.begin(), options.flashMemories.end());
    manager.addPass(createPlaceConstantsPass(place));
  }
  PlanMemoryPassOptions plan;
  plan.ram.assign(options.ramMemories.begin(), options.ramMemories.end());
  plan.whole = options.optimize == "ram";
  manager.addPass(createPlanMemoryPass(plan));
  VerifyPlanPassOptions verify;
  verify.sram = options.sram;
  verify.flash = options.flash;
  verify.ram = plan.ram;
  manager.addPass(createVerifyPlanPass(verify));
}

} // namespace tinyc::lower

#include "compiler/ProgramCosts.h"

#include "compiler/LowerPhase.h"
#include "compiler/Report.h"
#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "passes/lower/BufferGraph.h"
#include "passes/lower/LoopCost.h"
#include "passes/lower/Passes.h"
#include "passes/lower/Traffic.h"
#include "passes/schedule/Passes.h"
#include "targets/CostModel.h"
#include "targets/ObjectEmission.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tinyc {

using search::Cost;
using search::Costs;

/// Bytes live at the peak if the ops run whole, one after the other.
static int64_t getPeak(const lower::BufferGraph &graph) {
  std::vector<std::pair<size_t, size_t>> lives(graph.buffers.size(), {graph.ops.size(), 0});
  for (auto [number, op] : llvm::enumerate(graph.ops))
    for (const lower::GraphAccess &access : op.accesses) {
      auto &[first, last] = lives[access.buffer];
      first = std::min(first, number);
      last = std::max(last, number);
    }
  std::vector<int64_t> changes(graph.ops.size() + 1, 0);
  for (auto [buffer, life] : llvm::zip_equal(graph.buffers, lives)) {
    size_t first = buffer.isInput ? 0 : life.first, last = buffer.isOutput ? graph.ops.size() - 1 : life.second;
    if (first > last)
      continue;
    changes[first] += buffer.bytes;
    changes[last + 1] -= buffer.bytes;
  }
  int64_t live = 0, peak = 0;
  for (int64_t change : changes) {
    live += change;
    peak = std::max(peak, live);
  }
  return peak;
}

/// Of a module of kernel ops whose kernels are selected.
static FailureOr<Costs> addUp(ModuleOp module, const targets::Target &target) {
  Costs costs;
  llvm::MapVector<const targets::Kernel *, int64_t> kernels;
  double macs = 0, constantBytes = 0, activationBytes = 0;
  module.walk([&](kernel::KernelOpInterface op) {
    if (auto nest = dyn_cast<kernel::LoopNestOp>(op.getOperation()))
      costs[Cost::Latency] += lower::estimateLoopCycles(nest, target);
    const targets::Kernel *kernel = targets::findKernel(op.getSymbol());
    if (!kernel)
      return;
    SmallVector<uint32_t> params = op.getParams().getWords();
    auto [begin, end] = op.getRows();
    targets::CallCost cost = targets::estimateCall(target, *kernel, params, begin, end);
    costs[Cost::Latency] += cost.cycles;
    constantBytes += cost.constantBytes;
    macs += static_cast<double>(op.getMacs());
    kernels[kernel] = targets::getCodeBytes(target, *kernel);
    for (unsigned operand = 0; operand < op->getNumOperands(); ++operand) {
      auto type = dyn_cast<MemRefType>(op->getOperand(operand).getType());
      if (!type || op->getOperand(operand).getDefiningOp<memref::GetGlobalOp>())
        continue;
      lower::Traffic traffic = lower::estimateTraffic(op, operand);
      activationBytes += traffic.readBytes + traffic.writtenBytes;
    }
  });
  for (auto [kernel, bytes] : kernels)
    costs[Cost::Flash] += static_cast<double>(bytes);
  module.walk([&](memref::GlobalOp constant) {
    costs[Cost::Flash] += static_cast<double>(kernel::getByteSize(constant.getType()));
  });
  targets::EnergyCosts energy = targets::getEnergyCosts(target);
  costs[Cost::Energy] = 1e-6 * (costs[Cost::Latency] * energy.cycle + macs * energy.mac +
                                constantBytes * energy.flashByte + activationBytes * energy.sramByte);
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    FailureOr<lower::BufferGraph> graph = lower::BufferGraph::read(function);
    if (failed(graph))
      return failure();
    costs[Cost::Sram] = std::max(costs[Cost::Sram], static_cast<double>(getPeak(*graph)));
  }
  return costs;
}

/// Of a module at the end of phase Compress. Ops that share a constant share its bytes.
static double countWeightBytes(ModuleOp module) {
  llvm::SmallSetVector<Value, 8> weights;
  module.walk([&](nn::QuantizableOpInterface op) {
    if (std::optional<unsigned> operand = op.getWeightOperand())
      weights.insert(op->getOperand(*operand));
  });
  double bytes = 0;
  for (Value weight : weights) {
    auto type = cast<RankedTensorType>(weight.getType());
    quant::QuantizedType quantized = nn::getQuantizedElement(type);
    int64_t bits = quantized ? quantized.getStorageTypeIntegralWidth() : type.getElementTypeBitWidth();
    bytes += static_cast<double>(llvm::divideCeil(type.getNumElements() * bits, 8));
  }
  return bytes;
}

FailureOr<Costs> estimateProgram(ModuleOp module, const targets::Target &target, Optimize optimize) {
  OwningOpRef<ModuleOp> clone = module.clone();
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  schedule::buildSchedulePipeline(manager);
  manager.addPass(lower::createConvertNNToKernelPass());
  lower::SelectKernelsPassOptions select;
  select.target = target.name.str();
  select.optimize = getName(optimize).str();
  manager.addPass(lower::createSelectKernelsPass(select));
  manager.addPass(lower::createPackWeightsPass());
  if (failed(manager.run(*clone)))
    return failure();
  FailureOr<Costs> costs = addUp(*clone, target);
  if (succeeded(costs))
    (*costs)[Cost::Weights] = countWeightBytes(module);
  return costs;
}

FailureOr<Costs> measureProgram(ModuleOp module, const targets::Target &target, Options options) {
  FailureOr<Costs> costs = estimateProgram(module, target, options.optimize);
  if (failed(costs))
    return failure();
  options.sramBudget = options.flashBudget = std::nullopt;
  OwningOpRef<ModuleOp> clone = module.clone();
  if (failed(lowerCompressed(*clone, options, target)))
    return failure();
  Report report = makeReport(*clone, options, {});
  llvm::SmallVector<char> object;
  if (failed(lowerToCalls(*clone)) || failed(targets::emitObject(*clone, target, object)))
    return failure();
  FailureOr<targets::FlashUsage> flash = targets::measureFlash(*clone, object);
  if (failed(flash))
    return failure();
  (*costs)[Cost::Latency] = report.cycles;
  (*costs)[Cost::Sram] = static_cast<double>(report.sramBytes);
  (*costs)[Cost::Flash] = static_cast<double>(flash->weights + flash->code);
  return costs;
}

} // namespace tinyc

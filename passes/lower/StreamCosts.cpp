#include "passes/lower/StreamCosts.h"

#include "dialects/kernel/Params.h"
#include "passes/lower/Constants.h"
#include "targets/CostModel.h"

using namespace mlir;

namespace tinyc::lower {

const targets::Kernel *findUnweighted(const targets::Target &target, StringRef op, StringRef input) {
  return targets::findKernel(target, op, input, "none", [](const targets::Kernel &) { return true; });
}

namespace {

// The processor, and the cycles that it waits for each byte of constants that it reads.
struct Machine {
  const targets::Target &target;
  double waitPerByte;

  double getCycles(const targets::CallCost &cost) const { return cost.cycles + cost.constantBytes * waitPerByte; }
};

// What kernel.sum_rows costs in the place of an average over the whole image.
SmallVector<KernelCost, 2> getSumCosts(const Machine &machine, kernel::AvgPoolOp op, int32_t rowsPerStep) {
  MemRefType input = op.getInput().getType();
  const targets::Kernel *kernel = findUnweighted(machine.target, "sum_rows", kernel::getElementName(input));
  if (!kernel)
    return {};
  uint32_t params[] = {static_cast<uint32_t>(rowsPerStep), static_cast<uint32_t>(input.getDimSize(2)),
                       static_cast<uint32_t>(input.getDimSize(3))};
  targets::CallCost cost =
      targets::estimateSteps(machine.target, *kernel, params, input.getDimSize(1), rowsPerStep, /*scale=*/1);
  return {{kernel, machine.getCycles(cost), kernel->scratch(params)}};
}

// The kernel chosen for the op, and the others of its ISA that could be.
SmallVector<const targets::Kernel *> getKernels(kernel::KernelOpInterface op, SymbolTable &symbols) {
  const targets::Kernel *chosen = targets::findKernel(op.getSymbol());
  if (!chosen)
    return {};
  SmallVector<const targets::Kernel *> kernels = {chosen};
  std::optional<WeightedConstants> constants = WeightedConstants::read(op, symbols);
  SmallVector<uint32_t> params = op.getParams().getWords();
  for (const targets::Kernel &kernel : targets::getKernels()) {
    if (&kernel == chosen || kernel.op != chosen->op || kernel.input != chosen->input ||
        kernel.weight != chosen->weight || kernel.isa != chosen->isa || kernel.params != chosen->params)
      continue;
    tinyc_constants values = constants ? constants->get() : tinyc_constants{};
    if (!kernel.packing || (constants && kernel.packing->supports(params.data(), &values)))
      kernels.push_back(&kernel);
  }
  return kernels;
}

SmallVector<KernelCost, 2> getCosts(const Machine &machine, const GraphOp &node,
                                    ArrayRef<const targets::Kernel *> kernels, int32_t rowsPerStep) {
  kernel::KernelOpInterface op = node.op;
  if (node.sums && rowsPerStep > 0)
    return getSumCosts(machine, cast<kernel::AvgPoolOp>(op.getOperation()), rowsPerStep);
  // Rows that arrive or leave cost the same however they are taken.
  if (kernels.empty())
    return {KernelCost()};
  op.setRowsPerStep(rowsPerStep);
  SmallVector<uint32_t> params = op.getParams().getWords();
  op.setRowsPerStep(0);
  auto [begin, end] = op.getRows();
  SmallVector<KernelCost, 2> costs;
  for (const targets::Kernel *kernel : kernels) {
    int64_t scratch = kernel->scratch(params.data());
    if (scratch < 0)
      continue;
    targets::CallCost cost = rowsPerStep == 0
                                 ? targets::estimateCall(machine.target, *kernel, params, begin, end)
                                 : targets::estimateSteps(machine.target, *kernel, params, node.rows, rowsPerStep,
                                                          op.isRowLocal() ? op.getRowScale() : 0);
    costs.push_back({kernel, machine.getCycles(cost), scratch, targets::overwritesInput(*kernel, params)});
  }
  return costs;
}

} // namespace

LogicalResult checkOptimize(ModuleOp module, StringRef optimize) {
  if (llvm::is_contained<StringRef>({"ram", "balanced", "speed", "size"}, optimize))
    return success();
  return module.emitError("expects optimize to be ram, balanced, speed or size, got '") << optimize << "'";
}

OpCosts getOpCosts(const targets::Target &target, double flashRead, BufferGraph &graph, SymbolTable &symbols,
                   int32_t mostRows, bool keepKernels) {
  Machine machine = {target, (flashRead - 1) / 4};
  OpCosts costs(graph.ops.size());
  for (auto [number, node] : llvm::enumerate(graph.ops)) {
    SmallVector<const targets::Kernel *> kernels = getKernels(node.op, symbols);
    if (keepKernels && kernels.size() > 1)
      kernels.truncate(1);
    for (int32_t rowsPerStep : kRowsPerStep) {
      if (rowsPerStep > mostRows || (rowsPerStep > 0 && node.rows == 0))
        break;
      costs[number].push_back(getCosts(machine, node, kernels, rowsPerStep));
    }
  }
  for (auto [op, ways] : llvm::zip_equal(graph.ops, costs))
    op.overwrites = llvm::any_of(ways.front(), [](const KernelCost &cost) { return cost.overwrites; });
  return costs;
}

} // namespace tinyc::lower

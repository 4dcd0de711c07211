#include "passes/lower/Constants.h"
#include "passes/lower/Passes.h"
#include "passes/lower/SmallestKernels.h"
#include "passes/lower/StreamCosts.h"
#include "targets/CostModel.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_SELECTKERNELSPASS
#include "passes/lower/Passes.h.inc"

namespace {

/// Whether `kernel` works for the op, whose constants are `constants`.
bool accepts(const targets::Kernel &kernel, ArrayRef<uint32_t> words,
             const std::optional<WeightedConstants> &constants) {
  if (!kernel.packing)
    return true;
  if (!constants)
    return false;
  tinyc_constants values = constants->get();
  return kernel.packing->supports(words.data(), &values) != 0;
}

/// Gives the op that kernel and its scratch buffer.
LogicalResult setKernel(kernel::KernelOpInterface op, const targets::Kernel &kernel) {
  SmallVector<uint32_t> words = op.getParams().getWords();
  kernel::ParamsAttr params = op.getParams();
  if (params.getType().getValue() != kernel.params)
    return op->emitOpError("has parameters of type ")
           << params.getType().getValue() << ", " << kernel.symbol << " takes " << kernel.params;
  op.setSymbol(kernel.symbol);
  int32_t bytes = kernel.scratch(words.data());
  if (bytes < 0)
    return op->emitOpError("is too large for ") << kernel.symbol << ": its scratch buffer exceeds 2^31 - 1 bytes";
  if (bytes == 0)
    return success();
  Operation *parent = op->getParentOp();
  OpBuilder builder(isa<kernel::StreamOp>(parent) ? parent : op.getOperation());
  auto type = MemRefType::get({bytes}, builder.getI8Type());
  op.setScratchBuffer(memref::AllocOp::create(builder, op->getLoc(), type));
  return success();
}

/// What the op costs by that kernel.
KernelUse getUse(kernel::KernelOpInterface op, const targets::Kernel &kernel, ArrayRef<uint32_t> words,
                 const targets::Target &target, SymbolTable &symbols) {
  auto [begin, end] = op.getRows();
  int64_t bytes = 0;
  if (kernel.packing)
    bytes = kernel.packing->bytes(words.data());
  else
    for (Value operand : op->getOperands())
      if (getConstant(operand, symbols))
        bytes += cast<MemRefType>(operand.getType()).getNumElements() *
                 cast<MemRefType>(operand.getType()).getElementTypeBitWidth() / 8;
  return {&kernel, targets::estimateCall(target, kernel, words, begin, end).cycles, bytes};
}

/// The kernels of the target, of any of its ISAs, that work for the op and that `wanted` takes.
SmallVector<KernelUse> findUses(kernel::KernelOpInterface op, const targets::Target &target, SymbolTable &symbols,
                                llvm::function_ref<bool(const targets::Kernel &)> wanted) {
  kernel::Contract contract = op.getContract();
  SmallVector<uint32_t> words = op.getParams().getWords();
  std::optional<WeightedConstants> constants = WeightedConstants::read(op, symbols);
  SmallVector<KernelUse> uses;
  for (const targets::Kernel &kernel : targets::getKernels())
    if (llvm::is_contained(target.isas, kernel.isa) && kernel.op == contract.op && kernel.input == contract.input &&
        kernel.weight == contract.weight && kernel.params == op.getParams().getType().getValue() && wanted(kernel) &&
        accepts(kernel, words, constants) && kernel.scratch(words.data()) >= 0)
      uses.push_back(getUse(op, kernel, words, target, symbols));
  return uses;
}

bool isFaster(const KernelUse &a, const KernelUse &b) { return a.cycles < b.cycles; }
bool isSmaller(const KernelUse &a, const KernelUse &b) { return a.constantBytes < b.constantBytes; }

/// Of the kernels that skip the zeros of these weights the fastest. None on the host, whose estimates are a Cortex-M's.
std::optional<KernelUse> findSparse(kernel::KernelOpInterface op, const targets::Target &target, SymbolTable &symbols) {
  if (target.isHost())
    return std::nullopt;
  SmallVector<KernelUse> uses = findUses(op, target, symbols, targets::isSparse);
  if (uses.empty())
    return std::nullopt;
  return *llvm::min_element(uses, isFaster);
}

/// Says what skipping the zeros costs, whether it is done or not.
void remarkSparse(kernel::KernelOpInterface op, const KernelUse &sparse, const KernelUse &dense) {
  bool isTaken = op.getSymbol() == sparse.kernel->symbol;
  auto text = [](const KernelUse &use) {
    return llvm::formatv("{0}, {1:f0} cycles and {2} bytes of constants", use.kernel->symbol, use.cycles,
                         use.constantBytes)
        .str();
  };
  op->emitRemark(isTaken ? "skips zeros by " : "does not skip zeros: ") << text(sparse) << "; dense by " << text(dense);
}

/// The user of the program copies the rows, or the compiler writes the loops.
bool hasNoKernel(kernel::KernelOpInterface op) {
  return isa<kernel::ReceiveOp, kernel::SendOp, kernel::LoopNestOp>(op);
}

} // namespace

LogicalResult selectKernel(kernel::KernelOpInterface op, const targets::Target &target, SymbolTable &symbols,
                           bool explains) {
  if (hasNoKernel(op))
    return success();
  kernel::Contract contract = op.getContract();
  SmallVector<uint32_t> words = op.getParams().getWords();
  std::optional<WeightedConstants> constants = WeightedConstants::read(op, symbols);
  const targets::Kernel *kernel =
      targets::findKernel(target, contract.op, contract.input, contract.weight, [&](const targets::Kernel &found) {
        return !targets::isSparse(found) && accepts(found, words, constants);
      });
  if (!kernel)
    return op->emitOpError("has no kernel on ")
           << target.name << " for " << contract.input << " inputs and " << contract.weight << " weights";
  if (std::optional<KernelUse> sparse = findSparse(op, target, symbols)) {
    KernelUse dense = getUse(op, *kernel, words, target, symbols);
    if (isFaster(*sparse, dense))
      kernel = sparse->kernel;
    if (explains && kernel->scratch(words.data()) >= 0) {
      op.setSymbol(kernel->symbol);
      remarkSparse(op, *sparse, dense);
    }
  }
  return setKernel(op, *kernel);
}

namespace {

class SelectKernelsPass : public impl::SelectKernelsPassBase<SelectKernelsPass> {
public:
  using SelectKernelsPassBase::SelectKernelsPassBase;

  void runOnOperation() override {
    const targets::Target *found = targets::findTarget(target);
    if (!found) {
      getOperation().emitError("unknown target '") << target << "', expects one of " << targets::listTargets();
      return signalPassFailure();
    }
    if (failed(checkOptimize(getOperation(), optimize)))
      return signalPassFailure();
    bool ok = true;
    SymbolTable symbols(getOperation());
    if (optimize == "size") {
      if (failed(selectSmallest(*found, symbols)))
        signalPassFailure();
      return;
    }
    getOperation().walk(
        [&](kernel::KernelOpInterface op) { ok &= succeeded(selectKernel(op, *found, symbols, /*explains=*/true)); });
    if (!ok)
      signalPassFailure();
  }

private:
  /// The kernels of least flash, their cycles at most kSlowest those of the fastest ones.
  LogicalResult selectSmallest(const targets::Target &found, SymbolTable &symbols) {
    constexpr double kSlowest = 1.5;
    SmallVector<kernel::KernelOpInterface> ops;
    std::vector<SmallVector<KernelUse>> uses;
    bool ok = true;
    double fastest = 0;
    getOperation().walk([&](kernel::KernelOpInterface op) {
      if (hasNoKernel(op))
        return;
      SmallVector<KernelUse> own = findUses(op, found, symbols, [&](const targets::Kernel &kernel) {
        return !found.isHost() || !targets::isSparse(kernel);
      });
      if (own.empty()) {
        ok &= succeeded(selectKernel(op, found, symbols)); // says what is wrong
        return;
      }
      double least = own.front().cycles;
      for (const KernelUse &use : own)
        least = std::min(least, use.cycles);
      fastest += least;
      ops.push_back(op);
      uses.push_back(std::move(own));
    });
    auto getBytes = [&](const targets::Kernel &kernel) { return targets::getCodeBytes(found, kernel); };
    std::vector<size_t> chosen = chooseSmallestKernels(uses, getBytes, fastest * kSlowest);
    for (auto [op, own, number] : llvm::zip_equal(ops, uses, chosen)) {
      ok &= succeeded(setKernel(op, *own[number].kernel));
      // Beside the chosen kernel the smallest one of the other kind.
      bool isSparse = targets::isSparse(*own[number].kernel);
      const KernelUse *other = nullptr;
      for (const KernelUse &use : own)
        if (targets::isSparse(*use.kernel) != isSparse && (!other || isSmaller(use, *other)))
          other = &use;
      if (other)
        remarkSparse(op, isSparse ? own[number] : *other, isSparse ? *other : own[number]);
    }
    return success(ok);
  }
};

} // namespace

} // namespace tinyc::lower

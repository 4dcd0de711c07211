// nn -> kernel: recurrent.
#include "passes/lower/KernelBuilder.h"
#include "tinyc/kernels.h"

#include <limits>

using namespace mlir;

namespace tinyc::lower {

LogicalResult convertRecurrent(nn::RecurrentOp op, KernelBuilder &builder) {
  auto getBuffer = [&](Value tensor) { return tensor ? builder.getBuffer(tensor, op) : Value(); };
  SmallVector<int32_t> functions(6, 0);
  SmallVector<float> alphas(6, 0), betas(6, 0);
  for (auto [index, name] : llvm::enumerate(op.getFunctions().getAsRange<StringAttr>())) {
    const size_t each = op.getFunctionCount(), place = index / each * 3 + index % each;
    functions[place] = *nn::findRecurrentFunction(name);
    alphas[place] = op.getAlphas()[index];
    betas[place] = op.getBetas()[index];
  }
  const int32_t cell = op.getCell() == "lstm"  ? TINYC_RECURRENT_LSTM
                       : op.getCell() == "gru" ? TINYC_RECURRENT_GRU
                                               : TINYC_RECURRENT_RNN;
  FloatAttr clip = op.getClipAttr();
  if (!clip)
    clip = builder.getF32FloatAttr(std::numeric_limits<float>::infinity());
  Value input = getBuffer(op.getInput()), weights = getBuffer(op.getWeights()), recurrence = getBuffer(op.getRecurrence()),
        bias = getBuffer(op.getBias()), lengths = getBuffer(op.getLengths()), hidden = getBuffer(op.getInitialHidden()),
        state = getBuffer(op.getInitialCell()), peepholes = getBuffer(op.getPeepholes());
  Value output = builder.createBuffer(op->getOpResult(0));
  kernel::RecurrentOp::create(builder, op.getLoc(), input, weights, recurrence, bias, lengths, hidden, state, peepholes, output,
                              /*scratch=*/Value(), builder.getI32IntegerAttr(cell), builder.getDenseI32ArrayAttr(functions),
                              builder.getDenseF32ArrayAttr(alphas), builder.getDenseF32ArrayAttr(betas), clip,
                              op.getReverseAttr(), op.getResetAfterAttr(), op.getCoupledAttr(), op.getKeepSequenceAttr(),
                              op.getKeepHiddenAttr(), op.getKeepCellAttr(), FlatSymbolRefAttr(),
                              builder.getI32IntegerAttr(0));
  return success();
}

} // namespace tinyc::lower

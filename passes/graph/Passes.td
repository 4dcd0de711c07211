//===- Passes of phase Graph -----------------------------------------------===//

#ifndef TINYC_PASSES_GRAPH_PASSES_TD
#define TINYC_PASSES_GRAPH_PASSES_TD

include "mlir/Pass/PassBase.td"

def SimplifyPass : Pass<"graph-simplify", "::mlir::func::FuncOp"> {
  let summary = "Remove ops that do nothing, and dead ones";
  let description = [{
    Applies the folders and canonicalization patterns of the nn dialect, and removes
    - a product by 1, a sum or difference with 0 (float),
    - a clamp without bounds, or whose bounds its operand cannot leave (a fused clamp, hard_sigmoid, the range of a
      dequantized type ...),
    - an average or maximum over windows of one element, a concat of one operand, a pad by nothing,
    and merges clamp(clamp(x)). Results keep their types, and a fused clamp of a removed op stays as nn.clamp.

    It stands in for -canonicalize: upstream folds quant.dcast(quant.qcast(x)) to x, which takes the quantization out
    of a QDQ model. This pass, as all graph passes, leaves casts alone.
  }];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def FoldConstantsPass : Pass<"graph-fold-constants", "::mlir::func::FuncOp"> {
  let summary = "Evaluate ops on constants";
  let description = [{
    An nn op, or quant.qcast, whose operands are all nn.constant is replaced by its value (nn::evaluate) if that holds
    no more bytes than the operands plus `slack`. quant.dcast of a constant is not evaluated: that would turn the
    weights of a QDQ model to float. Instead reshapes and transposes of it move to the constant.
  }];
  let options = [
    Option<"slack", "slack", "int64_t", /*default=*/"1024", "Bytes by which a result may exceed its operands">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect", "::mlir::quant::QuantDialect"];
}

def ConvertMatMulPass : Pass<"graph-convert-matmul", "::mlir::func::FuncOp"> {
  let summary = "Turn products with a constant matrix into nn.fully_connected";
  let description = [{
    nn.matmul whose right operand is a constant (or a dequantized one with zero points of 0) and the same for every
    batch becomes a reshape to [rows, K], nn.fully_connected with the transposed constant, and a reshape back. A
    following sum with a float constant per column becomes the bias. Products of two activations stay.
  }];
  let dependentDialects = ["::tinyc::nn::NNDialect", "::mlir::quant::QuantDialect"];
}

def PropagateLayoutPass : Pass<"graph-propagate-layout", "::mlir::ModuleOp"> {
  let summary = "Choose the layout of every tensor, so that the least bytes are transposed";
  let description = [{
    An imported model has an nn.transpose before and behind every op that computes on NHWC. This pass removes what it
    can of them, and of all others, by one global choice.

    Model. A layout is the order of a tensor's elements in memory, apart from its shape. A reshape does not change it, a
    transpose only gives it another meaning: neither moves data. An op either prescribes the layout of its operands and
    its result (conv2d, pooling, matmul: row-major), or works in any layout that keeps together the dimensions it speaks
    of: elementwise ops any at all; with broadcasting, concat and pad those that permute dimensions (and keep the
    concatenated or padded one in order); softmax and batch_norm those that leave the last dimension last; casts per
    axis those that permute dimensions, the axis follows. The columns and rows of a fully_connected with constant
    parameters may come in any order: the parameters are rearranged. Constants are rearranged for each use, behind a
    quant.dcast too. Arguments and results of the function may be permuted by dimensions: their types change, and the
    attribute `nn.permutation` is set (composed with what was there).

    Cost. Where a value's definition and a use want different layouts a transpose must stand, at a cost of the value's
    bytes; the pass minimizes the sum. It starts from the function as it stands and repeats: take one end's layout at
    such a place, carry it on to every op that could follow, and find by minimum cut which of them should. Each step
    lowers the sum, so the pass terminates, and the function never gets worse; it is left untouched if nothing is
    gained. (One cut is the optimum for one label; the whole is not proven to be, though no random graph around NHWC
    ops kept a transpose.) What stays is an nn.transpose on the cheapest value, for example on int8 rather than on
    float.

    Reshapes move down to the first op that needs the shape, as a by-product. A reshape at the boundary that only moves
    dimensions of size 1 (of an image with one channel) goes into the boundary's type.

    A function that others call keeps its boundary, as do all with `keep-boundary`.
  }];
  let options = [
    Option<"keepBoundary", "keep-boundary", "bool", /*default=*/"false",
           "Leave the layouts of arguments and results alone">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect", "::mlir::quant::QuantDialect"];
}

def FoldPadPass : Pass<"graph-fold-pad", "::mlir::func::FuncOp"> {
  let summary = "Fold nn.pad into convolutions and pools";
  let description = [{
    A pad of height and width (others do not fold)
    - with 0 joins the pads of conv2d, and of avg_pool with includePad;
    - with 0 joins those of an avg_pool without own pads, which gets includePad;
    - joins those of max_pool if no element of the input can be less than its value and every window holds an element.
    Pads by 0 first move below a qcast-dcast pair, which 0 passes unchanged.
  }];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def FoldBatchNormPass : Pass<"graph-fold-batch-norm", "::mlir::func::FuncOp"> {
  let summary = "Remove batch normalization";
  let description = [{
    out = in * a + b per channel, with a = scale / sqrt(variance + epsilon) and b = offset - mean * a, in double. It
    goes into
    - the preceding conv2d or fully_connected: no clamp between, float constant parameters, no other use; else
    - the following conv2d or fully_connected, its only use, where exact: no pads, or every b is 0; else
    - nn.mul and nn.add with constants.
    Parameters must be constants with variance + epsilon > 0. Quantized weights are left alone.
  }];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def FoldArithmeticPass : Pass<"graph-fold-arithmetic", "::mlir::func::FuncOp"> {
  let summary = "Fold products and sums with constants per channel into weights and biases";
  let description = [{
    Float nn.mul, nn.add, nn.sub with a constant per channel (or one for all) go into the preceding conv2d or
    fully_connected, or the following one, under the conditions of graph-fold-batch-norm; a sum needs no constant
    weight, only a constant bias or none. Two such ops in a row become one.
  }];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def FuseHardSwishPass : Pass<"graph-fuse-hard-swish", "::mlir::func::FuncOp"> {
  let summary = "Recognize hard swish and hard sigmoid in their parts";
  let description = [{
    As exported from PyTorch and TensorFlow (float form only):
    - clamp(x + 3, 0, 6) * (1/6), and clamp(x / 6 + 1/2, 0, 1), become hard_sigmoid;
    - x * hard_sigmoid(x) with alpha = 1/6 and beta = 1/2 becomes hard_swish, and so does
      (x * clamp(x + 3, 0, 6)) * (1/6).
    Constants may differ by float rounding.
  }];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def FuseActivationPass : Pass<"graph-fuse-activation", "::mlir::func::FuncOp"> {
  let summary = "Fuse clamps (ReLU, ReLU6, Clip) into the ops before them";
  let description = [{
    A clamp that is the only use of an op with FusedActivationOpInterface joins its bounds; reshapes and transposes
    between do not hinder. In integer form only if the clamp does not change the type. A clamp behind a qcast-dcast
    pair first moves above it, if its bounds are values of the quantized type (0 always is).
  }];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

#endif // TINYC_PASSES_GRAPH_PASSES_TD

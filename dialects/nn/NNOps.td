//===- The nn dialect ------------------------------------------------------===//
// Neural-network operators on tensors: NHWC activations, OHWI weights, static shapes. One op stands for the float
// and the quantized form; precision lives in the element type.

#ifndef TINYC_DIALECTS_NN_NNOPS_TD
#define TINYC_DIALECTS_NN_NNOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/Properties.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Dialect/Quant/IR/QuantBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/nn/NNInterfaces.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::tinyc::nn";
  let summary = "Neural networks on static tensors, float or quantized";
  let description = [{
    Activations are NHWC (`N` outermost), convolution weights OHWI (output channel, kernel height, kernel width, input
    channel of the group). Every tensor has a static shape. Element types are `f32` or a `!quant.uniform` type whose
    expressed type is `f32`: an op is in float form or in integer form, never both.

    Discardable attributes of the dialect:
    - `nn.name` (StringAttr) on arguments and results of the model function: the ONNX name.
    - `nn.permutation` (DenseI64ArrayAttr) on the same: the stored dimensions are the ONNX dimensions permuted by it
      (`[0, 2, 3, 1]`: ONNX NCHW is stored NHWC).
    - `nn.range` (DenseF64ArrayAttr `[min, max]` for each result, concatenated) on ops, and on function arguments: the
      calibrated range in real numbers.
    - `nn.weight_bits` (I32Attr: 8, 4 or 2) on ops with weights, before quantization: the precision chosen for them.
    - `nn.activation_bits` (I32Attr) on ops: the precision chosen for their results.
    - `nn.weight_scales` (DenseF32ArrayAttr, one for each output channel) on ops with weights: the scales chosen for them.

    Integer form, for all ops: a real value r is (q - zero_point) * scale. Accumulators are int32. Requantization
    from an accumulator of scale S to a result of scale s is `(acc * M + 2^(k-1)) >> k` with M = round(S / s * 2^k),
    k = 32 where S / s < 0.5 for every channel, else the largest k with every M below 2^31 (runtime/include/tinyc/arithmetic.h).
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect"];
  let hasConstantMaterializer = 0;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

// isTensor (NN.cpp): 1 to 2^40 elements; quantized per tensor, or per axis with one scale for each index of an existing axis.
def NN_Tensor : Type<CPred<"::tinyc::nn::isTensor($_self)">,
                     "statically shaped tensor of 32-bit float or quantized values", "::mlir::RankedTensorType">;
// A tensor of rank 4, NHWC or OHWI.
def NN_Tensor4 : Type<And<[NN_Tensor.predicate, CPred<"::llvm::cast<::mlir::ShapedType>($_self).getRank() == 4">]>,
                      "statically shaped 4-D tensor of 32-bit float or quantized values", "::mlir::RankedTensorType">;

//===----------------------------------------------------------------------===//
// Base classes
//===----------------------------------------------------------------------===//

class NN_Op<string mnemonic, list<Trait> traits = []> : Op<NN_Dialect, mnemonic, !listconcat([Pure], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

// An op with the optional f32 attributes clampMin and clampMax.
class NN_ClampedOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat([FusedActivationOpInterface], traits)>;

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

def NN_ConstantOp : NN_Op<"constant", [ConstantLike]> {
  let summary = "Weights, biases and other values known at compile time";
  let description = [{
    `value` holds f32 elements for a float result, and the storage values (i8, i32 ...) for a quantized one.

    C1. `value` has the shape of the result.
    C2. `value`'s element type is the result's element type, or its storage type if that is quantized.
    C3. A `value` that is a resource is present and holds the elements in whole bytes.

    ```mlir
    %w = nn.constant dense<[[1, -2]]> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<i8:f32, 0.5>>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "attr-dict $value `->` type($output)";
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Convolution and products
//===----------------------------------------------------------------------===//

def NN_Conv2DOp : NN_ClampedOp<"conv2d", [DeclareOpInterfaceMethods<CostOpInterface>,
                                         DeclareOpInterfaceMethods<QuantizableOpInterface,
                                           ["getWeightOperand", "getBiasOperand"]>]> {
  let summary = "2-D convolution, grouped or depthwise, with optional bias and fused clamp";
  let description = [{
    out[n, y, x, o] = clamp(bias[o] + sum over ky, kx, i of
      in[n, y*sh + ky*dh - pt, x*sw + kx*dw - pl, (o / (O/groups)) * I + i] * weight[o, ky, kx, i]),
    elements outside the input are 0. Depthwise is groups == input channels.

    Integer form: acc = bias + sum (in - input_zero_point) * weight in int32; result =
    clamp(requantize(acc) + output_zero_point). The weight is symmetric, per tensor or per output channel (axis 0).

    C1. input is [N, H, W, C], weight is [O, kh, kw, C / groups], result [N, OH, OW, O].
    C2. groups divides C and O.
    C3. strides and dilations are two positive numbers (height, width).
    C4. pads are four numbers >= 0: top, left, bottom, right.
    C5. OH = (H + top + bottom - ((kh - 1) * dh + 1)) / sh + 1, and OW likewise, at least 1.
    C6. bias, where present, is [O]; in integer form of storage type i32.
    C7. input, weight and result are all float or all quantized; activations per tensor, the weight per tensor or along
        axis 0 with zero points of 0.

    ```mlir
    %y = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>,
      groups = 1, clampMin = 0.0 : f32} : (tensor<1x8x8x3xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x8x8x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor4:$input, NN_Tensor4:$weight, Optional<NN_Tensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
                       DefaultValuedAttr<I64Attr, "1">:$groups,
                       OptionalAttr<F32Attr>:$clampMin, OptionalAttr<F32Attr>:$clampMax);
  let results = (outs NN_Tensor4:$output);
  let extraClassDeclaration = [{
    /// True if every input channel is convolved alone (groups == input channels).
    bool isDepthwise() { return getGroups() == (uint64_t)getInput().getType().getDimSize(3) && getGroups() > 1; }
  }];
}

def NN_FullyConnectedOp : NN_ClampedOp<"fully_connected", [DeclareOpInterfaceMethods<CostOpInterface>,
                                         DeclareOpInterfaceMethods<QuantizableOpInterface,
                                           ["getWeightOperand", "getBiasOperand"]>]> {
  let summary = "Product with a weight matrix, optional bias, fused clamp";
  let description = [{
    out[m, n] = clamp(bias[n] + sum over k of in[m, k] * weight[n, k]). Integer form as nn.conv2d's.

    C1. input is [M, K], weight [N, K], result [M, N].
    C2. bias, where present, is [N]; in integer form of storage type i32.
    C3. input, weight and result are all float or all quantized; activations per tensor, the weight per tensor or along
        axis 0 with zero points of 0.

    ```mlir
    %y = nn.fully_connected %x, %w, %b {clampMin = 0.0 : f32} : (tensor<1x8xf32>, tensor<4x8xf32>, tensor<4xf32>)
      -> tensor<1x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, NN_Tensor:$weight, Optional<NN_Tensor>:$bias,
                       OptionalAttr<F32Attr>:$clampMin, OptionalAttr<F32Attr>:$clampMax);
  let results = (outs NN_Tensor:$output);
}

def NN_MatMulOp : NN_ClampedOp<"matmul", [DeclareOpInterfaceMethods<CostOpInterface>,
                                         DeclareOpInterfaceMethods<QuantizableOpInterface>]> {
  let summary = "Batched product of two activations";
  let description = [{
    out[b.., m, n] = clamp(sum over k of lhs[b.., m, k] * rhs[b.., k, n]).
    Integer form: acc = sum (lhs - lhs_zero_point) * (rhs - rhs_zero_point).

    C1. lhs is [B.., M, K], rhs [B.., K, N], result [B.., M, N]; the leading dimensions are equal (the importer
        makes broadcasts explicit).
    C2. all float or all quantized per tensor.

    ```mlir
    %y = nn.matmul %a, %b : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$lhs, NN_Tensor:$rhs,
                       OptionalAttr<F32Attr>:$clampMin, OptionalAttr<F32Attr>:$clampMax);
  let results = (outs NN_Tensor:$output);
}

def NN_BatchNormOp : NN_Op<"batch_norm"> {
  let summary = "Inference batch normalization over the last dimension";
  let description = [{
    out = (in - mean) / sqrt(variance + epsilon) * scale + offset, per channel (the last dimension).
    Only a float form: graph passes fold it into a convolution, or turn it into nn.mul and nn.add.

    C1. scale, offset, mean and variance are float [C], C the input's last dimension.
    C2. result and input have the same type, float.

    ```mlir
    %y = nn.batch_norm %x, %s, %o, %m, %v {epsilon = 1.0e-5 : f32}
      : (tensor<1x8x8x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x8x8x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, NN_Tensor:$scale, NN_Tensor:$offset, NN_Tensor:$mean, NN_Tensor:$variance,
                       F32Attr:$epsilon);
  let results = (outs NN_Tensor:$output);
}

//===----------------------------------------------------------------------===//
// Elementwise, two operands
//===----------------------------------------------------------------------===//

class NN_BinaryOp<string mnemonic, string sign> : NN_ClampedOp<mnemonic, [
    DeclareOpInterfaceMethods<QuantizableOpInterface>]> {
  let summary = "Elementwise `" # sign # "` with broadcasting, fused clamp";
  let description = [{
    out = clamp(lhs }] # sign # [{ rhs), dimensions of size 1 are broadcast.

    Integer form of add and sub (arithmetic.h, tinyc_add_s8): q = clamp((lhs * Ml + rhs * Mr + offset) >> k) with k the
    largest value <= 22 for which |Ml|, |Mr| <= 2^21, M = round(s_in / s_out * 2^k); sub negates Mr. Of mul: acc =
    (lhs - lhs_zero_point) * (rhs - rhs_zero_point), then requantization from s_lhs * s_rhs.

    C1. lhs, rhs and result have the same rank; each dimension of an operand is the result's, or 1.
    C2. all float or all quantized per tensor.

    ```mlir
    %y = nn.}] # mnemonic # [{ %x, %c {clampMin = 0.0 : f32} : (tensor<1x8x8x4xf32>, tensor<1x1x1x4xf32>) -> tensor<1x8x8x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$lhs, NN_Tensor:$rhs,
                       OptionalAttr<F32Attr>:$clampMin, OptionalAttr<F32Attr>:$clampMax);
  let results = (outs NN_Tensor:$output);
}
def NN_AddOp : NN_BinaryOp<"add", "+">;
def NN_SubOp : NN_BinaryOp<"sub", "-">;
def NN_MulOp : NN_BinaryOp<"mul", "*">;

//===----------------------------------------------------------------------===//
// Elementwise, one operand
//===----------------------------------------------------------------------===//

// Integer form of all: a table of 256 entries, table[q] = quantize(f(dequantize(q))), rounding half to even.
class NN_UnaryOp<string mnemonic, list<string> quantizableMethods = []> : NN_Op<mnemonic, [
    DeclareOpInterfaceMethods<QuantizableOpInterface, quantizableMethods>]>;

def NN_ClampOp : NN_UnaryOp<"clamp"> {
  let summary = "Elementwise min(max(x, min), max): ReLU, ReLU6, Clip";
  let description = [{
    An absent bound is infinite.
    C1. Operand and result have the same shape; both float or both quantized per tensor. C2. min <= max.

    ```mlir
    %y = nn.clamp %x {min = 0.0 : f32, max = 6.0 : f32} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, OptionalAttr<F32Attr>:$min, OptionalAttr<F32Attr>:$max);
  let results = (outs NN_Tensor:$output);
}
def NN_LeakyReluOp : NN_UnaryOp<"leaky_relu"> {
  let summary = "x < 0 ? alpha * x : x";
  let description = [{
    C1. Operand and result have the same shape; both float or both quantized per tensor.

    ```mlir
    %y = nn.leaky_relu %x {alpha = 0.1 : f32} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, F32Attr:$alpha);
  let results = (outs NN_Tensor:$output);
}
def NN_SigmoidOp : NN_UnaryOp<"sigmoid", ["getFixedRange"]> {
  let summary = "1 / (1 + exp(-x))";
  let description = [{
    C1. Operand and result have the same shape; both float or both quantized per tensor.

    ```mlir
    %y = nn.sigmoid %x : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$output);
}
def NN_HardSigmoidOp : NN_UnaryOp<"hard_sigmoid", ["getFixedRange"]> {
  let summary = "max(0, min(1, alpha * x + beta))";
  let description = [{
    C1. Operand and result have the same shape; both float or both quantized per tensor.

    ```mlir
    %y = nn.hard_sigmoid %x {alpha = 0.2 : f32, beta = 0.5 : f32} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, F32Attr:$alpha, F32Attr:$beta);
  let results = (outs NN_Tensor:$output);
}
def NN_HardSwishOp : NN_UnaryOp<"hard_swish"> {
  let summary = "x * max(0, min(1, x / 6 + 1 / 2))";
  let description = [{
    C1. Operand and result have the same shape; both float or both quantized per tensor.

    ```mlir
    %y = nn.hard_swish %x : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$output);
}

//===----------------------------------------------------------------------===//
// Pooling and normalization
//===----------------------------------------------------------------------===//

def NN_AvgPoolOp : NN_ClampedOp<"avg_pool", [DeclareOpInterfaceMethods<QuantizableOpInterface>]> {
  let summary = "Average over a window";
  let description = [{
    The mean of the window's elements inside the input, or with includePad the sum divided by kernel height times
    kernel width. Global average pooling has the input's size as kernel.
    Integer form: acc = sum (in - input_zero_point), requantization from input_scale / count.

    C1. input is [N, H, W, C], result [N, OH, OW, C].
    C2. kernel, strides and dilations are two positive numbers, pads four numbers >= 0 (top, left, bottom, right).
    C3. OH = (H + top + bottom - ((kh - 1) * dh + 1)) / sh + 1, OW likewise (the importer turns ceil_mode into pads).
    C4. all float or all quantized per tensor.
    C5. every window holds at least one element of the input, unless includePad is set.

    ```mlir
    %y = nn.avg_pool %x {kernel = array<i64: 8, 8>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
      dilations = array<i64: 1, 1>} : (tensor<1x8x8x4xf32>) -> tensor<1x1x1x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor4:$input, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations, UnitAttr:$includePad,
                       OptionalAttr<F32Attr>:$clampMin, OptionalAttr<F32Attr>:$clampMax);
  let results = (outs NN_Tensor4:$output);
}

def NN_MaxPoolOp : NN_ClampedOp<"max_pool", [DeclareOpInterfaceMethods<QuantizableOpInterface, ["sharesScale"]>]> {
  let summary = "Maximum over a window";
  let description = [{
    The greatest of the window's elements inside the input. Integer form: the same on the stored integers.

    C1. input is [N, H, W, C], result [N, OH, OW, C].
    C2. kernel, strides and dilations are two positive numbers, pads four numbers >= 0 (top, left, bottom, right).
    C3. OH = (H + top + bottom - ((kh - 1) * dh + 1)) / sh + 1, OW likewise.
    C4. all float, or all quantized with one common scale and zero point.
    C5. every window holds at least one element of the input.

    ```mlir
    %y = nn.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
      dilations = array<i64: 1, 1>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor4:$input, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations,
                       OptionalAttr<F32Attr>:$clampMin, OptionalAttr<F32Attr>:$clampMax);
  let results = (outs NN_Tensor4:$output);
}

class NN_SoftmaxBase<string mnemonic> : NN_Op<mnemonic, [
    DeclareOpInterfaceMethods<QuantizableOpInterface, ["getFixedRange"]>]> {
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$output);
}
def NN_SoftmaxOp : NN_SoftmaxBase<"softmax"> {
  let summary = "exp(x) / sum(exp(x)) over the last dimension";
  let description = [{
    Integer form: arithmetic.h, tinyc_softmax_s8.
    C1. Operand and result have the same shape, rank at least 1; both float or both quantized per tensor.

    ```mlir
    %y = nn.softmax %x : (tensor<1x10xf32>) -> tensor<1x10xf32>
    ```
  }];
}
def NN_LogSoftmaxOp : NN_SoftmaxBase<"log_softmax"> {
  let summary = "x - log(sum(exp(x))) over the last dimension";
  let description = [{
    Integer form: arithmetic.h, tinyc_log_softmax_s8.
    C1. Operand and result have the same shape, rank at least 1; both float or both quantized per tensor.

    ```mlir
    %y = nn.log_softmax %x : (tensor<1x10xf32>) -> tensor<1x10xf32>
    ```
  }];
}

//===----------------------------------------------------------------------===//
// Data movement
//===----------------------------------------------------------------------===//

class NN_MovementOp<string mnemonic> : NN_Op<mnemonic, [
    DeclareOpInterfaceMethods<QuantizableOpInterface, ["sharesScale"]>]>;

def NN_ReshapeOp : NN_MovementOp<"reshape"> {
  let summary = "The same elements in row-major order under another shape";
  let description = [{
    C1. Equal element types, not quantized per axis. C2. Equal numbers of elements.

    ```mlir
    %y = nn.reshape %x : (tensor<1x2x2x4xf32>) -> tensor<1x16xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$output);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}
def NN_TransposeOp : NN_MovementOp<"transpose"> {
  let summary = "Permutes dimensions: result dimension i is input dimension permutation[i]";
  let description = [{
    C1. permutation is a permutation of 0 .. rank-1. C2. The result's shape is the permuted one. C3. Equal element
    types, but that an axis of quantization follows the permutation.

    ```mlir
    %y = nn.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x3x8x9xf32>) -> tensor<1x8x9x3xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs NN_Tensor:$output);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}
def NN_ConcatOp : NN_MovementOp<"concat"> {
  let summary = "Joins tensors along an axis";
  let description = [{
    C1. At least one input; 0 <= axis < rank. C2. Shapes are equal but for the axis, whose sizes add up to the result's.
    C3. Equal element types; in integer form one scale and zero point, per tensor.

    ```mlir
    %y = nn.concat %a, %b {axis = 1 : i64} : (tensor<1x3xf32>, tensor<1x5xf32>) -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs NN_Tensor:$output);
}
def NN_PadOp : NN_MovementOp<"pad"> {
  let summary = "Surrounds a tensor with a constant value";
  let description = [{
    `before` and `after` may not be negative. `value` is a real number; in integer form it is quantized.
    C1. before and after have one number >= 0 for each dimension. C2. The result's shape is the sum. C3. Equal element
    types; in integer form per tensor.

    ```mlir
    %y = nn.pad %x {before = array<i64: 0, 1>, after = array<i64: 0, 2>, value = 0.0 : f32}
      : (tensor<1x5xf32>) -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$before, DenseI64ArrayAttr:$after, F32Attr:$value);
  let results = (outs NN_Tensor:$output);
}
def NN_RequantizeOp : NN_Op<"requantize"> {
  let summary = "From one quantized type to another";
  let description = [{
    acc = in - input_zero_point, requantization from the input's scale to the result's.
    C1. Operand and result have the same shape and are quantized per tensor.

    ```mlir
    %y = nn.requantize %x : (tensor<8x!quant.uniform<i8:f32, 0.5>>) -> tensor<8x!quant.uniform<i8:f32, 0.25:3>>
    ```
  }];
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$output);
  let hasFolder = 1;
}

#endif // TINYC_DIALECTS_NN_NNOPS_TD

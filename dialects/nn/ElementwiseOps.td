// Ops of the nn dialect: elementwise, two operands and elementwise, one operand.
#ifndef TINYC_DIALECTS_NN_ELEMENTWISEOPS_TD
#define TINYC_DIALECTS_NN_ELEMENTWISEOPS_TD

include "dialects/nn/NNBase.td"

//===----------------------------------------------------------------------===//
// Elementwise, two operands
//===----------------------------------------------------------------------===//

class NN_BinaryOp<string mnemonic, string sign> : NN_ClampedOp<mnemonic, [NN_Int16Form,
    DeclareOpInterfaceMethods<QuantizableOpInterface>]> {
  let summary = "Elementwise `" # sign # "` with broadcasting, fused clamp";
  let description = [{
    out = clamp(lhs }] # sign # [{ rhs), dimensions of size 1 are broadcast.

    Integer form of add and sub (arithmetic.h, tinyc_add_stage_s8; of 16 bits tinyc_add_stage_s16): q = clamp((lhs * Ml + rhs * Mr + offset) >> k) with k the
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

// Integer form of all: a table of 256 entries, table[q] = quantize(f(dequantize(q))), rounding half to even. Of 16 bits: an output
// stage for clamp and for hard_sigmoid with a positive alpha, q = clamp(requantize(q) + round(beta / result scale)); else straight
// lines between 513 results (tinyc_interpolate_s16 of arithmetic.h).
class NN_UnaryOp<string mnemonic, list<string> quantizableMethods = []> : NN_Op<mnemonic, [NN_Int16Form,
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

#endif // TINYC_DIALECTS_NN_ELEMENTWISEOPS_TD

// Ops of the nn dialect: pooling and normalization.
#ifndef TINYC_DIALECTS_NN_POOLINGOPS_TD
#define TINYC_DIALECTS_NN_POOLINGOPS_TD

include "dialects/nn/NNBase.td"

def NN_AvgPoolOp : NN_ClampedOp<"avg_pool", [NN_Int16Form, DeclareOpInterfaceMethods<QuantizableOpInterface>]> {
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

def NN_MaxPoolOp : NN_ClampedOp<"max_pool", [NN_Int16Form, DeclareOpInterfaceMethods<QuantizableOpInterface, ["sharesScale"]>]> {
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

class NN_SoftmaxBase<string mnemonic> : NN_Op<mnemonic, [NN_Int16Form,
    DeclareOpInterfaceMethods<QuantizableOpInterface, ["getFixedRange"]>]> {
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$output);
}
def NN_SoftmaxOp : NN_SoftmaxBase<"softmax"> {
  let summary = "exp(x) / sum(exp(x)) over the last dimension";
  let description = [{
    Integer form: arithmetic.h, tinyc_softmax_row_s8, of 16 bits tinyc_softmax_row_s16.
    C1. Operand and result have the same shape, rank at least 1; both float or both quantized per tensor.

    ```mlir
    %y = nn.softmax %x : (tensor<1x10xf32>) -> tensor<1x10xf32>
    ```
  }];
}
def NN_LogSoftmaxOp : NN_SoftmaxBase<"log_softmax"> {
  let summary = "x - log(sum(exp(x))) over the last dimension";
  let description = [{
    Integer form: arithmetic.h, tinyc_log_softmax_row_s8, of 16 bits tinyc_log_softmax_row_s16.
    C1. Operand and result have the same shape, rank at least 1; both float or both quantized per tensor.

    ```mlir
    %y = nn.log_softmax %x : (tensor<1x10xf32>) -> tensor<1x10xf32>
    ```
  }];
}

#endif // TINYC_DIALECTS_NN_POOLINGOPS_TD

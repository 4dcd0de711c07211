// Ops of the nn dialect: convolution and products.
#ifndef TINYC_DIALECTS_NN_CONVOLUTIONOPS_TD
#define TINYC_DIALECTS_NN_CONVOLUTIONOPS_TD

include "dialects/nn/NNBase.td"

def NN_Conv2DOp : NN_ClampedOp<"conv2d", [NN_Int16Form, DeclareOpInterfaceMethods<CostOpInterface>,
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

def NN_ConvTranspose2DOp : NN_ClampedOp<"conv_transpose2d", [DeclareOpInterfaceMethods<CostOpInterface>,
                                         DeclareOpInterfaceMethods<QuantizableOpInterface,
                                           ["getWeightOperand", "getBiasOperand"]>]> {
  let summary = "2-D transposed convolution, grouped, with optional bias and fused clamp";
  let description = [{
    out[n, y, x, o] = clamp(bias[o] + sum over ky, kx, i of in[n, r, c, (o / (O/groups)) * I + i] * weight[o, ky, kx, i]),
    over the taps with r * sh = y + pt - ky*dh and c * sw = x + pl - kx*dw where r and c are whole and inside the input. What
    nn.conv2d's gradient computes from the gradient of its result; written as what each output element gathers.

    Integer form as nn.conv2d's.

    C1. input is [N, H, W, C], weight is [O, kh, kw, C / groups], result [N, OH, OW, O].
    C2. groups divides C and O.
    C3. strides and dilations are two positive numbers (height, width).
    C4. pads are four numbers: top, left, bottom, right; top and left at least 0. A negative bottom or right adds rows or columns.
    C5. OH = (H - 1) * sh + (kh - 1) * dh + 1 - top - bottom, and OW likewise, at least 1.
    C6. bias, where present, is [O]; in integer form of storage type i32.
    C7. input, weight and result are all float or all quantized; activations per tensor, the weight per tensor or along
        axis 0 with zero points of 0.

    ```mlir
    %y = nn.conv_transpose2d %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>,
      groups = 1} : (tensor<1x8x8x3xf32>, tensor<4x2x2x3xf32>) -> tensor<1x16x16x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor4:$input, NN_Tensor4:$weight, Optional<NN_Tensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
                       DefaultValuedAttr<I64Attr, "1">:$groups,
                       OptionalAttr<F32Attr>:$clampMin, OptionalAttr<F32Attr>:$clampMax);
  let results = (outs NN_Tensor4:$output);
}

def NN_FullyConnectedOp : NN_ClampedOp<"fully_connected", [NN_Int16Form, DeclareOpInterfaceMethods<CostOpInterface>,
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

#endif // TINYC_DIALECTS_NN_CONVOLUTIONOPS_TD

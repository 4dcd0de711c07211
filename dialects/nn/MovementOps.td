// Ops of the nn dialect: data movement.
#ifndef TINYC_DIALECTS_NN_MOVEMENTOPS_TD
#define TINYC_DIALECTS_NN_MOVEMENTOPS_TD

include "dialects/nn/NNBase.td"

class NN_MovementOp<string mnemonic> : NN_Op<mnemonic, [NN_Int16Form,
    DeclareOpInterfaceMethods<QuantizableOpInterface, ["sharesScale"]>]>;

def NN_ReshapeOp : NN_MovementOp<"reshape"> {
  let summary = "The same elements in row-major order under another shape";
  let description = [{
    C1. Equal element types, not quantized per axis. C2. Equal numbers of elements.

    ```mlir
    %y = nn.reshape %x : (tensor<1x2x2x4xf32>) -> tensor<1x16xf32>
    ```
  }];
  let arguments = (ins NN_AnyTensor:$input);
  let results = (outs NN_AnyTensor:$output);
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
def NN_ResizeOp : NN_Op<"resize", [DeclareOpInterfaceMethods<QuantizableOpInterface, ["sharesScale"]>]> {
  let summary = "Resamples height and width: every output element is a weighted sum of a few input elements";
  let description = [{
    out[n, y, x, c] = sum over t of rowWeights[y, t] * (sum over u of columnWeights[x, u] * in[n, rows[y, t],
    columns[x, u], c]), with T row taps (rows is [OH, T], flattened) and U column taps (columns is [OW, U]); float sums in
    order, from 0. Without weights there is one tap of weight 1 in both directions: a copy of the nearest element.
    Interpolation modes and transformations of coordinates end in these tables where a model is imported.

    Integer form: weights become round(w * 2048), the largest of a group corrected so that the group's sum stays exact
    (QuantizedArithmetic.h); acc = the same sum of in - zero_point in int32; result = clamp(((acc + 2^21) >> 22) + zero_point).

    C1. input is [N, H, W, C], result [N, OH, OW, C]; H and W at most 65536.
    C2. rows has T * OH numbers of 0 .. H-1, columns U * OW of 0 .. W-1; T, U >= 1.
    C3. both rowWeights and columnWeights are present, finite, one for each index; or neither, and T = U = 1.
    C4. equal element types; in integer form one scale and zero point, per tensor.
    C5. the weights of each output row and column add up to 1 (within 2^-12) or are all 0, and for every output element the
        sum of the |rowWeights| times that of the |columnWeights| is at most 2.

    ```mlir
    %y = nn.resize %x {rows = array<i64: 0, 0, 1, 1>, columns = array<i64: 0, 0>}
      : (tensor<1x2x1x4xf32>) -> tensor<1x4x2x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor4:$input, DenseI64ArrayAttr:$rows, DenseI64ArrayAttr:$columns,
                       OptionalAttr<DenseF32ArrayAttr>:$rowWeights, OptionalAttr<DenseF32ArrayAttr>:$columnWeights);
  let results = (outs NN_Tensor4:$output);
  let extraClassDeclaration = [{
    /// Taps of an output row; of an output column.
    int64_t getRowTaps() { return getRows().size() / getOutput().getType().getDimSize(1); }
    int64_t getColumnTaps() { return getColumns().size() / getOutput().getType().getDimSize(2); }
  }];
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

#endif // TINYC_DIALECTS_NN_MOVEMENTOPS_TD

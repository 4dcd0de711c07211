// nn.recurrent.
#ifndef TINYC_DIALECTS_NN_RECURRENTOP_TD
#define TINYC_DIALECTS_NN_RECURRENTOP_TD

include "dialects/nn/NNBase.td"

def NN_RecurrentOp : Op<NN_Dialect, "recurrent", [Pure, AttrSizedOperandSegments,
                                                  DeclareOpInterfaceMethods<CostOpInterface>]> {
  let summary = "LSTM, GRU or RNN over a sequence";
  let description = [{
    ONNX's LSTM, GRU and RNN (operator set 22, layout 0), in float. T steps, N samples, I inputs, H hidden elements, D
    directions, G gates: 4 of an lstm (in the order i, o, f, c), 3 of a gru (z, r, h), 1 of an rnn.

    `functions` are the activations of each direction (f, g, h of an lstm, f, g of a gru, f of an rnn), among Affine, Elu,
    HardSigmoid, LeakyRelu, Relu, ScaledTanh, Sigmoid, Softplus, Softsign, Tanh and ThresholdedRelu, with one of `alphas`
    and `betas` each. `clip` bounds what they are applied to. `lengths` holds the steps of each sample that are there, 0 .. T
    (values outside stand for the nearest). `reverse`: the one direction goes from the last step to the first; with D = 2
    the second does. `resetAfter`: a gru's linear_before_reset; `coupled`: an lstm's input_forget, f = 1 - i.

    The result holds, along its first dimension and as far as wanted: the hidden state of each step (`keepSequence`: T rows;
    0 behind a sample's length), that after the last step (`keepHidden`), the cell state after it (`keepCell`, of an lstm).

    Every gate is (Wb + Rb) + the products of W in order of the inputs + those of R in order of the hidden elements, in this
    order, then + peephole * cell; of a gru with resetAfter the hidden gate is Wb + W's products, then + reset * (Rb + R's).

    C1. input is [T, N, I], weights [D, G * H, I], recurrence [D, G * H, H], D 1 or 2 (1 with reverse), all float.
    C2. bias is [D, 2 * G * H]: Wb, then Rb. C3. lengths is i32 [N]. C4. initialHidden and initialCell are [D, N, H], the
    latter of an lstm. C5. peepholes (of i, o, f) is [D, 3 * H], of an lstm. C6. functions are known ones, as many as the cell
    has for all directions, with an alpha and a beta each; clip is above 0. C7. the result is [rows, D, N, H], something is
    kept. C8. resetAfter is of a gru, coupled of an lstm.

    ```mlir
    %y = nn.recurrent "lstm" %x, %w, %r bias(%b : tensor<1x32xf32>) {functions = ["Sigmoid", "Tanh", "Tanh"],
      alphas = array<f32: 0.0, 0.0, 0.0>, betas = array<f32: 0.0, 0.0, 0.0>, keepHidden}
      : (tensor<20x1x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> tensor<1x1x1x4xf32>
    ```
  }];
  let arguments = (ins StrAttr:$cell, NN_Tensor:$input, NN_Tensor:$weights, NN_Tensor:$recurrence, Optional<NN_Tensor>:$bias,
                       Optional<NN_AnyTensor>:$lengths, Optional<NN_Tensor>:$initialHidden,
                       Optional<NN_Tensor>:$initialCell, Optional<NN_Tensor>:$peepholes, StrArrayAttr:$functions,
                       DenseF32ArrayAttr:$alphas, DenseF32ArrayAttr:$betas, OptionalAttr<F32Attr>:$clip,
                       UnitAttr:$reverse, UnitAttr:$resetAfter, UnitAttr:$coupled, UnitAttr:$keepSequence,
                       UnitAttr:$keepHidden, UnitAttr:$keepCell);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = [{
    $cell $input `,` $weights `,` $recurrence (`bias` `(` $bias^ `:` type($bias) `)`)?
    (`lengths` `(` $lengths^ `:` type($lengths) `)`)? (`hidden` `(` $initialHidden^ `:` type($initialHidden) `)`)?
    (`cell` `(` $initialCell^ `:` type($initialCell) `)`)? (`peepholes` `(` $peepholes^ `:` type($peepholes) `)`)?
    attr-dict `:` `(` type($input) `,` type($weights) `,` type($recurrence) `)` `->` type($output)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// 4, 3 or 1; 0 of an unknown cell.
    int64_t getGates();
    int64_t getFunctionCount() { return getCell() == "lstm" ? 3 : getCell() == "gru" ? 2 : 1; }
    int64_t getSteps() { return getInput().getType().getDimSize(0); }
    int64_t getHiddenSize() { return getRecurrence().getType().getShape().back(); }
    int64_t getDirections() { return getRecurrence().getType().getDimSize(0); }
  }];
}

#endif // TINYC_DIALECTS_NN_RECURRENTOP_TD

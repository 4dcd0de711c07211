// Ops of the kernel dialect: convolution and products.
#ifndef TINYC_DIALECTS_KERNEL_CONVOLUTIONOPS_TD
#define TINYC_DIALECTS_KERNEL_CONVOLUTIONOPS_TD

include "dialects/kernel/KernelBase.td"

class Kernel_ConvolutionOp<string mnemonic> : Kernel_Op<mnemonic,
    (ins Kernel_In<Kernel_Data>:$input, Kernel_In<Kernel_Weights>:$weights, Kernel_OptionalIn<Kernel_Bias>:$bias,
         Kernel_OptionalIn<Kernel_S32>:$multipliers),
    (ins Kernel_Out<Kernel_Data>:$output),
    (ins Kernel_WindowAttr:$window, I32Attr:$groups, DefaultValuedAttr<I32Attr, "0">:$inputZeroPoint,
         Kernel_OutputStage:$stage),
    [{ $input `,` $weights (`bias` $bias^ `:` type($bias))? (`multipliers` $multipliers^ `:` type($multipliers))?
       `:` type($input) `,` type($weights) }],
    ["getMacs", "getCallArguments", "getRowAccess"], [AttrSizedOperandSegments]>;

def Kernel_Conv2DOp : Kernel_ConvolutionOp<"conv2d"> {
  let summary = "Convolution: tinyc_conv2d_*";
  let description = [{
    C1. input is [1, H, W, C], weights [O, kh, kw, C / groups], output [1, OH, OW, O] (nn.conv2d says the rest).
    C2. s8 form: i8 buffers, a bias i32[O] with the input zero point folded in, multipliers i32[O] or i32[1] as
        stage.perChannel says, stage #kernel.output_s8. f32 form: f32 buffers, no multipliers, stage #kernel.output_f32.
        s16 form: the same with i16 buffers and zero points of 0.
    C3. the window reads at most the padding that output and input sizes imply.
        Weights of the integer forms may be i4 or i2, too.
    C4. after lower-pack-weights the constants may be one buffer of rank 1 in the kernel's own layout
        (tinyc/pack.h), of i8 or f32 as the form is, in the place of the weights; bias and multipliers are absent then. Weights of less than 8 bits
        are an i8 buffer of rank 1, too, of bytes that hold two or four of them (tinyc/narrow.h); bias and multipliers
        stay beside them.

    ```mlir
    kernel.conv2d %x, %w bias %b : memref<4xi32> multipliers %m : memref<4xi32> : memref<1x8x8x3xi8>, memref<4x1x1x3xi8>
      -> %y : memref<1x8x8x4xi8> {window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1],
      pads = [0, 0]>, groups = 1 : i32, inputZeroPoint = -128 : i32, stage = #kernel.output_s8<zeroPoint = 0,
      clampMin = -128, clampMax = 127, shift = 32, perChannel = true>}
    ```
  }];
}
def Kernel_DepthwiseConv2DOp : Kernel_ConvolutionOp<"depthwise_conv2d"> {
  let summary = "Depthwise convolution: tinyc_depthwise_conv2d_*";
  let description = [{
    As kernel.conv2d with groups = C. Weights are [O, kh, kw, 1] before lower-pack-weights and [kh, kw, O], as the
    contract wants them, or packed as kernel.conv2d's C4, after it.
  }];
}

def Kernel_ConvTranspose2DOp : Kernel_Op<"conv_transpose2d",
    (ins Kernel_In<Kernel_Data>:$input, Kernel_In<Kernel_Weights>:$weights, Kernel_OptionalIn<Kernel_Bias>:$bias,
         Kernel_OptionalIn<Kernel_S32>:$multipliers),
    (ins Kernel_Out<Kernel_Data>:$output),
    (ins Kernel_WindowAttr:$window, I32Attr:$groups, DefaultValuedAttr<I32Attr, "0">:$inputZeroPoint,
         Kernel_OutputStage:$stage),
    [{ $input `,` $weights (`bias` $bias^ `:` type($bias))? (`multipliers` $multipliers^ `:` type($multipliers))?
       `:` type($input) `,` type($weights) }],
    ["getMacs", "getCallArguments", "getRowCount"], [AttrSizedOperandSegments]> {
  let summary = "Transposed convolution: tinyc_conv_transpose2d_*";
  let description = [{
    C1. input is [1, H, W, C], weights [O, kh, kw, C / groups], output [1, OH, OW, O] (nn.conv_transpose2d says the rest).
    C2. as kernel.conv2d's C2, but that the bias does not hold the input zero point.
  }];
}

def Kernel_FullyConnectedOp : Kernel_Op<"fully_connected",
    (ins Kernel_In<Kernel_Data>:$input, Kernel_In<Kernel_Weights>:$weights, Kernel_OptionalIn<Kernel_Bias>:$bias,
         Kernel_OptionalIn<Kernel_S32>:$multipliers),
    (ins Kernel_Out<Kernel_Data>:$output),
    (ins Kernel_OutputStage:$stage),
    [{ $input `,` $weights (`bias` $bias^ `:` type($bias))? (`multipliers` $multipliers^ `:` type($multipliers))?
       `:` type($input) `,` type($weights) }],
    ["getMacs", "getCallArguments"], [AttrSizedOperandSegments]> {
  let summary = "Rows times a weight matrix: tinyc_fully_connected_*";
  let description = [{
    C1. input is [M, K], weights [N, K], output [M, N].
    C2. the forms s8 and f32 as kernel.conv2d's C2, channels being N; packed constants as its C4.
  }];
}

def Kernel_MatMulOp : Kernel_Op<"matmul",
    (ins Kernel_In<Kernel_Data>:$lhs, Kernel_In<Kernel_Data>:$rhs, Kernel_OptionalIn<Kernel_S32>:$multipliers),
    (ins Kernel_Out<Kernel_Data>:$output),
    (ins DefaultValuedAttr<I32Attr, "0">:$lhsZeroPoint, DefaultValuedAttr<I32Attr, "0">:$rhsZeroPoint,
         Kernel_OutputStage:$stage),
    [{ $lhs `,` $rhs (`multipliers` $multipliers^ `:` type($multipliers))? `:` type($lhs) `,` type($rhs) }],
    ["getMacs"], [AttrSizedOperandSegments]> {
  let summary = "Product of two activations: tinyc_matmul_*";
  let description = [{
    C1. lhs is [M, K], rhs [K, N], output [M, N].
    C2. s8 form with multipliers i32[1], or f32 form without.
  }];
}

#endif // TINYC_DIALECTS_KERNEL_CONVOLUTIONOPS_TD

// Ops of the kernel dialect: pooling and normalization.
#ifndef TINYC_DIALECTS_KERNEL_POOLINGOPS_TD
#define TINYC_DIALECTS_KERNEL_POOLINGOPS_TD

include "dialects/kernel/KernelBase.td"

def Kernel_AvgPoolOp : Kernel_Op<"avg_pool",
    (ins Kernel_In<Kernel_Data>:$input, Kernel_OptionalIn<Kernel_S32>:$multipliers),
    (ins Kernel_Out<Kernel_Data>:$output),
    (ins Kernel_WindowAttr:$window, UnitAttr:$includePad, DefaultValuedAttr<I32Attr, "1">:$firstCount,
         DefaultValuedAttr<I32Attr, "0">:$inputZeroPoint, Kernel_OutputStage:$stage),
    [{ $input (`multipliers` $multipliers^ `:` type($multipliers))? `:` type($input) }],
    ["getRowAccess"], [AttrSizedOperandSegments]> {
  let summary = "Average over a window: tinyc_avg_pool_*";
  let description = [{
    C1. input is [1, H, W, C], output [1, OH, OW, C].
    C2. s8 form: multipliers[n - firstCount] for a window with n elements inside the input, one entry with
        includePad; f32 form without multipliers.
  }];
}

def Kernel_MaxPoolOp : Kernel_Op<"max_pool",
    (ins Kernel_In<Kernel_Data>:$input), (ins Kernel_Out<Kernel_Data>:$output),
    (ins Kernel_WindowAttr:$window, Kernel_OutputStage:$stage), [{ $input `:` type($input) }], ["getRowAccess"]> {
  let summary = "Maximum over a window: tinyc_max_pool_*";
  let description = [{ C1. input is [1, H, W, C], output [1, OH, OW, C]. }];
}

def Kernel_SumRowsOp : Kernel_Op<"sum_rows", (ins Kernel_In<Kernel_Data>:$input),
    (ins Arg<Kernel_Bias, "output", [MemRead, MemWrite]>:$output), (ins), [{ $input `:` type($input) }],
    ["getRowCount", "getRowAccess", "getRowScale"]> {
  let summary = "Sums over height and width: tinyc_sum_rows_*";
  let description = [{
    The first half of the average over a whole image; kernel.average is the second. Executed by rows, it is the rows of
    the input that are stepped over, and the output keeps the sums of the rows before.
    C1. input is [1, H, W, C], output [C]. C2. i8 or i16 input and i32 output, or f32 for both.
  }];
}
def Kernel_AverageOp : Kernel_Op<"average",
    (ins Kernel_In<Kernel_Bias>:$input, Kernel_OptionalIn<Kernel_S32>:$multipliers),
    (ins Kernel_Out<Kernel_Data>:$output),
    (ins I32Attr:$count, DefaultValuedAttr<I32Attr, "0">:$inputZeroPoint, Kernel_OutputStage:$stage),
    [{ $input (`multipliers` $multipliers^ `:` type($multipliers))? `:` type($input) }],
    [], [AttrSizedOperandSegments]> {
  let summary = "Average of `count` elements from their sums: tinyc_average_*";
  let description = [{
    With the sums of kernel.sum_rows the bits of kernel.avg_pool over the whole image.
    C1. input is [C], output [1, 1, 1, C]. C2. i32 input, i8 or i16 output and multipliers i32[1], or f32 without multipliers.
    C3. count >= 1.
  }];
}

class Kernel_SoftmaxBaseOp<string mnemonic> : Kernel_Op<mnemonic,
    (ins Kernel_In<Kernel_Data>:$input, Kernel_OptionalIn<Kernel_U16>:$exponentials),
    (ins Kernel_Out<Kernel_Data>:$output),
    (ins DefaultValuedAttr<I32Attr, "0">:$inputMultiplier, DefaultValuedAttr<I32Attr, "0">:$outputMultiplier,
         DefaultValuedAttr<I32Attr, "0">:$outputShift, DefaultValuedAttr<I32Attr, "0">:$outputZeroPoint),
    [{ $input (`exponentials` $exponentials^ `:` type($exponentials))? `:` type($input) }],
    ["getInPlaceOperands", "getRowScale"], [AttrSizedOperandSegments]> {
  let summary = "Over the last dimension: tinyc_" # mnemonic # "_*";
  let description = [{
    C1. input and output have the same shape.
    C2. s8 form with the table ui16[256] of tinyc/arithmetic.h, s16 form with ui16[512], or f32 form without.
  }];
}
def Kernel_SoftmaxOp : Kernel_SoftmaxBaseOp<"softmax">;
def Kernel_LogSoftmaxOp : Kernel_SoftmaxBaseOp<"log_softmax">;

#endif // TINYC_DIALECTS_KERNEL_POOLINGOPS_TD

// Ops of the kernel dialect: elementwise, two operands and elementwise, one operand.
#ifndef TINYC_DIALECTS_KERNEL_ELEMENTWISEOPS_TD
#define TINYC_DIALECTS_KERNEL_ELEMENTWISEOPS_TD

include "dialects/kernel/KernelBase.td"

//===----------------------------------------------------------------------===//
// Elementwise, two operands
//===----------------------------------------------------------------------===//

class Kernel_BinaryOp<string mnemonic, Type type> : Kernel_Op<mnemonic,
    (ins Kernel_In<type>:$lhs, Kernel_In<type>:$rhs), (ins Kernel_Out<type>:$output),
    (ins DefaultValuedAttr<I32Attr, "0">:$lhsZeroPoint, DefaultValuedAttr<I32Attr, "0">:$rhsZeroPoint,
         DefaultValuedAttr<I32Attr, "0">:$lhsMultiplier, DefaultValuedAttr<I32Attr, "0">:$rhsMultiplier,
         DefaultValuedAttr<I32Attr, "0">:$offset, Kernel_OutputStage:$stage),
    [{ $lhs `,` $rhs `:` type($lhs) `,` type($rhs) }], ["getInPlaceOperands"]> {
  let summary = "Elementwise with broadcasting: tinyc_" # mnemonic # "_*";
  let description = [{
    C1. lhs, rhs and output have the same rank; each dimension of an operand is the output's, or 1. After merging
        dimensions that both operands traverse alike, at most 4 are left.
    C2. all buffers have the same element type. Multipliers, zero points and offset belong to the s8 form (kernels.h,
        tinyc_elementwise_s8_params); mul uses lhsMultiplier alone.
  }];
}
def Kernel_AddOp : Kernel_BinaryOp<"add", Kernel_Data>;
def Kernel_SubOp : Kernel_BinaryOp<"sub", Kernel_F32>;
def Kernel_MulOp : Kernel_BinaryOp<"mul", Kernel_Data>;

//===----------------------------------------------------------------------===//
// Elementwise, one operand
//===----------------------------------------------------------------------===//

class Kernel_UnaryOp<string mnemonic, Type from, Type to, dag properties>
    : Kernel_Op<mnemonic, (ins Kernel_In<from>:$input), (ins Kernel_Out<to>:$output), properties,
                [{ $input `:` type($input) }], ["getInPlaceOperands"]> {
  let summary = "Elementwise: tinyc_" # mnemonic # "_*";
  let description = [{ C1. input and output have the same shape. }];
}

def Kernel_ClampOp : Kernel_UnaryOp<"clamp", Kernel_F32, Kernel_F32, (ins Kernel_OutputF32Attr:$stage)>;
def Kernel_LeakyReluOp : Kernel_UnaryOp<"leaky_relu", Kernel_F32, Kernel_F32, (ins F32Attr:$alpha)>;
def Kernel_SigmoidOp : Kernel_UnaryOp<"sigmoid", Kernel_F32, Kernel_F32, (ins)>;
def Kernel_HardSigmoidOp : Kernel_UnaryOp<"hard_sigmoid", Kernel_F32, Kernel_F32,
                                          (ins F32Attr:$alpha, F32Attr:$beta)>;
def Kernel_HardSwishOp : Kernel_UnaryOp<"hard_swish", Kernel_F32, Kernel_F32,
                                        (ins F32Attr:$alpha, F32Attr:$beta)>;

def Kernel_LookupOp : Kernel_Op<"lookup", (ins Kernel_In<Kernel_Integers>:$input, Kernel_In<Kernel_Integers>:$table),
                                (ins Kernel_Out<Kernel_Integers>:$output), (ins),
                                [{ $input `,` $table `:` type($input) `,` type($table) }], ["getInPlaceOperands"]> {
  let summary = "A function as a table of its results: tinyc_lookup_*";
  let description = [{
    C1. input and output have the same shape. C2. the table is i8[256], indexed by the input's bits; for i16 buffers i16[513], between
    whose entries lie straight lines.
  }];
}

def Kernel_RequantizeOp : Kernel_UnaryOp<"requantize", Kernel_Integers, Kernel_Integers,
    (ins I32Attr:$inputZeroPoint, I32Attr:$multiplier, Kernel_OutputS8Attr:$stage)>;
def Kernel_QuantizeOp : Kernel_UnaryOp<"quantize", Kernel_F32, Kernel_Integers, (ins F32Attr:$scale, I32Attr:$zeroPoint)> {
  let description = [{ C1. input and output have the same shape. `scale` is the reciprocal of the output's scale. }];
}
def Kernel_DequantizeOp : Kernel_UnaryOp<"dequantize", Kernel_Integers, Kernel_F32,
                                         (ins F32Attr:$scale, I32Attr:$zeroPoint)>;

#endif // TINYC_DIALECTS_KERNEL_ELEMENTWISEOPS_TD

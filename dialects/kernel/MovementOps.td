// Ops of the kernel dialect: data movement.
#ifndef TINYC_DIALECTS_KERNEL_MOVEMENTOPS_TD
#define TINYC_DIALECTS_KERNEL_MOVEMENTOPS_TD

include "dialects/kernel/KernelBase.td"

class Kernel_MovementOp<string mnemonic, dag properties, list<string> methods = []>
    : Kernel_Op<mnemonic, (ins Kernel_In<Kernel_Data>:$input), (ins Kernel_Out<Kernel_Data>:$output), properties,
                [{ $input `:` type($input) }], methods>;

def Kernel_PadOp : Kernel_MovementOp<"pad", (ins DenseI32ArrayAttr:$before, DenseI32ArrayAttr:$after,
                                             AnyAttrOf<[I32Attr, F32Attr]>:$value), ["getRowCount"]> {
  let summary = "Surrounds a tensor with a value: tinyc_pad_*";
  let description = [{
    C1. before and after have one number >= 0 for each dimension. C2. the output's shape is the sum. C3. value is i32
    for i8 buffers and f32 for f32 buffers. C4. after merging unpadded dimensions at most 4 are left.
  }];
}
def Kernel_TransposeOp : Kernel_MovementOp<"transpose", (ins DenseI32ArrayAttr:$permutation), ["getRowCount"]> {
  let summary = "Permutes dimensions: tinyc_transpose_*";
  let description = [{
    Output dimension i is input dimension permutation[i]. C1. permutation is a permutation. C2. the output's shape is
    the permuted one. C3. after merging dimensions that stay together at most 6 are left.
  }];
}
def Kernel_ResizeOp : Kernel_Op<"resize",
    (ins Kernel_In<Kernel_Data>:$input, Kernel_In<Kernel_U16>:$indices, Kernel_OptionalIn<Kernel_ResizeWeights>:$weights),
    (ins Kernel_Out<Kernel_Data>:$output),
    (ins I32Attr:$rowTaps, I32Attr:$columnTaps, DefaultValuedAttr<I32Attr, "0">:$zeroPoint),
    [{ $input `,` $indices (`weights` $weights^ `:` type($weights))? `:` type($input) `,` type($indices) }],
    ["getMacs", "getRowCount"], [AttrSizedOperandSegments]> {
  let summary = "Weighted sums of a few rows and columns, or copies of pixels: tinyc_resize_*, tinyc_resize_nearest_*";
  let description = [{
    C1. input is [1, H, W, C], output [1, OH, OW, C], of one element type.
    C2. indices are u16[OH * rowTaps + OW * columnTaps]: rows first (nn.resize says the rest).
    C3. weights, one for each index, are i16 for i8 buffers and f32 for f32 buffers; without them rowTaps and columnTaps are 1.
  }];
}
def Kernel_DecodeOp : Kernel_Op<"decode", (ins Kernel_In<Kernel_S8>:$coded), (ins Kernel_Out<Kernel_S8>:$output),
    (ins I32Attr:$tableLog, DefaultValuedAttr<I32Attr, "0">:$words), [{ $coded `:` type($coded) }], ["getRowCount"]> {
  let summary = "Entropy-coded constants into the bytes that a kernel reads: tinyc_decode_s8";
  let description = [{
    The format of the coded string is that of tinyc/decode.h; `words` of the output's words are coded as numbers of 32 bits.
    C1. coded has one dimension. C2. tableLog is 5 to 11. C3. words is at least 0, and they fit the output.

    ```mlir
    kernel.decode %c : memref<912xi8> -> %w : memref<33x1x1x64xi8> scratch %s : memref<1536xi8> {tableLog = 8 : i32}
    ```
  }];
}
def Kernel_CopyOp : Kernel_MovementOp<"copy", (ins I32Attr:$blocks, I32Attr:$length, I32Attr:$inputPitch,
                                               I32Attr:$outputPitch, I32Attr:$outputOffset,
                                               DefaultValuedAttr<I32Attr, "0">:$inputOffset),
                                          ["getRowCount", "getRowScale"]> {
  let summary = "Copies blocks of elements: tinyc_copy_*";
  let description = [{
    Block r, `length` elements, from input + inputOffset + r * inputPitch to output + outputOffset + r * outputPitch. The
    other elements of the output keep their values.
    C1. all blocks lie inside their buffers. C2. input and output have the same element type.
  }];
}

#endif // TINYC_DIALECTS_KERNEL_MOVEMENTOPS_TD

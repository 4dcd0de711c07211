//===- The kernel dialect --------------------------------------------------===//
// One op per kernel contract of runtime/include/tinyc/kernels.h, on buffers, and the call that an op becomes.

#ifndef TINYC_DIALECTS_KERNEL_KERNELOPS_TD
#define TINYC_DIALECTS_KERNEL_KERNELOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/kernel/KernelInterfaces.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::tinyc::kernel";
  let summary = "Kernel contracts on buffers";
  let description = [{
    Destination-passing ops: inputs, constants, the output buffer and an optional scratch buffer, in the order of the C
    function's arguments. Buffers hold storage values (f32, or i8 and i32 integers); scales and zero points are
    properties of the ops. Activations are NHWC with batch 1.

    Discardable attributes of the dialect:
    - `kernel.type` (TypeAttr) on function arguments: the tensor type, with its quantization, that the buffer holds.
    - `kernel.output` (UnitAttr) on function arguments: the buffer is a result of the model.
    - `kernel.inputs`, `kernel.outputs` on a planned function: one dictionary for each, with `name` (StringAttr),
      `type` (TypeAttr of the tensor), `permutation` (DenseI64ArrayAttr, where known), `offset` and `bytes` (i64, in
      the arena); `streamed` (UnitAttr) instead of `offset` if it passes in rows (kernel.receive, kernel.send);
      `passes` (i64) if it does so more than once.
    - `kernel.port` (StringAttr) on a view in a planned function: the buffer is the input or output of that name.
    - `kernel.plan` on a planned function: the buffers and the peak of the plan, see lower-plan-memory.
    - `kernel.stripe` (UnitAttr) on the first op of a stripe of columns: no stream reaches from before it to it and on, see
      lower-split-layers.
    - `kernel.macs` (i64) on kernel.call: its multiply-accumulate operations, where there are any.
  }];
  let useDefaultAttributePrinterParser = 1;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

class Kernel_Attr<string name, string attrMnemonic> : AttrDef<Kernel_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Kernel_ParamsAttr : Kernel_Attr<"Params", "params"> {
  let summary = "A parameter block: C type, and its fields as 32-bit words in memory order";
  let description = [{
    `fields` are C designators without the leading dot (`window.input_height`, `dims[2]`), `values` i32 or f32
    attributes. The fields fill the struct without gaps, so the values are also its words.

    ```mlir
    #kernel.params<"tinyc_lookup_s8_params", ["rows", "length"], [4 : i32, 16 : i32]>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$type, "::mlir::ArrayAttr":$fields, "::mlir::ArrayAttr":$values);
  let assemblyFormat = "`<` $type `,` $fields `,` $values `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Number of 32-bit words.
    unsigned size() const { return getValues().size(); }
    ::llvm::StringRef getField(unsigned i) const { return ::llvm::cast<::mlir::StringAttr>(getFields()[i]).getValue(); }
    /// The struct's words, host byte order.
    ::llvm::SmallVector<uint32_t> getWords() const;
  }];
}

def Kernel_WindowAttr : Kernel_Attr<"Window", "window"> {
  let summary = "A sliding window: height and width of kernel, strides and dilations; padding at the top and left";
  let parameters = (ins "int32_t":$kernelHeight, "int32_t":$kernelWidth, "int32_t":$strideHeight,
                        "int32_t":$strideWidth, "int32_t":$dilationHeight, "int32_t":$dilationWidth,
                        "int32_t":$padTop, "int32_t":$padLeft);
  let assemblyFormat = [{
    `<` `kernel` `=` `[` $kernelHeight `,` $kernelWidth `]` `,` `strides` `=` `[` $strideHeight `,` $strideWidth `]` `,`
    `dilations` `=` `[` $dilationHeight `,` $dilationWidth `]` `,` `pads` `=` `[` $padTop `,` $padLeft `]` `>`
  }];
  let genVerifyDecl = 1;
}

def Kernel_OutputS8Attr : Kernel_Attr<"OutputS8", "output_s8"> {
  let summary = "Output stage of an int8 kernel (tinyc_output_s8), without its multipliers";
  let parameters = (ins "int32_t":$zeroPoint, "int32_t":$clampMin, "int32_t":$clampMax, "int32_t":$shift,
                        DefaultValuedParameter<"bool", "false">:$perChannel);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Kernel_OutputF32Attr : Kernel_Attr<"OutputF32", "output_f32"> {
  let summary = "Output stage of a float kernel (tinyc_output_f32); an absent bound is infinite";
  let parameters = (ins OptionalParameter<"::mlir::FloatAttr">:$clampMin,
                        OptionalParameter<"::mlir::FloatAttr">:$clampMax);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Kernel_StepAttr : Kernel_Attr<"Step", "step"> {
  let summary = "How a call in a stream advances: rows of a step, and the arguments that depend on the row";
  let description = [{
    `rows` of the image belong to a step. With `scale` = 0 the function gets their numbers, else [0, scale * their
    count). The arguments at `bands` point to the first row of the step; those at `tables` are a tinyc_rows, the
    offsets of all rows. All other arguments are the same in each step.
  }];
  let parameters = (ins "int32_t":$rows, "int32_t":$scale, "::mlir::DenseI32ArrayAttr":$bands,
                        "::mlir::DenseI32ArrayAttr":$tables);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Kernel_OutputStage : AnyAttrOf<[Kernel_OutputS8Attr, Kernel_OutputF32Attr]>;

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

class Kernel_BufferOf<list<Type> elements, string what>
    : Type<And<[StaticShapeMemRefOf<elements>.predicate,
                CPred<"::tinyc::kernel::isContiguous(::llvm::cast<::mlir::MemRefType>($_self))">]>,
           "statically shaped contiguous buffer of " # what, "::mlir::MemRefType">;
def Kernel_Data : Kernel_BufferOf<[I8, F32], "8-bit integers or 32-bit floats">;
def Kernel_Weights : Kernel_BufferOf<[I8, I<4>, I<2>, F32], "integers of 8, 4 or 2 bits or 32-bit floats">;
def Kernel_S8 : Kernel_BufferOf<[I8], "8-bit integers">;
def Kernel_F32 : Kernel_BufferOf<[F32], "32-bit floats">;
def Kernel_S32 : Kernel_BufferOf<[I32], "32-bit integers">;
def Kernel_U16 : Kernel_BufferOf<[I16], "16-bit integers">;
def Kernel_Bias : Kernel_BufferOf<[I32, F32], "32-bit integers or floats">;

class Kernel_In<Type type, string description = ""> : Arg<type, description, [MemRead]>;
class Kernel_Out<Type type> : Arg<type, "output", [MemWrite]>;
class Kernel_OptionalIn<Type type> : Arg<Optional<type>, "", [MemRead]>;
def Kernel_Scratch : Arg<Optional<Kernel_S8>, "temporary bytes", [MemRead, MemWrite]>;

//===----------------------------------------------------------------------===//
// Base classes
//===----------------------------------------------------------------------===//

// The assembly format of every op: inputs -> output scratch(...) attributes.
class Kernel_Op<string mnemonic, dag inputs, dag outputs, dag properties, string inputFormat,
                list<string> methods = [], list<Trait> traits = []>
    : Op<Kernel_Dialect, mnemonic, !listconcat([
        DeclareOpInterfaceMethods<KernelOpInterface, methods>], traits)> {
  let arguments = !con(inputs, outputs, (ins Kernel_Scratch:$scratch), properties,
                       (ins OptionalAttr<FlatSymbolRefAttr>:$kernel, DefaultValuedAttr<I32Attr, "0">:$rowsPerStep));
  let assemblyFormat = inputFormat # [{ `->` $output `:` type($output) (`scratch` $scratch^ `:` type($scratch))?
    attr-dict }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Convolution and products
//===----------------------------------------------------------------------===//

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
    C3. the window reads at most the padding that output and input sizes imply.
        Weights of the s8 form may be i4 or i2, too.
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

//===----------------------------------------------------------------------===//
// Pooling and normalization
//===----------------------------------------------------------------------===//

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
    C1. input is [1, H, W, C], output [C]. C2. i8 input and i32 output, or f32 for both.
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
    C1. input is [C], output [1, 1, 1, C]. C2. i32 input, i8 output and multipliers i32[1], or f32 without multipliers.
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
    C2. s8 form with the table i16[256] of tinyc/arithmetic.h, or f32 form without.
  }];
}
def Kernel_SoftmaxOp : Kernel_SoftmaxBaseOp<"softmax">;
def Kernel_LogSoftmaxOp : Kernel_SoftmaxBaseOp<"log_softmax">;

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

def Kernel_LookupOp : Kernel_Op<"lookup", (ins Kernel_In<Kernel_S8>:$input, Kernel_In<Kernel_S8>:$table),
                                (ins Kernel_Out<Kernel_S8>:$output), (ins),
                                [{ $input `,` $table `:` type($input) `,` type($table) }], ["getInPlaceOperands"]> {
  let summary = "A table of 256 results, indexed by the input's bits: tinyc_lookup_s8";
  let description = [{ C1. input and output have the same shape. C2. the table is i8[256]. }];
}

def Kernel_RequantizeOp : Kernel_UnaryOp<"requantize", Kernel_S8, Kernel_S8,
    (ins I32Attr:$inputZeroPoint, I32Attr:$multiplier, Kernel_OutputS8Attr:$stage)>;
def Kernel_QuantizeOp : Kernel_UnaryOp<"quantize", Kernel_F32, Kernel_S8, (ins F32Attr:$scale, I32Attr:$zeroPoint)> {
  let description = [{ C1. input and output have the same shape. `scale` is the reciprocal of the output's scale. }];
}
def Kernel_DequantizeOp : Kernel_UnaryOp<"dequantize", Kernel_S8, Kernel_F32,
                                         (ins F32Attr:$scale, I32Attr:$zeroPoint)>;

//===----------------------------------------------------------------------===//
// Data movement
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// Streams
//===----------------------------------------------------------------------===//

def Kernel_StreamOp : Op<Kernel_Dialect, "stream", [SingleBlock, NoTerminator, NoRegionArguments,
                                                    RecursiveMemoryEffects]> {
  let summary = "Kernel ops executed interleaved, a few rows at a time";
  let description = [{
    `steps` numbers the ops of the body from 0. The k-th occurrence of an op computes rows [k * g, min((k + 1) * g, H)) of
    it, g being its `rowsPerStep` and H its KernelOpInterface::getRowCount(). Nothing is computed twice.
    C1. the body holds ops of KernelOpInterface with rows and a rowsPerStep >= 1, or, after lower-kernels-to-calls, the
        kernel.call of each. C2. each of them occurs ceil(H / g) times in `steps`.
    C3. rows of a kernel.rows that one step touches without a window lie side by side in memory.

    ```mlir
    kernel.stream steps [0, 0, 1, 0, 1, 1] {
      kernel.lookup %x, %table : memref<1x3x4x8xi8>, memref<256xi8> -> %y : memref<1x3x4x8xi8> {rowsPerStep = 1 : i32}
      kernel.lookup %y, %table : memref<1x3x4x8xi8>, memref<256xi8> -> %z : memref<1x3x4x8xi8> {rowsPerStep = 1 : i32}
    }
    ```
  }];
  let arguments = (ins DenseI32ArrayAttr:$steps);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`steps` $steps $body attr-dict";
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::llvm::ArrayRef<int32_t>":$steps)>]; // with an empty block
  let hasRegionVerifier = 1;
}

def Kernel_RowsOp : Op<Kernel_Dialect, "rows", [Pure]> {
  let summary = "An image whose rows lie anywhere in the arena";
  let description = [{
    Row y (all of [y, W, C]) begins `offsets[y]` bytes into the arena. The result's type is that of the contiguous image;
    only ops of a kernel.stream use it.
    C1. the result is [1, H, W, C], with one offset for each row. C2. all rows lie inside the arena, at multiples of the
    element size.

    ```mlir
    %t = kernel.rows %arena [0, 320, 640, 0, 320] : memref<4800xi8> to memref<1x5x5x64xi8>
    ```
  }];
  let arguments = (ins MemRefRankOf<[I8], [1]>:$arena, DenseI64ArrayAttr:$offsets);
  let results = (outs Kernel_BufferOf<[I8, I32, F32], "8-bit integers, 32-bit integers or floats">:$result);
  let assemblyFormat = "$arena $offsets attr-dict `:` type($arena) `to` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Bytes of a row.
    int64_t getRowBytes();
    /// Whether rows [begin, end) lie side by side.
    bool isContiguous(int64_t begin, int64_t end);
  }];
}

//===----------------------------------------------------------------------===//
// Streamed inputs and outputs
//===----------------------------------------------------------------------===//

class Kernel_TransferOp<string mnemonic, dag buffer, string format>
    : Op<Kernel_Dialect, mnemonic, [DeclareOpInterfaceMethods<KernelOpInterface, ["getCallArguments", "getOutputBuffer",
        "getScratchBuffer", "setScratchBuffer", "getSymbol", "setSymbol"]>]> {
  let arguments = !con(buffer, (ins I32Attr:$port, StrAttr:$name, TypeAttrOf<AnyRankedTensor>:$tensorType,
                                OptionalAttr<DenseI64ArrayAttr>:$permutation,
                                DefaultValuedAttr<I32Attr, "0">:$rowsPerStep));
  let assemblyFormat = format # " attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The entry of kernel.inputs or kernel.outputs.
    ::mlir::DictionaryAttr getDescription();
  }];
}

def Kernel_ReceiveOp : Kernel_TransferOp<"receive", (ins Kernel_Out<Kernel_Data>:$output),
                                         "$port $name `->` $output `:` type($output)"> {
  let summary = "Takes rows of a streamed input of the model";
  let description = [{
    The program stops until its user has written the rows to the buffer. There is no kernel; `port` is the number of the
    input, `tensorType` its type with quantization.
    C1. the buffer is [1, H, W, C]. C2. tensorType has its shape, and elements of its size.

    ```mlir
    kernel.receive 0 "image" -> %x : memref<1x96x96x3xi8> {tensorType = tensor<1x96x96x3x!quant.uniform<i8:f32, 0.1>>}
    ```
  }];
}
def Kernel_SendOp : Kernel_TransferOp<"send", (ins Arg<Kernel_Data, "input", [MemRead, MemWrite]>:$input),
                                      "$input `->` $port $name `:` type($input)"> {
  let summary = "Hands out rows of a streamed output of the model";
  let description = [{
    The program stops until its user has taken the rows from the buffer, which stands for the op's output, too. Otherwise
    as kernel.receive.

    ```mlir
    kernel.send %x -> 0 "mask" : memref<1x96x96x2xi8> {tensorType = tensor<1x96x96x2x!quant.uniform<i8:f32, 0.1>>}
    ```
  }];
}

//===----------------------------------------------------------------------===//
// The call
//===----------------------------------------------------------------------===//

def Kernel_CallOp : Op<Kernel_Dialect, "call"> {
  let summary = "A call of a kernel's C function";
  let description = [{
    `callee(&params, arguments..., rowBegin, rowEnd)`. An argument printed as `null` is the C constant NULL; `nulls`
    holds the positions of those, ascending. Which argument is the output follows from the contract. In a kernel.stream
    `step` says how the call advances over `rows`.

    ```mlir
    kernel.call @tinyc_lookup_s8(%x, %table, %y, null) : memref<4x16xi8>, memref<256xi8>, memref<4x16xi8> rows [0, 4]
      params <"tinyc_lookup_s8_params", ["rows", "length"], [4 : i32, 16 : i32]>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<AnyMemRef>:$operands,
                       DefaultValuedAttr<DenseI32ArrayAttr, "{}">:$nulls, I32Attr:$rowBegin, I32Attr:$rowEnd,
                       Kernel_ParamsAttr:$params, OptionalAttr<Kernel_StepAttr>:$step);
  let assemblyFormat = [{
    $callee `(` custom<Arguments>($operands, $nulls) `)` (`:` type($operands)^)?
    `rows` `[` custom<Rows>($rowBegin, $rowEnd) `]` `params` $params (`step` $step^)? attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The pointer arguments of the C function in order; a null value stands for NULL.
    ::llvm::SmallVector<::mlir::Value> getArguments();
  }];
}

#endif // TINYC_DIALECTS_KERNEL_KERNELOPS_TD

// Ops of the kernel dialect: streams, streamed inputs and outputs, and the call.
#ifndef TINYC_DIALECTS_KERNEL_STREAMOPS_TD
#define TINYC_DIALECTS_KERNEL_STREAMOPS_TD

include "dialects/kernel/KernelBase.td"

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
  let assemblyFormat = "`steps` $steps attr-dict-with-keyword $body";
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
  let results = (outs Kernel_BufferOf<[I8, I16, I<4>, I32, F32], "integers of 4, 8, 16 or 32 bits or floats">:$result);
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

#endif // TINYC_DIALECTS_KERNEL_STREAMOPS_TD

//===- The kernel dialect --------------------------------------------------===//
// One op per kernel contract of runtime/include/tinyc/kernels.h, on buffers, and the call that an op becomes.

#ifndef TINYC_DIALECTS_KERNEL_KERNELBASE_TD
#define TINYC_DIALECTS_KERNEL_KERNELBASE_TD

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
    function's arguments. Buffers hold storage values (f32, or i4, i8, i16 and i32 integers; those of 4 bits two in a byte); scales and zero points are
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
    - `kernel.word_kinds` (DenseI8ArrayAttr) on a packed constant: of each of its words whether it is bytes (0), a bias (1) or a
      multiplier (2), see lower-pack-weights.
    - `kernel.macs` (i64) on kernel.call: its multiply-accumulate operations, where there are any.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::tinyc::loop::LoopDialect"];
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
  let summary = "Output stage of an integer kernel (tinyc_output_s8), without its multipliers";
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
def Kernel_Data : Kernel_BufferOf<[I8, I16, I<4>, F32], "integers of 4, 8 or 16 bits or 32-bit floats">;
def Kernel_Weights : Kernel_BufferOf<[I8, I<4>, I<2>, F32], "integers of 8, 4 or 2 bits or 32-bit floats">;
def Kernel_S8 : Kernel_BufferOf<[I8], "8-bit integers">;
def Kernel_Integers : Kernel_BufferOf<[I8, I16, I<4>], "integers of 4, 8 or 16 bits">;
def Kernel_F32 : Kernel_BufferOf<[F32], "32-bit floats">;
def Kernel_S32 : Kernel_BufferOf<[I32], "32-bit integers">;
def Kernel_U16 : Kernel_BufferOf<[UI<16>], "unsigned 16-bit integers">;
def Kernel_ResizeWeights : Kernel_BufferOf<[I16, F32], "16-bit integers or 32-bit floats">;
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

#endif // TINYC_DIALECTS_KERNEL_KERNELBASE_TD

// Loop nests on buffers.
#ifndef TINYC_DIALECTS_KERNEL_LOOPNESTOPS_TD
#define TINYC_DIALECTS_KERNEL_LOOPNESTOPS_TD

include "dialects/kernel/KernelBase.td"
include "mlir/IR/SymbolInterfaces.td"

def Kernel_AnyData : Kernel_BufferOf<[F32, I8, I16, I32, I64], "32-bit floats or integers of 8 to 64 bits">;

def Kernel_LoopNestOp : Op<Kernel_Dialect, "loop_nest", [
    DeclareOpInterfaceMethods<KernelOpInterface, ["getInPlaceOperands", "getCallArguments", "getRowCount"]>,
    AttrSizedOperandSegments, IsolatedFromAbove]> {
  let summary = "An operator without a kernel, as loops over scalars";
  let description = [{
    As nn.loop_nest (the same attributes, constraints and body), on buffers. Booleans are bytes that are 0 or 1, so that no
    scalar of a buffer is i1. There is no C function to select: lower-kernels-to-calls makes one of the body.

    ```mlir
    kernel.loop_nest "Erf" (%x) {
    ^bb0(%e: f32):
      %y = loop.call "erf"(%e)
      loop.yield %y : f32
    } -> %out : memref<4xf32> {sizes = array<i64: 4>, parallel = 1, maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]}
      : memref<4xf32>
    ```
  }];
  let arguments = (ins StrAttr:$onnxOperator, Arg<Variadic<Kernel_AnyData>, "", [MemRead]>:$inputs,
                       Kernel_Out<Kernel_AnyData>:$output, Kernel_Scratch:$scratch, DenseI64ArrayAttr:$sizes,
                       I64Attr:$parallel, AffineMapArrayAttr:$maps, OptionalAttr<AnyAttr>:$init,
                       OptionalAttr<FlatSymbolRefAttr>:$kernel, DefaultValuedAttr<I32Attr, "0">:$rowsPerStep);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $onnxOperator `(` $inputs `)` custom<Body>($body) `->` $output `:` type($output) (`scratch` $scratch^ `:` type($scratch))? attr-dict
    `:` type($inputs)
  }];
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::tinyc::loop::Nest getNest();
  }];
}

def Kernel_LoopFunctionOp : Op<Kernel_Dialect, "loop_function", [Symbol, IsolatedFromAbove]> {
  let summary = "The function that kernel.call calls for a kernel.loop_nest";
  let description = [{
    Its pointers are the inputs, then the output; the parameter block is not read. `types` are those of the buffers.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeArrayAttr:$types, DenseI64ArrayAttr:$sizes, I64Attr:$parallel,
                       AffineMapArrayAttr:$maps, OptionalAttr<AnyAttr>:$init);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name custom<Body>($body) attr-dict";
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::tinyc::loop::Nest getNest();
  }];
}

#endif // TINYC_DIALECTS_KERNEL_LOOPNESTOPS_TD

//===- The loop dialect ----------------------------------------------------===//
// Bodies of loop nests: what nn.loop_nest and kernel.loop_nest compute for one point of their iteration space.

#ifndef TINYC_DIALECTS_LOOP_LOOPOPS_TD
#define TINYC_DIALECTS_LOOP_LOOPOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Loop_Dialect : Dialect {
  let name = "loop";
  let cppNamespace = "::tinyc::loop";
  let summary = "Bodies of loop nests";
  let description = [{
    A loop nest has loops of constant sizes, the outer ones parallel, the inner ones reductions, tensors that it reads, and
    one that it writes, each with an affine map of the loops to its indices. Its body is one block: arguments are the scalars
    that the maps say, and for a reduction the accumulator; its ops are those of arith on scalars, and the ones here;
    its end is loop.yield. Bodies refer to nothing outside: the same body stands for tensors, for buffers and for emission.

    Scalars are f32 and signless integers of 1, 8, 16, 32 and 64 bits. Arithmetic is that of arith: IEEE without contraction
    and without fast-math, integers wrap around. What arith leaves undefined (division by 0, casts of values out of range,
    shifts by the width or more) must not happen: bodies select around it.
  }];
}

class Loop_Op<string mnemonic, list<Trait> traits = []> : Op<Loop_Dialect, mnemonic, !listconcat([Pure], traits)>;

def Loop_Scalar : AnyTypeOf<[F32, I1, I8, I16, I32, I64]>;

def Loop_IndexOp : Loop_Op<"index"> {
  let summary = "The index of a loop, from 0";
  let description = [{
    C1. `loop` is below the number of loops.

    ```mlir
    %i = loop.index 0
    ```
  }];
  let arguments = (ins I32Attr:$loop);
  let results = (outs I32:$result);
  let assemblyFormat = "$loop attr-dict";
}

def Loop_LoadOp : Loop_Op<"load"> {
  let summary = "An element of a tensor that is read, at computed indices";
  let description = [{
    An index outside of its dimension stands for the nearest one inside: reading is safe whatever the data.
    C1. `tensor` is the number of a tensor that is read. C2. there is an index for each of its dimensions. C3. the result is
    of its element type.

    ```mlir
    %x = loop.load 0[%i, %j] : f32
    ```
  }];
  let arguments = (ins I32Attr:$tensor, Variadic<I32>:$indices);
  let results = (outs Loop_Scalar:$result);
  let assemblyFormat = "$tensor `[` $indices `]` attr-dict `:` type($result)";
}

def Loop_CallOp : Loop_Op<"call"> {
  let summary = "A function of the runtime's own mathematics";
  let description = [{
    tinyc/math.h: the same bits on every host and every core.
    C1. `function` is one of loop/Functions.def. C2. it has as many operands.

    ```mlir
    %y = loop.call "erf"(%x)
    ```
  }];
  let arguments = (ins StrAttr:$function, Variadic<F32>:$operands);
  let results = (outs F32:$result);
  let assemblyFormat = "$function `(` $operands `)` attr-dict";
}

def Loop_YieldOp : Loop_Op<"yield", [Terminator]> {
  let summary = "The result at this point, or the accumulator's next value";
  let arguments = (ins Loop_Scalar:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif // TINYC_DIALECTS_LOOP_LOOPOPS_TD

// nn.loop_nest.
#ifndef TINYC_DIALECTS_NN_LOOPNESTOP_TD
#define TINYC_DIALECTS_NN_LOOPNESTOP_TD

include "dialects/nn/NNBase.td"

def NN_LoopNestOp : Op<NN_Dialect, "loop_nest", [Pure, IsolatedFromAbove, DeclareOpInterfaceMethods<CostOpInterface>]> {
  let summary = "An operator written as loops over scalars";
  let description = [{
    One op for every ONNX operator without an op of its own: `onnxOperator` is its name, for messages and reports. For each
    point of the parallel loops, the outer `parallel` ones of `sizes`, the accumulator is `init`; the inner loops are the
    reduction, in order, the last one fastest; each point of them evaluates the body, on the elements that the maps say and
    on the accumulator, which becomes what is yielded. The accumulator is the element of the result in the end. Without
    reductions the body is evaluated once. A result whose indices hold a loop of the reduction is written at every step: a
    scan.

    `maps` has one affine map of the loops for each input, then one for the result. An input whose map has no results while
    it has dimensions is read by loop.load only, and has no argument in the body. Bodies: see the loop dialect. The integers
    of bodies are signless, elements of quantized tensors are their storage integers.

    C1. sizes are 1 .. 2^31 - 1. C2. elements are f32, integers, or quantized per tensor. C3. the maps take as many
    dimensions as there are loops and have as many results as the tensor has dimensions, or, for an input, none. C4. indices
    are linear in the loops and inside of the tensor. C5. the indices of the result are loops, each at most once, every
    parallel loop among them, or 0, and reach every element. C6. the body's arguments are the scalars of the mapped inputs, and
    with a reduction the accumulator; its ops those of arith and loop; it yields the result's scalar. C7. init is there if
    and only if there is a reduction.

    ```mlir
    %s = nn.loop_nest "ReduceSum" (%x) {
    ^bb0(%e: f32, %sum: f32):
      %next = arith.addf %sum, %e : f32
      loop.yield %next : f32
    } {sizes = array<i64: 2, 3>, parallel = 1, maps = [affine_map<(i, r) -> (i, r)>, affine_map<(i, r) -> (i, 0)>],
       init = 0.0 : f32} : (tensor<2x3xf32>) -> tensor<2x1xf32>
    ```
  }];
  let arguments = (ins StrAttr:$onnxOperator, Variadic<NN_AnyTensor>:$inputs, DenseI64ArrayAttr:$sizes, I64Attr:$parallel,
                       AffineMapArrayAttr:$maps, OptionalAttr<AnyAttr>:$init);
  let results = (outs NN_AnyTensor:$output);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$onnxOperator `(` $inputs `)` custom<Body>($body) attr-dict `:` functional-type($inputs, results)";
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::tinyc::loop::Nest getNest();
  }];
}

#endif // TINYC_DIALECTS_NN_LOOPNESTOP_TD

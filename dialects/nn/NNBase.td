//===- The nn dialect ------------------------------------------------------===//
// Neural-network operators on tensors: NHWC activations, OHWI weights, static shapes. One op stands for the float
// and the quantized form; precision lives in the element type.

#ifndef TINYC_DIALECTS_NN_NNBASE_TD
#define TINYC_DIALECTS_NN_NNBASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/Properties.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Dialect/Quant/IR/QuantBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/nn/NNInterfaces.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::tinyc::nn";
  let summary = "Neural networks on static tensors, float or quantized";
  let description = [{
    Activations are NHWC (`N` outermost), convolution weights OHWI (output channel, kernel height, kernel width, input
    channel of the group). Every tensor has a static shape. Element types are `f32` or a `!quant.uniform` type whose
    expressed type is `f32`: an op is in float form or in integer form, never both. Integers that stand for themselves
    (`i1`, signless for signed ones, `ui8` .. `ui64`) pass through nn.loop_nest, nn.constant and nn.reshape only.

    Discardable attributes of the dialect:
    - `nn.name` (StringAttr) on arguments and results of the model function: the ONNX name.
    - `nn.permutation` (DenseI64ArrayAttr) on the same: the stored dimensions are the ONNX dimensions permuted by it
      (`[0, 2, 3, 1]`: ONNX NCHW is stored NHWC).
    - `nn.range` (DenseF64ArrayAttr `[min, max]` for each result, concatenated) on ops, and on function arguments: the
      calibrated range in real numbers.
    - `nn.weight_bits` (I32Attr: 8, 4 or 2) on ops with weights, before quantization: the precision chosen for them.
    - `nn.activation_bits` (I32Attr: 4, 8 or 16) on ops, before quantization: the precision chosen for their results.
    - `nn.weight_scales` (DenseF32ArrayAttr, one for each output channel) on ops with weights: the scales chosen for them.

    Integer form, for all ops: a real value r is (q - zero_point) * scale. Accumulators are int32. Requantization
    from an accumulator of scale S to a result of scale s is `(acc * M + 2^(k-1)) >> k` with M = round(S / s * 2^k),
    k = 32 where S / s < 0.5 for every channel, else the largest k with every M below 2^31 (runtime/include/tinyc/arithmetic.h).
    For results of 16 bits k is the largest with every M below 2^31, at most 62.

    A1. The activations of an op in integer form, operands and result, have one width: at most 8 bits, or 16. Those of 16 bits
    have the storage type i16<-32767:32767> and a zero point of 0. nn.requantize and the casts change the width.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::quant::QuantDialect", "::tinyc::loop::LoopDialect"];
  let hasConstantMaterializer = 0;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

// isTensor (NN.cpp): 1 to 2^40 elements; quantized per tensor, or per axis with one scale for each index of an existing axis.
def NN_Tensor : Type<CPred<"::tinyc::nn::isTensor($_self)">,
                     "statically shaped tensor of 32-bit float or quantized values", "::mlir::RankedTensorType">;
// A tensor of rank 4, NHWC or OHWI.
def NN_Tensor4 : Type<And<[NN_Tensor.predicate, CPred<"::llvm::cast<::mlir::ShapedType>($_self).getRank() == 4">]>,
                      "statically shaped 4-D tensor of 32-bit float or quantized values", "::mlir::RankedTensorType">;

// isAnyTensor (NN.cpp): the same, or of integers of 1, 8, 16, 32 or 64 bits that stand for themselves.
def NN_AnyTensor : Type<CPred<"::tinyc::nn::isAnyTensor($_self)">,
                        "statically shaped tensor of 32-bit float, integer or quantized values",
                        "::mlir::RankedTensorType">;

//===----------------------------------------------------------------------===//
// Base classes
//===----------------------------------------------------------------------===//

// The op has an integer form with activations of 16 bits.
def NN_Int16Form : NativeOpTrait<"Int16Form"> { let cppNamespace = "::tinyc::nn"; }

class NN_Op<string mnemonic, list<Trait> traits = []> : Op<NN_Dialect, mnemonic, !listconcat([Pure], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

// An op with the optional f32 attributes clampMin and clampMax.
class NN_ClampedOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat([FusedActivationOpInterface], traits)>;

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

def NN_ConstantOp : NN_Op<"constant", [ConstantLike]> {
  let summary = "Weights, biases and other values known at compile time";
  let description = [{
    `value` holds f32 elements for a float result, signless integers for one of integers, and the storage values (i8, i32
    ...) for a quantized one.

    C1. `value` has the shape of the result.
    C2. `value`'s element type is the result's element type, or its storage type if that is quantized.
    C3. A `value` that is a resource is present and holds the elements in whole bytes.

    ```mlir
    %w = nn.constant dense<[[1, -2]]> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<i8:f32, 0.5>>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs NN_AnyTensor:$output);
  let assemblyFormat = "attr-dict $value `->` type($output)";
  let hasFolder = 1;
}

#endif // TINYC_DIALECTS_NN_NNBASE_TD

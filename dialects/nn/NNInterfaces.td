//===- Op interfaces of the nn dialect ------------------------------------===//
// Passes reach ops only through these interfaces: a new op joins a pass by implementing one.

#ifndef TINYC_DIALECTS_NN_NNINTERFACES_TD
#define TINYC_DIALECTS_NN_NNINTERFACES_TD

include "mlir/IR/OpBase.td"

def CostOpInterface : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::tinyc::nn";
  let description = [{ What one execution of the op costs, independent of any target. }];
  let methods = [
    InterfaceMethod<"Multiply-accumulate operations of one inference (0 for ops without products of weights or "
                    "activations that are summed).", "int64_t", "getMacs">,
  ];
}

def QuantizableOpInterface : OpInterface<"QuantizableOpInterface"> {
  let cppNamespace = "::tinyc::nn";
  let description = [{
    An op that has an integer form. An op is in integer form when its data operands and its result have
    `!quant.uniform` element types; the semantics of both forms stand in the op's description.
  }];
  let methods = [
    InterfaceMethod<"Operand numbers of the activations (data operands that need an activation type).",
                    "::llvm::SmallVector<unsigned>", "getActivationOperands">,
    InterfaceMethod<"Operand number of the weight, if the op has one (int8 symmetric per output channel; the channel "
                    "is dimension 0).", "std::optional<unsigned>", "getWeightOperand", (ins), "",
                    [{ return std::nullopt; }]>,
    InterfaceMethod<"Operand number of the bias, if present (int32, scale = input scale * weight scale).",
                    "std::optional<unsigned>", "getBiasOperand", (ins), "", [{ return std::nullopt; }]>,
    InterfaceMethod<"True if result and activation operands must have one common scale and zero point (max_pool, "
                    "reshape, transpose, pad, concat).", "bool", "sharesScale", (ins), "", [{ return false; }]>,
    InterfaceMethod<"The op's result range where the op's definition fixes it (softmax: 0..1), else nullopt.",
                    "std::optional<std::pair<double, double>>", "getFixedRange", (ins), "",
                    [{ return std::nullopt; }]>,
  ];
}

def FusedActivationOpInterface : OpInterface<"FusedActivationOpInterface"> {
  let cppNamespace = "::tinyc::nn";
  let description = [{
    An op whose result may be clamped as part of the op: bounds in real numbers, absent where unbounded. ReLU is
    clampMin = 0, ReLU6 clampMin = 0 and clampMax = 6. The op has optional f32 attributes clampMin and clampMax.
  }];
  let methods = [
    InterfaceMethod<"Lower bound, or nullopt.", "std::optional<float>", "getLowerBound", (ins), [{
      if (auto min = $_op.getClampMin()) return min->convertToFloat();
      return std::nullopt;
    }]>,
    InterfaceMethod<"Upper bound, or nullopt.", "std::optional<float>", "getUpperBound", (ins), [{
      if (auto max = $_op.getClampMax()) return max->convertToFloat();
      return std::nullopt;
    }]>,
    InterfaceMethod<"Replaces both bounds.", "void", "setBounds",
                    (ins "std::optional<float>":$lower, "std::optional<float>":$upper), [{
      ::mlir::Builder builder($_op.getContext());
      $_op.setClampMinAttr(lower ? builder.getF32FloatAttr(*lower) : ::mlir::FloatAttr());
      $_op.setClampMaxAttr(upper ? builder.getF32FloatAttr(*upper) : ::mlir::FloatAttr());
    }]>,
  ];
}

#endif // TINYC_DIALECTS_NN_NNINTERFACES_TD

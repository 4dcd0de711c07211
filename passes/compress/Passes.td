//===- Passes of phase Compress --------------------------------------------===//

#ifndef TINYC_PASSES_COMPRESS_PASSES_TD
#define TINYC_PASSES_COMPRESS_PASSES_TD

include "mlir/Pass/PassBase.td"

def FoldQDQPass : Pass<"compress-fold-qdq", "::mlir::func::FuncOp"> {
  let summary = "Turn the Q/DQ pairs of an imported model into ops in integer form";
  let description = [{
    `op(dcast(x), dcast(w), dcast(b)) -> qcast` becomes the op on the quantized types, with the model's own scales.
    Casts move through ops that keep scales (reshape, transpose, pad, max_pool, concat), a clamp before a qcast is fused
    into its producer, casts at the function's border become the border's types, and a qcast of a dcast becomes
    nn.requantize. A batch norm between casts becomes a depthwise 1x1 convolution. Unsigned activations become signed (q - 128). Weights with zero points that no shift removes are
    quantized anew per channel, with a warning; a bias of another scale than input scale * weight scale is rescaled. Ops
    that the model leaves without scales stay in float between casts, each with a warning.

    The pass has to run before any folding rewrite, because upstream folds dcast(qcast(x)) to x. It leaves functions
    without casts alone.
  }];
  let options = [
    Option<"warnFloat", "warn-float", "bool", /*default=*/"true",
           "Warn about ops that stay in float; off where compress-quantize follows">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect", "::mlir::quant::QuantDialect"];
}

def CalibratePass : Pass<"compress-calibrate", "::mlir::func::FuncOp"> {
  let summary = "Observe the range of every tensor on calibration data";
  let description = [{
    Runs the function over samples and sets `nn.range` on every op and argument. Samples come from the creator of the
    pass (createCalibratePass with CalibrationData), or, from a command line, are uniform random numbers.
    - `min-max`: the least and the greatest value.
    - `percentile`: the values between which lies all but a share of 100 - percentile % on either side.
    - `mse`: the range whose 8-bit quantization has the least mean squared error.
    The last two are read from a histogram of 2048 to 4096 bins. The result does not depend on the number of threads.
  }];
  let options = [
    Option<"method", "method", "std::string", /*default=*/"\"percentile\"", "min-max, percentile or mse">,
    Option<"percentile", "percentile", "double", /*default=*/"99.999", "Share of the values on either side, in %">,
    Option<"samples", "samples", "int64_t", /*default=*/"16", "Random samples, if no data is given">,
    Option<"seed", "seed", "uint64_t", /*default=*/"1", "Seed of the random samples">,
    Option<"low", "low", "double", /*default=*/"-1.0", "Least random input">,
    Option<"high", "high", "double", /*default=*/"1.0", "Greatest random input">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def AssignPrecisionPass : Pass<"compress-assign-precision", "::mlir::func::FuncOp"> {
  let summary = "Take the precision of each layer from a file";
  let description = [{
    Sets `nn.weight_bits` and `nn.activation_bits` of the ops whose ONNX nodes the file names: JSON, as `tinyc --precision` takes it
    (docs/Search.md). A layer that the function does not have, and weights of an op without weights, are errors.
  }];
  let options = [
    Option<"file", "file", "std::string", /*default=*/"\"\"", "JSON file">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def QuantizePass : Pass<"compress-quantize", "::mlir::func::FuncOp"> {
  let summary = "Quantize a calibrated float function to integer form";
  let description = [{
    Activations get an asymmetric type per tensor from `nn.range` (or the range that the op's definition fixes), widened
    to contain zero; ops that keep scales share one type with their operands, through nn.requantize where an operand
    that others read would lose more than a bit. Weights become symmetric per output channel, in the bits of
    `nn.weight_bits` or of the option `weights`, on the scales of `nn.weight_scales` or on the least by which all fit; biases
    int32 of input scale * weight scale. Arguments and results of the function become quantized. Ops without an integer form stay in
    float between casts, each with a warning. All by QuantizableOpInterface.
  }];
  let options = [
    Option<"weights", "weights", "std::string", /*default=*/"\"int8\"", "Type of weights without nn.weight_bits: int8, int4 or int2">,
    Option<"activations", "activations", "std::string", /*default=*/"\"int8\"", "Type of activations: int8">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect", "::mlir::quant::QuantDialect"];
}

def RemoveChannelsPass : Pass<"compress-remove-channels", "::mlir::func::FuncOp"> {
  let summary = "Remove channels that are constant, or that nothing reads";
  let description = [{
    Interval analysis in the program's own integer arithmetic finds the channels that have one value at every position for
    every input: filters whose weights are zero or too small to move the result, or that a clamp cuts off. What such a
    channel adds to a layer that does not pad it with another value goes into that layer's bias, exactly. Channels that
    are then read by nobody, or only through zero weights, are removed from weights, biases and all activations,
    together with those that residual additions, depthwise convolutions, concats and reshapes couple with them. The
    outputs stay the same in every bit.
  }];
  let statistics = [Statistic<"removedChannels", "removed-channels", "Output channels of layers that were removed">];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def VerifyPass : Pass<"compress-verify", "::mlir::func::FuncOp"> {
  let summary = "Check the border of phase Compress";
  let description = [{
    With `full-integer`, no value of the function is float; each op that is left in float is an error. Without it, casts
    and ops may be float.
  }];
  let options = [
    Option<"fullInteger", "full-integer", "bool", /*default=*/"false", "Refuse float values">,
  ];
}

#endif // TINYC_PASSES_COMPRESS_PASSES_TD

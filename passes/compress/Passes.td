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
    - `moving-average`: the extremes of one sample after the other, averaged; a new one moves the range by `momentum`.
    - `percentile`: the values between which lies all but a share of 100 - percentile % on either side.
    - `mse`: the range whose 8-bit quantization has the least mean squared error.
    - `entropy`: the range that loses the least information by 8-bit quantization (Migacz 2017).
    - `auto`: for each tensor the one of min-max, percentile, mse and entropy with which the ops that read the tensor come
      nearest to their float results, measured on 32 samples.
    `symmetric` centers ranges of both signs at zero; ranges of one sign start at zero and use all 256 steps in any case.
    Values of 16 bits (`nn.activation_bits`) keep their extremes, but for moving-average and statistics. percentile, mse and entropy are read from a histogram of 2048 to 4096 bins. The result does not depend on the number
    of threads.
  }];
  let options = [
    Option<"method", "method", "std::string", /*default=*/"\"percentile\"",
           "min-max, moving-average, percentile, mse, entropy or auto">,
    Option<"percentile", "percentile", "double", /*default=*/"99.999", "Share of the values on either side, in %">,
    Option<"momentum", "momentum", "double", /*default=*/"0.01", "Weight of a new sample in the moving average">,
    Option<"symmetric", "symmetric", "bool", /*default=*/"false", "Zero points of 0 where there are both signs">,
    Option<"samples", "samples", "int64_t", /*default=*/"16", "Random samples, if no data is given">,
    Option<"seed", "seed", "uint64_t", /*default=*/"1", "Seed of the random samples">,
    Option<"statistics", "statistics", "bool", /*default=*/"false",
           "Without data: ranges of 6 standard deviations where nn.mean and nn.deviation are known">,
    Option<"low", "low", "double", /*default=*/"-1.0", "Least random input">,
    Option<"high", "high", "double", /*default=*/"1.0", "Greatest random input">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def AssignPrecisionPass : Pass<"compress-assign-precision", "::mlir::func::FuncOp"> {
  let summary = "Take the precision of each layer from a file";
  let description = [{
    Sets `nn.weight_bits` and `nn.activation_bits` of the ops whose ONNX nodes the file names: JSON, as `tinyc --precision` takes it
    (docs/Search.md). A layer that the function does not have, and weights of an op without weights, are errors. `activations`
    sets `nn.activation_bits` on the function: those of its arguments, and of ops that have none of their own.
  }];
  let options = [
    Option<"file", "file", "std::string", /*default=*/"\"\"", "JSON file; empty: none">,
    Option<"activations", "activations", "std::string", /*default=*/"\"\"", "int8, int16 or int4; empty: nothing is said">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def RoundGPTQPass : Pass<"compress-round-gptq", "::mlir::func::FuncOp"> {
  let summary = "Round weights by second-order information of the calibration data";
  let description = [{
    Replaces the weights of conv2d and fully_connected by values on the grid of their type, layer by layer: column after
    column is rounded, and the columns that are still free take over what it loses, by the covariance of the layer's
    inputs (optimal brain quantization, Frantar & Alistarh 2022; order and Cholesky form of GPTQ, Frantar et al. 2023).
    Then single integers move while that lowers the error. The inputs are those of the network whose earlier layers are
    quantized, the wanted results those of the float network. Depthwise channels have their own covariance each. The bias
    takes the mean of what is left.

    With `search-scales` each channel gets the one of 16 scales whose rounded weights have the least error, and
    `nn.weight_scales` says it; without, scales chosen before are kept. The float weight and bias stay in
    `nn.float_weight` and `nn.float_bias`. Needs nn.range (compress-calibrate); inputs are the creator's data or, from a
    command line, uniform random numbers of -1 .. 1.
  }];
  let options = [
    Option<"weightBits", "weight-bits", "int64_t", /*default=*/"8", "Bits where nn.weight_bits says nothing: 8, 4, 2">,
    Option<"greatestBits", "greatest-bits", "int64_t", /*default=*/"8", "Leave weights of more bits alone">,
    Option<"searchScales", "search-scales", "bool", /*default=*/"true", "Choose the scales, too">,
    Option<"refitBias", "refit-bias", "bool", /*default=*/"true", "Choose the bias, too">,
    Option<"maxSamples", "max-samples", "int64_t", /*default=*/"256", "Samples used at most">,
    Option<"damping", "damping", "double", /*default=*/"0.01",
           "Variance added to each input's, as a share of their mean variance">,
    Option<"ridge", "ridge", "double", /*default=*/"1.0",
           "The same for the fit of real weights to the quantized inputs">,
    Option<"sweeps", "sweeps", "int64_t", /*default=*/"8", "Passes over the weights that move single integers">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def SparsifyPass : Pass<"compress-sparsify", "::mlir::func::FuncOp"> {
  let summary = "Make weights zero, and let the others make up for them";
  let description = [{
    Makes weights of a float function zero, without training: `pattern` is a share of all weights, anywhere (`50%`) or in blocks of
    neighbours (`50%x4`), or all but N of each M neighbours (`2:4`). Neighbours are inputs of a filter at one pixel.
    - `second-order`: layer by layer, on inputs as the sparse layers before it give them, so that the result comes near to the dense
      network's. Of each filter the weight whose loss costs least goes first, and the others move to make up for it (optimal brain
      compression, Frantar & Alistarh 2022, section 4; the bias takes the mean of what is left). How many go from which filter is
      decided for a share: a layer's losses count by the error of the network's results that they cause, measured with this layer
      alone sparse.
    - `magnitude`: the smallest go, the same share of each layer, and nothing moves. For comparison.

    Layers that share weights stay dense. Weights that are zero stay so in compress-round-gptq and compress-round-coded. Inputs are
    the creator's data or, from a command line, uniform random numbers of -1 .. 1.
  }];
  let options = [
    Option<"pattern", "pattern", "std::string", /*default=*/"\"50%\"", "SHARE%, SHARE%xBLOCK or N:M">,
    Option<"method", "method", "std::string", /*default=*/"\"second-order\"", "second-order or magnitude">,
    Option<"maxSamples", "max-samples", "int64_t", /*default=*/"1024", "Samples used at most">,
    Option<"damping", "damping", "double", /*default=*/"0.01",
           "Variance added to each input's, as a share of their mean variance">,
    Option<"ridge", "ridge", "double", /*default=*/"0.1", "The same for the fit of real weights to the sparse inputs">,
    Option<"lossPower", "loss-power", "double", /*default=*/"0.7",
           "How much the measured errors count: 1 fully, with 0 all layers lose the same relative to a uniform share">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def RoundCodedPass : Pass<"compress-round-coded", "::mlir::func::FuncOp"> {
  let summary = "Round weights so that entropy coding makes them small";
  let description = [{
    Replaces the weights of conv2d and fully_connected by integers of 8 bits times a scale for each output channel
    (`nn.weight_scales`), so that the integers of each layer, entropy coded, take `bits` bits in the mean over all layers. The frame
    is compress-round-gptq's: column after column is rounded, and the columns that are free yet take over what it loses. An integer
    is the one of least squared error plus `lambda` times its bits (entropy-constrained quantization: Chou, Lookabaugh & Gray 1989),
    by the frequencies of the layer's integers, which are found in turns with the integers.

    How many bits which layer gets is decided by the error of the network's results that its rounding causes, measured with this
    layer alone rounded, at the steps where a bit more buys the same in each (Shoham & Gersho 1988). Within a layer the scale of a
    channel follows the size of its weights to the power of `channel-power`.

    With `codebook` = N each layer has at most 2^N integers instead: found by clustering its weights, each counted by what its
    error does to the layer's result, then refined by least squares of that result (Deep Compression, Han et al. 2016, section 3,
    without its retraining). Zeros stay zeros: a weight that is 0 keeps this integer.
  }];
  let options = [
    Option<"bits", "bits", "double", /*default=*/"3.0", "Mean bits of a weight, 0.5 to 7">,
    Option<"codebook", "codebook", "int64_t", /*default=*/"0", "Instead: 2^codebook integers for each layer, 1 to 6">,
    Option<"lambda", "lambda", "double", /*default=*/"0.12",
           "Squared error, in squares of the scale, that a bit is worth; 2 ln 2 / 12 is the slope of plain rounding">,
    Option<"channelPower", "channel-power", "double", /*default=*/"0.5",
           "How the scales of the channels follow the size of their weights">,
    Option<"maxSamples", "max-samples", "int64_t", /*default=*/"256", "Samples used at most">,
    Option<"damping", "damping", "double", /*default=*/"0.01",
           "Variance added to each input's, as a share of their mean variance">,
    Option<"ridge", "ridge", "double", /*default=*/"1.0", "The same for the fit of real weights to the quantized inputs">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def ChooseWeightScalesPass : Pass<"compress-choose-weight-scales", "::mlir::func::FuncOp"> {
  let summary = "Choose the scale of each output channel's weights";
  let description = [{
    Sets `nn.weight_scales` on conv2d and fully_connected.
    - `max`: the least scale that clips no weight.
    - `mse`: the scale, of 100 shares of that one, with the least squared error of the weights.
    - `weighted`: the same, each weight's error weighted with the mean square of the input it is multiplied with.
    Ops that have `nn.weight_scales` keep them.
  }];
  let options = [
    Option<"method", "method", "std::string", /*default=*/"\"weighted\"", "max, mse or weighted">,
    Option<"weightBits", "weight-bits", "int64_t", /*default=*/"8", "Bits where nn.weight_bits says nothing: 8, 4, 2">,
    Option<"maxSamples", "max-samples", "int64_t", /*default=*/"64", "Samples used at most">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def CorrectBiasPass : Pass<"compress-correct-bias", "::mlir::func::FuncOp"> {
  let summary = "Take the mean error of quantized layers out of their biases";
  let description = [{
    Changes the bias of conv2d and fully_connected so that the mean of the result, before its clamp, is that of the float
    network in each channel (Nagel et al. 2019, section 4.2). Weights that no pass has rounded count as rounded to
    nearest on `nn.weight_scales`.
    - `empirical`: both means are measured, layer by layer, with all layers before quantized.
    - `analytic`: only the weights' errors count, times the mean of the inputs, which follows from the statistics of batch
      norms (`nn.mean`, `nn.deviation` on the producer): the mean of a clipped normal distribution (appendix C there).
      Layers whose inputs have no statistics stay as they are.
  }];
  let options = [
    Option<"method", "method", "std::string", /*default=*/"\"empirical\"", "empirical or analytic">,
    Option<"weightBits", "weight-bits", "int64_t", /*default=*/"8", "Bits where nn.weight_bits says nothing: 8, 4, 2">,
    Option<"leastBits", "least-bits", "int64_t", /*default=*/"2", "Leave weights of fewer bits alone">,
    Option<"maxSamples", "max-samples", "int64_t", /*default=*/"256", "Samples used at most">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def EqualizePass : Pass<"compress-equalize", "::mlir::func::FuncOp"> {
  let summary = "Give the channels between layers like ranges";
  let description = [{
    Divides channel c of a stream of values by s[c]: the weights and biases of the layers that make them by s[c], and the weights that
    read them times s[c], which leaves the network as it is (cross-layer equalization, Nagel et al. 2019, section 4.1). A stream is
    a layer's result, and what additions (residual connections), pooling, reshapes that keep channels and zero padding
    make of it; all that reads it has to be a layer in the end. Weights have a scale for each output channel, so what counts is
    the range a of the channel in the activation and the range w of the weights that read it: s = a^t / w^(1 - t), as in
    SmoothQuant (Xiao et al. 2023), of the t = 0, 1/4 .. 1 with the least noise, which the rounding of the values and weights gives
    the layers behind. Where the noise does not fall by `gain` decibels, a stream is left alone.

    Ranges are those of the samples, and beyond them what an exponential tail lets expect of others; never less than the noise of
    the layer's own rounding, or weak channels would grow to be noise.

    Where layers make a stream without clamps, and unpadded layers read it, channels are also moved to the middle of their range: the
    layers' biases and those behind make up for it (channel-wise shifting, Wei et al. 2023, "Outlier Suppression+").

    A clamp may have a lower bound of 0. With an upper bound, as in ReLU6, a channel whose values reach it on the
    calibration data keeps its scale, and others grow at most up to it: the network stays the same on that data. Layers that
    share weights or biases with others stay.

    With `absorb`, what an equalized channel is always above on the calibration data moves from the bias before the ReLU
    into the biases of unpadded layers behind it (high biases, section 4.1.3).
  }];
  let options = [
    Option<"absorb", "absorb", "bool", /*default=*/"true", "Absorb high biases">,
    Option<"gain", "gain", "double", /*default=*/"0.5", "Least fall of the estimated noise, in dB">,
    Option<"weightBits", "weight-bits", "int64_t", /*default=*/"8", "Bits where nn.weight_bits says nothing: 8, 4, 2">,
    Option<"maxSamples", "max-samples", "int64_t", /*default=*/"64", "Samples used at most">,
    Option<"statistics", "statistics", "bool", /*default=*/"false",
           "Without data: ranges from nn.mean and nn.deviation; layers without them stay">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def RoundAdaRoundPass : Pass<"compress-round-adaround", "::mlir::func::FuncOp"> {
  let summary = "Learn whether each weight is rounded up or down";
  let description = [{
    AdaRound (Nagel et al. 2020): layer by layer, for each weight a number h between 0 and 1 is learned, which says how far
    the weight moves from the integer below to the one above; the loss is the squared error of the layer's result after
    its clamp, on inputs from the quantized layers before, against the float network's (asymmetric reconstruction,
    section 3.4), and a regularizer that drives h to 0 or 1. Full gradients by Adam over minibatches of output positions in
    a fixed order. Scales are those of `nn.weight_scales`; where a rounding pass ran before, its integers are the start.
  }];
  let options = [
    Option<"weightBits", "weight-bits", "int64_t", /*default=*/"8", "Bits where nn.weight_bits says nothing: 8, 4, 2">,
    Option<"greatestBits", "greatest-bits", "int64_t", /*default=*/"8", "Leave weights of more bits alone">,
    Option<"maxSamples", "max-samples", "int64_t", /*default=*/"256", "Samples used at most">,
    Option<"iterations", "iterations", "int64_t", /*default=*/"1000", "Steps of Adam">,
    Option<"batch", "batch", "int64_t", /*default=*/"256", "Output positions in a step">,
    Option<"rate", "rate", "double", /*default=*/"0.01", "Learning rate">,
    Option<"regularization", "regularization", "double", /*default=*/"0.1", "Weight of the regularizer">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
}

def QuantizePass : Pass<"compress-quantize", "::mlir::func::FuncOp"> {
  let summary = "Quantize a calibrated float function to integer form";
  let description = [{
    Activations get an asymmetric type per tensor from `nn.range` (or the range that the op's definition fixes), widened
    to contain zero; those of 16 bits, by `nn.activation_bits` of the op or the function or by the option `activations`, a symmetric
    one. An op reads operands of another width than its result's through nn.requantize. Then: ops that keep scales share one type with their operands, through nn.requantize where an operand
    that others read would lose more than a bit. Weights become symmetric per output channel, in the bits of
    `nn.weight_bits` or of the option `weights`, on the scales of `nn.weight_scales` or on the least by which all fit; biases
    int32 of input scale * weight scale. Arguments and results of the function become quantized. All by QuantizableOpInterface.

    Ops without an integer form stay in float between casts, each with a remark, or, with `full-integer`, are refused in one error.
    They take those ops between them along that would cost more casts than they save (FloatIslands.h). An argument that only
    such ops read, and a result that one computes, stay float.
  }];
  let options = [
    Option<"weights", "weights", "std::string", /*default=*/"\"int8\"", "Type of weights without nn.weight_bits: int8, int4 or int2">,
    Option<"activations", "activations", "std::string", /*default=*/"\"int8\"",
           "Type of activations without nn.activation_bits on op and function: int8, int16 or int4">,
    Option<"fullInteger", "full-integer", "bool", /*default=*/"false", "Refuse ops without an integer form">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect", "::mlir::quant::QuantDialect"];
}

def FuseTablesPass : Pass<"compress-fuse-tables", "::mlir::func::FuncOp"> {
  let summary = "Make functions of one tensor one op each, which a table of 256 results computes";
  let description = [{
    Float ops that combine values made of one tensor alone, element by element, become one nn.loop_nest: SiLU as x * sigmoid(x), GELU
    as x * (1 + erf(x / sqrt(2))), Mish, and what else exports write in parts. On 8 bits such a nest is a table; in parts each of
    them would round. At most 16 ops, whose inner values nothing else reads; ops and functions of activations of 16 bits stay, and so do
    functions without a sigmoid, a hard sigmoid or a nest. The pipeline does not run it for full integer programs.
  }];
  let dependentDialects = ["::tinyc::nn::NNDialect", "::tinyc::loop::LoopDialect", "::mlir::arith::ArithDialect"];
}

def ShortenParametersPass : Pass<"compress-shorten-parameters", "::mlir::func::FuncOp"> {
  let summary = "Give multipliers and biases few bits, so that coding makes them small";
  let description = [{
    Of conv2d and fully_connected in integer form, with constants of their own: the scales of the weights move to where the
    multipliers (input scale * weight scale / result scale) of all channels are multiples of one power of two, by which the least has
    `multiplier-bits` bits: by a share of 2^-multiplier-bits at most. The bias, with the input's zero point folded in as
    kernels take it, becomes a multiple of a power of two that is at most a sixteenth of a step of the result. The integers of the
    weights stay. Before lower-encode-weights.
  }];
  let options = [
    Option<"multiplierBits", "multiplier-bits", "int64_t", /*default=*/"8", "Bits of the least multiplier of an op, 2 to 24">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect", "::mlir::quant::QuantDialect"];
}

def PruneChannelsPass : Pass<"compress-prune-channels", "::mlir::func::FuncOp"> {
  let summary = "Remove the channels that matter least, and fit the layers that stay to the dense network";
  let description = [{
    Structured pruning of a float function without training. Within a stage (the groups of coupled channels that share
    values), the group with the least loss per MAC saved goes first:
    - `second-order`: the error, relative to the variance of their results, that the layers which read it are left with
      when their other weights move to make up for it (optimal brain surgeon on blocks of columns).
    - `activation`: the same without moving them.
    - `weight`: the squared norms of its filters over their layers' means.
    Which stage loses a group next, until `share` of the `cost` is left, is decided by the error of the network's results
    for the cost saved, measured with one stage pruned at a time (for `weight` by the norms themselves).
    With `refit`, weights and biases behind removed channels are then fitted by least squares, in the order of the
    network, so that each layer gives what the dense network's layer gives, on inputs of the pruned network.
    Samples are uniform random numbers of -1 .. 1; the driver prunes on the user's samples (ChannelPruner).
  }];
  let options = [
    Option<"share", "share", "double", /*default=*/"1.0", "Share of the cost that stays, above 0 and at most 1">,
    Option<"cost", "cost", "std::string", /*default=*/"\"macs\"", "macs, weights or activations">,
    Option<"importance", "importance", "std::string", /*default=*/"\"second-order\"",
           "weight, activation or second-order">,
    Option<"refit", "refit", "bool", /*default=*/"true", "Fit the layers that stay">,
    Option<"samples", "samples", "int64_t", /*default=*/"64", "Random samples">,
  ];
  let dependentDialects = ["::tinyc::nn::NNDialect"];
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
    With `full-integer`, no value of the function is float: one error names the ops that are left in float. Without it, casts
    and ops may be float.
  }];
  let options = [
    Option<"fullInteger", "full-integer", "bool", /*default=*/"false", "Refuse float values">,
  ];
}

#endif // TINYC_PASSES_COMPRESS_PASSES_TD

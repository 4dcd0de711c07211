#include "compiler/onnx/Operators.h"

using namespace mlir;

namespace tinyc::onnx {

// Sorted by name, then by operator set. A row whose operator set is 1 although ONNX changed the operator later stands
// for changes of the permitted element types only.
static constexpr Operator kOperators[] = {
    // name, minimum opset, inputs at least, inputs at most, outputs at most, attributes, builder
    {"Abs", 6, 1, 1, 1, "", buildUnaryLoops},
    {"Acos", 7, 1, 1, 1, "", buildUnaryLoops},
    {"Acosh", 9, 1, 1, 1, "", buildUnaryLoops},
    {"Add", 7, 2, 2, 1, "", buildAdd},
    {"And", 7, 2, 2, 1, "", buildBinaryLoops},
    {"ArgMax", 1, 1, 1, 1, "axis=int keepdims=int", buildArgExtreme},
    {"ArgMax", 12, 1, 1, 1, "axis=int keepdims=int select_last_index=int", buildArgExtreme},
    {"ArgMin", 1, 1, 1, 1, "axis=int keepdims=int", buildArgExtreme},
    {"ArgMin", 12, 1, 1, 1, "axis=int keepdims=int select_last_index=int", buildArgExtreme},
    {"Asin", 7, 1, 1, 1, "", buildUnaryLoops},
    {"Asinh", 9, 1, 1, 1, "", buildUnaryLoops},
    {"Atan", 7, 1, 1, 1, "", buildUnaryLoops},
    {"Atanh", 9, 1, 1, 1, "", buildUnaryLoops},
    {"Attention", 23, 3, 6, 4,
     "is_causal=int kv_num_heads=int q_num_heads=int qk_matmul_output_mode=int scale=float softcap=float softmax_precision=int",
     buildAttention},
    {"Attention", 24, 3, 7, 4,
     "is_causal=int kv_num_heads=int q_num_heads=int qk_matmul_output_mode=int scale=float softcap=float softmax_precision=int",
     buildAttention},
    {"AveragePool", 1, 1, 1, 1, "auto_pad=string kernel_shape=ints pads=ints strides=ints", buildAveragePool},
    {"AveragePool", 7, 1, 1, 1, "auto_pad=string kernel_shape=ints pads=ints strides=ints count_include_pad=int",
     buildAveragePool},
    {"AveragePool", 10, 1, 1, 1,
     "auto_pad=string kernel_shape=ints pads=ints strides=ints count_include_pad=int ceil_mode=int", buildAveragePool},
    {"AveragePool", 19, 1, 1, 1,
     "auto_pad=string kernel_shape=ints pads=ints strides=ints count_include_pad=int ceil_mode=int dilations=ints",
     buildAveragePool},
    {"BatchNormalization", 7, 5, 5, 5, "epsilon=float momentum=float spatial=int", buildBatchNormalization},
    {"BatchNormalization", 9, 5, 5, 5, "epsilon=float momentum=float", buildBatchNormalization},
    {"BatchNormalization", 14, 5, 5, 3, "epsilon=float momentum=float training_mode=int", buildBatchNormalization},
    {"BitShift", 11, 2, 2, 1, "direction=string", buildBinaryLoops},
    {"BitwiseAnd", 18, 2, 2, 1, "", buildBinaryLoops},
    {"BitwiseNot", 18, 1, 1, 1, "", buildUnaryLoops},
    {"BitwiseOr", 18, 2, 2, 1, "", buildBinaryLoops},
    {"BitwiseXor", 18, 2, 2, 1, "", buildBinaryLoops},
    {"BlackmanWindow", 17, 1, 1, 1, "output_datatype=int periodic=int", buildWindow},
    {"Cast", 6, 1, 1, 1, "to=int", buildCast},
    {"Cast", 19, 1, 1, 1, "to=int saturate=int", buildCast},
    {"CastLike", 15, 2, 2, 1, "", buildCastLike},
    {"CastLike", 19, 2, 2, 1, "saturate=int", buildCastLike},
    {"Ceil", 6, 1, 1, 1, "", buildUnaryLoops},
    {"Celu", 12, 1, 1, 1, "alpha=float", buildUnaryLoops},
    {"Clip", 6, 1, 1, 1, "min=float max=float", buildClip},
    {"Clip", 11, 1, 3, 1, "", buildClip},
    {"Compress", 9, 2, 2, 1, "axis=int", buildCompress},
    {"Concat", 4, 1, kVariadic, 1, "axis=int", buildConcat},
    {"Constant", 1, 0, 0, 1, "value=tensor", buildConstant},
    {"Constant", 11, 0, 0, 1, "value=tensor sparse_value=any", buildConstant},
    {"Constant", 12, 0, 0, 1,
     "value=tensor sparse_value=any value_float=float value_floats=floats value_int=int value_ints=ints "
     "value_string=any value_strings=any",
     buildConstant},
    {"ConstantOfShape", 9, 1, 1, 1, "value=tensor", buildConstantOfShape},
    {"Conv", 1, 2, 3, 1, "auto_pad=string dilations=ints group=int kernel_shape=ints pads=ints strides=ints",
     buildConv},
    {"ConvInteger", 10, 2, 4, 1, "auto_pad=string dilations=ints group=int kernel_shape=ints pads=ints strides=ints",
     buildConvInteger},
    {"ConvTranspose", 1, 2, 3, 1,
     "auto_pad=string dilations=ints group=int kernel_shape=ints output_padding=ints output_shape=ints pads=ints strides=ints",
     buildConvTranspose},
    {"Cos", 7, 1, 1, 1, "", buildUnaryLoops},
    {"Cosh", 9, 1, 1, 1, "", buildUnaryLoops},
    {"CumSum", 11, 2, 2, 1, "exclusive=int reverse=int", buildCumulation},
    {"DFT", 17, 1, 2, 1, "axis=int inverse=int onesided=int", buildDFT},
    {"DFT", 20, 1, 3, 1, "inverse=int onesided=int", buildDFT},
    {"DepthToSpace", 1, 1, 1, 1, "blocksize=int", buildDepthToSpace},
    {"DepthToSpace", 11, 1, 1, 1, "blocksize=int mode=string", buildDepthToSpace},
    {"DequantizeLinear", 10, 2, 3, 1, "", buildDequantizeLinear},
    {"DequantizeLinear", 13, 2, 3, 1, "axis=int", buildDequantizeLinear},
    {"DequantizeLinear", 21, 2, 3, 1, "axis=int block_size=int", buildDequantizeLinear},
    {"DequantizeLinear", 23, 2, 3, 1, "axis=int block_size=int output_dtype=int", buildDequantizeLinear},
    {"Det", 11, 1, 1, 1, "", buildDet},
    {"Div", 7, 2, 2, 1, "", buildDiv},
    {"Dropout", 7, 1, 1, 2, "ratio=float", buildDropout},
    {"Dropout", 12, 1, 3, 2, "seed=int", buildDropout},
    {"DynamicQuantizeLinear", 11, 1, 1, 3, "", buildDynamicQuantizeLinear},
    {"Einsum", 12, 1, kVariadic, 1, "equation=string", buildEinsum},
    {"Elu", 6, 1, 1, 1, "alpha=float", buildUnaryLoops},
    {"Equal", 7, 2, 2, 1, "", buildComparison},
    {"Erf", 9, 1, 1, 1, "", buildUnaryLoops},
    {"Exp", 6, 1, 1, 1, "", buildUnaryLoops},
    {"Expand", 8, 2, 2, 1, "", buildExpand},
    {"EyeLike", 9, 1, 1, 1, "dtype=int k=int", buildEyeLike},
    {"Flatten", 1, 1, 1, 1, "axis=int", buildFlatten},
    {"Floor", 6, 1, 1, 1, "", buildUnaryLoops},
    {"GRU", 7, 3, 6, 2,
     "activation_alpha=floats activation_beta=floats activations=strings clip=float direction=string hidden_size=int "
     "linear_before_reset=int",
     buildRecurrent},
    {"GRU", 14, 3, 6, 2,
     "activation_alpha=floats activation_beta=floats activations=strings clip=float direction=string hidden_size=int "
     "layout=int linear_before_reset=int",
     buildRecurrent},
    {"Gather", 1, 2, 2, 1, "axis=int", buildGather},
    {"GatherElements", 11, 2, 2, 1, "axis=int", buildGatherElements},
    {"GatherND", 11, 2, 2, 1, "", buildGatherND},
    {"GatherND", 12, 2, 2, 1, "batch_dims=int", buildGatherND},
    {"Gelu", 20, 1, 1, 1, "approximate=string", buildUnaryLoops},
    {"Gemm", 7, 3, 3, 1, "alpha=float beta=float transA=int transB=int", buildGemm},
    {"Gemm", 11, 2, 3, 1, "alpha=float beta=float transA=int transB=int", buildGemm},
    {"GlobalAveragePool", 1, 1, 1, 1, "", buildGlobalAveragePool},
    {"GlobalLpPool", 2, 1, 1, 1, "p=int", buildGlobalPool},
    {"GlobalMaxPool", 1, 1, 1, 1, "", buildGlobalPool},
    {"Greater", 7, 2, 2, 1, "", buildComparison},
    {"GreaterOrEqual", 12, 2, 2, 1, "", buildBinaryLoops},
    {"GridSample", 16, 2, 2, 1, "align_corners=int mode=string padding_mode=string", buildGridSample},
    {"GroupNormalization", 18, 3, 3, 1, "epsilon=float num_groups=int", buildGroupNormalization},
    {"GroupNormalization", 21, 3, 3, 1, "epsilon=float num_groups=int stash_type=int", buildGroupNormalization},
    {"HammingWindow", 17, 1, 1, 1, "output_datatype=int periodic=int", buildWindow},
    {"HannWindow", 17, 1, 1, 1, "output_datatype=int periodic=int", buildWindow},
    {"HardSigmoid", 6, 1, 1, 1, "alpha=float beta=float", buildHardSigmoid},
    {"HardSwish", 14, 1, 1, 1, "", buildHardSwish},
    {"Hardmax", 1, 1, 1, 1, "axis=int", buildHardmax},
    {"Identity", 1, 1, 1, 1, "", buildIdentity},
    {"If", 1, 1, 1, kVariadic, "else_branch=graph then_branch=graph", buildIf},
    {"InstanceNormalization", 6, 3, 3, 1, "epsilon=float", buildInstanceNormalization},
    {"IsInf", 10, 1, 1, 1, "detect_negative=int detect_positive=int", buildUnaryLoops},
    {"IsNaN", 9, 1, 1, 1, "", buildUnaryLoops},
    {"LRN", 1, 1, 1, 1, "alpha=float beta=float bias=float size=int", buildLRN},
    {"LSTM", 7, 3, 8, 3,
     "activation_alpha=floats activation_beta=floats activations=strings clip=float direction=string hidden_size=int "
     "input_forget=int",
     buildRecurrent},
    {"LSTM", 14, 3, 8, 3,
     "activation_alpha=floats activation_beta=floats activations=strings clip=float direction=string hidden_size=int "
     "input_forget=int layout=int",
     buildRecurrent},
    {"LayerNormalization", 1, 2, 3, 3, "axis=int epsilon=float stash_type=int", buildLayerNormalization}, // ONNX Runtime's
    {"LayerNormalization", 17, 2, 3, 3, "axis=int epsilon=float stash_type=int", buildLayerNormalization},
    {"LeakyRelu", 6, 1, 1, 1, "alpha=float", buildLeakyRelu},
    {"Less", 7, 2, 2, 1, "", buildComparison},
    {"LessOrEqual", 12, 2, 2, 1, "", buildBinaryLoops},
    {"Log", 6, 1, 1, 1, "", buildUnaryLoops},
    {"LogSoftmax", 1, 1, 1, 1, "axis=int", buildLogSoftmax},
    {"Loop", 1, 2, kVariadic, kVariadic, "body=graph", buildLoop, ~0u},
    {"LpNormalization", 1, 1, 1, 1, "axis=int p=int", buildLpNormalization},
    {"LpPool", 2, 1, 1, 1, "auto_pad=string kernel_shape=ints p=int pads=ints strides=ints", buildPoolLoops},
    {"LpPool", 18, 1, 1, 1, "auto_pad=string ceil_mode=int dilations=ints kernel_shape=ints p=int pads=ints strides=ints",
     buildPoolLoops},
    {"MatMul", 1, 2, 2, 1, "", buildMatMul},
    {"MatMulInteger", 10, 2, 4, 1, "", buildMatMulInteger},
    {"Max", 8, 1, kVariadic, 1, "", buildVariadic},
    {"MaxPool", 1, 1, 1, 1, "auto_pad=string kernel_shape=ints pads=ints strides=ints", buildMaxPool},
    {"MaxPool", 8, 1, 1, 2, "auto_pad=string kernel_shape=ints pads=ints strides=ints storage_order=int",
     buildMaxPool},
    {"MaxPool", 10, 1, 1, 2,
     "auto_pad=string kernel_shape=ints pads=ints strides=ints storage_order=int ceil_mode=int dilations=ints",
     buildMaxPool},
    {"MaxUnpool", 9, 2, 3, 1, "kernel_shape=ints pads=ints strides=ints", buildMaxUnpool},
    {"Mean", 8, 1, kVariadic, 1, "", buildVariadic},
    {"MeanVarianceNormalization", 9, 1, 1, 1, "axes=ints", buildMeanVarianceNormalization},
    {"MelWeightMatrix", 17, 5, 5, 1, "output_datatype=int", buildMelWeightMatrix},
    {"Min", 8, 1, kVariadic, 1, "", buildVariadic},
    {"Mish", 18, 1, 1, 1, "", buildUnaryLoops},
    {"Mod", 10, 2, 2, 1, "fmod=int", buildBinaryLoops},
    {"Mul", 7, 2, 2, 1, "", buildMul},
    {"Neg", 6, 1, 1, 1, "", buildUnaryLoops},
    {"NegativeLogLikelihoodLoss", 12, 2, 3, 1, "ignore_index=int reduction=string", buildNegativeLogLikelihoodLoss},
    {"NonMaxSuppression", 10, 2, 5, 1, "center_point_box=int", buildNonMaxSuppression},
    {"NonZero", 9, 1, 1, 1, "", buildNonZero},
    {"Not", 1, 1, 1, 1, "", buildUnaryLoops},
    {"OneHot", 9, 3, 3, 1, "axis=int", buildOneHot},
    {"Or", 7, 2, 2, 1, "", buildBinaryLoops},
    {"PRelu", 7, 2, 2, 1, "", buildBinaryLoops},
    {"Pad", 2, 1, 1, 1, "mode=string pads=ints value=float", buildPad},
    {"Pad", 11, 2, 3, 1, "mode=string", buildPad},
    {"Pad", 18, 2, 4, 1, "mode=string", buildPad},
    {"Pow", 7, 2, 2, 1, "", buildPow},
    {"QLinearConv", 10, 8, 9, 1, "auto_pad=string dilations=ints group=int kernel_shape=ints pads=ints strides=ints",
     buildQLinearConv},
    {"QLinearMatMul", 10, 8, 8, 1, "", buildQLinearMatMul},
    {"QuantizeLinear", 10, 2, 3, 1, "", buildQuantizeLinear},
    {"QuantizeLinear", 13, 2, 3, 1, "axis=int", buildQuantizeLinear},
    {"QuantizeLinear", 19, 2, 3, 1, "axis=int saturate=int", buildQuantizeLinear},
    {"QuantizeLinear", 21, 2, 3, 1, "axis=int block_size=int output_dtype=int saturate=int", buildQuantizeLinear},
    {"QuantizeLinear", 23, 2, 3, 1, "axis=int block_size=int output_dtype=int precision=int saturate=int",
     buildQuantizeLinear},
    {"RNN", 7, 3, 6, 2,
     "activation_alpha=floats activation_beta=floats activations=strings clip=float direction=string hidden_size=int",
     buildRecurrent},
    {"RNN", 14, 3, 6, 2,
     "activation_alpha=floats activation_beta=floats activations=strings clip=float direction=string hidden_size=int "
     "layout=int",
     buildRecurrent},
    {"RMSNormalization", 23, 2, 2, 1, "axis=int epsilon=float stash_type=int", buildLayerNormalization},
    {"Range", 11, 3, 3, 1, "", buildRange},
    {"Reciprocal", 6, 1, 1, 1, "", buildUnaryLoops},
    {"ReduceL1", 1, 1, 1, 1, "axes=ints keepdims=int", buildReduceLoops},
    {"ReduceL1", 18, 1, 2, 1, "keepdims=int noop_with_empty_axes=int", buildReduceLoops},
    {"ReduceL2", 1, 1, 1, 1, "axes=ints keepdims=int", buildReduceLoops},
    {"ReduceL2", 18, 1, 2, 1, "keepdims=int noop_with_empty_axes=int", buildReduceLoops},
    {"ReduceLogSum", 1, 1, 1, 1, "axes=ints keepdims=int", buildReduceLoops},
    {"ReduceLogSum", 18, 1, 2, 1, "keepdims=int noop_with_empty_axes=int", buildReduceLoops},
    {"ReduceLogSumExp", 1, 1, 1, 1, "axes=ints keepdims=int", buildReduceLoops},
    {"ReduceLogSumExp", 18, 1, 2, 1, "keepdims=int noop_with_empty_axes=int", buildReduceLoops},
    {"ReduceMax", 1, 1, 1, 1, "axes=ints keepdims=int", buildReduction},
    {"ReduceMax", 18, 1, 2, 1, "keepdims=int noop_with_empty_axes=int", buildReduction},
    {"ReduceMean", 1, 1, 1, 1, "axes=ints keepdims=int", buildReduceMean},
    {"ReduceMean", 18, 1, 2, 1, "keepdims=int noop_with_empty_axes=int", buildReduceMean},
    {"ReduceMin", 1, 1, 1, 1, "axes=ints keepdims=int", buildReduction},
    {"ReduceMin", 18, 1, 2, 1, "keepdims=int noop_with_empty_axes=int", buildReduction},
    {"ReduceProd", 1, 1, 1, 1, "axes=ints keepdims=int", buildReduction},
    {"ReduceProd", 18, 1, 2, 1, "keepdims=int noop_with_empty_axes=int", buildReduction},
    {"ReduceSum", 1, 1, 1, 1, "axes=ints keepdims=int", buildReduction},
    {"ReduceSum", 13, 1, 2, 1, "keepdims=int noop_with_empty_axes=int", buildReduction},
    {"ReduceSumSquare", 1, 1, 1, 1, "axes=ints keepdims=int", buildReduceLoops},
    {"ReduceSumSquare", 18, 1, 2, 1, "keepdims=int noop_with_empty_axes=int", buildReduceLoops},
    {"Relu", 6, 1, 1, 1, "", buildRelu},
    {"Reshape", 5, 2, 2, 1, "", buildReshape},
    {"Reshape", 14, 2, 2, 1, "allowzero=int", buildReshape},
    {"Resize", 10, 2, 2, 1, "mode=string", buildUpsample},
    {"Resize", 11, 3, 4, 1,
     "coordinate_transformation_mode=string cubic_coeff_a=float exclude_outside=int extrapolation_value=float mode=string "
     "nearest_mode=string",
     buildResize, 1 << 1 | 1 << 2},
    {"Resize", 13, 1, 4, 1,
     "coordinate_transformation_mode=string cubic_coeff_a=float exclude_outside=int extrapolation_value=float mode=string "
     "nearest_mode=string",
     buildResize},
    {"Resize", 18, 1, 4, 1,
     "antialias=int axes=ints coordinate_transformation_mode=string cubic_coeff_a=float exclude_outside=int "
     "extrapolation_value=float keep_aspect_ratio_policy=string mode=string nearest_mode=string",
     buildResize},
    {"ReverseSequence", 10, 2, 2, 1, "batch_axis=int time_axis=int", buildReverseSequence},
    {"RoiAlign", 10, 3, 3, 1, "mode=string output_height=int output_width=int sampling_ratio=int spatial_scale=float",
     buildRoiAlign},
    {"RoiAlign", 16, 3, 3, 1,
     "coordinate_transformation_mode=string mode=string output_height=int output_width=int sampling_ratio=int "
     "spatial_scale=float",
     buildRoiAlign},
    {"RotaryEmbedding", 23, 3, 4, 1, "interleaved=int num_heads=int rotary_embedding_dim=int", buildRotaryEmbedding},
    {"Round", 11, 1, 1, 1, "", buildUnaryLoops},
    {"Scatter", 9, 3, 3, 1, "axis=int", buildScatterElements},
    {"ScatterElements", 11, 3, 3, 1, "axis=int", buildScatterElements},
    {"ScatterElements", 16, 3, 3, 1, "axis=int reduction=string", buildScatterElements},
    {"ScatterND", 11, 3, 3, 1, "", buildScatterND},
    {"ScatterND", 16, 3, 3, 1, "reduction=string", buildScatterND},
    {"STFT", 17, 2, 4, 1, "onesided=int", buildSTFT},
    {"Scan", 9, 1, kVariadic, kVariadic,
     "body=graph num_scan_inputs=int scan_input_axes=ints scan_input_directions=ints scan_output_axes=ints "
     "scan_output_directions=ints",
     buildScan},
    {"Selu", 6, 1, 1, 1, "alpha=float gamma=float", buildUnaryLoops},
    {"Shape", 1, 1, 1, 1, "", buildShape},
    {"Shape", 15, 1, 1, 1, "start=int end=int", buildShape},
    {"Shrink", 9, 1, 1, 1, "bias=float lambd=float", buildUnaryLoops},
    {"Sigmoid", 6, 1, 1, 1, "", buildSigmoid},
    {"Sign", 9, 1, 1, 1, "", buildUnaryLoops},
    {"SimplifiedLayerNormalization", 1, 2, 2, 2, "axis=int epsilon=float stash_type=int", buildLayerNormalization}, // the same
    {"Sin", 7, 1, 1, 1, "", buildUnaryLoops},
    {"Sinh", 9, 1, 1, 1, "", buildUnaryLoops},
    {"Size", 1, 1, 1, 1, "", buildSize},
    {"Slice", 1, 1, 1, 1, "axes=ints starts=ints ends=ints", buildSlice},
    {"Slice", 10, 3, 5, 1, "", buildSlice},
    {"Softmax", 1, 1, 1, 1, "axis=int", buildSoftmax},
    {"SoftmaxCrossEntropyLoss", 12, 2, 3, 2, "ignore_index=int reduction=string", buildSoftmaxCrossEntropyLoss},
    {"Softplus", 1, 1, 1, 1, "", buildUnaryLoops},
    {"Softsign", 1, 1, 1, 1, "", buildUnaryLoops},
    {"SpaceToDepth", 1, 1, 1, 1, "blocksize=int", buildDepthToSpace},
    {"Split", 2, 1, 1, kVariadic, "axis=int split=ints", buildSplit},
    {"Split", 13, 1, 2, kVariadic, "axis=int", buildSplit},
    {"Split", 18, 1, 2, kVariadic, "axis=int num_outputs=int", buildSplit},
    {"Sqrt", 6, 1, 1, 1, "", buildUnaryLoops},
    {"Squeeze", 1, 1, 1, 1, "axes=ints", buildSqueeze},
    {"Squeeze", 13, 1, 2, 1, "", buildSqueeze},
    {"Sub", 7, 2, 2, 1, "", buildSub},
    {"Sum", 8, 1, kVariadic, 1, "", buildVariadic},
    {"Swish", 24, 1, 1, 1, "alpha=float", buildUnaryLoops},
    {"Tan", 7, 1, 1, 1, "", buildUnaryLoops},
    {"Tanh", 6, 1, 1, 1, "", buildUnaryLoops},
    {"ThresholdedRelu", 10, 1, 1, 1, "alpha=float", buildUnaryLoops},
    {"Tile", 6, 2, 2, 1, "", buildTile},
    {"TopK", 1, 1, 1, 2, "axis=int k=int", buildTopK},
    {"TopK", 10, 2, 2, 2, "axis=int", buildTopK},
    {"TopK", 11, 2, 2, 2, "axis=int largest=int sorted=int", buildTopK},
    {"Transpose", 1, 1, 1, 1, "perm=ints", buildTranspose},
    {"Trilu", 14, 1, 2, 1, "upper=int", buildTrilu},
    {"Unique", 11, 1, 1, 4, "axis=int sorted=int", buildUnique},
    {"Unsqueeze", 1, 1, 1, 1, "axes=ints", buildUnsqueeze},
    {"Unsqueeze", 13, 2, 2, 1, "", buildUnsqueeze},
    {"Upsample", 7, 1, 1, 1, "mode=string scales=floats", buildUpsample},
    {"Upsample", 9, 2, 2, 1, "mode=string", buildUpsample},
    {"Where", 9, 3, 3, 1, "", buildWhere},
    {"Xor", 7, 2, 2, 1, "", buildBinaryLoops},
};

// The same of ONNX Runtime's operators (its docs/ContribOperators.md).
static constexpr Operator kMicrosoftOperators[] = {
    {"Attention", 1, 2, 6, 2,
     "do_rotary=int mask_filter_value=float num_heads=int past_present_share_buffer=int qkv_hidden_sizes=ints "
     "rotary_embedding_dim=int scale=float unidirectional=int",
     buildMicrosoftAttention},
    {"BiasGelu", 1, 2, 2, 1, "", buildBiasGelu},
    {"DequantizeLinear", 1, 2, 3, 1, "axis=int block_size=int", buildMicrosoftQuantization},
    {"DynamicQuantizeLSTM", 1, 12, 12, 3,
     "activation_alpha=floats activation_beta=floats activations=strings clip=float direction=string hidden_size=int "
     "input_forget=int",
     buildDynamicQuantizeLSTM, 0xf << 3 | 1 << 7 | 1 << 9 | 1 << 11},
    {"DynamicQuantizeMatMul", 1, 3, 5, 1, "", buildDynamicQuantizeMatMul},
    {"FastGelu", 1, 1, 2, 1, "", buildBiasGelu},
    {"FusedConv", 1, 2, 4, 1,
     "activation=string activation_params=floats auto_pad=string dilations=ints group=int kernel_shape=ints pads=ints "
     "strides=ints",
     buildFusedConv},
    {"FusedGemm", 1, 2, 3, 1,
     "activation=string activation_alpha=float activation_beta=float activation_gamma=float alpha=float beta=float transA=int "
     "transB=int",
     buildFusedGemm},
    {"FusedMatMul", 1, 2, 2, 1, "alpha=float transA=int transB=int transBatchA=int transBatchB=int", buildFusedMatMul},
    {"Gelu", 1, 1, 1, 1, "", buildUnaryLoops},
    {"MatMulIntegerToFloat", 1, 4, 7, 1, "", buildMatMulIntegerToFloat},
    {"MultiHeadAttention", 1, 1, 8, 3, "mask_filter_value=float num_heads=int scale=float unidirectional=int",
     buildMultiHeadAttention},
    {"QGemm", 1, 6, 9, 1, "alpha=float transA=int transB=int", buildQGemm},
    {"QLinearAdd", 1, 7, 8, 1, "", buildQLinearBinary, 1 << 2 | 1 << 5},
    {"QLinearAveragePool", 1, 4, 5, 1,
     "auto_pad=string ceil_mode=int channels_last=int count_include_pad=int kernel_shape=ints pads=ints strides=ints",
     buildQLinearPool, 1 << 2},
    {"QLinearConcat", 1, 5, kVariadic, 1, "axis=int", buildQLinearConcat},
    {"QLinearGlobalAveragePool", 1, 5, 5, 1, "channels_last=int", buildQLinearPool},
    {"QLinearLeakyRelu", 1, 4, 5, 1, "alpha=float", buildQLinearUnary, 1 << 2},
    {"QLinearMul", 1, 7, 8, 1, "", buildQLinearBinary, 1 << 2 | 1 << 5},
    {"QLinearReduceMean", 1, 4, 5, 1, "axes=ints keepdims=int", buildQLinearUnary, 1 << 2},
    {"QLinearSigmoid", 1, 4, 5, 1, "", buildQLinearUnary, 1 << 2},
    {"QLinearSoftmax", 1, 5, 5, 1, "axis=int opset=int", buildQLinearSoftmax},
    {"QuantizeLinear", 1, 2, 3, 1, "axis=int block_size=int", buildMicrosoftQuantization},
    {"QuickGelu", 1, 1, 1, 1, "alpha=float", buildUnaryLoops},
    {"RotaryEmbedding", 1, 4, 4, 1,
     "interleaved=int is_packed_batching=int num_heads=int rotary_embedding_dim=int scale=float", buildRotaryEmbedding},
    {"SkipLayerNormalization", 1, 3, 5, 4, "epsilon=float", buildSkipLayerNormalization},
    {"SkipSimplifiedLayerNormalization", 1, 3, 4, 4, "epsilon=float", buildSkipLayerNormalization},
    {"TransposeMatMul", 1, 2, 2, 1, "alpha=float transA=int transB=int", buildFusedMatMul},
};

llvm::ArrayRef<Operator> getOperators(llvm::StringRef domain) {
  if (domain.empty())
    return kOperators;
  return domain == kMicrosoftDomain ? llvm::ArrayRef(kMicrosoftOperators) : llvm::ArrayRef<Operator>();
}

const Operator *findOperator(llvm::StringRef domain, llvm::StringRef name, int64_t opset) {
  const Operator *found = nullptr;
  for (const Operator &op : getOperators(domain))
    if (op.name == name && op.minimumOpset <= opset)
      found = &op;
  return found;
}

std::optional<int64_t> findFirstOpset(llvm::StringRef domain, llvm::StringRef name) {
  for (const Operator &op : getOperators(domain))
    if (op.name == name)
      return op.minimumOpset;
  return std::nullopt;
}

static llvm::StringRef getName(Attribute::Kind kind) {
  switch (kind) {
  case Attribute::Kind::Int: return "int";
  case Attribute::Kind::Float: return "float";
  case Attribute::Kind::String: return "string";
  case Attribute::Kind::Tensor: return "tensor";
  case Attribute::Kind::Ints: return "ints";
  case Attribute::Kind::Floats: return "floats";
  case Attribute::Kind::Graph: return "graph";
  case Attribute::Kind::Strings: return "strings";
  case Attribute::Kind::Other: return "another type";
  }
  return "";
}

LogicalResult verifySignature(const Node &node, const Operator &op, const NodeImporter &importer) {
  if (node.inputs.size() < op.minimumInputs || node.inputs.size() > op.maximumInputs) {
    InFlightDiagnostic diagnostic = importer.emitError() << "expects ";
    if (op.maximumInputs == kVariadic)
      diagnostic << "at least " << op.minimumInputs;
    else if (op.minimumInputs == op.maximumInputs)
      diagnostic << op.minimumInputs;
    else
      diagnostic << op.minimumInputs << " to " << op.maximumInputs;
    return diagnostic << " inputs, got " << node.inputs.size();
  }
  for (unsigned index = 0; index < node.inputs.size(); ++index)
    if (node.inputs[index].empty() && (index < op.minimumInputs || op.maximumInputs == kVariadic) &&
        (index >= 32 || !(op.absentInputs >> index & 1)))
      return importer.emitError() << "input " << index << " is required";
  if (node.outputs.empty())
    return importer.emitError() << "has no output";
  if (node.outputs.size() > op.maximumOutputs)
    return importer.emitError() << "expects at most " << op.maximumOutputs << " outputs, got " << node.outputs.size();

  llvm::SmallVector<llvm::StringRef> known;
  op.attributes.split(known, ' ', -1, /*KeepEmpty=*/false);
  for (const auto &[name, attribute] : node.attributes) {
    auto it = llvm::find_if(known, [&](llvm::StringRef entry) { return entry.split('=').first == name; });
    if (it == known.end())
      return importer.emitError() << "unknown attribute '" << name << "'";
    llvm::StringRef type = it->split('=').second;
    if (type != "any" && type != getName(attribute.kind))
      return importer.emitError() << "attribute '" << name << "' must be of type " << type << ", got "
                                  << getName(attribute.kind);
  }
  return success();
}

} // namespace tinyc::onnx

// Resize and Upsample: interpolation modes and transformations of coordinates become tables of taps.
#include "compiler/onnx/Operators.h"
#include "compiler/onnx/Window.h"

#include <cmath>

using namespace mlir;

namespace tinyc::onnx {

namespace {

/// Attributes that are the same for all dimensions.
struct ResizeMode {
  std::string mode = "nearest", coordinates = "half_pixel", nearest = "round_prefer_floor";
  double cubicCoefficient = -0.75;
  bool excludeOutside = false, antialias = false;
};

/// One resized dimension.
struct ResizedDimension {
  int64_t axis = 0, input = 0, output = 0;
  double scale = 1;
  double roiBegin = 0, roiEnd = 1; ///< of tf_crop_and_resize
};

/// Taps of a dimension, `count` for each output index; `outside` marks those that lie outside the input and have an
/// extrapolated value.
struct TapTable {
  int64_t count = 1;
  SmallVector<int64_t> indices;
  SmallVector<float> weights;
  SmallVector<bool> outside;

  bool isIdentity(int64_t input) const {
    return count == 1 && llvm::equal(indices, llvm::seq<int64_t>(0, input)) && !llvm::is_contained(outside, true);
  }
};

} // namespace

/// Where output index `x` lies in the input (ONNX, Resize, coordinate_transformation_mode). The length of the output is
/// scale * input there, which need not be whole.
static double getSource(const ResizedDimension &dim, llvm::StringRef coordinates, double x) {
  const double input = static_cast<double>(dim.input), length = dim.scale * input;
  if (coordinates == "asymmetric")
    return x / dim.scale;
  if (coordinates == "align_corners")
    return length == 1 ? 0 : x * (input - 1) / (length - 1);
  if (coordinates == "tf_crop_and_resize")
    return length == 1 ? (dim.roiBegin + dim.roiEnd) * (input - 1) / 2
                       : dim.roiBegin * (input - 1) + x * (dim.roiEnd - dim.roiBegin) * (input - 1) / (length - 1);
  if (coordinates == "pytorch_half_pixel" && dim.output == 1)
    return 0;
  if (coordinates == "tf_half_pixel_for_nn")
    return (x + 0.5) / dim.scale;
  double offset = 0;
  if (coordinates == "half_pixel_symmetric")
    offset = input / 2 * (1 - static_cast<double>(dim.output) / length);
  return offset + (x + 0.5) / dim.scale - 0.5;
}

/// Keys' cubic kernel with coefficient `a` (Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981,
/// section II).
static double evaluateCubic(double x, double a) {
  x = std::abs(x);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static int64_t roundToIndex(double x, llvm::StringRef mode) {
  if (mode == "floor")
    return static_cast<int64_t>(std::floor(x));
  if (mode == "ceil")
    return static_cast<int64_t>(std::ceil(x));
  return static_cast<int64_t>(mode == "round_prefer_ceil" ? std::floor(x + 0.5) : std::ceil(x - 0.5));
}

/// Adds the taps of one output index at `source`; those outside are moved to the border.
static void addTaps(const ResizeMode &mode, const ResizedDimension &dim, double source, TapTable &table) {
  auto clampIndex = [&](int64_t index) { return std::clamp<int64_t>(index, 0, dim.input - 1); };
  if (mode.mode == "nearest") {
    table.indices.push_back(clampIndex(roundToIndex(source, mode.nearest)));
    table.weights.push_back(1.0f);
    return;
  }
  // A kernel of this radius, stretched where it must cover more input elements than that.
  const bool cubic = mode.mode == "cubic";
  const double stretch = mode.antialias ? std::min(dim.scale, 1.0) : 1.0, radius = (cubic ? 2 : 1) / stretch;
  const auto below = static_cast<int64_t>(std::ceil(radius)); // taps at or below the source; as many are above
  const auto base = static_cast<int64_t>(std::floor(source));
  SmallVector<double> weights;
  double sum = 0;
  for (int64_t index = base - below + 1; index <= base + below; ++index) {
    const double distance = (static_cast<double>(index) - source) * stretch;
    double weight = cubic ? evaluateCubic(distance, mode.cubicCoefficient) : std::max(0.0, 1 - std::abs(distance));
    if (mode.excludeOutside && (index < 0 || index >= dim.input))
      weight = 0;
    weights.push_back(weight);
    table.indices.push_back(clampIndex(index));
    sum += weight;
  }
  for (double weight : weights)
    table.weights.push_back(static_cast<float>(weight / sum));
}

/// Removes taps that no output index uses: an integer factor may need fewer.
static void removeUnusedTaps(TapTable &table) {
  SmallVector<bool> used(table.count, false);
  for (auto [i, weight] : llvm::enumerate(table.weights))
    used[i % table.count] |= weight != 0;
  if (!llvm::is_contained(used, true))
    used[0] = true;
  size_t kept = 0;
  for (size_t i = 0; i < table.weights.size(); ++i) {
    if (!used[i % table.count])
      continue;
    table.weights[kept] = table.weights[i];
    table.indices[kept++] = table.indices[i];
  }
  table.weights.resize(kept);
  table.indices.resize(kept);
  table.count = llvm::count(used, true);
}

static TapTable makeTaps(const ResizeMode &mode, const ResizedDimension &dim) {
  TapTable table;
  for (int64_t x = 0; x < dim.output; ++x) {
    double source = getSource(dim, mode.coordinates, static_cast<double>(x));
    const bool outside =
        mode.coordinates == "tf_crop_and_resize" && (source < 0 || source > static_cast<double>(dim.input - 1));
    // Far outside all elements are the border's.
    source = std::clamp<double>(source, -static_cast<double>(dim.input) - 4, 2.0 * static_cast<double>(dim.input) + 4);
    const size_t first = table.weights.size();
    addTaps(mode, dim, outside ? 0.0 : source, table);
    table.outside.push_back(outside);
    if (outside)
      std::fill(table.weights.begin() + first, table.weights.end(), 0.0f);
  }
  table.count = static_cast<int64_t>(table.indices.size()) / dim.output;
  removeUnusedTaps(table);
  return table;
}

/// nn.resize of dimensions 1 and 2 of a 4-D value.
static FailureOr<Value> createResize(NodeImporter &node, Value value, const TapTable &rows, const TapTable &columns) {
  auto input = cast<RankedTensorType>(value.getType());
  const auto height = static_cast<int64_t>(rows.outside.size()), width = static_cast<int64_t>(columns.outside.size());
  FailureOr<RankedTensorType> type =
      node.makeType({input.getDimSize(0), height, width, input.getDimSize(3)}, input.getElementType());
  if (failed(type))
    return failure();
  double magnitude = 1;
  for (const TapTable *table : {&rows, &columns}) {
    double largest = 0;
    for (size_t i = 0; i < table->weights.size(); i += table->count) {
      double sum = 0;
      for (float weight : llvm::ArrayRef(table->weights).slice(i, table->count))
        sum += std::abs(weight);
      largest = std::max(largest, std::isfinite(sum) ? sum : INFINITY);
    }
    magnitude *= largest;
  }
  if (magnitude > 2)
    return node.emitError() << "interpolates with weights of magnitude " << magnitude << ", at most 2 are supported";
  if (input.getDimSize(1) > 65536 || input.getDimSize(2) > 65536)
    return node.emitError() << "resamples a dimension of " << std::max(input.getDimSize(1), input.getDimSize(2))
                            << " elements, at most 65536 are supported";
  auto isOne = [](float weight) { return weight == 1.0f; };
  DenseF32ArrayAttr rowWeights, columnWeights;
  if (rows.count != 1 || columns.count != 1 || !llvm::all_of(rows.weights, isOne) ||
      !llvm::all_of(columns.weights, isOne)) {
    rowWeights = node.builder.getDenseF32ArrayAttr(rows.weights);
    columnWeights = node.builder.getDenseF32ArrayAttr(columns.weights);
  }
  return Value(node.create<nn::ResizeOp>(*type, value, node.builder.getDenseI64ArrayAttr(rows.indices),
                                         node.builder.getDenseI64ArrayAttr(columns.indices), rowWeights,
                                         columnWeights));
}

static TapTable makeIdentity(int64_t size) {
  return {1, llvm::to_vector(llvm::seq<int64_t>(0, size)), SmallVector<float>(size, 1.0f),
          SmallVector<bool>(size, false)};
}

/// `value` with `dims` resized. [N, C, H, W] and [N, C, L] are resized at once, channel last; else one dimension after
/// the other, the dimensions before it as rows and those behind it as channels.
static FailureOr<Value> resize(NodeImporter &node, Value value, llvm::ArrayRef<ResizedDimension> dims,
                               llvm::ArrayRef<TapTable> tables) {
  if (dims.empty())
    return value;
  Shape shape(getShape(value));
  const size_t rank = shape.size();
  if ((rank == 3 || rank == 4) && llvm::all_of(dims, [](const ResizedDimension &dim) { return dim.axis >= 2; })) {
    TapTable rows = makeIdentity(rank == 4 ? shape[2] : 1), columns = makeIdentity(shape.back());
    for (auto [dim, table] : llvm::zip_equal(dims, tables))
      (dim.axis == static_cast<int64_t>(rank) - 1 ? columns : rows) = table;
    FailureOr<Value> resized = createResize(node, toChannelLast(node, value), rows, columns);
    if (failed(resized))
      return failure();
    Shape spatial = {static_cast<int64_t>(rows.outside.size()), static_cast<int64_t>(columns.outside.size())};
    return fromChannelLast(node, *resized, llvm::ArrayRef(spatial).take_back(rank - 2));
  }
  for (auto [dim, table] : llvm::zip_equal(dims, tables)) {
    const int64_t before = *countElements(llvm::ArrayRef(shape).take_front(dim.axis)),
                  behind = *countElements(llvm::ArrayRef(shape).drop_front(dim.axis + 1));
    FailureOr<Value> resized =
        createResize(node, node.reshape(value, {1, before, dim.input, behind}), makeIdentity(before), table);
    if (failed(resized))
      return failure();
    shape[dim.axis] = dim.output;
    value = node.reshape(*resized, shape);
  }
  return value;
}

/// Adds `extrapolation` where an index lies outside: the resized value is 0 there.
static FailureOr<Value> addExtrapolation(NodeImporter &node, Value value, llvm::ArrayRef<ResizedDimension> dims,
                                         llvm::ArrayRef<TapTable> tables, float extrapolation) {
  if (extrapolation == 0 ||
      llvm::none_of(tables, [](const TapTable &table) { return llvm::is_contained(table.outside, true); }))
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  if (!type.getElementType().isF32())
    return node.emitError() << "extrapolation_value " << extrapolation << " needs a float32 input";
  // One dimension after the other: the value inside so far, the constant outside.
  Shape shape(type.getRank(), 1);
  for (const ResizedDimension &dim : dims)
    shape[dim.axis] = dim.output;
  std::vector<float> mask(*countElements(shape), 0.0f);
  int64_t inner = mask.size();
  for (auto [dim, table] : llvm::zip_equal(dims, tables)) {
    inner /= dim.output;
    for (size_t i = 0; i < mask.size(); ++i)
      if (table.outside[i / inner % dim.output])
        mask[i] = extrapolation;
  }
  Value constant = node.materialize(*Constant::fromFloats(shape, mask));
  return Value(node.create<nn::AddOp>(type, value, constant, FloatAttr(), FloatAttr()));
}

/// Resizes input 0 by `dims` and sets the output.
static LogicalResult setResized(NodeImporter &node, const ResizeMode &mode, llvm::ArrayRef<ResizedDimension> dims,
                                float extrapolation) {
  const Operand operand = node.getInput(0);
  FailureOr<Value> value = node.getTensor(0);
  if (failed(value))
    return failure();
  SmallVector<ResizedDimension> changed;
  SmallVector<TapTable> tables;
  for (const ResizedDimension &dim : dims) {
    if (dim.output < 1 || dim.output > kMaxElements || !(dim.scale > 0))
      return node.emitError() << "resizes dimension " << dim.axis << " from " << dim.input << " to " << dim.output;
    Shape shape(getShape(*value));
    shape[dim.axis] = dim.output;
    if (failed(node.makeType(shape, getElementTypeOrSelf(*value))))
      return failure();
    if (mode.antialias && dim.scale < 1.0 / 4096)
      return node.emitError() << "antialiases by a factor of " << dim.scale << ", at least 1/4096 is supported";
    TapTable table = makeTaps(mode, dim);
    if (table.isIdentity(dim.input))
      continue;
    changed.push_back(dim);
    tables.push_back(std::move(table));
  }
  FailureOr<Value> resized = resize(node, *value, changed, tables);
  if (succeeded(resized))
    resized = addExtrapolation(node, *resized, changed, tables, extrapolation);
  if (failed(resized))
    return failure();
  node.setOutput(0, Operand(*resized, operand.type));
  return success();
}

/// Fails unless string attribute `name` is one of `values`; gives it.
static FailureOr<std::string> getChoice(NodeImporter &node, llvm::StringRef name, llvm::StringRef otherwise,
                                        llvm::ArrayRef<llvm::StringRef> values) {
  std::string value = node.getString(name, otherwise);
  if (!llvm::is_contained(values, value))
    return node.emitError() << name << " must be " << llvm::join(values, ", ") << ", got '" << value << "'";
  return value;
}

/// The elements of the constant input `index`; nullopt where it is absent or empty.
static FailureOr<std::optional<std::vector<float>>> getReals(NodeImporter &node, unsigned index) {
  if (!node.hasInput(index))
    return std::optional<std::vector<float>>();
  FailureOr<ConstantRef> constant = node.getConstant(index);
  if (failed(constant))
    return failure();
  if ((*constant)->getElementType() != DataType::Float)
    return node.emitError() << node.describeInput(index) << " is " << getName((*constant)->type) << ", expects float32";
  if ((*constant)->getNumElements() == 0)
    return std::optional<std::vector<float>>();
  return std::optional((*constant)->getFloats());
}

/// Fills output sizes of `dims` from one scale for each.
static LogicalResult setScales(NodeImporter &node, llvm::ArrayRef<float> scales,
                               llvm::MutableArrayRef<ResizedDimension> dims) {
  if (scales.size() != dims.size())
    return node.emitError() << "expects " << dims.size() << " scales, got " << scales.size();
  for (auto [dim, scale] : llvm::zip_equal(dims, scales)) {
    dim.scale = scale;
    const double length = std::floor(dim.scale * static_cast<double>(dim.input));
    if (!(dim.scale > 0) || length < 1 || length > static_cast<double>(kMaxElements))
      return node.emitError() << "scale " << scale << " makes dimension " << dim.axis << " of " << dim.input
                              << " elements empty or too large";
    dim.output = static_cast<int64_t>(length);
  }
  return success();
}

/// Fills output sizes and scales of `dims` from input 2, scales, or input 3, sizes.
static LogicalResult readSizes(NodeImporter &node, llvm::MutableArrayRef<ResizedDimension> dims) {
  FailureOr<std::optional<std::vector<float>>> scales = getReals(node, 2);
  FailureOr<std::string> policy =
      getChoice(node, "keep_aspect_ratio_policy", "stretch", {"stretch", "not_larger", "not_smaller"});
  if (failed(scales) || failed(policy))
    return failure();
  Shape sizes;
  if (node.hasInput(3)) {
    FailureOr<Shape> given = node.getConstantInts(3);
    if (failed(given))
      return failure();
    sizes = *given;
  }
  if (scales->has_value() != sizes.empty())
    return node.emitError() << "expects one of the inputs scales and sizes, got "
                            << (sizes.empty() ? "neither" : "both");
  if (*scales)
    return setScales(node, **scales, dims);
  if (sizes.size() != dims.size())
    return node.emitError() << "expects " << dims.size() << " sizes, got " << sizes.size();
  SmallVector<double> factors;
  for (auto [dim, size] : llvm::zip_equal(dims, sizes)) {
    if (size < 1 || size > kMaxElements)
      return node.emitError() << "sizes must be 1 to " << kMaxElements << ", got " << toString(sizes);
    dim.output = size;
    dim.scale = static_cast<double>(size) / static_cast<double>(dim.input);
    factors.push_back(dim.scale);
  }
  if (*policy == "stretch" || dims.empty())
    return success();
  // One factor for all dimensions.
  const double factor = *policy == "not_larger" ? *llvm::min_element(factors) : *llvm::max_element(factors);
  for (ResizedDimension &dim : dims) {
    dim.scale = factor;
    dim.output = std::max<int64_t>(1, std::llround(factor * static_cast<double>(dim.input)));
  }
  return success();
}

static SmallVector<ResizedDimension> makeDimensions(NodeImporter &node, llvm::ArrayRef<int64_t> axes) {
  SmallVector<ResizedDimension> dims;
  for (int64_t axis : axes)
    dims.push_back({axis, node.getShape(0)[axis], 0, 1, 0, 1});
  return dims;
}

LogicalResult buildResize(NodeImporter &node) {
  ResizeMode mode;
  FailureOr<std::string> interpolation = getChoice(node, "mode", "nearest", {"nearest", "linear", "cubic"});
  SmallVector<llvm::StringRef> transformations = {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric",
                                                  "tf_crop_and_resize"};
  if (node.getOpset() < 13)
    transformations.push_back("tf_half_pixel_for_nn");
  if (node.getOpset() >= 19)
    transformations.push_back("half_pixel_symmetric");
  FailureOr<std::string> coordinates = getChoice(node, "coordinate_transformation_mode", "half_pixel", transformations);
  FailureOr<std::string> nearest = getChoice(node, "nearest_mode", "round_prefer_floor",
                                             {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  if (failed(interpolation) || failed(coordinates) || failed(nearest))
    return failure();
  mode.mode = *interpolation;
  mode.coordinates = *coordinates;
  mode.nearest = *nearest;
  mode.cubicCoefficient = node.getFloatAttribute("cubic_coeff_a", -0.75f);
  mode.excludeOutside = node.getInt("exclude_outside", 0) != 0;
  mode.antialias = node.getInt("antialias", 0) != 0;

  const int64_t rank = node.getInput(0).getRank();
  FailureOr<Shape> axes =
      node.normalizeAxes(node.getInts("axes").value_or(llvm::to_vector(llvm::seq<int64_t>(rank))), rank);
  if (failed(axes))
    return failure();
  SmallVector<ResizedDimension> dims = makeDimensions(node, *axes);
  if (failed(readSizes(node, dims)))
    return failure();
  if (mode.coordinates == "tf_crop_and_resize") {
    FailureOr<std::optional<std::vector<float>>> roi = getReals(node, 1);
    if (failed(roi))
      return failure();
    if (!*roi || (*roi)->size() != 2 * dims.size())
      return node.emitError() << "tf_crop_and_resize expects a roi of " << 2 * dims.size() << " numbers, got "
                              << (*roi ? (*roi)->size() : 0);
    for (auto [i, dim] : llvm::enumerate(dims)) {
      dim.roiBegin = (**roi)[i];
      dim.roiEnd = (**roi)[i + dims.size()];
      if (!std::isfinite(dim.roiBegin) || !std::isfinite(dim.roiEnd))
        return node.emitError() << "the roi must be finite";
    }
  }
  llvm::sort(dims, [](const ResizedDimension &a, const ResizedDimension &b) { return a.axis < b.axis; });
  return setResized(node, mode, dims, node.getFloatAttribute("extrapolation_value", 0));
}

/// Upsample, and Resize of operator set 10: asymmetric coordinates, rounded down.
LogicalResult buildUpsample(NodeImporter &node) {
  FailureOr<std::string> interpolation = getChoice(node, "mode", "nearest", {"nearest", "linear", "bilinear"});
  if (failed(interpolation))
    return failure();
  ResizeMode mode;
  mode.mode = *interpolation == "nearest" ? "nearest" : "linear";
  mode.coordinates = "asymmetric";
  mode.nearest = "floor";
  SmallVector<ResizedDimension> dims =
      makeDimensions(node, llvm::to_vector(llvm::seq<int64_t>(node.getInput(0).getRank())));
  std::vector<float> scales;
  if (const Attribute *attribute = node.findAttribute("scales")) {
    scales.assign(attribute->reals.begin(), attribute->reals.end());
  } else {
    FailureOr<std::optional<std::vector<float>>> given = getReals(node, 1);
    if (failed(given))
      return failure();
    scales = given->value_or(std::vector<float>());
  }
  if (failed(setScales(node, scales, dims)))
    return failure();
  return setResized(node, mode, dims, 0);
}

} // namespace tinyc::onnx

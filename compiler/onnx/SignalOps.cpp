// Signals: windows, DFT, STFT, MelWeightMatrix.
#include "compiler/onnx/LoopOps.h"

#include <cmath>

using namespace mlir;

namespace tinyc::onnx {

/// One scalar of an integer or real constant.
static FailureOr<double> getNumber(NodeImporter &node, unsigned index) {
  FailureOr<ConstantRef> constant = node.getConstant(index);
  if (failed(constant))
    return failure();
  if ((*constant)->getNumElements() != 1)
    return node.emitError() << node.describeInput(index) << " has shape " << toString((*constant)->shape) << ", expects one element";
  if ((*constant)->getElementType() == DataType::Float)
    return (*constant)->getFloats().front();
  return static_cast<double>((*constant)->getIntegers().front());
}

static FailureOr<int64_t> getSize(NodeImporter &node, unsigned index, int64_t most) {
  FailureOr<double> number = getNumber(node, index);
  if (failed(number))
    return failure();
  if (!(*number >= 1 && *number <= static_cast<double>(most)))
    return node.emitError() << node.describeInput(index) << " is " << *number << ", expects 1 to " << most;
  return static_cast<int64_t>(*number);
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

/// a - b cos(2 pi n / N) + c cos(4 pi n / N); N is the size, one less if the window is not periodic.
LogicalResult buildWindow(NodeImporter &node) {
  struct Row {
    llvm::StringLiteral name;
    double a, b, c;
  };
  // ONNX's definitions: Hamming's with 25/46, Blackman's with 0.42, 0.5 and 0.08.
  static constexpr Row rows[] = {{"BlackmanWindow", 0.42, 0.5, 0.08},
                                 {"HammingWindow", 25.0 / 46.0, 21.0 / 46.0, 0},
                                 {"HannWindow", 0.5, 0.5, 0}};
  const Row *row = llvm::find_if(rows, [&](const Row &each) { return each.name == node.getOperatorName(); });
  assert(row != std::end(rows) && "the table names these operators");
  FailureOr<int64_t> size = getSize(node, 0, kMaxFoldedElements);
  if (failed(size))
    return failure();
  const DataType type = static_cast<DataType>(node.getInt("output_datatype", static_cast<int64_t>(DataType::Float)));
  if (type != DataType::Float && type != DataType::Double && type != DataType::Float16 && type != DataType::BFloat16)
    return node.emitError() << "windows of " << getName(type) << " are not supported, only real ones";
  const double period = std::max<double>(1, node.getInt("periodic", 1) ? *size : *size - 1);
  Loops loops = {{}, {*size}, 1, {*size}, DataType::Float, AffineMap::getMultiDimIdentityMap(1, node.builder.getContext())};
  return setResult(node, buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar>) {
                     Scalar angle = cast(body.index(0), DataType::Float) * (2 * M_PI / period);
                     return row->a - call("cos", angle) * row->b + call("cos", angle * 2) * row->c;
                   }));
}

//===----------------------------------------------------------------------===//
// DFT and STFT
//===----------------------------------------------------------------------===//

namespace {

/// Sums over n < length of x(n) e^(-2 pi i k n / length), for k < bins.
struct Transform {
  int64_t length, bins;
  bool inverse;

  static constexpr int64_t kMostLength = 32768; // k * n stays below 2^31
};

} // namespace

/// cos and sin of 2 pi n / length, scaled, as [length, 2]. The argument is brought into an eighth of the circle in integers, so
/// that what is symmetric is so in every bit.
static Operand buildTwiddles(int64_t length, double scale) {
  std::vector<float> values;
  for (int64_t n = 0; n < length; ++n) {
    int64_t turn = 8 * n; // in eighths of a circle / length
    const bool isLower = turn > 4 * length;
    if (isLower)
      turn = 8 * length - turn;
    const bool isLeft = turn > 2 * length;
    if (isLeft)
      turn = 4 * length - turn;
    const bool isSteep = turn > length;
    if (isSteep)
      turn = 2 * length - turn;
    const double angle = M_PI / 4 * static_cast<double>(turn) / static_cast<double>(length);
    double cosine = std::cos(angle), sine = std::sin(angle);
    if (isSteep)
      std::swap(cosine, sine);
    values.push_back(static_cast<float>((isLeft ? -cosine : cosine) * scale));
    values.push_back(static_cast<float>((isLower ? -sine : sine) * scale));
  }
  return Operand(Constant::fromFloats({length, 2}, values));
}

/// One nest: the loops are those of the result [outer..., bins, 2] in `sizes`, then the samples. `bin` is the loop of the bins;
/// `getSample` gives real (0) or imaginary part (1) of sample n, null where there is none.
static FailureOr<Operand>
buildTransform(NodeImporter &node, const Transform &transform, llvm::ArrayRef<Operand> operands, const Shape &shape, unsigned bin,
               llvm::function_ref<Scalar(Body &, Scalar n, unsigned part)> getSample, bool isComplex) {
  const Operand twiddles =
      buildTwiddles(transform.length, transform.inverse ? 1.0 / static_cast<double>(transform.length) : 1.0);
  MLIRContext *context = node.builder.getContext();
  const unsigned rank = shape.size();
  Loops loops;
  for (const Operand &operand : operands)
    loops.inputs.push_back({operand, AffineMap()});
  const unsigned table = loops.inputs.size();
  loops.inputs.push_back({twiddles, AffineMap()});
  loops.sizes = shape;
  loops.sizes.push_back(transform.length);
  loops.parallel = rank;
  loops.shape = shape;
  loops.type = DataType::Float;
  loops.map = AffineMap::get(rank + 1, 0, llvm::to_vector(llvm::map_range(llvm::seq(rank), [&](unsigned dim) {
                               return getAffineDimExpr(dim, context);
                             })), context);
  return buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    Scalar n = body.index(rank), isImaginary = body.index(rank - 1) == 1;
    Scalar turn = body.index(bin) * n % body.integer(DataType::Int32, transform.length);
    Scalar cosine = body.load(table, {turn, makeIndex(body, 0)}, DataType::Float);
    Scalar sine = body.load(table, {turn, makeIndex(body, 1)}, DataType::Float);
    if (!transform.inverse)
      sine = -sine;
    Scalar real = getSample(body, n, 0);
    Scalar sum = select(isImaginary, real * sine, real * cosine);
    if (isComplex) {
      Scalar imaginary = getSample(body, n, 1);
      sum = sum + select(isImaginary, imaginary * cosine, -(imaginary * sine));
    }
    return x.back() + sum;
  });
}

static LogicalResult expectLength(NodeImporter &node, int64_t length) {
  if (length < 1 || length > Transform::kMostLength)
    return node.emitError() << "the transform has a length of " << length << ", expects 1 to " << Transform::kMostLength;
  return success();
}

LogicalResult buildDFT(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand) || failed(expectFloat(node, *operand)))
    return failure();
  const int64_t rank = operand->getRank();
  if (rank < 2 || operand->getShape().back() > 2)
    return node.emitError() << node.describeInput(0) << " has shape " << toString(operand->getShape())
                            << ", expects a last dimension of 1 or 2";
  int64_t givenAxis = node.getInt("axis", 1);
  if (node.getOpset() >= 20) {
    givenAxis = -2;
    if (node.hasInput(2)) {
      FailureOr<Shape> axis = node.getConstantInts(2);
      if (failed(axis))
        return failure();
      givenAxis = axis->empty() ? -2 : axis->front();
    }
  }
  FailureOr<int64_t> axis = node.normalizeAxis(givenAxis, rank);
  if (failed(axis))
    return failure();
  if (*axis == rank - 1)
    return node.emitError() << "axis " << givenAxis << " is that of real and imaginary parts";
  const int64_t samples = operand->getShape()[*axis];
  int64_t length = samples;
  if (node.hasInput(1)) {
    FailureOr<int64_t> given = getSize(node, 1, Transform::kMostLength);
    if (failed(given))
      return failure();
    length = *given;
  }
  if (failed(expectLength(node, length)))
    return failure();
  const bool inverse = node.getInt("inverse", 0) != 0, onesided = node.getInt("onesided", 0) != 0;
  if (inverse && onesided)
    return node.emitError() << "an inverse transform of one side is not supported";
  const bool isComplex = operand->getShape().back() == 2;
  const Transform transform = {length, onesided ? length / 2 + 1 : length, inverse};
  Shape shape(operand->getShape());
  shape[*axis] = transform.bins;
  shape.back() = 2;
  auto getSample = [&](Body &body, Scalar n, unsigned part) {
    Indices at;
    for (int64_t dim = 0; dim < rank; ++dim)
      at.push_back(dim == *axis ? n : dim == rank - 1 ? makeIndex(body, part) : body.index(dim));
    Scalar sample = body.load(0, at, DataType::Float);
    return length <= samples ? sample : select(n < static_cast<double>(samples), sample, body.number(DataType::Float, 0));
  };
  return setResult(node, buildTransform(node, transform, {*operand}, shape, *axis, getSample, isComplex));
}

LogicalResult buildSTFT(NodeImporter &node) {
  FailureOr<Operand> signal = toPlain(node, node.getInput(0));
  FailureOr<int64_t> step = getSize(node, 1, kMaxElements);
  if (failed(signal) || failed(expectFloat(node, *signal)) || failed(step))
    return failure();
  llvm::ArrayRef<int64_t> given = signal->getShape();
  if (given.size() < 2 || given.size() > 3 || (given.size() == 3 && given[2] > 2))
    return node.emitError() << node.describeInput(0) << " has shape " << toString(given) << ", expects [batch, samples, 1 or 2]";
  const Operand whole = given.size() == 3 ? *signal : reshapeOperand(node, *signal, {given[0], given[1], 1});
  SmallVector<Operand> operands = {whole};
  int64_t length = 0;
  if (node.hasInput(2)) {
    FailureOr<Operand> window = toPlain(node, node.getInput(2));
    if (failed(window) || failed(expectFloat(node, *window)))
      return failure();
    if (window->getRank() != 1)
      return node.emitError() << node.describeInput(2) << " has shape " << toString(window->getShape()) << ", expects one dimension";
    length = window->getShape()[0];
    operands.push_back(*window);
  }
  if (node.hasInput(3)) {
    FailureOr<int64_t> frame = getSize(node, 3, Transform::kMostLength);
    if (failed(frame))
      return failure();
    if (length != 0 && length != *frame)
      return node.emitError() << "the window has " << length << " elements, a frame " << *frame;
    length = *frame;
  }
  const int64_t samples = whole.getShape()[1];
  if (length == 0)
    return node.emitError() << "expects a window or a frame_length";
  if (failed(expectLength(node, length)))
    return failure();
  if (length > samples)
    return node.emitError() << "a frame of " << length << " is longer than the signal of " << samples;
  const int64_t frames = 1 + (samples - length) / *step;
  const bool isComplex = whole.getShape()[2] == 2, hasWindow = operands.size() > 1;
  const bool onesided = node.getInt("onesided", 1) != 0;
  if (onesided && isComplex)
    return node.emitError() << "one side of a transform of complex numbers is not supported";
  const Transform transform = {length, onesided ? length / 2 + 1 : length, false};
  const Shape shape = {whole.getShape()[0], frames, transform.bins, 2};
  auto getSample = [&](Body &body, Scalar n, unsigned part) {
    Scalar at = body.index(1) * body.integer(DataType::Int32, *step) + n;
    Scalar sample = body.load(0, {body.index(0), at, makeIndex(body, part)}, DataType::Float);
    return hasWindow ? sample * body.load(1, n, DataType::Float) : sample;
  };
  return setResult(node, buildTransform(node, transform, operands, shape, 2, getSample, isComplex));
}

//===----------------------------------------------------------------------===//
// MelWeightMatrix
//===----------------------------------------------------------------------===//

/// Triangles between equally spaced points of the mel scale, 2595 log10(1 + f / 700), rounded to bins of the spectrum.
LogicalResult buildMelWeightMatrix(NodeImporter &node) {
  FailureOr<int64_t> bands = getSize(node, 0, 1 << 16), length = getSize(node, 1, 1 << 24), rate = getSize(node, 2, 1 << 30);
  if (failed(bands) || failed(length) || failed(rate))
    return failure();
  FailureOr<double> low = getNumber(node, 3), high = getNumber(node, 4);
  if (failed(low) || failed(high))
    return failure();
  if (!(*low >= 0 && *low < *high && *high <= static_cast<double>(*rate)))
    return node.emitError() << "expects 0 <= lower edge < upper edge <= sample rate, got " << *low << ", " << *high << " and " << *rate;
  const int64_t bins = *length / 2 + 1;
  if (bins * *bands > kMaxFoldedElements)
    return node.emitError() << "the result of " << bins << " x " << *bands << " elements is too large";
  auto toMel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  std::vector<int64_t> points;
  const double first = toMel(*low), width = (toMel(*high) - first) / static_cast<double>(*bands + 2);
  for (int64_t point = 0; point < *bands + 2; ++point) {
    const double hertz = 700 * (std::pow(10.0, (first + width * static_cast<double>(point)) / 2595) - 1);
    points.push_back(std::clamp<int64_t>(static_cast<int64_t>(std::floor(static_cast<double>(*length + 1) * hertz / static_cast<double>(*rate))), 0, bins - 1));
  }
  std::vector<float> weights(bins * *bands, 0.0f);
  for (int64_t band = 0; band < *bands; ++band) {
    const int64_t begin = points[band], center = points[band + 1], end = points[band + 2];
    if (begin == center)
      weights[center * *bands + band] = 1;
    for (int64_t bin = begin; bin < center; ++bin)
      weights[bin * *bands + band] = static_cast<float>(bin - begin) / static_cast<float>(center - begin);
    for (int64_t bin = center; bin < end; ++bin)
      weights[bin * *bands + band] = static_cast<float>(end - bin) / static_cast<float>(end - center);
  }
  for (int64_t band = 0; band < *bands; ++band)
    if (points[band] != points[band + 1] && points[band + 1] < bins)
      weights[points[band + 1] * *bands + band] = 1;
  node.setOutput(Constant::fromFloats({bins, *bands}, weights));
  return success();
}

} // namespace tinyc::onnx

// resize.
#include "dialects/nn/QuantizedArithmetic.h"
#include "dialects/nn/Verification.h"
#include "tinyc/scales.h"

using namespace mlir;

namespace tinyc::nn {

namespace {

/// Indices and weights of one direction.
struct Taps {
  StringRef name; ///< "rows", "columns"
  ArrayRef<int64_t> indices;
  std::optional<ArrayRef<float>> weights;
  int64_t input, output;
};

} // namespace

/// Checks the table of one direction; `largest` becomes the greatest sum of |weights| of an output row or column.
static LogicalResult verifyTaps(ResizeOp op, const Taps &taps, double &largest) {
  int64_t count = taps.indices.size();
  if (count == 0 || count % taps.output != 0)
    return op.emitOpError("expects a multiple of ") << taps.output << " " << taps.name << ", got " << count << " (C2)";
  for (int64_t index : taps.indices)
    if (index < 0 || index >= taps.input)
      return op.emitOpError("expects ") << taps.name << " of 0 to " << taps.input - 1 << ", got " << index << " (C2)";
  if (!taps.weights) {
    largest = 1;
    if (count != taps.output)
      return op.emitOpError("expects ") << taps.output << " " << taps.name << " without weights, got " << count
                                        << " (C3)";
    return success();
  }
  if (static_cast<int64_t>(taps.weights->size()) != count)
    return op.emitOpError("expects ") << count << " weights of " << taps.name << ", got " << taps.weights->size()
                                      << " (C3)";
  int64_t group = count / taps.output;
  for (int64_t i = 0; i < taps.output; ++i) {
    double sum = 0, magnitude = 0;
    for (float weight : taps.weights->slice(i * group, group)) {
      sum += weight;
      magnitude += std::abs(weight);
    }
    // A NaN fails both comparisons.
    if (magnitude != 0 && !(std::abs(sum - 1) <= 0x1p-12))
      return op.emitOpError("expects weights of ") << taps.name << " that add up to 1, got " << sum << " (C5)";
    largest = std::max(largest, magnitude);
  }
  return success();
}

LogicalResult ResizeOp::verify() {
  RankedTensorType input = getInput().getType(), output = getOutput().getType();
  if (input.getDimSize(0) != output.getDimSize(0) || input.getDimSize(3) != output.getDimSize(3))
    return emitOpError("expects a result with the input's batch and channels, got ")
           << input << " and " << output << " (C1)";
  if (input.getDimSize(1) > 65536 || input.getDimSize(2) > 65536)
    return emitOpError("expects a height and width of at most 65536, got ") << input << " (C1)";
  if (getRowWeights().has_value() != getColumnWeights().has_value())
    return emitOpError("expects weights of both rows and columns, or of neither (C3)");
  double ofRows = 0, ofColumns = 0;
  if (failed(
          verifyTaps(*this, {"rows", getRows(), getRowWeights(), input.getDimSize(1), output.getDimSize(1)}, ofRows)) ||
      failed(verifyTaps(*this, {"columns", getColumns(), getColumnWeights(), input.getDimSize(2), output.getDimSize(2)},
                        ofColumns)))
    return failure();
  if (ofRows * ofColumns > 2)
    return emitOpError("expects weights with magnitudes of at most 2 in all, got ") << ofRows * ofColumns << " (C5)";
  if (input.getElementType() != output.getElementType())
    return emitOpError("expects operand and result of one element type, got ") << input << " and " << output << " (C4)";
  return verifyPerTensor(*this, "C4");
}

SmallVector<unsigned> ResizeOp::getActivationOperands() { return {0}; }
bool ResizeOp::sharesScale() { return true; }

SmallVector<int16_t> quantizeResizeWeights(ArrayRef<float> weights, int64_t taps) {
  SmallVector<int16_t> quantized(weights.size());
  for (size_t first = 0; first < weights.size(); first += taps) {
    double sum = 0;
    int64_t total = 0;
    size_t largest = first;
    for (size_t i = first; i < first + taps; ++i) {
      sum += weights[i];
      total += quantized[i] = static_cast<int16_t>(tinyc_round_f64(weights[i] * 2048.0));
      if (std::abs(weights[i]) > std::abs(weights[largest]))
        largest = i;
    }
    quantized[largest] = static_cast<int16_t>(quantized[largest] + (tinyc_round_f64(sum) * 2048 - total));
  }
  return quantized;
}

} // namespace tinyc::nn

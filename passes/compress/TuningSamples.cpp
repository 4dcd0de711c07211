#include "passes/compress/TuningSamples.h"

#include <random>

using namespace mlir;

namespace tinyc::compress {

FailureOr<TuningSamples> TuningSamples::get(func::FuncOp original, CalibrationData inputs) {
  FailureOr<NetworkScores> wanted = computeScores(original, inputs);
  if (failed(wanted))
    return failure();
  return TuningSamples{std::move(inputs), std::move(*wanted)};
}

/// An image [N, H, W, C] with its columns from right to left; other tensors stay as they are.
static void mirror(nn::HostTensor &tensor) {
  ArrayRef<int64_t> shape = tensor.getType().getShape();
  if (shape.size() != 4)
    return;
  MutableArrayRef<float> rest = tensor.get<float>();
  for (int64_t columns = shape[2], channels = shape[3]; !rest.empty(); rest = rest.drop_front(columns * channels))
    for (int64_t left = 0, right = columns - 1; left < right; ++left, --right)
      std::swap_ranges(rest.begin() + left * channels, rest.begin() + (left + 1) * channels,
                       rest.begin() + right * channels);
}

CalibrationData mirrorSamples(const CalibrationData &data) {
  CalibrationData mirrored = data;
  mirrored.getInputs = [data](int64_t index) {
    std::vector<nn::HostTensor> inputs = data.getInputs(index);
    llvm::for_each(inputs, mirror);
    return inputs;
  };
  return mirrored;
}

CalibrationData drawSamples(const CalibrationData &data, int64_t count, bool mirrors, uint64_t seed) {
  CalibrationData drawn = data;
  drawn.count = count;
  drawn.getInputs = [data, mirrors, seed](int64_t index) {
    std::mt19937_64 engine(seed + index);
    auto draw = [&] {
      std::vector<nn::HostTensor> inputs = data.getInputs(static_cast<int64_t>(engine() % data.count));
      if (mirrors && (engine() & 1) != 0)
        llvm::for_each(inputs, mirror);
      return inputs;
    };
    std::vector<nn::HostTensor> inputs = draw();
    if (index % 2 == 0)
      return inputs;
    std::vector<nn::HostTensor> others = draw();
    float share = static_cast<float>(engine() >> 40) / static_cast<float>(1 << 24);
    for (auto [input, other] : llvm::zip_equal(inputs, others))
      for (auto [value, added] : llvm::zip_equal(input.get<float>(), other.get<float>()))
        value += share * (added - value);
    return inputs;
  };
  return drawn;
}

} // namespace tinyc::compress

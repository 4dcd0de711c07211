#include "passes/compress/LayerMoments.h"

#include "mlir/IR/Threading.h"

using namespace mlir;

namespace tinyc::compress {

std::vector<std::pair<int64_t, int64_t>> chooseMomentRows(const Layer &layer, int64_t samples) {
  return spreadRows(samples, layer.rows, 16384 + 8 * layer.depth);
}

namespace {
/// Sums over output positions, in chunks: in float within a chunk, in double over them.
class Accumulation {
public:
  Accumulation(const RoundingProblem &problem, int64_t group)
      : problem(problem), layer(problem.layer), group(group), depth(layer.depth), outputs(layer.outputs),
        transposed(depth * outputs), patches(kChunk * depth), differences(kChunk * depth), shifts(kChunk * outputs),
        chunkGram(depth * depth), chunkCross(outputs * depth), gram(depth), cross(outputs * depth), sum(depth),
        shiftSum(outputs), center(depth) {
    for (int64_t output = 0; output < outputs; ++output)
      for (auto [k, weight] : llvm::enumerate(layer.getWeight(group * outputs + output)))
        transposed[k * outputs + output] = weight;
  }

  void add(ArrayRef<std::pair<int64_t, int64_t>> rows) {
    auto count = static_cast<int64_t>(rows.size());
    forAll(count, 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        auto [sample, row] = rows[i];
        float *actual = patches.data() + i * depth, *difference = differences.data() + i * depth;
        layer.gather(problem.actual[sample], group, row, actual);
        layer.gather(problem.reference[sample], group, row, difference);
        for (int64_t k = 0; k < depth; ++k)
          difference[k] -= actual[k];
      }
      float *shift = shifts.data() + begin * outputs;
      std::fill(shift, shift + (end - begin) * outputs, 0.0f);
      multiplyAdd(differences.data() + begin * depth, depth, 1, transposed.data(), outputs, shift, outputs, end - begin,
                  outputs, depth);
      for (int64_t i = begin; i < end && !problem.actualAddend.empty(); ++i)
        addDifference(rows[i], shifts.data() + i * outputs);
    });
    centerPatches(count);
    forAll(depth, 16, [&](int64_t begin, int64_t end) {
      float *part = chunkGram.data() + begin * depth;
      std::fill(part, part + (end - begin) * depth, 0.0f);
      // The upper triangle, in whole tiles.
      multiplyAdd(patches.data() + begin, 1, depth, patches.data() + begin, depth, part + begin, depth, end - begin,
                  depth - begin, count);
      for (int64_t i = begin; i < end; ++i) {
        for (int64_t j = i; j < depth; ++j)
          gram[i][j] += chunkGram[i * depth + j];
        for (int64_t row = 0; row < count; ++row)
          sum[i] += patches[row * depth + i];
      }
    });
    forAll(outputs, 16, [&](int64_t begin, int64_t end) {
      float *part = chunkCross.data() + begin * depth;
      std::fill(part, part + (end - begin) * depth, 0.0f);
      multiplyAdd(shifts.data() + begin, 1, outputs, patches.data(), depth, part, depth, end - begin, depth, count);
      for (int64_t output = begin; output < end; ++output) {
        for (int64_t k = 0; k < depth; ++k)
          cross[output * depth + k] += chunkCross[output * depth + k];
        for (int64_t row = 0; row < count; ++row)
          shiftSum[output] += shifts[row * outputs + output];
      }
    });
    total += count;
  }

  LayerMoments finish() {
    LayerMoments moments;
    auto scale = 1.0 / static_cast<double>(total);
    for (double &value : sum)
      value *= scale; // the mean's distance from the center
    for (auto [value, middle] : llvm::zip_equal(sum, center))
      moments.mean.push_back(value + middle);
    for (double value : shiftSum)
      moments.shift.push_back(value * scale);
    moments.covariance = std::move(gram);
    for (int64_t i = 0; i < depth; ++i)
      for (int64_t j = i; j < depth; ++j)
        moments.covariance[i][j] = moments.covariance[j][i] =
            moments.covariance[i][j] * scale - sum[i] * sum[j];
    moments.cross.assign(outputs, std::vector<double>(depth));
    for (int64_t output = 0; output < outputs; ++output)
      for (int64_t k = 0; k < depth; ++k)
        moments.cross[output][k] = cross[output * depth + k] * scale - moments.shift[output] * sum[k];
    return moments;
  }

  static constexpr int64_t kChunk = 256;

private:
  /// Calls f(begin, end) for parts of 0 .. count, each of `part`, in parallel if the layer has one group only.
  template <typename F> void forAll(int64_t count, int64_t part, F f) {
    int64_t parts = (count + part - 1) / part;
    auto run = [&](size_t index) { f(index * part, std::min<int64_t>(count, (index + 1) * part)); };
    if (layer.groups == 1) {
      parallelFor(problem.getContext(), 0, parts, run);
      return;
    }
    for (int64_t index = 0; index < parts; ++index)
      run(index);
  }

  /// Adds to the outputs at one position by how much the addend of the quantized network falls short of the float
  /// one's.
  void addDifference(std::pair<int64_t, int64_t> position, float *shift) const {
    auto [sample, row] = position;
    int64_t first = row * layer.getChannels() + group * outputs;
    const float *wanted = problem.referenceAddend[sample].get<float>().data() + first;
    const float *got = problem.actualAddend[sample].get<float>().data() + first;
    for (int64_t output = 0; output < outputs; ++output)
      shift[output] += wanted[output] - got[output];
  }

  /// Subtracts from the patches the means of those of the first chunk: products of inputs far from zero would not leave
  /// enough bits for how they vary.
  void centerPatches(int64_t count) {
    if (total == 0)
      for (int64_t k = 0; k < depth; ++k) {
        double mean = 0.0;
        for (int64_t i = 0; i < count; ++i)
          mean += patches[i * depth + k];
        center[k] = static_cast<float>(mean / static_cast<double>(count));
      }
    forAll(count, 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        for (int64_t k = 0; k < depth; ++k)
          patches[i * depth + k] -= center[k];
    });
  }

  const RoundingProblem &problem;
  const Layer &layer;
  int64_t group, depth, outputs, total = 0;
  std::vector<float> transposed;                   // weights, [depth][outputs]
  std::vector<float> patches, differences, shifts; // of a chunk
  std::vector<float> chunkGram, chunkCross;
  SquareMatrix gram;
  std::vector<double> cross, sum, shiftSum;
  std::vector<float> center; // of the patches, subtracted before they are multiplied
};
} // namespace

LayerMoments computeMoments(const RoundingProblem &problem, int64_t group, ArrayRef<std::pair<int64_t, int64_t>> rows) {
  Accumulation accumulation(problem, group);
  for (; !rows.empty(); rows = rows.drop_front(std::min<size_t>(rows.size(), Accumulation::kChunk)))
    accumulation.add(rows.take_front(Accumulation::kChunk));
  return accumulation.finish();
}

} // namespace tinyc::compress

#include "passes/compress/ErrorForm.h"
#include "passes/compress/LayerErrors.h"
#include "passes/compress/LayerMoments.h"
#include "passes/compress/WeightRemoval.h"

#include "mlir/IR/Threading.h"
#include "llvm/Support/FormatVariadic.h"

#include <atomic>
#include <numeric>

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_SPARSIFYPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// Layers of more inputs than this would take hours: a filter of `depth` weights takes depth^3 / 2 operations.
constexpr int64_t kMostDepth = 2048;

/// inverse(H) = transpose(U) U.
SquareMatrix makeInverse(const SquareMatrix &factor) {
  int64_t depth = factor.size;
  SquareMatrix inverse(depth);
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t i = k; i < depth; ++i)
      addScaled(inverse[i], factor[k], factor[k][i], depth);
  return inverse;
}

/// inverse(H) of a group's inputs with `damping` times their mean variance added; nullopt if they are not finite.
std::optional<SquareMatrix> invert(const SquareMatrix &covariance, double damping) {
  double mean = 0.0;
  for (int64_t k = 0; k < covariance.size; ++k)
    mean += covariance[k][k] / static_cast<double>(covariance.size);
  SquareMatrix damped = covariance;
  for (int64_t k = 0; k < covariance.size; ++k)
    damped[k][k] += std::max(damping * mean, 1e-20);
  std::optional<SquareMatrix> factor = factorInverse(std::move(damped));
  if (!factor)
    return std::nullopt;
  return makeInverse(*factor);
}

/// Weights that go from each filter of a layer.
using FilterCounts = std::vector<int64_t>;

class Sparsification {
public:
  Sparsification(func::FuncOp function, CalibrationData data, SparsityPattern pattern, bool secondOrder, double damping,
                 double ridge, double lossPower)
      : function(function), data(std::move(data)), pattern(pattern), secondOrder(secondOrder), damping(damping), ridge(ridge),
        lossPower(lossPower) {}

  LogicalResult run() {
    OwningOpRef<func::FuncOp> original = cast<func::FuncOp>(function->clone());
    SmallVector<Layer> layers = listOwnLayers(function);
    if (layers.empty())
      return success();
    if (!secondOrder) {
      for (Layer &layer : layers)
        removeSmallest(layer);
      return success();
    }
    if (pattern.of == 0 && failed(chooseCounts(layers)))
      return failure();
    return walk(*original);
  }

private:
  /// Zeros for the least weights of a layer: the share of each layer, or what the pattern says of each filter.
  void removeSmallest(Layer &layer) {
    MutableArrayRef<float> weights = layer.weight.get<float>();
    struct Candidate {
      double square;
      int64_t first, last;
    };
    SmallVector<Candidate> all;
    for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
      MutableArrayRef<float> filter = layer.getWeight(channel);
      for (auto [begin, end] : pattern.getUnits(layer.depth, layer.getGroupInputs())) {
        if (pattern.of == 0) {
          double square = 0.0;
          for (int64_t k = begin; k < end; ++k)
            square += static_cast<double>(filter[k]) * filter[k] / static_cast<double>(end - begin);
          all.push_back({square, channel * layer.depth + begin, channel * layer.depth + end});
          continue;
        }
        SmallVector<int64_t> order(end - begin);
        std::iota(order.begin(), order.end(), begin);
        llvm::stable_sort(order, [&](int64_t a, int64_t b) { return std::abs(filter[a]) < std::abs(filter[b]); });
        int64_t size = end - begin, going = size - (size * pattern.kept + pattern.of - 1) / pattern.of;
        for (int64_t k : ArrayRef(order).take_front(going))
          filter[k] = 0.0f;
      }
    }
    llvm::stable_sort(all, [](const Candidate &a, const Candidate &b) { return a.square < b.square; });
    auto wanted = static_cast<int64_t>(std::llround(pattern.share * static_cast<double>(weights.size())));
    for (const Candidate &candidate : all) {
      if (wanted <= 0)
        break;
      std::fill(weights.begin() + candidate.first, weights.begin() + candidate.last, 0.0f);
      wanted -= candidate.last - candidate.first;
    }
    layer.store();
    describe(layer.op);
  }

  /// Says of a layer what its weights are like, where that is more than their number.
  void describe(Operation *op) const {
    if (pattern.of > 0)
      op->setAttr(kSparsityAttr, StringAttr::get(op->getContext(), llvm::formatv("{0}:{1}", pattern.kept, pattern.of).str()));
  }

  /// How many weights go from each filter so that the network's results lose least: each layer's losses, as the dense network's
  /// inputs give them, count by what they do to the results, measured with that layer alone sparse.
  LogicalResult chooseCounts(ArrayRef<Layer> layers) {
    constexpr double kMostOfFilter = 0.95;
    // Per layer and filter: the losses in their order; the weights of a layer with the share wanted gone.
    std::vector<std::vector<std::vector<double>>> losses(layers.size());
    std::vector<nn::HostTensor> probes(layers.size());
    std::vector<double> probeLosses(layers.size(), 0.0);
    int64_t total = 0;
    StepwiseRun run(function, data);
    size_t number = 0;
    for (Operation &op : function.getBody().front().without_terminator()) {
      if (op.hasTrait<OpTrait::ConstantLike>() || op.getNumResults() != 1 || !StepwiseRun::isVariable(op.getResult(0)))
        continue;
      if (number < layers.size() && layers[number].op == &op) {
        const Layer &layer = layers[number];
        total += layer.weight.getNumElements();
        RoundingProblem problem;
        problem.layer = layer;
        problem.reference = problem.actual = std::as_const(run).get(op.getOperand(0));
        losses[number].resize(layer.getChannels());
        std::vector<double> channelLosses(layer.getChannels(), 0.0);
        auto most = static_cast<int64_t>(kMostOfFilter * static_cast<double>(layer.depth));
        auto probed = static_cast<int64_t>(std::ceil(pattern.share * static_cast<double>(layer.depth)));
        if (failed(visitFilters(problem, [&](int64_t channel, WeightRemoval &removal, int64_t) {
              removal.remove(probed);
              llvm::copy(removal.getWeights(), problem.layer.getWeight(channel).begin());
              for (double loss : removal.getLosses())
                channelLosses[channel] += loss;
              removal.remove(most);
              llvm::append_range(losses[number][channel], removal.getLosses());
            })))
          return failure();
        probeLosses[number] = std::accumulate(channelLosses.begin(), channelLosses.end(), 0.0);
        probes[number++] = std::move(problem.layer.weight);
      }
      if (failed(evaluate(run, &op)))
        return failure();
    }
    FailureOr<std::vector<double>> errors =
        measureLayerErrors(function, layers.take_front(number), ArrayRef(probes).take_front(number), data);
    if (failed(errors))
      return failure();
    struct Removal {
      double loss;
      size_t layer, channel;
    };
    std::vector<Removal> all;
    for (size_t layer = 0; layer < number; ++layer) {
      // The error of the results for a loss, drawn to that of the results for the share of the weights that is gone: one layer's
      // error, measured while the others are dense, says too little of what it adds to theirs.
      double loss = std::max(probeLosses[layer] / static_cast<double>(layers[layer].weight.getNumElements()), 1e-30);
      double worth = std::pow((*errors)[layer] / static_cast<double>(layers[layer].weight.getNumElements()), lossPower) / loss;
      for (auto [channel, filter] : llvm::enumerate(losses[layer])) {
        double loss = 0.0; // a weight goes after those before it, whatever it adds itself
        for (double added : filter)
          all.push_back({loss = std::max(loss, added * worth), layer, channel});
      }
    }
    llvm::stable_sort(all, [](const Removal &a, const Removal &b) { return a.loss < b.loss; });
    auto wanted = static_cast<size_t>(std::llround(pattern.share * static_cast<double>(total)));
    for (size_t layer = 0; layer < number; ++layer)
      counts[layers[layer].op].assign(layers[layer].getChannels(), 0);
    for (const Removal &removal : ArrayRef(all).take_front(std::min(wanted, all.size())))
      ++counts[layers[removal.layer].op][removal.channel];
    return success();
  }

  /// Makes the layers sparse one after the other, each on inputs as the sparse layers before it give them, so that its result
  /// comes near to the dense network's.
  LogicalResult walk(func::FuncOp original) {
    StepwiseRun reference(original, data), actual(function, data);
    auto isStep = [](Operation &op) { return !op.hasTrait<OpTrait::ConstantLike>(); };
    SmallVector<Operation *> ops, originals;
    for (Operation &op : llvm::make_filter_range(function.getBody().front().without_terminator(), isStep))
      ops.push_back(&op);
    for (Operation &op : llvm::make_filter_range(original.getBody().front().without_terminator(), isStep))
      originals.push_back(&op);
    for (auto [op, originalOp] : llvm::zip_equal(ops, originals)) {
      if (op->getNumResults() != 1 || !StepwiseRun::isVariable(op->getResult(0)))
        continue;
      std::optional<Layer> layer = Layer::get(op);
      if (layer && op->getOperand(1).hasOneUse()) {
        RoundingProblem problem;
        problem.layer = std::move(*layer);
        problem.reference = std::as_const(reference).get(originalOp->getOperand(0));
        problem.actual = std::as_const(actual).get(op->getOperand(0));
        if (failed(sparsify(problem)))
          return failure();
      }
      if (failed(evaluate(reference, originalOp)) || failed(evaluate(actual, op)))
        return failure();
    }
    return success();
  }

  LogicalResult sparsify(RoundingProblem &problem) {
    Layer &layer = problem.layer;
    auto found = counts.find(layer.op);
    if (failed(visitFilters(problem, [&](int64_t channel, WeightRemoval &removal, int64_t output) {
          removal.remove(found == counts.end() ? layer.depth : found->second[channel]);
          const LayerMoments &known = *moments;
          double bias = layer.bias[channel] + known.shift[output];
          MutableArrayRef<float> weights = layer.getWeight(channel);
          for (int64_t k = 0; k < layer.depth; ++k) {
            auto weight = static_cast<float>(removal.getWeights()[k]);
            bias += (static_cast<double>(weights[k]) - weight) * known.mean[k];
            weights[k] = weight;
          }
          layer.bias[channel] = static_cast<float>(bias);
        })))
      return failure();
    layer.store();
    describe(layer.op);
    return success();
  }

  static LogicalResult evaluate(StepwiseRun &run, Operation *op) {
    FailureOr<StepwiseRun::Samples> results = run.evaluate(op);
    if (failed(results))
      return failure();
    run.set(op->getResult(0), std::move(*results));
    run.release(op);
    return success();
  }

  /// Calls visit(channel, removal, output of the group) for each filter, with the real weights that suit the inputs best, in
  /// parallel within a group.
  LogicalResult visitFilters(RoundingProblem &problem, llvm::function_ref<void(int64_t, WeightRemoval &, int64_t)> visit) {
    Layer &layer = problem.layer;
    if (layer.depth > kMostDepth)
      return layer.op->emitOpError("cannot be made sparse by second order: its filters have ")
             << layer.depth << " weights, more than " << kMostDepth << "; use method=magnitude";
    std::vector<std::pair<int64_t, int64_t>> rows = chooseMomentRows(layer, problem.actual.size());
    const Layer dense = layer;
    for (int64_t group = 0; group < layer.groups; ++group) {
      moments = computeMoments(problem, group, rows);
      std::optional<SquareMatrix> inverse = invert(moments->covariance, damping), shrunk = invert(moments->covariance, ridge);
      if (!inverse || !shrunk)
        return layer.op->emitOpError("expects finite inputs on the calibration data");
      parallelFor(function.getContext(), 0, layer.outputs, [&](size_t output) {
        int64_t channel = group * layer.outputs + static_cast<int64_t>(output);
        std::vector<double> wanted(layer.depth);
        for (int64_t k = 0; k < layer.depth; ++k) {
          wanted[k] = dense.getWeight(channel)[k];
          for (int64_t j = 0; j < layer.depth; ++j)
            wanted[k] += (*shrunk)[k][j] * moments->cross[output][j];
        }
        WeightRemoval removal(*inverse, wanted, pattern, layer.getGroupInputs());
        visit(channel, removal, static_cast<int64_t>(output));
      });
    }
    return success();
  }

  func::FuncOp function;
  CalibrationData data;
  SparsityPattern pattern;
  bool secondOrder;
  double damping, ridge, lossPower;
  llvm::MapVector<Operation *, FilterCounts> counts; // without: as the pattern says
  std::optional<LayerMoments> moments;               // of the group that is visited
};

struct SparsifyPass : impl::SparsifyPassBase<SparsifyPass> {
  using SparsifyPassBase::SparsifyPassBase;
  SparsifyPass(const SparsifyPassOptions &options, CalibrationData data) : SparsifyPassBase(options), data(std::move(data)) {}

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    llvm::Expected<SparsityPattern> parsed = SparsityPattern::parse(pattern);
    if (!parsed) {
      function.emitError(llvm::toString(parsed.takeError()));
      return signalPassFailure();
    }
    if (method != "second-order" && method != "magnitude") {
      function.emitError("expects method second-order or magnitude, got ") << method;
      return signalPassFailure();
    }
    FailureOr<CalibrationData> samples = chooseSamples(function, data, maxSamples);
    if (failed(samples) ||
        failed(Sparsification(function, *samples, *parsed, method == "second-order", damping, ridge, lossPower).run()))
      signalPassFailure();
  }

private:
  CalibrationData data;
};
} // namespace

std::unique_ptr<Pass> createSparsifyPass(SparsifyPassOptions options, CalibrationData data) {
  return std::make_unique<SparsifyPass>(options, std::move(data));
}

} // namespace tinyc::compress

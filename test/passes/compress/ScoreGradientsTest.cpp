// Gradients of a network's results against central differences, and what tuning does with them.
#include "passes/compress/ScoreGradients.h"
#include "passes/compress/StepwiseRun.h"
#include "passes/compress/TuneNetwork.h"

#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <random>

using namespace mlir;
using namespace tinyc;

namespace {

// A strided, padded convolution; two that are added, one of them depthwise; a pool; a softmax.
constexpr const char *kNetwork = R"mlir(
  func.func @main(%x: tensor<1x5x5x2xf32>) -> tensor<1x3xf32> {
    %w0 = nn.constant dense<0.0> : tensor<4x3x3x2xf32> -> tensor<4x3x3x2xf32>
    %b0 = nn.constant dense<0.0> : tensor<4xf32> -> tensor<4xf32>
    %0 = nn.conv2d %x, %w0, %b0 {clampMin = 0.0 : f32, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>,
      pads = array<i64: 1, 1, 1, 1>} : (tensor<1x5x5x2xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<1x3x3x4xf32>
    %w1 = nn.constant dense<0.0> : tensor<4x3x3x1xf32> -> tensor<4x3x3x1xf32>
    %b1 = nn.constant dense<0.0> : tensor<4xf32> -> tensor<4xf32>
    %1 = nn.conv2d %0, %w1, %b1 {groups = 4 : i64, clampMin = 0.0 : f32, clampMax = 1.0 : f32, strides = array<i64: 1, 1>,
      dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x3x3x4xf32>, tensor<4x3x3x1xf32>, tensor<4xf32>) -> tensor<1x3x3x4xf32>
    %2 = nn.add %0, %1 {clampMin = 0.1 : f32} : (tensor<1x3x3x4xf32>, tensor<1x3x3x4xf32>) -> tensor<1x3x3x4xf32>
    %3 = nn.avg_pool %2 {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
      dilations = array<i64: 1, 1>} : (tensor<1x3x3x4xf32>) -> tensor<1x2x2x4xf32>
    %4 = nn.reshape %3 : (tensor<1x2x2x4xf32>) -> tensor<1x16xf32>
    %w5 = nn.constant dense<0.0> : tensor<3x16xf32> -> tensor<3x16xf32>
    %b5 = nn.constant dense<0.0> : tensor<3xf32> -> tensor<3xf32>
    %5 = nn.fully_connected %4, %w5, %b5 : (tensor<1x16xf32>, tensor<3x16xf32>, tensor<3xf32>) -> tensor<1x3xf32>
    %6 = nn.softmax %5 : (tensor<1x3xf32>) -> tensor<1x3xf32>
    return %6 : tensor<1x3xf32>
  }
)mlir";

class ScoreGradientsTest : public testing::Test {
protected:
  ScoreGradientsTest() {
    context.loadDialect<nn::NNDialect, quant::QuantDialect, func::FuncDialect>();
    module = parseSourceString<ModuleOp>(kNetwork, &context);
    function = *module->getOps<func::FuncOp>().begin();
  }

  void randomize(compress::ScoreGradients &gradients) {
    std::mt19937 engine(7);
    for (std::vector<float> &array : gradients.getParameters().arrays)
      for (float &value : array)
        value = static_cast<float>(static_cast<int>(engine() % 2001) - 900) / 2000.0f;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
};

double getLoss(const std::vector<float> &scores, const std::vector<float> &wanted) {
  double loss = 0.0;
  for (auto [score, want] : llvm::zip_equal(scores, wanted))
    loss += 0.5 * (static_cast<double>(score) - want) * (static_cast<double>(score) - want);
  return loss;
}

TEST_F(ScoreGradientsTest, agreesWithDifferences) {
  std::optional<compress::ScoreGradients> gradients = compress::ScoreGradients::create(function);
  ASSERT_TRUE(gradients);
  randomize(*gradients);
  std::vector<nn::HostTensor> inputs = compress::makeRandomData(function, 1, /*seed=*/3, -2.0, 2.0).getInputs(0);
  std::vector<float> wanted = {1.0f, -1.0f, 0.5f};
  compress::ScoreGradients::Parameters gradient = gradients->makeZeros();
  gradients->accumulate(inputs, wanted, gradient);
  int compared = 0, far = 0, zero = 0;
  for (size_t array = 0; array < gradient.arrays.size(); ++array)
    for (size_t i = 0; i < gradient.arrays[array].size(); ++i) {
      float &value = gradients->getParameters().arrays[array][i], before = value;
      constexpr float kStep = 1.0f / 256;
      value = before + kStep;
      double above = getLoss(gradients->run(inputs), wanted);
      value = before - kStep;
      double below = getLoss(gradients->run(inputs), wanted);
      value = before;
      double difference = (above - below) / (2 * kStep);
      ++compared;
      zero += difference == 0.0;
      // A clamp that is crossed within the step makes a difference of its own.
      far += std::abs(difference - gradient.arrays[array][i]) > 1e-2 * std::max(1.0, std::abs(difference));
    }
  EXPECT_EQ(compared, 4 * 18 + 4 + 4 * 9 + 4 + 3 * 16 + 3);
  EXPECT_LE(far, compared / 20);
  EXPECT_LE(zero, compared / 2);
}

TEST_F(ScoreGradientsTest, scoresAreTheInterpreters) {
  std::optional<compress::ScoreGradients> gradients = compress::ScoreGradients::create(function);
  ASSERT_TRUE(gradients);
  randomize(*gradients);
  gradients->store();
  compress::CalibrationData data = compress::makeRandomData(function, 4, /*seed=*/5, -2.0, 2.0);
  FailureOr<compress::NetworkScores> scores = compress::computeScores(function, data);
  ASSERT_TRUE(succeeded(scores));
  for (int64_t sample = 0; sample < data.count; ++sample)
    for (auto [one, other] : llvm::zip_equal(gradients->run(data.getInputs(sample)), (*scores)[sample]))
      EXPECT_NEAR(one, other, 1e-5);
}

// A network whose weights were disturbed comes back towards the results that it had.
TEST_F(ScoreGradientsTest, tuningComesNearer) {
  std::optional<compress::ScoreGradients> gradients = compress::ScoreGradients::create(function);
  ASSERT_TRUE(gradients);
  randomize(*gradients);
  gradients->store();
  auto draw = [&](int64_t count, uint64_t seed) {
    compress::CalibrationData inputs = compress::makeRandomData(function, count, seed, -2.0, 2.0);
    return compress::TuningSamples{inputs, *compress::computeScores(function, inputs)};
  };
  compress::TuningSamples samples = draw(64, /*seed=*/5), held = draw(32, /*seed=*/6);
  std::mt19937 engine(8);
  for (std::vector<float> &array : gradients->getParameters().arrays)
    for (float &value : array)
      value *= 1.0f + static_cast<float>(static_cast<int>(engine() % 201) - 100) / 500.0f;
  gradients->store();
  double before = compress::compareScores(held.wanted, *compress::computeScores(function, held.inputs));
  FailureOr<bool> tuned = compress::tuneNetwork(
      function, [&](int64_t) { return FailureOr<compress::TuningSamples>(samples); }, held, /*epochs=*/30,
      /*keepsZeros=*/false);
  ASSERT_TRUE(succeeded(tuned) && *tuned);
  double after = compress::compareScores(held.wanted, *compress::computeScores(function, held.inputs));
  EXPECT_LT(after, 0.5 * before);
}

// A sparse network comes nearer to the dense one with the weights that it has.
TEST_F(ScoreGradientsTest, zerosStay) {
  std::optional<compress::ScoreGradients> gradients = compress::ScoreGradients::create(function);
  ASSERT_TRUE(gradients);
  randomize(*gradients);
  gradients->store();
  OwningOpRef<ModuleOp> dense = module->clone();
  func::FuncOp original = *dense->getOps<func::FuncOp>().begin();
  compress::CalibrationData data = compress::makeRandomData(function, 64, /*seed=*/5, -2.0, 2.0);
  std::vector<std::vector<float>> &arrays = gradients->getParameters().arrays;
  for (size_t number = 0; number < arrays.size(); number += 2)
    for (size_t i = 0; i < arrays[number].size(); i += 5)
      arrays[number][i] = 0.0f;
  std::fill(arrays[1].begin(), arrays[1].begin() + 2, 0.0f); // biases are no weights
  gradients->store();
  compress::NetworkScores wanted = *compress::computeScores(original, data);
  double before = compress::compareScores(wanted, *compress::computeScores(function, data));
  ASSERT_TRUE(succeeded(compress::tuneTowards(function, original, data, /*epochs=*/60, /*keepsZeros=*/true)));
  EXPECT_LT(compress::compareScores(wanted, *compress::computeScores(function, data)), 0.7 * before);
  gradients = compress::ScoreGradients::create(function);
  const std::vector<std::vector<float>> &tuned = gradients->getParameters().arrays;
  for (size_t number = 0; number < tuned.size(); number += 2)
    for (size_t i = 0; i < tuned[number].size(); ++i)
      EXPECT_EQ(tuned[number][i] == 0.0f, i % 5 == 0);
  EXPECT_TRUE(llvm::any_of(ArrayRef(tuned[1]).take_front(2), [](float bias) { return bias != 0.0f; }));
}

TEST_F(ScoreGradientsTest, leavesOthersAlone) {
  OwningOpRef<ModuleOp> other = parseSourceString<ModuleOp>(R"mlir(
    func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
      %y = nn.sigmoid %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
      return %y : tensor<1x4xf32>
    }
  )mlir", &context);
  ASSERT_TRUE(other);
  EXPECT_FALSE(compress::ScoreGradients::create(*other->getOps<func::FuncOp>().begin()));
}

} // namespace

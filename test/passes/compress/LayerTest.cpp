// Layers as products of matrices against the interpreter, and their moments against means that are written out here.
#include "passes/compress/LayerMoments.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <random>

using namespace mlir;
using namespace tinyc;
using namespace tinyc::compress;

namespace {

struct Shape {
  int64_t height, width, inputs, outputs, kernel, stride, dilation, groups;
  int64_t pads[4];
};

class LayerTest : public testing::Test {
protected:
  LayerTest() { context.loadDialect<nn::NNDialect, quant::QuantDialect, func::FuncDialect>(); }

  nn::HostTensor makeTensor(ArrayRef<int64_t> shape) {
    nn::HostTensor tensor(RankedTensorType::get(shape, Float32Type::get(&context)));
    std::uniform_real_distribution<float> distribution(-1.0f, 1.0f);
    for (float &value : tensor.get<float>())
      value = distribution(engine);
    return tensor;
  }

  /// A function of one convolution of 2 images; weights are zeros until a layer stores its own.
  OwningOpRef<ModuleOp> parse(const Shape &shape) {
    int64_t reach = (shape.kernel - 1) * shape.dilation + 1;
    int64_t rows = (shape.height + shape.pads[0] + shape.pads[2] - reach) / shape.stride + 1;
    int64_t columns = (shape.width + shape.pads[1] + shape.pads[3] - reach) / shape.stride + 1;
    std::string in = llvm::formatv("tensor<2x{0}x{1}x{2}xf32>", shape.height, shape.width, shape.inputs);
    std::string out = llvm::formatv("tensor<2x{0}x{1}x{2}xf32>", rows, columns, shape.outputs);
    std::string weight = llvm::formatv("tensor<{0}x{1}x{1}x{2}xf32>", shape.outputs, shape.kernel, shape.inputs / shape.groups);
    std::string text = "func.func @main(%x: " + in + ") -> " + out + " {\n %w = nn.constant dense<0.0> : " + weight + " -> " + weight;
    text += llvm::formatv("\n %0 = nn.conv2d %x, %w {{strides = array<i64: {0}, {0}>, pads = array<i64: {1}, {2}, {3}, {4}>, "
                          "dilations = array<i64: {5}, {5}>, groups = {6}}",
                          shape.stride, shape.pads[0], shape.pads[1], shape.pads[2], shape.pads[3], shape.dilation, shape.groups);
    text += " : (" + in + ", " + weight + ") -> " + out + "\n return %0 : " + out + "\n}";
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    return module;
  }

  /// The layer of the one convolution, with random weights and biases.
  Layer getLayer(ModuleOp module) {
    std::optional<Layer> layer;
    module.walk([&](nn::Conv2DOp op) { layer = Layer::get(op); });
    EXPECT_TRUE(layer);
    layer->weight = makeTensor(layer->weight.getType().getShape());
    for (float &bias : layer->bias)
      bias = static_cast<float>(engine() % 100) / 50.0f;
    return std::move(*layer);
  }

  MLIRContext context;
  std::mt19937 engine{1};
};

const Shape kShapes[] = {{5, 6, 3, 4, 3, 1, 1, 1, {1, 1, 1, 1}}, {7, 5, 4, 6, 3, 2, 1, 2, {0, 1, 1, 0}},
                         {8, 8, 5, 5, 3, 1, 2, 5, {2, 2, 2, 2}}, {4, 4, 7, 3, 1, 1, 1, 1, {0, 0, 0, 0}},
                         {9, 4, 2, 4, 4, 3, 1, 2, {1, 2, 0, 1}}};

TEST_F(LayerTest, GivesTheResultsOfTheOp) {
  for (const Shape &shape : kShapes) {
    OwningOpRef<ModuleOp> module = parse(shape);
    Layer layer = getLayer(*module);
    EXPECT_EQ(layer.groups, shape.groups);
    EXPECT_EQ(layer.depth, shape.kernel * shape.kernel * shape.inputs / shape.groups);
    layer.store();
    auto function = *module->getOps<func::FuncOp>().begin();
    ASSERT_EQ(layer.op->getNumOperands(), 3u); // it has a bias now
    FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(function);
    ASSERT_TRUE(succeeded(interpreter));
    nn::HostTensor input = makeTensor(cast<RankedTensorType>(function.getArgumentTypes()[0]).getShape());
    FailureOr<std::vector<nn::HostTensor>> results = interpreter->run(input);
    ASSERT_TRUE(succeeded(results));
    ArrayRef<float> wanted = results->front().get<float>();
    ASSERT_EQ(layer.rows * layer.getChannels(), static_cast<int64_t>(wanted.size()));
    std::vector<float> patch(layer.depth);
    for (int64_t row = 0; row < layer.rows; ++row)
      for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
        layer.gather(input, channel / layer.outputs, row, patch.data());
        double sum = layer.bias[channel];
        for (int64_t k = 0; k < layer.depth; ++k)
          sum += static_cast<double>(layer.getWeight(channel)[k]) * patch[k];
        ASSERT_NEAR(sum, wanted[row * layer.getChannels() + channel], 1e-5);
      }
  }
}

// Changing one input channel changes just the patches at the places that getInputChannel names.
TEST_F(LayerTest, NamesTheInputChannels) {
  for (const Shape &shape : kShapes) {
    OwningOpRef<ModuleOp> module = parse(shape);
    Layer layer = getLayer(*module);
    nn::HostTensor input(cast<RankedTensorType>(layer.getInput().getType()));
    for (auto [index, value] : llvm::enumerate(input.get<float>()))
      value = 1.0f + static_cast<float>(index % shape.inputs);
    std::vector<float> patch(layer.depth);
    for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
      layer.gather(input, channel / layer.outputs, layer.rows / 2, patch.data());
      for (int64_t k = 0; k < layer.depth; ++k)
        if (patch[k] != 0.0f) // not padding
          ASSERT_EQ(patch[k], 1.0f + static_cast<float>(layer.getInputChannel(channel, k)));
    }
  }
}

TEST_F(LayerTest, LeavesOtherOpsAlone) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      "func.func @main(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>) -> tensor<2x4xf32> {\n"
      "%0 = nn.fully_connected %x, %w : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>\n"
      "return %0 : tensor<2x4xf32>\n}", &context);
  ASSERT_TRUE(module);
  module->walk([](Operation *op) { EXPECT_FALSE(Layer::get(op)); }); // the weight is no constant
}

TEST(SpreadRowsTest, CoversAllSamples) {
  using Rows = std::vector<std::pair<int64_t, int64_t>>;
  EXPECT_EQ(spreadRows(2, 3, 100), (Rows{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}));
  Rows rows = spreadRows(50, 400, 1000); // of 20,000: one in each twenty
  ASSERT_EQ(rows.size(), 1000u);
  std::vector<int> ofSamples(50);
  std::vector<int> ofColumns(20); // rows of an image of 20 columns
  for (auto [index, row] : llvm::enumerate(rows)) {
    EXPECT_EQ((row.first * 400 + row.second) / 20, static_cast<int64_t>(index));
    ++ofSamples[row.first];
    ++ofColumns[row.second % 20];
  }
  EXPECT_EQ(*llvm::min_element(ofSamples), 20);
  EXPECT_GE(*llvm::min_element(ofColumns), 25); // 50 each if evenly spread
}

// Means over all output positions of both samples, summed in double from the definition in LayerMoments.h.
TEST_F(LayerTest, HasTheMomentsOfItsInputs) {
  for (const Shape &shape : kShapes)
    for (bool hasAddend : {false, true}) {
      OwningOpRef<ModuleOp> module = parse(shape);
      RoundingProblem problem;
      problem.layer = getLayer(*module);
      const Layer &layer = problem.layer;
      std::vector<nn::HostTensor> reference, actual, referenceAddend, actualAddend;
      ArrayRef<int64_t> in = cast<RankedTensorType>(layer.getInput().getType()).getShape();
      ArrayRef<int64_t> out = cast<RankedTensorType>(layer.op->getResult(0).getType()).getShape();
      for (int sample = 0; sample < 2; ++sample) {
        reference.push_back(makeTensor(in));
        actual.push_back(makeTensor(in));
        referenceAddend.push_back(makeTensor(out));
        actualAddend.push_back(makeTensor(out));
      }
      problem.reference = reference;
      problem.actual = actual;
      if (hasAddend) {
        problem.referenceAddend = referenceAddend;
        problem.actualAddend = actualAddend;
      }
      std::vector<std::pair<int64_t, int64_t>> rows = spreadRows(2, layer.rows, 2 * layer.rows);
      for (int64_t group = 0; group < layer.groups; ++group) {
        std::vector<std::vector<float>> x, difference; // difference: W (r - x) + d
        for (auto [sample, row] : rows) {
          std::vector<float> patch(layer.depth), wanted(layer.depth), shift(layer.outputs);
          layer.gather(actual[sample], group, row, patch.data());
          layer.gather(reference[sample], group, row, wanted.data());
          for (int64_t output = 0; output < layer.outputs; ++output) {
            int64_t channel = group * layer.outputs + output;
            double sum = 0.0;
            for (int64_t k = 0; k < layer.depth; ++k)
              sum += static_cast<double>(layer.getWeight(channel)[k]) * (static_cast<double>(wanted[k]) - patch[k]);
            int64_t index = row * layer.getChannels() + channel;
            if (hasAddend)
              sum += referenceAddend[sample].get<float>()[index] - actualAddend[sample].get<float>()[index];
            shift[output] = static_cast<float>(sum);
          }
          x.push_back(patch);
          difference.push_back(shift);
        }
        auto getMean = [&](auto value) {
          double sum = 0.0;
          for (size_t row = 0; row < rows.size(); ++row)
            sum += value(row);
          return sum / static_cast<double>(rows.size());
        };
        LayerMoments moments = computeMoments(problem, group, rows);
        for (int64_t i = 0; i < layer.depth; ++i) {
          double mean = getMean([&](size_t row) { return x[row][i]; });
          ASSERT_NEAR(moments.mean[i], mean, 1e-5);
          for (int64_t j = 0; j < layer.depth; ++j) {
            double other = getMean([&](size_t row) { return x[row][j]; });
            ASSERT_NEAR(moments.covariance[i][j], getMean([&](size_t row) { return (x[row][i] - mean) * (x[row][j] - other); }),
                        1e-5);
          }
          for (int64_t output = 0; output < layer.outputs; ++output)
            ASSERT_NEAR(moments.cross[output][i], getMean([&](size_t row) { return difference[row][output] * (x[row][i] - mean); }),
                        1e-4);
        }
        for (int64_t output = 0; output < layer.outputs; ++output)
          ASSERT_NEAR(moments.shift[output], getMean([&](size_t row) { return difference[row][output]; }), 1e-4);
      }
    }
}

} // namespace

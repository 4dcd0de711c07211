// Channels taken out of random functions: dead ones change no bit of the outputs, and any others leave what the dense
// function computes with their weights set to zero.
#include "passes/compress/ChannelPruner.h"
#include "passes/compress/SliceChannels.h"
#include "passes/compress/StepwiseRun.h"
#include "passes/graph/Passes.h"
#include "test/passes/graph/RandomGraph.h"

#include "dialects/nn/Interpreter.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

#include <atomic>

using namespace mlir;
using namespace tinyc;

namespace {

func::FuncOp getMain(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream(text) << module;
  return text;
}

bool isLayer(Operation *op) { return isa<nn::Conv2DOp, nn::FullyConnectedOp>(op); }

int64_t countChannels(ModuleOp module) {
  int64_t count = 0;
  module.walk([&](Operation *op) {
    if (isLayer(op))
      count += cast<RankedTensorType>(op->getResult(0).getType()).getShape().back();
  });
  return count;
}

/// Calls change(row, column of the last dimension, bytes of one element) for the elements of a layer's weight and gives
/// the layer the changed weight.
template <typename F> void changeWeight(Operation *layer, F change) {
  auto constant = layer->getOperand(1).getDefiningOp<nn::ConstantOp>();
  if (!constant)
    return;
  nn::HostTensor tensor = nn::HostTensor::fromElements(constant.getOutput().getType(), constant.getValue());
  int64_t bytes = tensor.getElementBytes(), row = tensor.getNumElements() / tensor.getType().getDimSize(0);
  int64_t columns = tensor.getType().getShape().back();
  for (int64_t index = 0; index < tensor.getNumElements(); ++index)
    change(index / row, index % columns, tensor.getBytes().slice(index * bytes, bytes));
  OpBuilder builder(layer);
  layer->setOperand(1, nn::ConstantOp::create(builder, constant.getLoc(), tensor.getType(), tensor.toElements()));
}

class ChannelsTest : public testing::Test {
protected:
  ChannelsTest() {
    context.loadDialect<nn::NNDialect, quant::QuantDialect, func::FuncDialect>();
    context.getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        ADD_FAILURE() << diagnostic.str();
      return success();
    });
  }

  bool run(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build) {
    PassManager manager(&context);
    build(manager);
    return succeeded(manager.run(module)) && succeeded(verify(module));
  }

  /// The outputs of both functions on random inputs, which have to be equal in every bit.
  void expectEqual(ModuleOp one, ModuleOp other, unsigned seed) {
    func::FuncOp functions[] = {getMain(one), getMain(other)};
    ASSERT_EQ(functions[0].getFunctionType(), functions[1].getFunctionType());
    std::mt19937 engine(seed);
    std::vector<nn::HostTensor> inputs;
    for (Type type : functions[0].getArgumentTypes()) {
      inputs.emplace_back(cast<RankedTensorType>(type));
      std::uniform_int_distribution<int> distribution(nn::getPerTensor(type) ? -128 : -8,
                                                      nn::getPerTensor(type) ? 127 : 8);
      if (nn::getPerTensor(type))
        for (int8_t &element : inputs.back().get<int8_t>())
          element = static_cast<int8_t>(distribution(engine));
      else
        for (float &element : inputs.back().get<float>())
          element = static_cast<float>(distribution(engine));
    }
    std::vector<nn::HostTensor> outputs[2];
    for (int index : {0, 1}) {
      FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(functions[index]);
      ASSERT_TRUE(succeeded(interpreter));
      FailureOr<std::vector<nn::HostTensor>> result = interpreter->run(inputs);
      ASSERT_TRUE(succeeded(result));
      outputs[index] = std::move(*result);
    }
    for (auto [left, right] : llvm::zip_equal(outputs[0], outputs[1]))
      ASSERT_EQ(left.getBytes(), right.getBytes()) << "seed " << seed << "\n" << print(one) << print(other);
  }

  MLIRContext context;
};

TEST_F(ChannelsTest, removingDeadChannelsChangesNoBit) {
  int64_t all = 0, removed = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    OwningOpRef<ModuleOp> module = graph::RandomGraph(&context, seed, /*exact=*/false).build(6 + seed % 16, seed % 2);
    ASSERT_TRUE(run(*module, [](OpPassManager &manager) {
      manager.addNestedPass<func::FuncOp>(compress::createFoldQDQPass());
      graph::buildGraphPipeline(manager);
    }));
    std::mt19937 engine(seed);
    // Filters and inputs of filters without weights: constant channels, and channels that nobody reads.
    module->walk([&](Operation *op) {
      if (!isLayer(op))
        return;
      unsigned rows = engine(), columns = engine() & engine();
      changeWeight(op, [&](int64_t row, int64_t column, MutableArrayRef<char> element) {
        if ((rows >> row % 32 & 1) || (columns >> column % 32 & 1))
          llvm::fill(element, 0);
      });
    });
    compress::CompressOptions options;
    options.quantize = seed % 3 != 0;
    options.calibration.low = -8.0;
    options.calibration.high = 8.0;
    options.removeChannels = false;
    ASSERT_TRUE(run(*module, [&](OpPassManager &manager) { compress::buildCompressPipeline(manager, options); }));
    OwningOpRef<ModuleOp> narrow = module->clone();
    ASSERT_TRUE(run(*narrow, [](OpPassManager &manager) {
      manager.addNestedPass<func::FuncOp>(compress::createRemoveChannelsPass());
    })) << print(*module);
    all += countChannels(*module);
    removed += countChannels(*module) - countChannels(*narrow);
    expectEqual(*module, *narrow, seed);
    ASSERT_FALSE(HasFatalFailure());
  }
  EXPECT_GE(removed, 40) << "of " << all; // the functions had something to remove
}

TEST_F(ChannelsTest, anyGroupsCanBeTakenOut) {
  int64_t all = 0, removed = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    OwningOpRef<ModuleOp> dense = graph::RandomGraph(&context, seed, /*exact=*/true).build(6 + seed % 16, true);
    ASSERT_TRUE(run(*dense, [](OpPassManager &manager) {
      manager.addNestedPass<func::FuncOp>(compress::createFoldQDQPass());
      graph::buildGraphPipeline(manager);
    }));
    OwningOpRef<ModuleOp> narrow = dense->clone();
    compress::ChannelGroups groups = compress::ChannelGroups::create(getMain(*narrow));
    std::mt19937 engine(seed);
    BitVector kept(groups.getCount());
    for (unsigned group = 0; group < groups.getCount(); ++group)
      if (groups.isFixed(group) || engine() % 2)
        kept.set(group);
    narrow->walk([&](Operation *op) {
      for (Value value : op->getResults())
        if (groups.getAxis(value) && compress::getKeptChannels(groups, kept, value).empty())
          kept.set(groups.getGroup(value, 0));
    });
    // The dense function loses the weights that read what is taken out.
    SmallVector<Operation *> layers, denseLayers;
    narrow->walk([&](Operation *op) { isLayer(op) ? layers.push_back(op) : void(); });
    dense->walk([&](Operation *op) { isLayer(op) ? denseLayers.push_back(op) : void(); });
    for (auto [layer, denseLayer] : llvm::zip_equal(layers, denseLayers)) {
      auto conv = dyn_cast<nn::Conv2DOp>(layer);
      Value input = layer->getOperand(0);
      if ((conv && conv.getGroups() != 1) ||
          groups.getAxis(input) != cast<RankedTensorType>(input.getType()).getRank() - 1)
        continue;
      changeWeight(denseLayer, [&](int64_t, int64_t column, MutableArrayRef<char> element) {
        if (!kept.test(groups.getGroup(input, column)))
          llvm::fill(element, 0);
      });
    }
    all += countChannels(*narrow);
    removed += countChannels(*narrow);
    compress::sliceChannels(getMain(*narrow), groups, kept);
    ASSERT_TRUE(succeeded(verify(*narrow))) << "seed " << seed << "\n" << print(*dense);
    removed -= countChannels(*narrow);
    expectEqual(*dense, *narrow, seed);
    ASSERT_FALSE(HasFatalFailure());
  }
  EXPECT_GE(removed, 40) << "of " << all;
}

/// Random functions pruned to half of their MACs: valid, of the same interface, with no more MACs than asked for unless
/// nothing else can go; and on the samples that the layers were fitted to nearer to the dense function than with zeros
/// alone in most cases.
TEST_F(ChannelsTest, prunedFunctionsAreValidAndNear) {
  int pruned = 0, nearer = 0;
  for (unsigned seed = 0; seed < 1600; ++seed) {
    OwningOpRef<ModuleOp> dense = graph::RandomGraph(&context, seed, /*exact=*/false).build(6 + seed % 16, false);
    ASSERT_TRUE(run(*dense, [](OpPassManager &manager) { graph::buildGraphPipeline(manager); }));
    bool isFloat = true;
    for (Operation &op : getMain(*dense).getBody().front())
      for (Value value : op.getResults())
        isFloat &= cast<RankedTensorType>(value.getType()).getElementType().isF32();
    if (!isFloat)
      continue;
    compress::CalibrationData data = compress::makeRandomData(getMain(*dense), 24, seed, -1.0, 1.0);
    FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(getMain(*dense));
    ASSERT_TRUE(succeeded(interpreter));
    std::atomic<bool> isModerate = true; // no logarithms of negative numbers, no towers of exponentials
    ASSERT_TRUE(succeeded(interpreter->runAll(
        data.count, data.getInputs, [](int64_t, std::vector<nn::HostTensor>) {},
        [&](unsigned, Value, const nn::HostTensor &tensor) {
          for (float value : tensor.get<float>())
            if (!(std::abs(value) < 1e6f))
              isModerate = false;
        })));
    if (!isModerate)
      continue;
    FailureOr<std::unique_ptr<compress::ChannelPruner>> pruner = compress::ChannelPruner::create(
        getMain(*dense), compress::ChannelImportance::SecondOrder, data, data.count);
    ASSERT_TRUE(succeeded(pruner)) << "seed " << seed;
    compress::ChannelPruner::Removal none((*pruner)->getStages().size(), 0);
    compress::ChannelPruner::Removal removed = (*pruner)->select(compress::ChannelCost::Macs, 0.5);
    compress::ChannelPruner::Removal least = (*pruner)->select(compress::ChannelCost::Macs, 0.0);
    double macs = (*pruner)->getCost(compress::ChannelCost::Macs, removed);
    EXPECT_LE(macs, std::max(0.5 * (*pruner)->getCost(compress::ChannelCost::Macs, none),
                             (*pruner)->getCost(compress::ChannelCost::Macs, least)))
        << "seed " << seed;
    if (removed == none)
      continue;
    FailureOr<compress::NetworkScores> scores[3];
    for (int form : {0, 1, 2}) {
      OwningOpRef<ModuleOp> narrow = dense->clone();
      if (form > 0) {
        ASSERT_TRUE(succeeded((*pruner)->prune(getMain(*narrow), removed, /*refit=*/form == 2))) << "seed " << seed;
        ASSERT_TRUE(succeeded(verify(*narrow))) << "seed " << seed;
        EXPECT_EQ(getMain(*narrow).getFunctionType(), getMain(*dense).getFunctionType());
        int64_t left = 0;
        narrow->walk([&](nn::CostOpInterface op) { left += op.getMacs(); });
        EXPECT_EQ(static_cast<double>(left), macs) << "seed " << seed;
      }
      scores[form] = compress::computeScores(getMain(*narrow), data);
      ASSERT_TRUE(succeeded(scores[form]));
    }
    ++pruned;
    nearer += compress::compareScores(*scores[0], *scores[2]) <= compress::compareScores(*scores[0], *scores[1]) + 1e-9;
  }
  EXPECT_GE(pruned, 10);
  EXPECT_GE(nearer, pruned * 3 / 4) << "of " << pruned;
}

} // namespace

// The graph passes keep what a function computes: random functions, and the models, before and after.
#include "RandomGraph.h"

#include "compiler/onnx/Import.h"
#include "dialects/nn/Interpreter.h"
#include "passes/graph/Passes.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace tinyc;

namespace {

class PipelineTest : public testing::Test {
protected:
  PipelineTest() { context.loadDialect<nn::NNDialect, quant::QuantDialect, func::FuncDialect>(); }

  std::string print(ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream(text) << module;
    return text;
  }

  /// Applies `build` and compares the outputs for random inputs: in every bit with a tolerance of 0, else relative to
  /// the greatest magnitude of the output.
  void check(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build, float tolerance);

  MLIRContext context;
};

func::FuncOp getMain(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

/// `tensor` with its dimensions permuted, of type `type`: element type and shape as in the function.
nn::HostTensor permute(const nn::HostTensor &tensor, ArrayRef<int64_t> permutation, RankedTensorType type) {
  nn::HostTensor result(type);
  ArrayRef<int64_t> from = tensor.getType().getShape(), to = type.getShape();
  SmallVector<int64_t> index(to.size(), 0), strides(from.size(), 1);
  for (int64_t axis = static_cast<int64_t>(from.size()) - 2; axis >= 0; --axis)
    strides[axis] = strides[axis + 1] * from[axis + 1];
  for (float &value : result.get<float>()) {
    int64_t source = 0;
    for (size_t axis = 0; axis < to.size(); ++axis)
      source += index[axis] * strides[permutation[axis]];
    value = tensor.get<float>()[source];
    for (int64_t axis = static_cast<int64_t>(to.size()) - 1; axis >= 0 && ++index[axis] == to[axis]; --axis)
      index[axis] = 0;
  }
  return result;
}

SmallVector<int64_t> getPermutation(DenseI64ArrayAttr attribute, size_t rank) {
  if (attribute)
    return llvm::to_vector(attribute.asArrayRef());
  return llvm::to_vector(llvm::seq<int64_t>(0, rank));
}

/// Bytes that transposes move.
int64_t countTransposed(ModuleOp module) {
  int64_t bytes = 0;
  module.walk([&](nn::TransposeOp op) {
    Type storage = nn::getStorageType(op.getType().getElementType());
    bytes += op.getType().getNumElements() * storage.getIntOrFloatBitWidth() / 8;
  });
  return bytes;
}

void PipelineTest::check(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build, float tolerance) {
  ASSERT_TRUE(succeeded(verify(module))) << print(module);
  OwningOpRef<ModuleOp> changed = module.clone();
  PassManager manager(&context);
  build(manager);
  ASSERT_TRUE(succeeded(manager.run(*changed))) << print(module);
  EXPECT_LE(countTransposed(*changed), countTransposed(module)) << print(module) << print(*changed);

  func::FuncOp before = getMain(module), after = getMain(*changed);
  FailureOr<nn::Interpreter> reference = nn::Interpreter::create(before), result = nn::Interpreter::create(after);
  ASSERT_TRUE(succeeded(reference) && succeeded(result));
  std::mt19937 engine(7);
  std::vector<nn::HostTensor> inputs, permutedInputs;
  for (auto [index, type] : llvm::enumerate(before.getArgumentTypes())) {
    nn::HostTensor input(cast<RankedTensorType>(type));
    for (float &value : input.get<float>())
      value = std::uniform_int_distribution<int>(-8, 8)(engine);
    auto stored = cast<RankedTensorType>(after.getArgumentTypes()[index]);
    auto permutation = after.getArgAttrOfType<DenseI64ArrayAttr>(index, nn::kPermutationAttr);
    permutedInputs.push_back(permute(input, getPermutation(permutation, stored.getRank()), stored));
    inputs.push_back(std::move(input));
  }
  FailureOr<std::vector<nn::HostTensor>> expected = reference->run(inputs), actual = result->run(permutedInputs);
  ASSERT_TRUE(succeeded(expected) && succeeded(actual));
  for (auto [index, tensor] : llvm::enumerate(*expected)) {
    RankedTensorType stored = (*actual)[index].getType();
    auto permutation = after.getResultAttrOfType<DenseI64ArrayAttr>(index, nn::kPermutationAttr);
    nn::HostTensor permuted = permute(tensor, getPermutation(permutation, stored.getRank()), stored);
    ArrayRef<float> want = permuted.get<float>(), got = (*actual)[index].get<float>();
    float greatest = 1.0f, difference = 0.0f;
    for (auto [a, b] : llvm::zip_equal(want, got)) {
      greatest = std::max(greatest, std::abs(a));
      difference = std::max(difference, std::abs(a - b));
    }
    ASSERT_LE(difference, tolerance * greatest) << "output " << index << "\n" << print(module) << print(*changed);
  }
}

TEST_F(PipelineTest, layoutsOfRandomGraphs) {
  for (unsigned seed = 0; seed < 600; ++seed) {
    OwningOpRef<ModuleOp> module = graph::RandomGraph(&context, seed, /*exact=*/true).build(4 + seed % 24);
    for (bool keep : {false, true})
      check(*module, [&](OpPassManager &manager) {
        manager.addPass(graph::createPropagateLayoutPass(graph::PropagateLayoutPassOptions{keep}));
      }, 0.0f);
    if (HasFatalFailure())
      FAIL() << "seed " << seed;
  }
}

/// What is imported around ops that all can do with NHWC keeps no transpose.
TEST_F(PipelineTest, nothingLeftOfImportedGraphs) {
  for (unsigned seed = 5000; seed < 5600; ++seed) {
    OwningOpRef<ModuleOp> module =
        graph::RandomGraph(&context, seed, /*exact=*/true).build(4 + seed % 24, /*imported=*/true);
    check(*module, graph::buildGraphPipeline, 0.0f);
    std::string before = print(*module);
    PassManager manager(&context);
    graph::buildGraphPipeline(manager);
    ASSERT_TRUE(succeeded(manager.run(*module)));
    ASSERT_EQ(countTransposed(*module), 0) << "seed " << seed << "\n" << before << print(*module);
  }
}

TEST_F(PipelineTest, integersOfRandomGraphs) {
  for (unsigned seed = 1000; seed < 2000; ++seed) {
    OwningOpRef<ModuleOp> module = graph::RandomGraph(&context, seed, /*exact=*/true).build(4 + seed % 24);
    check(*module, graph::buildGraphPipeline, 0.0f);
    if (HasFatalFailure())
      FAIL() << "seed " << seed;
  }
}

TEST_F(PipelineTest, floatsOfRandomGraphs) {
  for (unsigned seed = 2000; seed < 3000; ++seed) {
    OwningOpRef<ModuleOp> module = graph::RandomGraph(&context, seed, /*exact=*/false).build(4 + seed % 24);
    check(*module, graph::buildGraphPipeline, 1e-4f);
    if (HasFatalFailure())
      FAIL() << "seed " << seed;
  }
}

/// In no model is a transpose left, nor a batch norm, nor a pad by 0.
TEST_F(PipelineTest, models) {
  SmallVector<std::string> paths = {TINYC_REPOSITORY "/test/models/digits.onnx"};
  std::error_code error;
  for (llvm::sys::fs::directory_iterator it(TINYC_REPOSITORY "/../shared/models", error), end; it != end && !error;
       it.increment(error))
    if (llvm::sys::path::extension(it->path()) == ".onnx")
      paths.push_back(it->path());
  llvm::sort(paths);
  for (const std::string &path : paths) {
    SCOPED_TRACE(path);
    OwningOpRef<ModuleOp> module = importOnnx(path, {}, &context);
    ASSERT_TRUE(module);
    check(*module, graph::buildGraphPipeline, 1e-4f);
    PassManager manager(&context);
    graph::buildGraphPipeline(manager);
    ASSERT_TRUE(succeeded(manager.run(*module)));
    module->walk([](Operation *op) {
      auto pad = dyn_cast<nn::PadOp>(op);
      EXPECT_FALSE((isa<nn::TransposeOp, nn::BatchNormOp>(op)) || (pad && pad.getValue().isZero()))
          << op->getName().getStringRef().str();
    });
  }
}

} // namespace

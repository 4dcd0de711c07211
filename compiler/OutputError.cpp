#include "compiler/OutputError.h"

#include "compiler/Dataset.h"
#include "dialects/nn/NN.h"
#include "passes/compress/Parameters.h"

#include <cmath>

using namespace mlir;

namespace tinyc {

bool removeSoftmax(func::FuncOp function) {
  Operation *end = function.front().getTerminator();
  if (end->getNumOperands() == 0)
    return false;
  Operation *last = end->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<nn::SoftmaxOp, nn::LogSoftmaxOp>(last) || !last->hasOneUse())
    return false;
  end->setOperand(0, last->getOperand(0));
  last->erase();
  compress::updateFunctionType(function);
  return true;
}

bool isClassifier(func::FuncOp function, bool hadSoftmax) {
  int64_t outputs = cast<RankedTensorType>(function.getResultTypes()[0]).getNumElements();
  int64_t inputs = cast<RankedTensorType>(function.getArgumentTypes()[0]).getNumElements();
  return hadSoftmax || (outputs >= 2 && outputs <= 1000 && outputs != inputs);
}

/// log(sum(exp(values))).
static double getLogSum(ArrayRef<float> values) {
  double greatest = *llvm::max_element(values), sum = 0;
  for (float value : values)
    sum += std::exp(value - greatest);
  return greatest + std::log(sum);
}

double getDivergence(ArrayRef<float> wanted, ArrayRef<float> got) {
  double wantedSum = getLogSum(wanted), gotSum = getLogSum(got), sum = 0;
  for (auto [one, other] : llvm::zip_equal(wanted, got))
    sum += std::exp(one - wantedSum) * ((one - wantedSum) - (other - gotSum));
  return std::max(sum, 0.0);
}

LogicalResult runOnSamples(func::FuncOp function, int64_t count,
                           llvm::function_ref<std::vector<nn::HostTensor>(int64_t)> getInputs,
                           std::vector<std::vector<float>> &outputs) {
  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(function);
  if (failed(interpreter))
    return failure();
  SmallVector<RankedTensorType> types;
  for (Type type : function.getArgumentTypes())
    types.push_back(cast<RankedTensorType>(type));
  auto getQuantized = [&](int64_t sample) {
    std::vector<nn::HostTensor> inputs = getInputs(sample);
    for (auto [tensor, type] : llvm::zip_equal(inputs, types))
      if (tensor.getType() != type)
        tensor = makeTensor(type, {}, tensor.get<float>());
    return inputs;
  };
  outputs.resize(count);
  return interpreter->runAll(count, getQuantized, [&](int64_t sample, std::vector<nn::HostTensor> results) {
    outputs[sample].clear();
    for (const nn::HostTensor &result : results)
      llvm::append_range(outputs[sample], result.toReal());
  });
}

double getDistortion(ArrayRef<std::vector<float>> wanted, ArrayRef<std::vector<float>> got, bool classifies) {
  double error = 0, power = 0, divergence = 0;
  for (auto [exact, values] : llvm::zip_equal(wanted, got)) {
    for (auto [one, other] : llvm::zip_equal(exact, values)) {
      error += (static_cast<double>(one) - other) * (static_cast<double>(one) - other);
      power += static_cast<double>(one) * one;
    }
    if (classifies)
      divergence += getDivergence(exact, values);
  }
  return (power > 0 ? error / power : error) + divergence / static_cast<double>(std::max<size_t>(got.size(), 1));
}

} // namespace tinyc

#include "passes/compress/NetworkScores.h"

#include "mlir/IR/OwningOpRef.h"
#include "passes/compress/Parameters.h"

using namespace mlir;

namespace tinyc::compress {

FailureOr<NetworkScores> computeScores(func::FuncOp function, const CalibrationData &data) {
  OwningOpRef<func::FuncOp> copy = cast<func::FuncOp>(function->clone());
  for (OpOperand &operand : copy->getBody().front().getTerminator()->getOpOperands()) {
    Value value = operand.get();
    while (Operation *op = value.getDefiningOp<nn::ReshapeOp>())
      value = op->getOperand(0);
    if (Operation *op = value.getDefiningOp(); isa_and_present<nn::SoftmaxOp, nn::LogSoftmaxOp>(op))
      operand.set(op->getOperand(0));
  }
  updateFunctionType(*copy);
  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(*copy);
  if (failed(interpreter))
    return failure();
  NetworkScores scores(data.count);
  auto consume = [&](int64_t sample, std::vector<nn::HostTensor> outputs) {
    for (nn::HostTensor &output : outputs)
      llvm::append_range(scores[sample], output.toReal());
  };
  if (failed(interpreter->runAll(data.count, data.getInputs, consume)))
    return failure();
  return scores;
}

double compareScores(const NetworkScores &expected, const NetworkScores &actual) {
  double error = 0.0, variance = 0.0;
  for (size_t index = 0; index < expected.front().size(); ++index) {
    double sum = 0.0, square = 0.0;
    for (auto [wanted, found] : llvm::zip_equal(expected, actual)) {
      double difference = static_cast<double>(wanted[index]) - found[index];
      sum += wanted[index];
      square += static_cast<double>(wanted[index]) * wanted[index];
      error += difference * difference;
    }
    variance += square - sum * sum / static_cast<double>(expected.size());
  }
  return error / std::max(variance, 1e-30);
}

CalibrationData spreadSamples(const CalibrationData &data, int64_t count) {
  CalibrationData spread;
  spread.count = count;
  spread.getInputs = [getInputs = data.getInputs, available = data.count, count](int64_t sample) {
    return getInputs(sample * available / count);
  };
  return spread;
}

CalibrationData takeSamples(const CalibrationData &data, bool held) {
  constexpr int64_t kLeastPeriod = 4, kHeldSamples = 128;
  CalibrationData some = data;
  int64_t period = std::max(kLeastPeriod, data.count / kHeldSamples), heldCount = data.count / period;
  if (heldCount == 0)
    return data;
  some.count = held ? heldCount : data.count - heldCount;
  some.getInputs = [getInputs = data.getInputs, held, period](int64_t index) {
    return getInputs(held ? index * period + period - 1 : index / (period - 1) * period + index % (period - 1));
  };
  return some;
}

} // namespace tinyc::compress

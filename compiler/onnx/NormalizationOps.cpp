#include "compiler/onnx/Operators.h"

using namespace mlir;

namespace tinyc::onnx {

LogicalResult buildBatchNormalization(NodeImporter &node) {
  FailureOr<Value> input = node.getFloat(0);
  if (failed(input))
    return failure();
  if (node.getInt("training_mode", 0) != 0)
    return node.emitError() << "training_mode 1 is not supported: export the model for inference";
  if (node.getInt("spatial", 1) != 1)
    return node.emitError() << "spatial 0 (statistics of each element) is not supported";
  if (node.getOutputCount() > 1)
    return node.emitError() << "has outputs of training: export the model for inference";
  llvm::ArrayRef<int64_t> shape = node.getShape(0);
  const int64_t rank = shape.size();
  if (rank < 2)
    return node.emitError() << "expects an input of at least 2 dimensions, got shape " << toString(shape);
  const float epsilon = node.getFloatAttribute("epsilon", 1e-5f);
  if (!std::isfinite(epsilon))
    return node.emitError() << "epsilon must be finite";
  Value parameters[4];
  for (unsigned index = 1; index <= 4; ++index) {
    FailureOr<ConstantRef> parameter = node.getConstant(index);
    if (failed(parameter))
      return failure();
    const Constant &constant = **parameter;
    if (constant.getElementType() != DataType::Float || llvm::ArrayRef(constant.shape) != llvm::ArrayRef(shape[1]))
      return node.emitError() << node.describeInput(index) << " is " << getName(constant.getElementType())
                              << " of shape " << toString(constant.shape) << ", expects float32 of shape ["
                              << shape[1] << "]";
    parameters[index - 1] = node.materialize(*Constant::fromFloats(constant.shape, constant.getFloats()));
  }
  Value value = node.transpose(*input, channelLastPermutation(rank));
  value = node.create<nn::BatchNormOp>(value.getType(), value, parameters[0], parameters[1], parameters[2],
                                       parameters[3], node.builder.getF32FloatAttr(epsilon));
  node.setOutput(node.transpose(value, channelFirstPermutation(rank)));
  return success();
}

/// Softmax or LogSoftmax over one dimension, or in operator sets before 13 over all dimensions from `axis` on.
template <typename Op> static LogicalResult buildSoftmaxOf(NodeImporter &node) {
  FailureOr<Value> input = node.getFloat(0);
  if (failed(input))
    return failure();
  llvm::ArrayRef<int64_t> shape = node.getShape(0);
  const int64_t rank = shape.size();
  const bool flattens = node.getOpset() < 13;
  if (rank == 0)
    return node.emitError() << "expects an input of at least one dimension";
  const int64_t requested = node.getInt("axis", flattens ? 1 : -1);
  if (flattens && requested == rank) { // rows of one element each
    Value rows = node.reshape(*input, {*countElements(shape), 1});
    node.setOutput(node.reshape(node.create<Op>(rows.getType(), rows), shape));
    return success();
  }
  FailureOr<int64_t> axis = node.normalizeAxis(requested, rank);
  if (failed(axis))
    return failure();
  Value value = *input;
  if (*axis == rank - 1) {
    node.setOutput(node.create<Op>(value.getType(), value));
    return success();
  }
  if (flattens) {
    const int64_t columns = *countElements(shape.drop_front(*axis));
    value = node.reshape(value, {*countElements(shape) / columns, columns});
    node.setOutput(node.reshape(node.create<Op>(value.getType(), value), shape));
    return success();
  }
  Shape toLast = llvm::to_vector(llvm::seq<int64_t>(rank)), back = toLast;
  std::rotate(toLast.begin() + *axis, toLast.begin() + *axis + 1, toLast.end());
  std::rotate(back.begin() + *axis, back.end() - 1, back.end());
  value = node.transpose(value, toLast);
  value = node.create<Op>(value.getType(), value);
  node.setOutput(node.transpose(value, back));
  return success();
}

LogicalResult buildSoftmax(NodeImporter &node) { return buildSoftmaxOf<nn::SoftmaxOp>(node); }
LogicalResult buildLogSoftmax(NodeImporter &node) { return buildSoftmaxOf<nn::LogSoftmaxOp>(node); }

} // namespace tinyc::onnx

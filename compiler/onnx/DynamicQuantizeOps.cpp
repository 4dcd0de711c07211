// ONNX Runtime's operators that quantize activations by what is in them at run time: here only the weights are rounded,
// so results are closer to those of the float model.
#include "compiler/onnx/Operators.h"
#include "compiler/onnx/Parts.h"

using namespace mlir;

namespace tinyc::onnx {

/// (q - zero point) * scale as float; scale and zero point (may be absent) are reshaped to `shape` where they are no
/// scalars.
static std::string dequantize(Parts &parts, const std::string &tensor, const std::string &scale,
                              const std::string &zeroPoint, llvm::ArrayRef<int64_t> shape) {
  auto align = [&](const std::string &value) {
    if (parts.failed() || countElements(parts.getShape(value)).value_or(0) != countElements(shape).value_or(0))
      return value;
    return parts.reshape(value, shape);
  };
  const Attributes toFloat = {{"to", makeAttribute(static_cast<int64_t>(DataType::Float))}};
  std::string value = parts.add("Cast", {tensor}, toFloat);
  if (!zeroPoint.empty())
    value = parts.add("Sub", {value, parts.add("Cast", {align(zeroPoint)}, toFloat)});
  return parts.add("Mul", {value, align(scale)});
}

LogicalResult buildDynamicQuantizeMatMul(NodeImporter &node) {
  Parts parts(node);
  const llvm::ArrayRef<int64_t> weights = node.getShape(1);
  if (weights.size() < 2)
    return node.emitError() << node.describeInput(1) << " has shape " << toString(weights)
                            << ", expects at least 2 dimensions";
  std::string product =
      parts.add("MatMul", {node.getInputName(0), dequantize(parts, node.getInputName(1), node.getInputName(2),
                                                            node.getInputName(3), weights.back())});
  if (node.hasInput(4))
    product = parts.add("Add", {product, node.getInputName(4)});
  parts.setOutput(0, product);
  return parts.getResult();
}

LogicalResult buildDynamicQuantizeLSTM(NodeImporter &node) {
  Parts parts(node);
  std::vector<std::string> inputs;
  for (unsigned index = 0; index < 8; ++index)
    inputs.push_back(node.getInputName(index));
  for (unsigned index : {1u, 2u}) { // [directions, inputs, 4 * hidden], the transpose of LSTM's
    const Shape shape(node.getShape(index));
    if (shape.size() != 3)
      return node.emitError() << node.describeInput(index) << " has shape " << toString(shape)
                              << ", expects 3 dimensions";
    const unsigned scale = index == 1 ? 8 : 10;
    const bool perGate = node.getInput(scale).getRank() == 2;
    inputs[index] = parts.transpose(dequantize(parts, inputs[index], node.getInputName(scale),
                                               node.getInputName(scale + 1), {shape[0], 1, perGate ? shape[2] : 1}),
                                    {0, 2, 1});
  }
  if (parts.failed())
    return failure();
  FailureOr<SmallVector<std::string>> results = node.buildPartOutputs("LSTM", inputs, node.getAttributes(), 3);
  if (failed(results))
    return failure();
  for (auto [index, result] : llvm::enumerate(*results))
    if (!result.empty())
      parts.setOutput(index, result);
  return parts.getResult();
}

} // namespace tinyc::onnx

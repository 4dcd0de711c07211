#include "test/compiler/onnx/BackendCase.h"

#include "compiler/onnx/Operators.h"
#include "llvm/ADT/STLExtras.h"

#include <cstring>
#include <fstream>
#include <set>

namespace {

template <typename T> void readRaw(const std::string &raw, std::vector<double> &values) {
  for (size_t offset = 0; offset + sizeof(T) <= raw.size(); offset += sizeof(T)) {
    T value;
    std::memcpy(&value, raw.data() + offset, sizeof(T));
    values.push_back(static_cast<double>(value));
  }
}

std::optional<Tensor> readTensor(const std::string &path) {
  Tensor tensor;
  std::ifstream stream(path, std::ios::binary);
  if (!stream || !tensor.proto.ParseFromIstream(&stream))
    return std::nullopt;
  const onnx::TensorProto &proto = tensor.proto;
  tensor.shape.assign(proto.dims().begin(), proto.dims().end());
  switch (proto.data_type()) {
  case onnx::TensorProto::FLOAT: readRaw<float>(proto.raw_data(), tensor.values); break;
  case onnx::TensorProto::DOUBLE: readRaw<double>(proto.raw_data(), tensor.values); break;
  case onnx::TensorProto::INT64: readRaw<int64_t>(proto.raw_data(), tensor.values); break;
  case onnx::TensorProto::INT32: readRaw<int32_t>(proto.raw_data(), tensor.values); break;
  case onnx::TensorProto::INT8: readRaw<int8_t>(proto.raw_data(), tensor.values); break;
  case onnx::TensorProto::UINT8:
  case onnx::TensorProto::BOOL: readRaw<uint8_t>(proto.raw_data(), tensor.values); break;
  default: return std::nullopt;
  }
  for (float value : proto.float_data())
    tensor.values.push_back(value);
  for (int64_t value : proto.int64_data())
    tensor.values.push_back(static_cast<double>(value));
  for (int32_t value : proto.int32_data())
    tensor.values.push_back(value);
  return tensor;
}

// True for operands that a program must know at compile time.
bool isParameter(const onnx::ModelProto &model, const std::string &name) {
  const std::set<std::pair<std::string, int>> parameters = {
      {"Clip", 1}, {"Clip", 2}, {"Pad", 2}, {"QuantizeLinear", 1}, {"QuantizeLinear", 2}, {"DequantizeLinear", 1},
      {"DequantizeLinear", 2}, {"Dropout", 1}, {"Dropout", 2}, {"Range", 0}, {"Range", 1}, {"Range", 2},
      {"QLinearConv", 1}, {"QLinearConv", 2}, {"QLinearConv", 3}, {"QLinearConv", 4}, {"QLinearConv", 5},
      {"QLinearConv", 6}, {"QLinearConv", 7}, {"QLinearMatMul", 1}, {"QLinearMatMul", 2}, {"QLinearMatMul", 4},
      {"QLinearMatMul", 5}, {"QLinearMatMul", 6}, {"QLinearMatMul", 7}, {"ConvInteger", 1}, {"ConvInteger", 2},
      {"MatMulInteger", 2}, {"MatMulInteger", 3},
      {"BatchNormalization", 1}, {"BatchNormalization", 2}, {"BatchNormalization", 3}, {"BatchNormalization", 4}};
  for (const onnx::NodeProto &node : model.graph().node())
    for (int index = 0; index < node.input_size(); ++index)
      if (node.input(index) == name && parameters.count({node.op_type(), index}))
        return true;
  return false;
}

} // namespace

bool isSupported(const onnx::ModelProto &model) {
  for (const auto *values : {&model.graph().input(), &model.graph().output()})
    for (const onnx::ValueInfoProto &value : *values)
      if (!value.type().has_tensor_type())
        return false;
  for (const onnx::NodeProto &node : model.graph().node())
    if (!tinyc::onnx::findFirstOpset(node.domain(), node.op_type()))
      return false;
  return true;
}

bool readTensors(const std::string &directory, BackendCase &backendCase) {
  const onnx::GraphProto &graph = backendCase.model.graph();
  auto read = [&](int count, const char *kind, std::vector<Tensor> &tensors) {
    for (int index = 0; index < count; ++index)
      if (std::optional<Tensor> tensor =
              readTensor(directory + "/test_data_set_0/" + kind + "_" + std::to_string(index) + ".pb"))
        tensors.push_back(std::move(*tensor));
  };
  read(graph.input_size(), "input", backendCase.inputs);
  read(graph.output_size(), "output", backendCase.outputs);
  // Inputs that have initializers need no data.
  const int missing = graph.input_size() - static_cast<int>(backendCase.inputs.size());
  return static_cast<int>(backendCase.outputs.size()) == graph.output_size() && missing <= graph.initializer_size();
}

onnx::ModelProto specialize(const BackendCase &backendCase, Form form, std::vector<const Tensor *> &runTime) {
  const onnx::ModelProto &original = backendCase.model;
  const std::vector<Tensor> &inputs = backendCase.inputs;
  onnx::ModelProto model = original;
  onnx::GraphProto &graph = *model.mutable_graph();
  graph.clear_input();
  for (size_t index = 0; index < inputs.size(); ++index) {
    const onnx::ValueInfoProto &info = original.graph().input(index);
    const int type = inputs[index].proto.data_type();
    // Integers that a scale, or the meaning of the operator, makes real numbers.
    const std::set<std::string> quantized = {"DequantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger",
                                             "MatMulInteger"};
    const bool dequantized = quantized.count(original.graph().node(0).op_type()) != 0;
    const bool runs =
        type == onnx::TensorProto::FLOAT ||
        (dequantized && (type == onnx::TensorProto::UINT8 || type == onnx::TensorProto::INT8));
    const bool stays = form == Form::RunTime ? runs && !isParameter(original, info.name())
                                             : form == Form::FirstInput && index == 0 && runs;
    if (stays) {
      *graph.add_input() = info;
      runTime.push_back(&inputs[index]);
      continue;
    }
    onnx::TensorProto &initializer = *graph.add_initializer();
    initializer = inputs[index].proto;
    initializer.set_name(info.name());
  }
  for (onnx::ValueInfoProto &output : *graph.mutable_output()) {
    onnx::TypeProto::Tensor &type = *output.mutable_type()->mutable_tensor_type();
    if (type.elem_type() != onnx::TensorProto::INT64 && type.elem_type() != onnx::TensorProto::INT32 &&
        type.elem_type() != onnx::TensorProto::BOOL)
      continue;
    onnx::NodeProto &cast = *graph.add_node();
    cast.set_op_type("Cast");
    cast.add_input(output.name());
    cast.add_output(output.name() + "_as_float");
    onnx::AttributeProto &to = *cast.add_attribute();
    to.set_name("to");
    to.set_type(onnx::AttributeProto::INT);
    to.set_i(onnx::TensorProto::FLOAT);
    output.set_name(cast.output(0));
    type.set_elem_type(onnx::TensorProto::FLOAT);
  }
  return model;
}

std::vector<double> permute(const std::vector<double> &values, llvm::ArrayRef<int64_t> shape,
                            llvm::ArrayRef<int64_t> permutation) {
  std::vector<double> result(values.size());
  std::vector<int64_t> index(shape.size(), 0);
  for (double &element : result) {
    int64_t source = 0;
    for (size_t dim = 0; dim < shape.size(); ++dim) {
      const size_t at = llvm::find(permutation, static_cast<int64_t>(dim)) - permutation.begin();
      source = source * shape[dim] + index[at];
    }
    element = values[source];
    for (int64_t dim = static_cast<int64_t>(shape.size()) - 1; dim >= 0; --dim) {
      if (++index[dim] < shape[permutation[dim]])
        break;
      index[dim] = 0;
    }
  }
  return result;
}

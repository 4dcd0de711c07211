#include "test/compiler/onnx/BackendCase.h"

#include "compiler/onnx/Operators.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>

namespace {

template <typename T> void readRaw(const std::string &raw, std::vector<double> &values) {
  for (size_t offset = 0; offset + sizeof(T) <= raw.size(); offset += sizeof(T)) {
    T value;
    std::memcpy(&value, raw.data() + offset, sizeof(T));
    values.push_back(static_cast<double>(value));
  }
}

void readHalf(const std::string &raw, std::vector<double> &values) {
  std::vector<double> bits;
  readRaw<uint16_t>(raw, bits);
  for (double each : bits) {
    const uint32_t word = static_cast<uint32_t>(each);
    const int exponent = static_cast<int>(word >> 10 & 31);
    const double mantissa = word & 1023, sign = word >> 15 ? -1 : 1;
    values.push_back(sign * (exponent == 31  ? mantissa != 0 ? std::nan("") : std::numeric_limits<double>::infinity()
                             : exponent == 0 ? std::ldexp(mantissa, -24)
                                             : std::ldexp(1024 + mantissa, exponent - 25)));
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
  case onnx::TensorProto::INT16: readRaw<int16_t>(proto.raw_data(), tensor.values); break;
  case onnx::TensorProto::UINT16: readRaw<uint16_t>(proto.raw_data(), tensor.values); break;
  case onnx::TensorProto::UINT32: readRaw<uint32_t>(proto.raw_data(), tensor.values); break;
  case onnx::TensorProto::UINT64: readRaw<uint64_t>(proto.raw_data(), tensor.values); break;
  case onnx::TensorProto::FLOAT16: readHalf(proto.raw_data(), tensor.values); break;
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
  for (uint64_t value : proto.uint64_data())
    tensor.values.push_back(static_cast<double>(value));
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
    // The bits of bfloat16 are stored as uint16.
    const auto &infos = &tensors == &backendCase.inputs ? graph.input() : graph.output();
    for (auto [info, tensor] : llvm::zip(infos, tensors)) {
      if (info.type().tensor_type().elem_type() != onnx::TensorProto::BFLOAT16)
        continue;
      tensor.proto.set_data_type(onnx::TensorProto::BFLOAT16);
      for (double &value : tensor.values) {
        const uint32_t bits = static_cast<uint32_t>(value) << 16;
        float real;
        std::memcpy(&real, &bits, sizeof real);
        value = real;
      }
    }
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
    const bool runs = type != onnx::TensorProto::STRING && !inputs[index].values.empty();
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

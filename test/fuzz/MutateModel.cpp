// A mutator that keeps a model a message: of four mutations three change numbers, names and operators inside, so that
// the importer gets further than the parser. The other is libFuzzer's own, of bytes.
#include <onnx/onnx_pb.h>

#include <cstring>
#include <random>
#include <string>

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace {

class Mutator {
public:
  explicit Mutator(unsigned seed) : engine(seed) {}

  void mutate(onnx::ModelProto &model) {
    onnx::GraphProto &graph = *model.mutable_graph();
    switch (pick(6)) {
    case 0:
      if (graph.initializer_size() > 0)
        mutateTensor(*graph.mutable_initializer(pick(graph.initializer_size())));
      break;
    case 1:
      if (graph.input_size() > 0)
        mutateShape(*graph.mutable_input(pick(graph.input_size())));
      break;
    case 2:
      if (model.opset_import_size() > 0)
        model.mutable_opset_import(pick(model.opset_import_size()))->set_version(pick(28));
      break;
    default:
      if (graph.node_size() > 0)
        mutateNode(*graph.mutable_node(pick(graph.node_size())), graph);
    }
  }

private:
  int pick(int count) { return static_cast<int>(engine() % static_cast<unsigned>(count)); }

  int64_t pickNumber() {
    const int64_t numbers[] = {0,  1,   -1,  2,     3,         4,         7,         16,
                               -2, 127, 255, 65536, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    return numbers[pick(16)];
  }

  float pickReal() {
    const float numbers[] = {0.0f, -0.0f, 1.0f, -1.0f, 1e-45f, 3e38f, 0.5f, 1.0f / 0.0f, -1.0f / 0.0f, 0.0f / 0.0f};
    return numbers[pick(10)];
  }

  void mutateTensor(onnx::TensorProto &tensor) {
    switch (pick(5)) {
    case 0:
      tensor.set_data_type(pick(28));
      break;
    case 1:
      if (tensor.dims_size() > 0)
        tensor.set_dims(pick(tensor.dims_size()), pickNumber());
      break;
    case 2:
      tensor.add_dims(pick(4));
      break;
    case 3:
      if (tensor.float_data_size() > 0)
        tensor.set_float_data(pick(tensor.float_data_size()), pickReal());
      else if (tensor.int64_data_size() > 0)
        tensor.set_int64_data(pick(tensor.int64_data_size()), pickNumber());
      break;
    default:
      if (std::string *raw = tensor.mutable_raw_data(); raw->size() >= 8) {
        const size_t at = engine() % (raw->size() / 4) * 4;
        if (const int64_t number = pickNumber(); at + 8 <= raw->size() && pick(2))
          std::memcpy(&(*raw)[at], &number, 8);
        else if (const float real = pickReal(); true)
          std::memcpy(&(*raw)[at], &real, 4);
      }
    }
  }

  void mutateShape(onnx::ValueInfoProto &value) {
    onnx::TypeProto::Tensor &type = *value.mutable_type()->mutable_tensor_type();
    onnx::TensorShapeProto &shape = *type.mutable_shape();
    if (pick(4) == 0)
      type.set_elem_type(pick(28));
    else if (pick(3) == 0)
      shape.add_dim()->set_dim_value(1 + pick(5));
    else if (shape.dim_size() > 0 && pick(3) == 0)
      shape.mutable_dim()->RemoveLast();
    else if (shape.dim_size() > 0)
      shape.mutable_dim(pick(shape.dim_size()))->set_dim_value(pickNumber());
  }

  void mutateNode(onnx::NodeProto &node, const onnx::GraphProto &graph) {
    const int choice = pick(4);
    if (choice == 0 && node.input_size() > 0) {
      node.set_input(pick(node.input_size()), pickValue(graph));
    } else if (choice == 1) {
      node.add_input(pickValue(graph));
    } else if (choice == 2) {
      node.set_op_type(graph.node(pick(graph.node_size())).op_type());
    } else if (node.attribute_size() > 0) {
      onnx::AttributeProto &attribute = *node.mutable_attribute(pick(node.attribute_size()));
      if (attribute.ints_size() > 0 && pick(4))
        attribute.set_ints(pick(attribute.ints_size()), pickNumber());
      else if (attribute.type() == onnx::AttributeProto::INTS)
        attribute.add_ints(pickNumber());
      else if (attribute.type() == onnx::AttributeProto::FLOAT)
        attribute.set_f(pickReal());
      else if (attribute.type() == onnx::AttributeProto::TENSOR)
        mutateTensor(*attribute.mutable_t());
      else
        attribute.set_i(pickNumber());
    }
  }

  std::string pickValue(const onnx::GraphProto &graph) {
    const int inputs = graph.input_size(), constants = graph.initializer_size(), nodes = graph.node_size();
    const int at = pick(inputs + constants + nodes + 1);
    if (at < inputs)
      return graph.input(at).name();
    if (at < inputs + constants)
      return graph.initializer(at - inputs).name();
    if (at < inputs + constants + nodes && graph.node(at - inputs - constants).output_size() > 0)
      return graph.node(at - inputs - constants).output(0);
    return "";
  }

  std::mt19937 engine;
};

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  onnx::ModelProto model;
  if (seed % 4 == 0 || !model.ParseFromArray(data, static_cast<int>(size)) || !model.has_graph())
    return LLVMFuzzerMutate(data, size, maxSize);
  Mutator mutator(seed);
  for (unsigned changes = 0; changes <= seed / 4 % 3; ++changes)
    mutator.mutate(model);
  const std::string bytes = model.SerializeAsString();
  if (bytes.size() > maxSize)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}

// The only file that sees protobuf. ONNX's text parser throws on numbers out of range, so this file is compiled with
// exceptions and lets none out.
#include "compiler/onnx/ExternalData.h"
#include "compiler/onnx/Functions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"

#include <google/protobuf/unknown_field_set.h>
#include <onnx/onnx_pb.h>

#include <onnx/defs/parser.h>

#include <climits>
#include <cmath>
#include <cstring>
#include <exception>
#include <limits>

using llvm::StringRef;

namespace tinyc::onnx {

std::string Node::getLabel() const {
  if (!name.empty())
    return name;
  return outputs.empty() ? type : type + "(" + outputs.front() + ")";
}

namespace {

float convertHalf(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  float value = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24)
                              : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  if (exponent == 31)
    value = mantissa ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
  return bits & 0x8000 ? -value : value;
}

/// The type that values of an ONNX type are computed in: other real types than float32 become that.
DataType toHeldType(DataType type) {
  return type == DataType::Float16 || type == DataType::BFloat16 || type == DataType::Double ? DataType::Float : type;
}

using Opsets = std::map<std::string, int64_t>;

/// Collects the contents of the messages; errors go to the handler and are counted.
class Reader {
public:
  Reader(StringRef directory, ErrorHandler handleError) : externalData(directory), handleError(handleError) {}

  std::optional<Model> read(::onnx::ModelProto &proto);

private:
  void error(StringRef name, const std::string &message) {
    handleError(name, message);
    failed = true;
  }
  TensorInfo readInfo(const ::onnx::ValueInfoProto &proto);
  // Those with a tensor take it out of its message, so that its data are in memory once.
  Node readNode(::onnx::NodeProto &proto, const Opsets &opsets);
  void readFunction(::onnx::FunctionProto &proto, Model &model);
  Attribute readAttribute(::onnx::AttributeProto &proto, StringRef node, const Opsets &opsets);
  Subgraph readSubgraph(::onnx::GraphProto &proto, StringRef node, const Opsets &opsets);
  ConstantRef takeTensor(::onnx::TensorProto &proto, StringRef location, const std::string &what);
  ConstantRef readTensor(const ::onnx::TensorProto &proto, StringRef location, const std::string &what);
  llvm::Expected<StringRef> readExternal(const ::onnx::TensorProto &proto);

  ExternalData externalData;
  ErrorHandler handleError;
  bool failed = false;
};

TensorInfo Reader::readInfo(const ::onnx::ValueInfoProto &proto) {
  TensorInfo info;
  info.name = proto.name();
  info.isTensor = !proto.has_type() || proto.type().has_tensor_type();
  const ::onnx::TypeProto::Tensor &tensor = proto.type().tensor_type();
  info.type = toHeldType(static_cast<DataType>(tensor.elem_type()));
  info.hasShape = tensor.has_shape();
  for (const ::onnx::TensorShapeProto::Dimension &dim : tensor.shape().dim()) {
    Dimension &dimension = info.shape.emplace_back();
    dimension.size = dim.has_dim_value() ? dim.dim_value() : 0;
    dimension.symbol = dim.dim_param();
  }
  return info;
}

/// Bits of an element in the raw data of a file.
unsigned getEncodedBits(DataType type) {
  switch (type) {
  case DataType::Double: return 64;
  case DataType::Float16:
  case DataType::BFloat16: return 16;
  default: return getBitWidth(type);
  }
}

/// Copies numbers of a repeated field to elements of type T; the empty string, or what is wrong.
template <typename T, typename Field> std::string fillFrom(const Field &field, Constant &constant) {
  if (field.size() != constant.getNumElements())
    return "has " + std::to_string(field.size()) + " values, its shape " + toString(constant.shape) + " needs " +
           std::to_string(constant.getNumElements());
  for (auto [element, value] : llvm::zip_equal(constant.get<T>(), field)) {
    element = static_cast<T>(value);
    if constexpr (std::is_integral_v<T>)
      if (static_cast<int64_t>(element) != static_cast<int64_t>(value))
        return "has the value " + std::to_string(value) + ", outside " + getName(constant.type);
  }
  return "";
}

/// Sizes of the encodings that are converted to Float on reading, else 0.
unsigned getConvertedWidth(DataType type) {
  return type == DataType::Double ? 8 : type == DataType::Float16 || type == DataType::BFloat16 ? 2 : 0;
}

/// Unpacks elements of 4 bits, two a byte, the lower half first. Byte i comes from `getByte`.
void unpackNibbles(llvm::function_ref<uint8_t(int64_t)> getByte, Constant &constant) {
  for (auto [index, element] : llvm::enumerate(constant.get<uint8_t>())) {
    const uint8_t nibble = index % 2 == 0 ? getByte(index / 2) & 15 : getByte(index / 2) >> 4;
    element = constant.type == DataType::Int4 && nibble > 7 ? nibble | 0xf0 : nibble;
  }
}

float convertElement(DataType type, const char *bytes) {
  if (type == DataType::Double) {
    double value;
    std::memcpy(&value, bytes, sizeof(value));
    return static_cast<float>(value);
  }
  uint16_t bits;
  std::memcpy(&bits, bytes, sizeof(bits));
  return type == DataType::Float16 ? convertHalf(bits) : llvm::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

/// Fills a tensor from little-endian bytes; the empty string, or what is wrong.
std::string fillFromBytes(StringRef raw, DataType type, Constant &constant) {
  const unsigned converted = getConvertedWidth(type);
  const uint64_t needed = (constant.getNumElements() * getEncodedBits(type) + 7) / 8;
  if (raw.size() != needed)
    return "has " + std::to_string(raw.size()) + " bytes of data, its shape " + toString(constant.shape) + " of " +
           getName(type) + " needs " + std::to_string(needed);
  if (getEncodedBits(type) == 4)
    unpackNibbles([&](int64_t index) { return static_cast<uint8_t>(raw[index]); }, constant);
  else if (!converted)
    llvm::copy(raw, constant.bytes.begin());
  else
    for (auto [index, element] : llvm::enumerate(constant.get<float>()))
      element = convertElement(type, raw.data() + index * converted);
  return "";
}

/// Fills a tensor from the message's own fields; the empty string, or what is wrong.
std::string fillTensor(const ::onnx::TensorProto &proto, Constant &constant) {
  const DataType type = static_cast<DataType>(proto.data_type());
  if (proto.has_raw_data())
    return fillFromBytes(proto.raw_data(), type, constant);
  switch (type) {
  case DataType::Float: return fillFrom<float>(proto.float_data(), constant);
  case DataType::Double: return fillFrom<float>(proto.double_data(), constant);
  case DataType::Int64: return fillFrom<int64_t>(proto.int64_data(), constant);
  case DataType::Int32: return fillFrom<int32_t>(proto.int32_data(), constant);
  case DataType::UInt32: return fillFrom<uint32_t>(proto.uint64_data(), constant);
  case DataType::UInt64: return fillFrom<uint64_t>(proto.uint64_data(), constant);
  case DataType::Int16: return fillFrom<int16_t>(proto.int32_data(), constant);
  case DataType::UInt16: return fillFrom<uint16_t>(proto.int32_data(), constant);
  case DataType::Int8: return fillFrom<int8_t>(proto.int32_data(), constant);
  case DataType::UInt8: return fillFrom<uint8_t>(proto.int32_data(), constant);
  case DataType::Bool: return fillFrom<uint8_t>(proto.int32_data(), constant);
  case DataType::UInt4:
  case DataType::Int4: {
    const auto &bytes = proto.int32_data();
    if (bytes.size() != (constant.getNumElements() + 1) / 2)
      return "has " + std::to_string(bytes.size()) + " pairs of values, its shape " + toString(constant.shape) +
             " needs " + std::to_string((constant.getNumElements() + 1) / 2);
    unpackNibbles([&](int64_t index) { return static_cast<uint8_t>(bytes[static_cast<int>(index)]); }, constant);
    return "";
  }
  default: break;
  }
  // The bits of float16 and bfloat16 values stand in int32_data.
  if (proto.int32_data_size() != constant.getNumElements())
    return fillFrom<float>(proto.int32_data(), constant);
  for (auto [element, value] : llvm::zip_equal(constant.get<float>(), proto.int32_data())) {
    uint16_t bits = static_cast<uint16_t>(value);
    element = convertElement(type, reinterpret_cast<const char *>(&bits));
  }
  return "";
}

llvm::Expected<StringRef> Reader::readExternal(const ::onnx::TensorProto &proto) {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
  for (const ::onnx::StringStringEntryProto &entry : proto.external_data()) {
    uint64_t number = 0;
    const bool isNumber = entry.key() == "offset" || entry.key() == "length";
    if (isNumber && StringRef(entry.value()).getAsInteger(10, number))
      return llvm::createStringError("its " + entry.key() + " is '" + entry.value() + "', expects a number of bytes");
    if (entry.key() == "location")
      location = entry.value();
    else if (entry.key() == "offset")
      offset = number;
    else if (entry.key() == "length")
      length = number;
  }
  return externalData.read(location, offset, length);
}

ConstantRef Reader::readTensor(const ::onnx::TensorProto &proto, StringRef location, const std::string &what) {
  auto fail = [&](const std::string &message) {
    error(location, what + " " + message);
    return nullptr;
  };
  const DataType type = static_cast<DataType>(proto.data_type());
  const bool converted = getConvertedWidth(type) != 0;
  if (!converted && getByteWidth(type) == 0)
    return fail("has element type " + getName(type) + ", which is not supported");
  const bool isExternal = proto.data_location() == ::onnx::TensorProto::EXTERNAL;
  StringRef external;
  if (isExternal) {
    llvm::Expected<StringRef> bytes = readExternal(proto);
    if (!bytes)
      return fail("keeps its data in another file: " + llvm::toString(bytes.takeError()));
    external = *bytes;
  }
  if (proto.has_segment())
    return fail("is stored in segments, which is not supported");
  llvm::ArrayRef<int64_t> shape(proto.dims().data(), proto.dims().size());
  for (int64_t size : shape)
    if (size < 0)
      return fail("has a negative dimension: " + toString(shape));
  std::optional<int64_t> count = countElements(shape);
  if (!count)
    return fail("is too large: shape " + toString(shape) + ", at most " + std::to_string(kMaxElements) +
                " elements are supported");
  // Nothing is allocated before the file is known to hold that many elements: each takes at least half a byte there.
  if (static_cast<uint64_t>(*count) / 2 > (isExternal ? external.size() : proto.ByteSizeLong()))
    return fail("has too little data for its shape " + toString(shape));
  auto constant = std::make_shared<Constant>(converted ? DataType::Float : type, shape);
  const std::string message = isExternal ? fillFromBytes(external, type, *constant) : fillTensor(proto, *constant);
  if (!message.empty())
    return fail(message);
  return constant;
}

ConstantRef Reader::takeTensor(::onnx::TensorProto &proto, StringRef location, const std::string &what) {
  ConstantRef constant = readTensor(proto, location, what);
  ::onnx::TensorProto().Swap(&proto); // Clear() would keep the memory
  return constant;
}

Subgraph Reader::readSubgraph(::onnx::GraphProto &proto, StringRef node, const Opsets &opsets) {
  Subgraph graph;
  for (const ::onnx::ValueInfoProto &input : proto.input())
    graph.inputs.push_back(input.name());
  for (const ::onnx::ValueInfoProto &output : proto.output())
    graph.outputs.push_back(output.name());
  for (::onnx::TensorProto &tensor : *proto.mutable_initializer()) {
    const std::string name = tensor.name();
    if (!graph.initializers.try_emplace(name, takeTensor(tensor, node, "initializer '" + name + "'")).second)
      error(node, "initializer '" + name + "' is given twice");
  }
  for (const ::onnx::SparseTensorProto &tensor : proto.sparse_initializer())
    error(node, "sparse initializer '" + tensor.values().name() + "' is not supported");
  for (::onnx::NodeProto &inner : *proto.mutable_node())
    graph.nodes.push_back(readNode(inner, opsets));
  return graph;
}

Attribute Reader::readAttribute(::onnx::AttributeProto &proto, StringRef node, const Opsets &opsets) {
  Attribute attribute;
  attribute.reference = proto.ref_attr_name();
  int type = proto.type();
  // Writers of the first IR version leave the type out.
  if (type == ::onnx::AttributeProto::UNDEFINED)
    type = proto.has_i()             ? ::onnx::AttributeProto::INT
           : proto.has_f()           ? ::onnx::AttributeProto::FLOAT
           : proto.has_s()           ? ::onnx::AttributeProto::STRING
           : proto.has_t()           ? ::onnx::AttributeProto::TENSOR
           : proto.ints_size() > 0   ? ::onnx::AttributeProto::INTS
           : proto.floats_size() > 0 ? ::onnx::AttributeProto::FLOATS
           : proto.strings_size() > 0 ? ::onnx::AttributeProto::STRINGS
           : proto.has_g()           ? ::onnx::AttributeProto::GRAPH
                                     : ::onnx::AttributeProto::UNDEFINED;
  switch (type) {
  case ::onnx::AttributeProto::INT:
    attribute.kind = Attribute::Kind::Int;
    attribute.integer = proto.i();
    break;
  case ::onnx::AttributeProto::FLOAT:
    attribute.kind = Attribute::Kind::Float;
    attribute.real = proto.f();
    break;
  case ::onnx::AttributeProto::STRING:
    attribute.kind = Attribute::Kind::String;
    attribute.string = proto.s();
    break;
  case ::onnx::AttributeProto::TENSOR:
    attribute.kind = Attribute::Kind::Tensor;
    attribute.tensor = takeTensor(*proto.mutable_t(), node, "attribute '" + proto.name() + "'");
    break;
  case ::onnx::AttributeProto::INTS:
    attribute.kind = Attribute::Kind::Ints;
    llvm::append_range(attribute.integers, proto.ints());
    break;
  case ::onnx::AttributeProto::FLOATS:
    attribute.kind = Attribute::Kind::Floats;
    llvm::append_range(attribute.reals, proto.floats());
    break;
  case ::onnx::AttributeProto::STRINGS:
    attribute.kind = Attribute::Kind::Strings;
    attribute.strings.assign(proto.strings().begin(), proto.strings().end());
    break;
  case ::onnx::AttributeProto::GRAPH:
    attribute.kind = Attribute::Kind::Graph;
    attribute.graph = std::make_shared<const Subgraph>(readSubgraph(*proto.mutable_g(), node, opsets));
    break;
  default: break;
  }
  return attribute;
}

/// The operator sets by domain, ONNX's own as "".
template <typename Field> Opsets readOpsets(const Field &imports) {
  Opsets opsets;
  for (const ::onnx::OperatorSetIdProto &opset : imports)
    opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  return opsets;
}

void Reader::readFunction(::onnx::FunctionProto &proto, Model &model) {
  const std::string domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
  auto [entry, inserted] = model.functions.try_emplace(domain + "." + proto.name());
  if (!inserted)
    error("", "the function '" + proto.name() + "' of domain '" + domain + "' is given twice");
  Function &function = entry->second;
  function.inputs.assign(proto.input().begin(), proto.input().end());
  function.outputs.assign(proto.output().begin(), proto.output().end());
  Opsets opsets = readOpsets(proto.opset_import());
  if (opsets.empty())
    opsets = model.opsets;
  for (::onnx::NodeProto &node : *proto.mutable_node())
    function.nodes.push_back(readNode(node, opsets));
  // attribute_proto, attributes with defaults: newer than the message class.
  const google::protobuf::UnknownFieldSet &unknown = proto.GetReflection()->GetUnknownFields(proto);
  for (int index = 0; index < unknown.field_count(); ++index) {
    ::onnx::AttributeProto attribute;
    if (unknown.field(index).number() == 11 &&
        unknown.field(index).type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED &&
        attribute.ParseFromString(unknown.field(index).length_delimited()))
      function.defaults.try_emplace(attribute.name(), readAttribute(attribute, proto.name(), opsets));
  }
}

Node Reader::readNode(::onnx::NodeProto &proto, const Opsets &opsets) {
  Node node;
  node.name = proto.name();
  node.type = proto.op_type();
  node.domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
  if (auto opset = opsets.find(node.domain); opset != opsets.end())
    node.opset = opset->second;
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  while (!node.inputs.empty() && node.inputs.back().empty())
    node.inputs.pop_back();
  while (!node.outputs.empty() && node.outputs.back().empty())
    node.outputs.pop_back();
  const std::string label = node.getLabel();
  for (::onnx::AttributeProto &attribute : *proto.mutable_attribute())
    if (!node.attributes.try_emplace(attribute.name(), readAttribute(attribute, label, opsets)).second)
      error(label, "attribute '" + attribute.name() + "' is given twice");
  node.captures = findCaptures(node.attributes);
  return node;
}

std::optional<Model> Reader::read(::onnx::ModelProto &proto) {
  Model model;
  if (!proto.has_graph()) {
    error("", "not an ONNX model: it has no graph");
    return std::nullopt;
  }
  ::onnx::GraphProto &graph = *proto.mutable_graph();
  model.opsets = readOpsets(proto.opset_import());
  for (::onnx::FunctionProto &function : *proto.mutable_functions())
    readFunction(function, model);
  for (const ::onnx::ValueInfoProto &input : graph.input())
    model.inputs.push_back(readInfo(input));
  for (const ::onnx::ValueInfoProto &output : graph.output())
    model.outputs.push_back(readInfo(output));
  for (const ::onnx::ValueInfoProto &value : graph.value_info())
    model.values.try_emplace(value.name(), readInfo(value));
  for (::onnx::TensorProto &tensor : *graph.mutable_initializer()) {
    const std::string name = tensor.name();
    ConstantRef constant = takeTensor(tensor, name, "initializer '" + name + "'");
    if (name.empty())
      error("", "an initializer has no name");
    else if (!model.initializers.try_emplace(name, std::move(constant)).second)
      error(name, "initializer '" + name + "' is given twice");
  }
  for (const ::onnx::SparseTensorProto &tensor : graph.sparse_initializer())
    error(tensor.values().name(), "sparse initializer '" + tensor.values().name() + "' is not supported");
  for (::onnx::NodeProto &node : *graph.mutable_node())
    model.nodes.push_back(readNode(node, model.opsets));
  if (failed || !inlineFunctions(model, handleError))
    return std::nullopt;
  return model;
}

} // namespace

std::optional<Model> readModel(std::unique_ptr<llvm::MemoryBuffer> file, StringRef directory, ErrorHandler handleError) {
  ::onnx::ModelProto proto;
  const StringRef bytes = file->getBuffer();
  if (bytes.size() > INT_MAX) {
    handleError("", "the file is too large: " + std::to_string(bytes.size()) + " bytes, at most 2147483647");
    return std::nullopt;
  }
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    handleError("", "not an ONNX model: it is not valid protobuf (truncated, or of another format)");
    return std::nullopt;
  }
  file.reset();
  return Reader(directory, handleError).read(proto);
}

std::optional<Model> readModelText(StringRef text, StringRef directory, ErrorHandler handleError) {
  ::onnx::ModelProto proto;
  const std::string terminated = text.str();
  std::string message;
  try {
    ::onnx::OnnxParser parser(terminated.c_str());
    ::onnx::Common::Status status = parser.Parse(proto);
    if (!status.IsOK())
      message = status.ErrorMessage();
  } catch (const std::exception &exception) {
    message = std::string("a number is out of range: ") + exception.what();
  }
  if (message.empty())
    return Reader(directory, handleError).read(proto);
  llvm::SmallVector<StringRef> lines;
  StringRef(message).split(lines, '\n', -1, /*KeepEmpty=*/false);
  handleError("", "not ONNX text syntax: " + llvm::join(lines, ", "));
  return std::nullopt;
}

} // namespace tinyc::onnx

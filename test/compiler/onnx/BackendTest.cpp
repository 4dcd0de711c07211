// The ONNX backend test cases of Debian's libonnx-testdata: each case of the supported operators goes through import
// and graph passes into the reference interpreter, and its outputs are compared with the case's own, within the
// tolerance of ONNX's runner. Independent of our own understanding of the operators.
#include "compiler/onnx/Import.h"
#include "compiler/onnx/Operators.h"
#include "dialects/nn/Interpreter.h"
#include "passes/graph/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

#include <onnx/onnx_pb.h>

#include <cstring>
#include <fstream>
#include <map>
#include <numeric>
#include <set>

namespace {

constexpr llvm::StringLiteral kData = "/usr/lib/python3/dist-packages/onnx/backend/test/data";
constexpr double kRelativeTolerance = 1e-3, kAbsoluteTolerance = 1e-7;

// What import refuses by design; part of the diagnostic, and the category in the summary.
struct Refusal {
  llvm::StringLiteral text, category;
};
constexpr Refusal kRefusals[] = {
    {"expects float32", "arithmetic on other types than float32"},
    {"8 or 16-bit integers that are dequantized", "inputs of other types than float32"},
    {"must be known at compile time", "shape operators on run-time data"},
    {"supported on constants only", "shape operators on run-time data"},
    {"known at compile time only", "shape operators on run-time data"},
    {"training_mode", "training"},
    {"only 1-D and 2-D poolings", "3-D windows"},
    {"only 1-D and 2-D convolutions", "3-D windows"},
    {"output Indices", "MaxPool with indices"},
    {"output mask", "Dropout with mask"},
    {"only constant padding", "Pad modes other than constant"},
    {"a cast to", "casts to other types"},
    {"has no elements", "empty tensors"},
    {"has element type", "other element types"},
    {"negative pads", "negative pads"},
    {"value_string", "strings"},
    {"is a constant of", "other element types"},
    {"as float64, it is float32", "other element types"},
    {"is supported from operator set", "operator sets before 7"},
    {"keeps its data", "external data"},
};

struct Tensor {
  onnx::TensorProto proto;
  std::vector<int64_t> shape;
  std::vector<double> values;
};

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

bool isSupported(const onnx::ModelProto &model) {
  for (const auto *values : {&model.graph().input(), &model.graph().output()})
    for (const onnx::ValueInfoProto &value : *values)
      if (!value.type().has_tensor_type())
        return false;
  for (const onnx::NodeProto &node : model.graph().node())
    if (!tinyc::onnx::findFirstOpset(node.op_type()) || !node.domain().empty())
      return false;
  return true;
}

// Which graph inputs become initializers.
enum class Form { RunTime, FirstInput, Constant };

// True for operands that a program must know at compile time.
bool isParameter(const onnx::ModelProto &model, const std::string &name) {
  const std::set<std::pair<std::string, int>> parameters = {
      {"Clip", 1}, {"Clip", 2}, {"Pad", 2}, {"QuantizeLinear", 1}, {"QuantizeLinear", 2}, {"DequantizeLinear", 1},
      {"DequantizeLinear", 2}, {"Dropout", 1}, {"Dropout", 2}, {"Range", 0}, {"Range", 1}, {"Range", 2},
      {"BatchNormalization", 1}, {"BatchNormalization", 2}, {"BatchNormalization", 3}, {"BatchNormalization", 4}};
  for (const onnx::NodeProto &node : model.graph().node())
    for (int index = 0; index < node.input_size(); ++index)
      if (node.input(index) == name && parameters.count({node.op_type(), index}))
        return true;
  return false;
}

// Elements in the order of `shape` permuted: result dimension i is dimension permutation[i].
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

int countFailures() {
  return ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
}

class BackendTest : public ::testing::Test {
protected:
  BackendTest() {
    context.getDiagEngine().registerHandler([this](mlir::Diagnostic &diagnostic) { messages += diagnostic.str() + "\n"; });
  }

  void runFolder(llvm::StringRef folder);
  void runCase(const std::string &directory);
  // True if the form ran; mismatches are test failures.
  bool runForm(const onnx::ModelProto &model, const std::vector<Tensor> &inputs, const std::vector<Tensor> &outputs,
               Form form, bool graphPasses, const std::string &name);
  void compare(mlir::func::FuncOp function, const std::vector<tinyc::nn::HostTensor> &results,
               const std::vector<Tensor> &outputs, const std::string &name);

  mlir::MLIRContext context;
  std::string messages;
  unsigned passed = 0, refused = 0, skipped = 0;
  std::map<std::string, std::vector<std::string>> categories;
};

// The model with inputs turned into initializers, and integer outputs cast to float, so that they can be returned.
onnx::ModelProto specialize(const onnx::ModelProto &original, const std::vector<Tensor> &inputs, Form form,
                            std::vector<const Tensor *> &runTime) {
  onnx::ModelProto model = original;
  onnx::GraphProto &graph = *model.mutable_graph();
  graph.clear_input();
  for (size_t index = 0; index < inputs.size(); ++index) {
    const onnx::ValueInfoProto &info = original.graph().input(index);
    const int type = inputs[index].proto.data_type();
    const bool dequantized = original.graph().node(0).op_type() == "DequantizeLinear" && index == 0;
    const bool runs = type == onnx::TensorProto::FLOAT || dequantized;
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

void BackendTest::compare(mlir::func::FuncOp function, const std::vector<tinyc::nn::HostTensor> &results,
                          const std::vector<Tensor> &outputs, const std::string &name) {
  ASSERT_EQ(results.size(), outputs.size()) << name;
  for (auto [index, result] : llvm::enumerate(results)) {
    const Tensor &expected = outputs[index];
    auto permutation = function.getResultAttrOfType<mlir::DenseI64ArrayAttr>(index, tinyc::nn::kPermutationAttr);
    std::vector<double> values = expected.values;
    std::vector<int64_t> shape = expected.shape;
    if (permutation) {
      values = permute(values, expected.shape, permutation.asArrayRef());
      for (auto [dim, source] : llvm::enumerate(permutation.asArrayRef()))
        shape[dim] = expected.shape[source];
    }
    ASSERT_EQ(result.getType().getShape().vec(), shape) << name;
    // Quantized outputs are compared as integers: uint8 is held as int8, 128 less.
    const bool quantized = result.getElementBytes() == 1;
    const double shift = expected.proto.data_type() == onnx::TensorProto::UINT8 ? 128 : 0;
    for (size_t element = 0; element < values.size(); ++element) {
      const double actual =
          quantized ? result.get<int8_t>()[element] + shift : static_cast<double>(result.get<float>()[element]);
      if (std::isnan(actual) && std::isnan(values[element]))
        continue;
      const double tolerance = quantized ? 0 : kAbsoluteTolerance + kRelativeTolerance * std::abs(values[element]);
      ASSERT_LE(std::abs(actual - values[element]), tolerance)
          << name << ": output " << index << " element " << element << " is " << actual << ", expected "
          << values[element];
    }
  }
}

bool BackendTest::runForm(const onnx::ModelProto &model, const std::vector<Tensor> &inputs,
                          const std::vector<Tensor> &outputs, Form form, bool graphPasses, const std::string &name) {
  std::vector<const Tensor *> runTime;
  const onnx::ModelProto special = specialize(model, inputs, form, runTime);
  const std::string path = ::testing::TempDir() + "onnx-backend-test.onnx";
  {
    std::ofstream stream(path, std::ios::binary);
    special.SerializeToOstream(&stream);
  }
  mlir::OwningOpRef<mlir::ModuleOp> module = tinyc::importOnnx(path, {}, &context);
  std::remove(path.c_str());
  if (!module)
    return false;
  if (graphPasses) {
    mlir::PassManager manager(&context);
    tinyc::graph::buildGraphPipeline(manager);
    if (mlir::failed(manager.run(*module))) {
      ADD_FAILURE() << name << ": graph passes fail: " << messages;
      return true;
    }
  }
  auto function = *module->getOps<mlir::func::FuncOp>().begin();
  std::vector<tinyc::nn::HostTensor> arguments;
  for (auto [index, tensor] : llvm::enumerate(runTime)) {
    auto type = llvm::cast<mlir::RankedTensorType>(function.getArgument(index).getType());
    tinyc::nn::HostTensor &argument = arguments.emplace_back(type);
    auto permutation = function.getArgAttrOfType<mlir::DenseI64ArrayAttr>(index, tinyc::nn::kPermutationAttr);
    const std::vector<double> values =
        permutation ? permute(tensor->values, tensor->shape, permutation.asArrayRef()) : tensor->values;
    const double shift = tensor->proto.data_type() == onnx::TensorProto::UINT8 ? 128 : 0;
    for (auto [element, value] : llvm::enumerate(values)) {
      if (argument.getElementBytes() == 1)
        argument.get<int8_t>()[element] = static_cast<int8_t>(value - shift);
      else
        argument.get<float>()[element] = static_cast<float>(value);
    }
  }
  mlir::FailureOr<tinyc::nn::Interpreter> interpreter = tinyc::nn::Interpreter::create(function);
  if (mlir::failed(interpreter)) {
    ADD_FAILURE() << name << ": cannot be interpreted: " << messages;
    return true;
  }
  mlir::FailureOr<std::vector<tinyc::nn::HostTensor>> results = interpreter->run(arguments);
  if (mlir::failed(results))
    ADD_FAILURE() << name << ": fails in the interpreter: " << messages;
  else
    compare(function, *results, outputs, name);
  return true;
}

void BackendTest::runCase(const std::string &directory) {
  const std::string name = llvm::sys::path::filename(directory).str();
  onnx::ModelProto model;
  std::ifstream stream(directory + "/model.onnx", std::ios::binary);
  ASSERT_TRUE(stream && model.ParseFromIstream(&stream)) << name;
  if (!isSupported(model))
    return;
  std::vector<Tensor> inputs, outputs;
  for (auto [count, kind, tensors] : {std::tuple(model.graph().input_size(), "input", &inputs),
                                      std::tuple(model.graph().output_size(), "output", &outputs)})
    for (int index = 0; index < count; ++index)
      if (std::optional<Tensor> tensor = readTensor(directory + "/test_data_set_0/" + kind + "_" +
                                                    std::to_string(index) + ".pb"))
        tensors->push_back(std::move(*tensor));
  const int initializers = model.graph().input_size() - static_cast<int>(inputs.size());
  if (outputs.empty() || static_cast<int>(outputs.size()) != model.graph().output_size() ||
      initializers > model.graph().initializer_size()) {
    ++skipped;
    return;
  }
  messages.clear();
  const int failures = countFailures();
  bool ran = false;
  for (Form form : {Form::RunTime, Form::FirstInput, Form::Constant})
    for (bool graphPasses : {false, true})
      ran |= runForm(model, inputs, outputs, form, graphPasses,
                     name + (graphPasses ? " after graph passes" : " as imported") + ", form " +
                         std::to_string(static_cast<int>(form)));
  if (ran) {
    passed += countFailures() == failures;
    return;
  }
  const auto *refusal = llvm::find_if(kRefusals, [&](const Refusal &each) {
    return llvm::StringRef(messages).contains(each.text);
  });
  if (refusal == std::end(kRefusals))
    ADD_FAILURE() << name << " is refused: " << messages;
  else
    categories[refusal->category.str()].push_back(name);
  ++refused;
}

void BackendTest::runFolder(llvm::StringRef folder) {
  const std::string root = (kData + "/" + folder).str();
  if (!llvm::sys::fs::is_directory(root))
    GTEST_SKIP() << "no test data at " << root << " (package libonnx-testdata)";
  std::set<std::string> directories;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator it(root, error), end; it != end && !error; it.increment(error))
    directories.insert(it->path());
  unsigned total = 0;
  for (const std::string &directory : directories) {
    runCase(directory);
    ++total;
  }
  llvm::outs() << folder << ": of " << total << " cases " << passed << " pass, " << refused << " are refused, "
               << skipped << " have data of other kinds, " << total - passed - refused - skipped
               << " fail or use other operators\n";
  for (const auto &[category, names] : categories)
    llvm::outs() << "  refused for " << category << ": " << names.size() << " (" << llvm::join(names, " ") << ")\n";
  llvm::outs().flush();
}

TEST_F(BackendTest, Node) { runFolder("node"); }
TEST_F(BackendTest, PyTorchConverted) { runFolder("pytorch-converted"); }
TEST_F(BackendTest, PyTorchOperator) { runFolder("pytorch-operator"); }
TEST_F(BackendTest, Simple) { runFolder("simple"); }

} // namespace

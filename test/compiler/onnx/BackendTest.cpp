// The ONNX backend test cases of Debian's libonnx-testdata: each case of the supported operators goes through import
// (and graph passes) into the reference interpreter, and through the whole compiler to the host; the outputs are
// compared with the case's own, within the tolerance of ONNX's runner. Independent of our own understanding of the
// operators.
#include "compiler/LowerPhase.h"
#include "compiler/Pipeline.h"
#include "compiler/Program.h"
#include "dialects/nn/Interpreter.h"
#include "passes/graph/Passes.h"
#include "targets/Target.h"
#include "targets/host/Jit.h"
#include "test/compiler/onnx/BackendCase.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <set>

namespace {

constexpr llvm::StringLiteral kData = "/usr/lib/python3/dist-packages/onnx/backend/test/data";
constexpr double kRelativeTolerance = 1e-3, kAbsoluteTolerance = 1e-7;

// What import refuses by design; part of the diagnostic, and the category in the summary.
struct Refusal {
  llvm::StringLiteral text, category;
};
constexpr Refusal kRefusals[] = {
    {"elements of type", "other element types"},
    {"has another shape than the model's", "data that does not fit its model"},
    {"an input without elements", "empty tensors"},
    {"only tensors of float32, integers", "inputs of other types"},
    {"expects operands of one type", "operands of several types"},
    {"declares output", "shapes that depend on data"},
    {"expects float32", "arithmetic on other types than float32"},
    {"8 or 16-bit integers that are dequantized", "inputs of other types than float32"},
    {"must be known at compile time", "shape operators on run-time data"},
    {"supported on constants only", "shape operators on run-time data"},
    {"the result has no elements", "empty tensors"},
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

/// All outputs, in ONNX's order of dimensions; integers as stored.
using Values = std::vector<std::vector<double>>;

bool isInteger(const Tensor &tensor) {
  const int type = tensor.proto.data_type();
  return type != onnx::TensorProto::BFLOAT16 && type != onnx::TensorProto::FLOAT && type != onnx::TensorProto::DOUBLE && type != onnx::TensorProto::FLOAT16;
}

/// A quantized uint8 is held as int8, 128 less.
double getShift(const Tensor &tensor) { return tensor.proto.data_type() == onnx::TensorProto::UINT8 ? 128 : 0; }

/// Calls `f` with a zero of the C++ type that holds a host tensor's elements.
template <typename F> void visitElement(const tinyc::nn::HostTensor &tensor, F f) {
  mlir::Type element = tensor.getType().getElementType();
  if (element.isF32())
    return f(float());
  auto integer = llvm::dyn_cast<mlir::IntegerType>(element);
  const bool isUnsigned = integer && (integer.isUnsigned() || integer.getWidth() == 1);
  switch (tensor.getElementBytes()) {
  case 1: return isUnsigned ? f(uint8_t()) : f(int8_t());
  case 2: return isUnsigned ? f(uint16_t()) : f(int16_t());
  case 4: return isUnsigned ? f(uint32_t()) : f(int32_t());
  default: return isUnsigned ? f(uint64_t()) : f(int64_t());
  }
}

bool isQuantized(const tinyc::nn::HostTensor &tensor) { return tinyc::nn::getQuantizedElement(tensor.getType()) != nullptr; }

/// The values of a stored tensor whose dimension i is ONNX dimension permutation[i].
std::vector<double> toOnnxOrder(const std::vector<double> &values, llvm::ArrayRef<int64_t> storedShape,
                                llvm::ArrayRef<int64_t> permutation) {
  std::vector<int64_t> inverse(permutation.size());
  for (auto [stored, dim] : llvm::enumerate(permutation))
    inverse[dim] = stored;
  return permute(values, storedShape, inverse);
}

class BackendTest : public ::testing::Test {
protected:
  BackendTest() : context(makeRegistry()) {
    context.loadAllAvailableDialects();
    context.getDiagEngine().registerHandler([this](mlir::Diagnostic &diagnostic) {
      messages += diagnostic.str() + "\n";
      return mlir::success();
    });
  }

  static mlir::DialectRegistry makeRegistry() {
    mlir::DialectRegistry registry;
    tinyc::registerDialects(registry);
    return registry;
  }

  void runFolder(llvm::StringRef folder);
  void runCase(const std::string &directory);
  std::optional<Values> interpret(const std::string &path, llvm::ArrayRef<const Tensor *> inputs,
                                  llvm::ArrayRef<Tensor> outputs, bool graphPasses);
  std::optional<Values> runOnHost(const std::string &path, llvm::ArrayRef<const Tensor *> inputs,
                                  llvm::ArrayRef<Tensor> outputs);
  // False, with a test failure, if an output differs.
  bool compare(const Values &results, const BackendCase &backendCase, Form form, const std::string &name);

  mlir::MLIRContext context;
  std::string messages;
  unsigned passed = 0, refused = 0, skipped = 0, onHost = 0;
  std::map<std::string, std::vector<std::string>> categories;
  std::vector<std::string> rows; // of the table of tools/onnx_table.py: operator, operator set, case, status
};

/// The cases of Fourier transforms were computed in double precision, and terms cancel: in float32 a sum is known up to the
/// rounding of its terms, each of which is at most the input's element.
double getAbsoluteTolerance(const BackendCase &backendCase) {
  const std::string &op = backendCase.model.graph().node(0).op_type();
  double sum = 0;
  if (op == "DFT" || op == "STFT")
    for (double value : backendCase.inputs.front().values)
      sum += std::abs(value);
  return kAbsoluteTolerance + 0x1p-24 * sum;
}

bool BackendTest::compare(const Values &results, const BackendCase &backendCase, Form form, const std::string &name) {
  const std::vector<Tensor> &outputs = backendCase.outputs;
  const double absolute = getAbsoluteTolerance(backendCase);
  EXPECT_EQ(results.size(), outputs.size()) << name;
  const bool isBounded =
      form != Form::Constant && backendCase.model.graph().node(0).op_type() == "NonMaxSuppression";
  for (auto [result, expected] : llvm::zip(results, outputs)) {
    const bool exact = isInteger(expected);
    if (isBounded && result.size() > expected.values.size()) // rows of -1 stand where nothing is left
      EXPECT_TRUE(llvm::all_of(llvm::drop_begin(result, expected.values.size()), [](double value) { return value == -1; }))
          << name;
    else
      EXPECT_EQ(result.size(), expected.values.size()) << name;
    for (auto [actual, wanted] : llvm::zip(result, expected.values)) {
      // bfloat16 is held as float32: what it cuts off (ONNX 1.12 does not round), up to its last place, is no error.
      const bool isShort = expected.proto.data_type() == onnx::TensorProto::BFLOAT16;
      const double relative = isShort ? 0x1p-7 : kRelativeTolerance;
      const double tolerance = exact ? 0 : absolute + relative * std::abs(wanted);
      if ((std::isnan(actual) && std::isnan(wanted)) || actual == wanted || std::abs(actual - wanted) <= tolerance)
        continue;
      ADD_FAILURE() << name << ": got " << actual << ", expected " << wanted;
      return false;
    }
  }
  return true;
}

std::optional<Values> BackendTest::interpret(const std::string &path, llvm::ArrayRef<const Tensor *> inputs,
                                             llvm::ArrayRef<Tensor> outputs, bool graphPasses) {
  mlir::OwningOpRef<mlir::ModuleOp> module = tinyc::importOnnx(path, {}, &context);
  if (!module)
    return std::nullopt;
  mlir::PassManager manager(&context);
  if (graphPasses)
    tinyc::graph::buildGraphPipeline(manager);
  auto function = *module->getOps<mlir::func::FuncOp>().begin();
  if (mlir::failed(manager.run(*module))) {
    ADD_FAILURE() << path << ": graph passes fail: " << messages;
    return std::nullopt;
  }
  std::vector<tinyc::nn::HostTensor> arguments;
  for (auto [index, input] : llvm::enumerate(inputs)) {
    auto permutation = function.getArgAttrOfType<mlir::DenseI64ArrayAttr>(index, tinyc::nn::kPermutationAttr);
    auto type = llvm::cast<mlir::RankedTensorType>(function.getArgument(index).getType());
    tinyc::nn::HostTensor &argument = arguments.emplace_back(type);
    const std::vector<double> values =
        permutation ? permute(input->values, input->shape, permutation.asArrayRef()) : input->values;
    if (static_cast<int64_t>(values.size()) != argument.getNumElements()) {
      messages += "the data of input " + std::to_string(index) + " has another shape than the model's\n";
      return std::nullopt;
    }
    const double shift = isQuantized(argument) ? getShift(*input) : 0;
    visitElement(argument, [&](auto zero) {
      using T = decltype(zero);
      for (auto [element, value] : llvm::zip_equal(argument.get<T>(), values))
        element = static_cast<T>(value - shift);
    });
  }
  mlir::FailureOr<tinyc::nn::Interpreter> interpreter = tinyc::nn::Interpreter::create(function);
  if (mlir::failed(interpreter)) {
    ADD_FAILURE() << path << ": cannot be interpreted: " << messages;
    return std::nullopt;
  }
  mlir::FailureOr<std::vector<tinyc::nn::HostTensor>> results = interpreter->run(arguments);
  if (mlir::failed(results)) {
    ADD_FAILURE() << path << ": fails in the interpreter: " << messages;
    return std::nullopt;
  }
  Values values;
  for (auto [index, result] : llvm::enumerate(*results)) {
    std::vector<double> &stored = values.emplace_back();
    const double shift = isQuantized(result) ? getShift(outputs[index]) : 0;
    visitElement(result, [&](auto zero) {
      for (auto value : result.get<decltype(zero)>())
        stored.push_back(static_cast<double>(value) + shift);
    });
    if (auto permutation = function.getResultAttrOfType<mlir::DenseI64ArrayAttr>(index, tinyc::nn::kPermutationAttr))
      stored = toOnnxOrder(stored, result.getType().getShape(), permutation.asArrayRef());
  }
  return values;
}

std::optional<Values> BackendTest::runOnHost(const std::string &path, llvm::ArrayRef<const Tensor *> inputs,
                                             llvm::ArrayRef<Tensor> outputs) {
  tinyc::Options options;
  options.model = path;
  options.target = "host";
  const tinyc::targets::Target *target = tinyc::targets::findTarget(options.target);
  mlir::OwningOpRef<mlir::ModuleOp> module = tinyc::compile(options, *target, tinyc::Phase::Kernel, &context);
  if (!module)
    return std::nullopt;
  mlir::func::FuncOp function = tinyc::getPlannedFunction(*module);
  const tinyc::Ports ports = tinyc::getPorts(function);
  const int64_t bytes = llvm::cast<mlir::MemRefType>(function.getArgument(0).getType()).getNumElements();
  if (mlir::failed(tinyc::lowerToCalls(*module)))
    return std::nullopt;
  auto program = tinyc::targets::HostProgram::create(*module);
  if (mlir::failed(program) || ports.inputs.size() != inputs.size()) {
    ADD_FAILURE() << path << ": does not run on the host: " << messages;
    return std::nullopt;
  }
  std::unique_ptr<uint8_t, decltype(&std::free)> arena(
      static_cast<uint8_t *>(std::aligned_alloc(64, llvm::alignTo(std::max<int64_t>(bytes, 1), 64))), &std::free);
  for (auto [port, input] : llvm::zip_equal(ports.inputs, inputs)) {
    std::vector<float> values;
    // A float input that the model quantizes at once is an int8 port, too.
    const bool isStored = port.type == "int8" && isInteger(*input);
    for (double value : input->values)
      values.push_back(
          static_cast<float>(isStored ? (value - getShift(*input) - port.zeroPoint) * port.scale : value));
    const std::vector<char> encoded = tinyc::encode(port, values);
    std::memcpy(arena.get() + port.offset, encoded.data(), encoded.size());
  }
  (*program)->run(arena.get());
  Values values;
  for (auto [port, expected] : llvm::zip_equal(ports.outputs, outputs)) {
    const char *stored = reinterpret_cast<const char *>(arena.get() + port.offset);
    std::vector<double> &output = values.emplace_back();
    for (float value : tinyc::decode(port, llvm::ArrayRef(stored, port.bytes)))
      output.push_back(port.type == "int8" && isInteger(expected)
                           ? std::round(value / port.scale) + static_cast<double>(port.zeroPoint) + getShift(expected)
                           : static_cast<double>(value));
  }
  return values;
}

/// Why a case has no chance: for the table.
std::string describeUnsupported(const onnx::ModelProto &model) {
  const std::string &first = model.graph().node(0).op_type();
  for (const auto *values : {&model.graph().input(), &model.graph().output()})
    for (const onnx::ValueInfoProto &value : *values) {
      if (!value.type().has_tensor_type())
        return "sequences and optionals";
      if (value.type().tensor_type().elem_type() == onnx::TensorProto::STRING)
        return "strings";
    }
  for (const onnx::NodeProto &node : model.graph().node()) {
    const llvm::StringRef op = node.op_type();
    if (llvm::is_contained({"Adagrad", "Adam", "Momentum", "Gradient"}, op))
      return "training";
    if (op.contains("Sequence") || op.contains("Optional"))
      return "sequences and optionals";
    if (op.starts_with("Random") || op == "Bernoulli")
      return "random numbers";
  }
  return "the operator " + first;
}

void BackendTest::runCase(const std::string &directory) {
  BackendCase backendCase;
  backendCase.name = llvm::sys::path::filename(directory).str();
  std::ifstream stream(directory + "/model.onnx", std::ios::binary);
  ASSERT_TRUE(stream && backendCase.model.ParseFromIstream(&stream)) << directory;
  if (!isSupported(backendCase.model)) {
    rows.push_back(backendCase.model.graph().node(0).op_type() + "\t0\t" + backendCase.name + "\t" + describeUnsupported(backendCase.model));
    return;
  }
  if (!readTensors(directory, backendCase)) {
    ++skipped;
    rows.push_back(backendCase.model.graph().node(0).op_type() + "\t0\t" + backendCase.name + "\tstrings");
    return;
  }
  messages.clear();
  const std::vector<Tensor> &expected = backendCase.outputs;
  bool ran = false, correct = true, wantsHost = false, ranOnHost = false;
  for (Form form : {Form::RunTime, Form::FirstInput, Form::Constant}) {
    std::vector<const Tensor *> inputs;
    const onnx::ModelProto model = specialize(backendCase, form, inputs);
    const std::string name = backendCase.name + ", form " + std::to_string(static_cast<int>(form));
    const std::string path = ::testing::TempDir() + backendCase.name + ".onnx";
    std::ofstream(path, std::ios::binary) << model.SerializeAsString();
    for (bool graphPasses : {false, true})
      if (std::optional<Values> results = interpret(path, inputs, backendCase.outputs, graphPasses)) {
        ran = true;
        correct &= compare(*results, backendCase, form, name + (graphPasses ? " after graph passes" : " as imported"));
        wantsHost |= !inputs.empty();
      }
    // Weights may have to be constants on a target: one form suffices.
    if (ran && !inputs.empty() && !ranOnHost)
      if (std::optional<Values> results = runOnHost(path, inputs, expected)) {
        ranOnHost = true;
        correct &= compare(*results, backendCase, form, name + " on the host");
      }
    std::remove(path.c_str());
  }
  onHost += ranOnHost;
  auto record = [&](llvm::StringRef status) {
    const onnx::NodeProto &node = backendCase.model.graph().node(0);
    int64_t opset = 0;
    for (const auto &import : backendCase.model.opset_import())
      if (import.domain() == node.domain())
        opset = import.version();
    rows.push_back(node.op_type() + "\t" + std::to_string(opset) + "\t" + backendCase.name + "\t" + status.str());
  };
  // Kernels hold one scale for a tensor: integers with a scale for each channel end at a diagnostic.
  wantsHost &= !llvm::StringRef(messages).contains("kernels hold f32, or signed ");
  EXPECT_TRUE(ranOnHost || !wantsHost) << backendCase.name << " does not compile for the host: " << messages;
  if (ran) {
    passed += correct && (ranOnHost || !wantsHost);
    record(correct ? ranOnHost ? "passed" : "passed at compile time" : "failed");
    return;
  }
  const auto *refusal = llvm::find_if(kRefusals, [&](const Refusal &each) {
    return llvm::StringRef(messages).contains(each.text);
  });
  if (refusal == std::end(kRefusals))
    ADD_FAILURE() << backendCase.name << " is refused: " << messages;
  else
    categories[refusal->category.str()].push_back(backendCase.name);
  record(refusal == std::end(kRefusals) ? llvm::StringRef(messages).split('\n').first : llvm::StringRef(refusal->category));
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
  for (const std::string &directory : directories)
    runCase(directory);
  llvm::outs() << folder << ": of " << directories.size() << " cases " << passed << " pass (" << onHost
               << " of them on the host too), " << refused << " are refused, " << skipped
               << " have data of other types, " << directories.size() - passed - refused - skipped
               << " fail or use other operators\n";
  for (const auto &[category, names] : categories)
    llvm::outs() << "  refused for " << category << ": " << names.size() << " (" << llvm::join(names, " ") << ")\n";
  llvm::outs().flush();
  if (const char *table = std::getenv("TINYC_ONNX_TABLE")) {
    std::ofstream file(table, std::ios::app);
    for (const std::string &row : rows)
      file << folder.str() << "\t" << row << "\n";
  }
}

TEST_F(BackendTest, Node) { runFolder("node"); }
TEST_F(BackendTest, PyTorchConverted) { runFolder("pytorch-converted"); }
TEST_F(BackendTest, PyTorchOperator) { runFolder("pytorch-operator"); }
TEST_F(BackendTest, Simple) { runFolder("simple"); }

} // namespace

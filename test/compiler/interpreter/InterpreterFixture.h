// Runs ops given as text on tensors given as lists.
#ifndef TINYC_TEST_COMPILER_INTERPRETER_INTERPRETERFIXTURE_H
#define TINYC_TEST_COMPILER_INTERPRETER_INTERPRETERFIXTURE_H

#include "dialects/nn/Interpreter.h"
#include "dialects/nn/QuantizedArithmetic.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/Format.h"

#include "gtest/gtest.h"

#include <random>

class InterpreterFixture : public ::testing::Test {
protected:
  InterpreterFixture() {
    context.loadDialect<mlir::func::FuncDialect, mlir::quant::QuantDialect, tinyc::nn::NNDialect>();
    context.getDiagEngine().registerHandler([this](mlir::Diagnostic &diagnostic) { message += diagnostic.str(); });
  }

  mlir::Type type(llvm::StringRef text) { return mlir::parseType(text, &context); }

  // A tensor of `typeText` with these elements, storage integers where the type is quantized.
  template <typename T> tinyc::nn::HostTensor tensor(llvm::StringRef typeText, const std::vector<T> &elements) {
    tinyc::nn::HostTensor result(llvm::cast<mlir::RankedTensorType>(type(typeText)));
    EXPECT_EQ(result.getNumElements(), static_cast<int64_t>(elements.size())) << typeText.str();
    EXPECT_EQ(result.getElementBytes(), static_cast<int64_t>(sizeof(T))) << typeText.str();
    llvm::copy(elements, result.get<T>().begin());
    return result;
  }

  // Wraps one op into a function. The op ends in " : (types) -> type"; its operands are %a, %b, ...
  mlir::func::FuncOp functionOf(const std::string &op) {
    size_t colon = op.rfind(" : (");
    auto signature = llvm::cast<mlir::FunctionType>(type(op.substr(colon + 3)));
    std::string text;
    llvm::raw_string_ostream stream(text);
    stream << "func.func @main(";
    for (auto [index, input] : llvm::enumerate(signature.getInputs()))
      stream << (index ? ", %" : "%") << static_cast<char>('a' + index) << ": " << input;
    stream << ") -> " << signature.getResult(0) << " { %result = " << op
           << " return %result : " << signature.getResult(0) << " }";
    return parse(text);
  }

  mlir::func::FuncOp parse(const std::string &text) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module) {
      ADD_FAILURE() << text << "\n" << message;
      return nullptr;
    }
    return *module->getOps<mlir::func::FuncOp>().begin();
  }

  // The op's result on these inputs; as the interpreter of a program and as a constant fold.
  template <typename T> std::vector<T> run(const std::string &op, const std::vector<tinyc::nn::HostTensor> &inputs) {
    mlir::func::FuncOp function = functionOf(op);
    if (!function)
      return {};
    auto interpreter = tinyc::nn::Interpreter::create(function);
    if (failed(interpreter)) {
      ADD_FAILURE() << message;
      return {};
    }
    auto outputs = interpreter->run(inputs);
    if (failed(outputs)) {
      ADD_FAILURE() << message;
      return {};
    }
    llvm::SmallVector<const tinyc::nn::HostTensor *> operands;
    for (const tinyc::nn::HostTensor &input : inputs)
      operands.push_back(&input);
    auto folded = tinyc::nn::evaluate(&function.getBody().front().front(), operands);
    EXPECT_TRUE(succeeded(folded)) << message;
    if (succeeded(folded)) {
      EXPECT_TRUE(llvm::equal(folded->getBytes(), outputs->front().getBytes()));
    }
    llvm::ArrayRef<T> values = outputs->front().template get<T>();
    return {values.begin(), values.end()};
  }

  // The same for float operands given as lists; their types are those of the op's text.
  std::vector<float> runFloat(const std::string &op, const std::vector<std::vector<float>> &inputs) {
    auto signature = llvm::cast<mlir::FunctionType>(type(op.substr(op.rfind(" : (") + 3)));
    std::vector<tinyc::nn::HostTensor> tensors;
    for (auto [input, elements] : llvm::zip(signature.getInputs(), inputs)) {
      tensors.emplace_back(llvm::cast<mlir::RankedTensorType>(input));
      EXPECT_EQ(tensors.back().getNumElements(), static_cast<int64_t>(elements.size()));
      llvm::copy(elements, tensors.back().get<float>().begin());
    }
    return run<float>(op, tensors);
  }

  static void expectNear(llvm::ArrayRef<float> actual, llvm::ArrayRef<float> expected, float tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i)
      EXPECT_NEAR(actual[i], expected[i], tolerance) << "element " << i;
  }

  // Uniform integers low .. high; the same on every host, unlike std::uniform_int_distribution.
  int64_t random(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(generator() % static_cast<uint64_t>(high - low + 1));
  }

  std::vector<float> randomFloats(int64_t count) {
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i)
      values.push_back(static_cast<float>(random(-1000, 1000)) / 500.0f);
    return values;
  }
  std::vector<int8_t> randomInt8(int64_t count, int64_t low = -128) {
    std::vector<int8_t> values;
    for (int64_t i = 0; i < count; ++i)
      values.push_back(static_cast<int8_t>(random(low, 127)));
    return values;
  }
  double randomScale(double low, double high) {
    return low * std::exp2(std::log2(high / low) * static_cast<double>(random(0, 1000000)) / 1e6);
  }
  static std::string quantized(double scale, int64_t zeroPoint) {
    std::string text;
    llvm::raw_string_ostream(text) << "!quant.uniform<i8:f32, " << llvm::format("%.17e", scale) << ":" << zeroPoint
                                   << ">";
    return text;
  }
  static std::string perAxis(const char *storage, const std::vector<double> &scales) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    stream << "!quant.uniform<" << storage << ":f32:0, {";
    for (auto [index, scale] : llvm::enumerate(scales))
      stream << (index ? ", " : "") << llvm::format("%.17e", scale);
    stream << "}>";
    return text;
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string message;
  std::mt19937_64 generator{1};
};

#endif // TINYC_TEST_COMPILER_INTERPRETER_INTERPRETERFIXTURE_H

// .npy files and the datasets made of them.
#include "compiler/Dataset.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "gtest/gtest.h"

#include <limits>

using namespace llvm;
using namespace mlir;
using namespace tinyc;

namespace {

/// A file that vanishes with the object.
class TemporaryFile {
public:
  explicit TemporaryFile(StringRef bytes = "") {
    int descriptor = -1;
    EXPECT_FALSE(sys::fs::createTemporaryFile("tinyc", "npy", descriptor, path));
    raw_fd_ostream(descriptor, /*shouldClose=*/true) << bytes;
  }
  ~TemporaryFile() { sys::fs::remove(path); }
  StringRef getPath() const { return path; }

private:
  SmallString<128> path;
};

/// A version 1 file of the given dictionary and elements.
std::string makeNpy(StringRef dictionary, StringRef elements) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(dictionary.size());
  bytes += '\0';
  return bytes + dictionary.str() + elements.str();
}

template <typename T> std::string toBytes(ArrayRef<T> values) {
  return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)};
}

std::string getReadError(StringRef bytes) {
  TemporaryFile file(bytes);
  Expected<NpyArray> array = NpyArray::read(file.getPath());
  if (array)
    return "";
  std::string message = toString(array.takeError()), prefix = (file.getPath() + ": error: ").str();
  EXPECT_TRUE(StringRef(message).starts_with(prefix)) << message;
  return message.substr(prefix.size());
}

//===----------------------------------------------------------------------===//
// Npy
//===----------------------------------------------------------------------===//

TEST(Npy, ReadsEveryElementType) {
  auto read = [](StringRef descr, StringRef elements) {
    TemporaryFile file(
        makeNpy(("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (2,), }").str(), elements));
    Expected<NpyArray> array = NpyArray::read(file.getPath());
    EXPECT_TRUE(static_cast<bool>(array)) << toString(array.takeError());
    return std::pair<double, double>(array->get(0), array->get(1));
  };
  using Pair = std::pair<double, double>;
  EXPECT_EQ(read("|b1", StringRef("\x00\x01", 2)), Pair(0, 1));
  EXPECT_EQ(read("|u1", "\x01\xff"), Pair(1, 255));
  EXPECT_EQ(read("|i1", "\x7f\x80"), Pair(127, -128));
  EXPECT_EQ(read("<i2", toBytes<int16_t>({-2, 300})), Pair(-2, 300));
  EXPECT_EQ(read("<u2", toBytes<uint16_t>({2, 65535})), Pair(2, 65535));
  EXPECT_EQ(read("<i4", toBytes<int32_t>({-70000, 1})), Pair(-70000, 1));
  EXPECT_EQ(read("<u4", toBytes<uint32_t>({4000000000u, 1})), Pair(4e9, 1));
  EXPECT_EQ(read("<i8", toBytes<int64_t>({-5000000000, 1})), Pair(-5e9, 1));
  EXPECT_EQ(read("<u8", toBytes<uint64_t>({5000000000u, 1})), Pair(5e9, 1));
  EXPECT_EQ(read("<f2", toBytes<uint16_t>({0x3c00, 0xc100})), Pair(1, -2.5));                     // 1.0; -1.25 * 2^1
  EXPECT_EQ(read("<f2", toBytes<uint16_t>({0x0001, 0x7bff})), Pair(std::ldexp(1.0, -24), 65504)); // least, greatest
  EXPECT_EQ(read("<f4", toBytes<float>({0.5f, -3.0f})), Pair(0.5, -3));
  EXPECT_EQ(read("<f8", toBytes<double>({0.1, -3.0})), Pair(0.1, -3));
}

TEST(Npy, ReadsWhatItWrites) {
  TemporaryFile file;
  ASSERT_FALSE(errorToBool(writeNpy(file.getPath(), {2, 3}, ArrayRef<float>({1, 2, 3, 4, 5, 6}))));
  Expected<NpyArray> array = NpyArray::read(file.getPath());
  ASSERT_TRUE(static_cast<bool>(array)) << toString(array.takeError());
  EXPECT_EQ(array->getShape(), ArrayRef<int64_t>({2, 3}));
  EXPECT_TRUE(array->isFloatingPoint());
  EXPECT_EQ(array->get(4), 5.0);
  uint64_t size = 0;
  ASSERT_FALSE(sys::fs::file_size(file.getPath(), size));
  EXPECT_EQ(size, 128u + 24u); // elements start at a multiple of 64

  ASSERT_FALSE(errorToBool(writeNpy(file.getPath(), {2}, ArrayRef<int8_t>({-1, 7}))));
  Expected<NpyArray> bytes = NpyArray::read(file.getPath());
  ASSERT_TRUE(static_cast<bool>(bytes)) << toString(bytes.takeError());
  Expected<std::vector<int64_t>> integers = bytes->toIntegers();
  ASSERT_TRUE(static_cast<bool>(integers));
  EXPECT_EQ(*integers, std::vector<int64_t>({-1, 7}));
}

TEST(Npy, RefusesWhatItCannotRead) {
  EXPECT_EQ(getReadError(""), "is no .npy file");
  EXPECT_EQ(getReadError("PK\x03\x04 something else"), "is no .npy file");
  EXPECT_EQ(getReadError(StringRef("\x93NUMPY\x07\x00\x10\x00", 10)), "expects .npy version 1 to 3, got 7");
  EXPECT_EQ(getReadError(StringRef("\x93NUMPY\x01\x00\xff\x00{", 11)), "is truncated in its header");
  EXPECT_EQ(getReadError(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "12345678")),
            "is truncated: shape [3] of '<f4' needs 12 bytes, got 8");
  EXPECT_EQ(getReadError(makeNpy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", "12345678")),
            "expects C order, got Fortran order (save numpy.ascontiguousarray of it)");
  EXPECT_EQ(getReadError(makeNpy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "12345678")),
            "expects numbers as elements, got Python objects");
  EXPECT_EQ(getReadError(makeNpy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234")),
            "expects numbers as elements, got a structured type");
  EXPECT_EQ(getReadError(makeNpy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "12345678")),
            "expects bool, integer or floating point elements, got '<c8'");
  EXPECT_EQ(getReadError(makeNpy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "1234")),
            "expects little endian elements, got '>f4'");
  EXPECT_EQ(getReadError(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "1234")),
            "has a malformed 'shape' in its header");
  EXPECT_EQ(getReadError(makeNpy("{'descr': '<f4', 'shape': (1,), }", "1234")),
            "has a header without descr, fortran_order or shape");
  EXPECT_EQ(getReadError(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 4000000000), }", "")),
            "is truncated: shape [4000000000, 4000000000] of '<f4' needs too many bytes, got 0");
}

TEST(Npy, NamesAFileThatIsNotThere) {
  EXPECT_EQ(toString(NpyArray::read("/nowhere/x.npy").takeError()), "/nowhere/x.npy: error: No such file or directory");
  EXPECT_EQ(toString(NpyArray::read("/").takeError()), "/: error: is a directory");
}

//===----------------------------------------------------------------------===//
// Dataset
//===----------------------------------------------------------------------===//

class DatasetTest : public testing::Test {
protected:
  DatasetTest() { context.loadDialect<nn::NNDialect, quant::QuantDialect, func::FuncDialect>(); }

  /// Two samples of 2 channels, 1 row, 2 columns: 0 to 3, and 10 to 13.
  static std::string makeSamples() {
    return makeNpy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 1, 2), }",
                   StringRef("\x00\x01\x02\x03\x0a\x0b\x0c\x0d", 8));
  }
  std::string getError(StringRef bytes, ArrayRef<int64_t> shape, const InputTransform &transform = {}) {
    TemporaryFile file(bytes);
    Expected<Dataset> dataset = Dataset::open(file.getPath(), transform, shape, "image");
    if (dataset)
      return "";
    std::string message = toString(dataset.takeError()), prefix = (file.getPath() + ": error: ").str();
    EXPECT_TRUE(StringRef(message).starts_with(prefix)) << message;
    return message.substr(prefix.size());
  }
  OwningOpRef<ModuleOp> parse(StringRef text) { return parseSourceString<ModuleOp>(text, &context); }

  MLIRContext context;
};

TEST_F(DatasetTest, ScalesPerChannel) {
  TemporaryFile file(makeSamples());
  InputTransform transform;
  transform.scale = {0.5f, 2.0f};
  transform.offset = {1.0f};
  Expected<Dataset> dataset = Dataset::open(file.getPath(), transform, {1, 2, 1, 2}, "image");
  ASSERT_TRUE(static_cast<bool>(dataset)) << toString(dataset.takeError());
  EXPECT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->get(1), std::vector<float>({6, 6.5, 25, 27})); // 10/2+1, 11/2+1, 12*2+1, 13*2+1
}

TEST_F(DatasetTest, BatchesOfTheModelAreSamples) {
  TemporaryFile file(makeSamples());
  Expected<Dataset> dataset = Dataset::open(file.getPath(), {}, {2, 2, 1, 2}, "image");
  ASSERT_TRUE(static_cast<bool>(dataset)) << toString(dataset.takeError());
  EXPECT_EQ(dataset->size(), 1);
  EXPECT_EQ(dataset->get(0), std::vector<float>({0, 1, 2, 3, 10, 11, 12, 13}));
}

TEST_F(DatasetTest, NamesFileAndExpectedShape) {
  EXPECT_EQ(getError(makeSamples(), {1, 2, 2, 1}), "expects shape [N, 2, 2, 1] for input 'image', got [2, 2, 1, 2]");
  EXPECT_EQ(getError(makeSamples(), {1, 4}), "expects shape [N, 4] for input 'image', got [2, 2, 1, 2]");
  EXPECT_EQ(getError(makeSamples(), {3, 2, 1, 2}), "expects samples in multiples of 3 for input 'image', got 2");
  EXPECT_EQ(getError(makeNpy("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 2), }", ""), {1, 2}),
            "expects samples in multiples of 1 for input 'image', got 0");
  InputTransform transform;
  transform.scale = {1.0f, 2.0f, 3.0f};
  EXPECT_EQ(getError(makeSamples(), {1, 2, 1, 2}, transform), "expects 1 or 2 numbers (channels) in --scale, got 3");
}

TEST_F(DatasetTest, RefusesValuesThatAreNotFinite) {
  float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  StringRef header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1), }";
  EXPECT_EQ(getError(makeNpy(header, toBytes<float>({1, nan, 2})), {1, 1}),
            "expects finite values for input 'image', got NaN in sample 1");
  EXPECT_EQ(getError(makeNpy(header, toBytes<float>({1, 1, -infinity})), {1, 1}),
            "expects finite values for input 'image', got infinity in sample 2");
  InputTransform transform;
  transform.scale = {1e38f}; // 2e38 * 1e38 is finite as stored, not as the model's input
  EXPECT_EQ(getError(makeNpy(header, toBytes<float>({0, 0, 100})), {1, 1}, transform),
            "expects finite values for input 'image', got infinity in sample 2");
}

TEST_F(DatasetTest, PermutesAndQuantizes) {
  OwningOpRef<ModuleOp> module = parse(R"(
    func.func @main(%x: tensor<1x1x2x2xf32>, %y: tensor<1x2x1x2x!quant.uniform<i8:f32, 2.0:-3>>) { return })");
  ASSERT_TRUE(module);
  auto function = *module->getOps<func::FuncOp>().begin();
  auto typeOf = [&](unsigned index) { return cast<RankedTensorType>(function.getArgumentTypes()[index]); };
  // ONNX [1, 2, 1, 2] (channel, column): c0x0 c0x1 c1x0 c1x1; stored NHWC: c0x0 c1x0 c0x1 c1x1.
  nn::HostTensor tensor = makeTensor(typeOf(0), {0, 2, 3, 1}, {0, 1, 2, 3});
  EXPECT_EQ(ArrayRef<float>(tensor.get<float>()), ArrayRef<float>({0, 2, 1, 3}));
  // 1 / 2 - 3 is -2.5 with ties to even of 0.5: 0 - 3; 3 / 2 to 2; -1000 and 1000 saturate.
  tensor = makeTensor(typeOf(1), {}, {1, 3, -1000, 1000});
  EXPECT_EQ(ArrayRef<int8_t>(tensor.get<int8_t>()), ArrayRef<int8_t>({-3, -1, -128, 127}));
}

TEST_F(DatasetTest, MatchesFilesToInputs) {
  OwningOpRef<ModuleOp> module = parse(R"(
    func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "image", nn.permutation = array<i64: 0, 2, 3, 1>},
                    %y: tensor<1x2xf32> {nn.name = "hint"}) { return })");
  ASSERT_TRUE(module);
  auto function = *module->getOps<func::FuncOp>().begin();
  TemporaryFile image(makeSamples());
  TemporaryFile hint(makeNpy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }", "\x01\x02\x03\x04"));
  TemporaryFile longer(
      makeNpy("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }", "\x01\x02\x03\x04\x05\x06"));
  auto name = [](StringRef input, const TemporaryFile &file) { return (input + "=" + file.getPath()).str(); };

  Expected<InputDatasets> datasets =
      InputDatasets::open(function, {name("hint", hint), name("image", image)}, InputTransform());
  ASSERT_TRUE(static_cast<bool>(datasets)) << toString(datasets.takeError());
  EXPECT_EQ(datasets->size(), 2);
  std::vector<nn::HostTensor> inputs = datasets->get(1);
  EXPECT_EQ(ArrayRef<float>(inputs[0].get<float>()), ArrayRef<float>({10, 12, 11, 13}));
  EXPECT_EQ(ArrayRef<float>(inputs[1].get<float>()), ArrayRef<float>({3, 4}));

  auto error = [&](ArrayRef<std::string> files) {
    return toString(InputDatasets::open(function, files, InputTransform()).takeError());
  };
  EXPECT_EQ(error({name("image", image)}), "error: input 'hint' has no file");
  EXPECT_EQ(error({"a.npy"}), "error: expects NAME=FILE with the name of one of the model's 2 inputs, got 'a.npy'");
  EXPECT_EQ(error({"hint=a", "hint=b"}), "error: expects one file for input 'hint', got a and b");
  EXPECT_EQ(error({name("image", image), name("hint", longer)}),
            longer.getPath().str() + ": error: expects 2 samples as in " + image.getPath().str() + ", got 3");
}

TEST(InputTransform, IsReadFromNumbersAndCommas) {
  Expected<InputTransform> transform = parseInputTransform("0.5, 2", "");
  ASSERT_TRUE(static_cast<bool>(transform)) << toString(transform.takeError());
  EXPECT_EQ(transform->scale, std::vector<float>({0.5f, 2.0f}));
  EXPECT_EQ(transform->offset, std::vector<float>({0.0f}));
  EXPECT_EQ(toString(parseInputTransform("1,,2", "").takeError()),
            "error: --scale expects numbers separated by commas, got '1,,2'");
  EXPECT_EQ(toString(parseInputTransform("", "nan").takeError()),
            "error: --offset expects numbers separated by commas, got 'nan'");
}

} // namespace

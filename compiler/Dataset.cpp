#include "compiler/Dataset.h"

#include "compiler/Files.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <limits>

using namespace llvm;
using namespace mlir;

namespace tinyc {

//===----------------------------------------------------------------------===//
// The transform
//===----------------------------------------------------------------------===//

static Error parseNumbers(StringRef text, StringRef option, std::vector<float> &numbers) {
  if (text.empty())
    return Error::success();
  numbers.clear();
  SmallVector<StringRef> parts;
  text.split(parts, ',');
  for (StringRef part : parts) {
    double number;
    if (part.trim().getAsDouble(number) || !std::isfinite(static_cast<float>(number)))
      return createStringError(inconvertibleErrorCode(),
                               "error: " + option + " expects numbers separated by commas, got '" + text + "'");
    numbers.push_back(static_cast<float>(number));
  }
  return Error::success();
}

Expected<InputTransform> parseInputTransform(StringRef scale, StringRef offset) {
  InputTransform transform;
  if (Error error = parseNumbers(scale, "--scale", transform.scale))
    return std::move(error);
  if (Error error = parseNumbers(offset, "--offset", transform.offset))
    return std::move(error);
  return transform;
}

/// One number for each of `channels` channels out of one or `channels` numbers.
static Error spread(ArrayRef<float> numbers, int64_t channels, StringRef option, StringRef path,
                    SmallVectorImpl<float> &result) {
  if (numbers.size() != 1 && static_cast<int64_t>(numbers.size()) != channels)
    return makeFileError(
        path, (channels == 1 ? "expects 1 number in " : "expects 1 or " + Twine(channels) + " numbers (channels) in ") +
                  option + ", got " + Twine(numbers.size()));
  for (int64_t channel = 0; channel < channels; ++channel)
    result.push_back(numbers[numbers.size() == 1 ? 0 : channel]);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Dataset
//===----------------------------------------------------------------------===//

Expected<Dataset> Dataset::open(StringRef path, const InputTransform &transform, ArrayRef<int64_t> shape,
                                StringRef input) {
  Expected<NpyArray> array = NpyArray::read(path);
  if (!array)
    return array.takeError();

  SmallVector<int64_t> expected(shape);
  if (expected.empty()) // a scalar input: one number for each sample
    expected.push_back(1);
  ArrayRef<int64_t> stored = array->getShape();
  if (stored.size() != expected.size() || stored.drop_front() != ArrayRef(expected).drop_front())
    return makeFileError(path, "expects shape " + formatShape(expected, "N") + " for input '" + input + "', got " +
                                   formatShape(stored));
  if (array->getNumElements() == 0 || stored[0] % expected[0] != 0)
    return makeFileError(path, "expects samples in multiples of " + Twine(expected[0]) + " for input '" + input +
                                   "', got " + Twine(stored[0]));

  Dataset dataset(std::move(*array));
  for (int64_t size : expected)
    dataset.sampleElements *= size;
  for (int64_t size : ArrayRef(expected).drop_front(std::min<size_t>(2, expected.size())))
    dataset.channelStride *= size;
  int64_t channels = expected.size() > 1 ? expected[1] : 1;
  if (Error error = spread(transform.scale, channels, "--scale", path, dataset.scales))
    return std::move(error);
  if (Error error = spread(transform.offset, channels, "--offset", path, dataset.offsets))
    return std::move(error);

  if (dataset.isBounded())
    return std::move(dataset);
  for (int64_t sample = 0; sample < dataset.size(); ++sample)
    for (float value : dataset.get(sample))
      if (!std::isfinite(value))
        return makeFileError(path, "expects finite values for input '" + input + "', got " +
                                       Twine(std::isnan(value) ? "NaN" : "infinity") + " in sample " + Twine(sample));
  return std::move(dataset);
}

bool Dataset::isBounded() const {
  using Element = NpyArray::Element;
  if (!is_contained({Element::Bool, Element::I1, Element::U1, Element::I2, Element::U2}, array.getElement()))
    return false;
  return all_of(zip_equal(scales, offsets), [](auto transform) {
    auto [scale, offset] = transform;
    return 65536.0 * std::abs(scale) + std::abs(offset) <= std::numeric_limits<float>::max();
  });
}

std::vector<float> Dataset::get(int64_t index) const {
  std::vector<double> stored(sampleElements);
  array.read(index * sampleElements, stored);
  std::vector<float> values(sampleElements);
  for (int64_t begin = 0, channel = 0; begin < sampleElements; begin += channelStride) {
    double scale = scales[channel], offset = offsets[channel];
    for (int64_t i = begin; i < begin + channelStride; ++i)
      values[i] = static_cast<float>(stored[i] * scale + offset);
    channel = (channel + 1) % static_cast<int64_t>(scales.size());
  }
  return values;
}

std::optional<std::vector<int64_t>> Dataset::getIntegers(int64_t index) const {
  const bool isPlain = all_of(scales, [](float scale) { return scale == 1.0f; }) &&
                       all_of(offsets, [](float offset) { return offset == 0.0f; });
  if (!isPlain || array.isFloatingPoint())
    return std::nullopt;
  std::vector<int64_t> values(sampleElements);
  array.readIntegers(index * sampleElements, values);
  return values;
}

//===----------------------------------------------------------------------===//
// Tensors of the model
//===----------------------------------------------------------------------===//

template <typename T>
static void quantize(ArrayRef<float> values, quant::UniformQuantizedType type, MutableArrayRef<T> result) {
  for (auto [value, element] : zip_equal(values, result)) {
    double rounded = std::nearbyint(value / type.getScale()) + type.getZeroPoint();
    element = static_cast<T>(std::clamp<double>(rounded, type.getStorageTypeMin(), type.getStorageTypeMax()));
  }
}

nn::HostTensor makeTensor(RankedTensorType type, ArrayRef<int64_t> permutation, ArrayRef<float> values) {
  // Strides of the ONNX dimensions, in the order in which they are stored.
  int64_t rank = type.getRank();
  SmallVector<int64_t> order(permutation), onnxStrides(rank), strides(rank);
  if (order.empty())
    order = to_vector(seq<int64_t>(0, rank));
  SmallVector<int64_t> onnxShape(rank);
  for (int64_t i = 0; i < rank; ++i)
    onnxShape[order[i]] = type.getDimSize(i);
  int64_t stride = 1;
  for (int64_t i = rank - 1; i >= 0; stride *= onnxShape[i--])
    onnxStrides[i] = stride;
  for (int64_t i = 0; i < rank; ++i)
    strides[i] = onnxStrides[order[i]];

  std::vector<float> permuted(values.size());
  SmallVector<int64_t> index(rank, 0);
  for (float &element : permuted) {
    int64_t source = 0;
    for (int64_t i = 0; i < rank; ++i)
      source += index[i] * strides[i];
    element = values[source];
    for (int64_t i = rank - 1; i >= 0 && ++index[i] == type.getDimSize(i); --i)
      index[i] = 0;
  }

  nn::HostTensor tensor(type);
  quant::UniformQuantizedType quantized = nn::getPerTensor(type);
  if (!quantized)
    llvm::copy(permuted, tensor.get<float>().begin());
  else if (quantized.getStorageTypeIntegralWidth() <= 8)
    quantize(permuted, quantized, tensor.get<int8_t>());
  else if (quantized.getStorageTypeIntegralWidth() <= 16)
    quantize(permuted, quantized, tensor.get<int16_t>());
  else
    quantize(permuted, quantized, tensor.get<int32_t>());
  return tensor;
}

//===----------------------------------------------------------------------===//
// All inputs of a model
//===----------------------------------------------------------------------===//

static std::string getInputName(func::FuncOp function, unsigned index) {
  if (auto name = function.getArgAttrOfType<StringAttr>(index, nn::kNameAttr))
    return name.str();
  return std::to_string(index);
}

Expected<std::vector<Dataset>> openDatasets(ArrayRef<InputShape> inputs, ArrayRef<std::string> files,
                                            const InputTransform &transform) {
  auto fail = [](const Twine &reason) { return createStringError(inconvertibleErrorCode(), "error: " + reason); };
  SmallVector<std::string> paths(inputs.size());
  for (const std::string &file : files) {
    size_t input = inputs.size() == 1 ? 0 : inputs.size();
    StringRef path = file;
    for (size_t i = 0; i < inputs.size(); ++i) {
      StringRef rest = file;
      if (rest.consume_front(inputs[i].name + "=")) {
        input = i;
        path = rest;
      }
    }
    if (input == inputs.size())
      return fail("expects NAME=FILE with the name of one of the model's " + Twine(inputs.size()) + " inputs, got '" +
                  file + "'");
    if (!paths[input].empty())
      return fail("expects one file for input '" + inputs[input].name + "', got " + paths[input] + " and " + path);
    paths[input] = path.str();
  }

  std::vector<Dataset> datasets;
  for (auto [input, path] : zip_equal(inputs, paths)) {
    if (path.empty())
      return fail("input '" + input.name + "' has no file");
    Expected<Dataset> dataset = Dataset::open(path, transform, input.shape, input.name);
    if (!dataset)
      return dataset.takeError();
    if (!datasets.empty() && datasets.front().size() != dataset->size())
      return makeFileError(path, "expects " + Twine(datasets.front().size()) + " samples as in " + paths[0] +
                                     ", got " + Twine(dataset->size()));
    datasets.push_back(std::move(*dataset));
  }
  return std::move(datasets);
}

Expected<InputDatasets> InputDatasets::open(func::FuncOp function, ArrayRef<std::string> files,
                                            const InputTransform &transform) {
  InputDatasets result;
  SmallVector<InputShape> inputs;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    std::string name = getInputName(function, i);
    auto type = dyn_cast<RankedTensorType>(function.getArgumentTypes()[i]);
    if (!type)
      return createStringError(inconvertibleErrorCode(), "error: input '" + name + "' is no tensor");
    std::vector<int64_t> permutation;
    if (auto attribute = function.getArgAttrOfType<DenseI64ArrayAttr>(i, nn::kPermutationAttr))
      permutation = attribute.asArrayRef();
    std::vector<int64_t> shape = type.getShape().vec();
    for (auto [stored, onnx] : enumerate(permutation))
      shape[onnx] = type.getDimSize(stored);
    inputs.push_back({name, std::move(shape)});
    result.types.push_back(type);
    result.permutations.push_back(std::move(permutation));
  }
  Expected<std::vector<Dataset>> datasets = openDatasets(inputs, files, transform);
  if (!datasets)
    return datasets.takeError();
  result.datasets = std::move(*datasets);
  return std::move(result);
}

std::vector<nn::HostTensor> InputDatasets::get(int64_t index) const {
  std::vector<nn::HostTensor> inputs;
  for (auto [dataset, type, permutation] : zip_equal(datasets, types, permutations))
    inputs.push_back(makeTensor(type, permutation, dataset.get(index)));
  return inputs;
}

llvm::Expected<CalibrationRows> CalibrationRows::choose(const InputDatasets &datasets, const Options &options) {
  CalibrationRows rows{options.calibrationFirst, datasets.size() - options.calibrationFirst};
  if (datasets.size() > 0 && rows.count < 1)
    return makeFileError(datasets.getPath(), "holds " + Twine(datasets.size()) + " samples, none from index " +
                                                 Twine(rows.first) + " on to calibrate with");
  if (options.calibrationLimit > 0)
    rows.count = std::min(rows.count, options.calibrationLimit);
  return rows;
}

} // namespace tinyc

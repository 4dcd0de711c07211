#include "compiler/Evaluate.h"

#include "compiler/Dataset.h"
#include "compiler/ErrorSums.h"
#include "compiler/Files.h"
#include "compiler/Npy.h"
#include "llvm/Support/Format.h"

using namespace llvm;

namespace tinyc {

json::Value Evaluation::toJson() const {
  json::Object object{{"target", target}, {"samples", samples}};
  auto set = [&](StringRef name, const auto &value) {
    if (value)
      object[name] = *value;
  };
  set("accuracy", accuracy);
  set("mse", mse);
  set("sram", sramBytes);
  set("stack", stackBytes);
  set("flash", flashBytes);
  set("instructions", instructions);
  if (profile)
    object["profile"] = profile->toJson();
  return object;
}

void Evaluation::print(raw_ostream &stream) const {
  stream << samples << " samples on " << target << "\n";
  if (accuracy)
    stream << "  accuracy     " << format("%.2f %%\n", 100.0 * *accuracy);
  if (mse)
    stream << "  mse          " << format("%.6f\n", *mse);
  if (sramBytes)
    stream << "  SRAM         " << *sramBytes << " B\n";
  if (stackBytes)
    stream << "  stack        " << *stackBytes << " B\n";
  if (flashBytes)
    stream << "  flash        " << *flashBytes << " B\n";
  if (instructions)
    stream << "  instructions " << *instructions << " per inference\n";
  if (profile)
    profile->print(stream);
}

struct Samples::Data {
  std::vector<Port> ports;
  std::vector<Dataset> datasets;
  int64_t first = 0, count = 0;
};

Samples::Samples(std::unique_ptr<Data> data) : data(std::move(data)) {}
Samples::~Samples() = default;
Samples::Samples(Samples &&) = default;

int64_t Samples::size() const { return data->count; }

std::vector<float> Samples::getValues(int64_t index, unsigned input) const {
  return data->datasets[input].get(data->first + index);
}

std::vector<char> Samples::getBytes(int64_t index) const {
  std::vector<char> bytes;
  for (auto [input, port] : enumerate(data->ports)) {
    std::optional<std::vector<int64_t>> integers;
    if (port.isPlainInteger())
      integers = data->datasets[input].getIntegers(data->first + index);
    std::vector<char> encoded = integers ? encodeIntegers(port, *integers) : encode(port, getValues(index, input));
    bytes.insert(bytes.end(), encoded.begin(), encoded.end());
  }
  return bytes;
}

Expected<Samples> Samples::open(ArrayRef<Port> inputs, const EvaluationOptions &options) {
  if (inputs.empty())
    return createStringError("error: the model has no inputs");
  if (options.inputFiles.empty())
    return createStringError("error: no samples for input '" + inputs.front().name + "': give --input=" +
                             (inputs.size() == 1 ? "" : inputs.front().name + "=") + "X.npy");
  auto data = std::make_unique<Data>();
  data->ports = inputs.vec();
  SmallVector<InputShape> shapes;
  for (const Port &port : inputs)
    shapes.push_back({port.name, port.getOnnxShape()});
  Expected<std::vector<Dataset>> datasets = openDatasets(shapes, options.inputFiles, options.inputTransform);
  if (!datasets)
    return datasets.takeError();
  data->datasets = std::move(*datasets);
  int64_t available = data->datasets.front().size() - options.first;
  data->first = options.first;
  data->count = options.limit > 0 ? std::min(options.limit, available) : available;
  if (data->count < 1)
    return makeFileError(data->datasets.front().getPath(),
                         "holds " + Twine(data->datasets.front().size()) + " samples, none from index " +
                             Twine(options.first) + " on");
  return Samples(std::move(data));
}

/// The bytes of output `output` of sample `index`.
static ArrayRef<char> getOutput(const Ports &ports, ArrayRef<char> outputs, int64_t index, size_t output) {
  int64_t stride = 0, offset = 0;
  for (auto [i, port] : enumerate(ports.outputs)) {
    if (i < output)
      offset += port.bytes;
    stride += port.bytes;
  }
  return outputs.slice(index * stride + offset, ports.outputs[output].bytes);
}

Expected<std::vector<int64_t>> readLabels(StringRef path, int64_t first, int64_t count, int64_t classes) {
  Expected<NpyArray> file = NpyArray::read(path);
  if (!file)
    return file.takeError();
  Expected<std::vector<int64_t>> labels = file->toIntegers();
  if (!labels)
    return labels.takeError();
  if (static_cast<int64_t>(labels->size()) < first + count)
    return makeFileError(path, "holds " + Twine(labels->size()) + " labels for " + Twine(first + count) + " samples");
  std::vector<int64_t> classesOfSamples(labels->begin() + first, labels->begin() + first + count);
  for (auto [index, label] : enumerate(classesOfSamples))
    if (label < 0 || label >= classes)
      return makeFileError(path, "label " + Twine(label) + " of sample " + Twine(first + index) + ": the model has " +
                                     Twine(classes) + " classes");
  return classesOfSamples;
}

static Error measureAccuracy(const Ports &ports, const Samples &samples, ArrayRef<char> outputs,
                             const EvaluationOptions &options, Evaluation &evaluation) {
  Expected<std::vector<int64_t>> labels =
      readLabels(options.labelFile, options.first, samples.size(), ports.outputs.front().getElements());
  if (!labels)
    return labels.takeError();
  int64_t correct = 0;
  for (auto [index, label] : enumerate(*labels))
    correct += findGreatest(decode(ports.outputs.front(), getOutput(ports, outputs, index, 0))) == label;
  evaluation.accuracy = static_cast<double>(correct) / static_cast<double>(samples.size());
  return Error::success();
}

static Error measureError(const Ports &ports, const Samples &samples, ArrayRef<char> outputs,
                          const EvaluationOptions &options, Evaluation &evaluation) {
  const Port &port = ports.outputs.front();
  std::optional<Dataset> expected;
  if (options.expectFile != "input") {
    Expected<Dataset> dataset = Dataset::open(options.expectFile, InputTransform(), port.getOnnxShape(), port.name);
    if (!dataset)
      return dataset.takeError();
    if (dataset->size() < options.first + samples.size())
      return makeFileError(options.expectFile, "holds " + Twine(dataset->size()) + " samples for " +
                                                   Twine(options.first + samples.size()));
    expected = std::move(*dataset);
  } else if (ports.inputs.front().getElements() != port.getElements()) {
    return createStringError("error: --expect=input: the output has " + Twine(port.getElements()) +
                             " elements, the input " + Twine(ports.inputs.front().getElements()));
  }
  double sum = 0;
  for (int64_t i = 0; i < samples.size(); ++i) {
    std::vector<float> got = decode(port, getOutput(ports, outputs, i, 0));
    std::vector<float> want = expected ? expected->get(options.first + i) : samples.getValues(i, 0);
    for (auto [a, b] : zip(got, want))
      sum += (static_cast<double>(a) - b) * (static_cast<double>(a) - b);
  }
  evaluation.mse = sum / static_cast<double>(samples.size() * port.getElements());
  return Error::success();
}

Error measure(const Ports &ports, const Samples &samples, ArrayRef<char> outputs, const EvaluationOptions &options,
              Evaluation &evaluation) {
  evaluation.samples = samples.size();
  if (!options.labelFile.empty())
    if (Error error = measureAccuracy(ports, samples, outputs, options, evaluation))
      return error;
  if (!options.expectFile.empty())
    if (Error error = measureError(ports, samples, outputs, options, evaluation))
      return error;
  if (options.keepOutputs)
    for (auto [number, port] : enumerate(ports.outputs)) {
      OutputValues &output = evaluation.outputs.emplace_back(OutputValues{port.name, port.getOnnxShape(), {}});
      for (int64_t i = 0; i < samples.size(); ++i)
        append_range(output.values, decode(port, getOutput(ports, outputs, i, number)));
    }
  if (options.outputFile.empty())
    return Error::success();
  const Port &port = ports.outputs.front();
  std::vector<int64_t> shape = port.getOnnxShape();
  if (shape.empty())
    shape = {samples.size()};
  else
    shape.front() *= samples.size();
  // Integers wider than the 24 bits that float32 holds.
  const bool isWide = port.isPlainInteger() && port.getElementBytes() > 2;
  std::vector<float> values;
  std::vector<int64_t> integers;
  for (int64_t i = 0; i < samples.size(); ++i) {
    ArrayRef<char> bytes = getOutput(ports, outputs, i, 0);
    if (isWide)
      append_range(integers, decodeIntegers(port, bytes));
    else
      append_range(values, decode(port, bytes));
  }
  return isWide ? writeNpy(options.outputFile, shape, integers) : writeNpy(options.outputFile, shape, values);
}

} // namespace tinyc

#include "compiler/Validate.h"

#include "compiler/Dataset.h"
#include "compiler/Driver.h"
#include "compiler/DriverSupport.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace llvm;

namespace tinyc {

//===----------------------------------------------------------------------===//
// Figures
//===----------------------------------------------------------------------===//

static ArrayRef<float> getSample(const OutputValues &output, int64_t samples, int64_t index) {
  const int64_t elements = static_cast<int64_t>(output.values.size()) / samples;
  return ArrayRef(output.values).slice(index * elements, elements);
}

std::optional<double> Validation::getAgreement(const ValidatedProgram &one, const ValidatedProgram &other) const {
  const OutputValues &mine = one.outputs.front(), &others = other.outputs.front();
  if (static_cast<int64_t>(mine.values.size()) == samples)
    return std::nullopt;
  int64_t same = 0;
  for (int64_t i = 0; i < samples; ++i)
    same += findGreatest(getSample(mine, samples, i)) == findGreatest(getSample(others, samples, i));
  return static_cast<double>(same) / static_cast<double>(samples);
}

bool Validation::isEqual(const ValidatedProgram &one, const ValidatedProgram &other) {
  return all_of(zip_equal(one.outputs, other.outputs),
                [](auto pair) { return std::get<0>(pair).values == std::get<1>(pair).values; });
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

/// JSON has no infinity.
static json::Value toNumber(double value) { return std::isfinite(value) ? json::Value(value) : json::Value(nullptr); }

json::Value Validation::toJson() const {
  json::Array programArray, agreements;
  for (const ValidatedProgram &program : programs) {
    json::Object object{{"name", program.name}};
    if (program.accuracy)
      object["accuracy"] = *program.accuracy;
    json::Array outputs;
    for (auto [output, errors] : zip(program.outputs, program.errors))
      outputs.push_back(json::Object{{"name", json::fixUTF8(output.name)},
                                     {"rmse", toNumber(errors.getRmse())},
                                     {"mae", toNumber(errors.getMae())},
                                     {"l2r", toNumber(errors.getRelativeL2())},
                                     {"cosine", toNumber(errors.getCosine())},
                                     {"max_error", toNumber(errors.greatest)},
                                     {"sqnr_db", toNumber(errors.getSqnr())}});
    if (!program.errors.empty())
      object["outputs"] = std::move(outputs);
    programArray.push_back(std::move(object));
    json::Array row;
    for (const ValidatedProgram &other : programs) {
      std::optional<double> agreement = getAgreement(program, other);
      row.push_back(agreement ? json::Value(*agreement) : json::Value(nullptr));
    }
    agreements.push_back(std::move(row));
  }
  json::Object object{{"samples", samples},
                      {"reference", json::fixUTF8(reference)},
                      {"programs", std::move(programArray)},
                      {"agreement", std::move(agreements)}};
  if (programs.size() > 2 && programs[programs.size() - 2].name == "host")
    object["bits_equal"] = isEqual(programs[programs.size() - 2], programs.back());
  return object;
}

static std::string formatNumber(const char *text, double value) {
  std::string result;
  raw_string_ostream(result) << format(text, value);
  return result;
}

void Validation::print(raw_ostream &stream) const {
  stream << samples << " samples, reference: " << reference << "\n";
  const char *row = "  {0,-12} {1,-20} {2,10} {3,12} {4,12} {5,12} {6,9} {7,12} {8,7}\n";
  stream << formatv(row, "", "output", "accuracy", "RMSE", "MAE", "l2r", "cosine", "max error", "dB");
  for (const ValidatedProgram &program : programs) {
    std::string accuracy = program.accuracy ? formatNumber("%.2f %%", 100.0 * *program.accuracy) : "";
    if (program.errors.empty())
      stream << formatv(row, program.name, "", accuracy, "", "", "", "", "", "");
    for (auto [number, errors] : enumerate(program.errors))
      stream << formatv(row, number == 0 ? program.name : "", program.outputs[number].name, number == 0 ? accuracy : "",
                        formatNumber("%.6g", errors.getRmse()), formatNumber("%.6g", errors.getMae()),
                        formatNumber("%.6g", errors.getRelativeL2()), formatNumber("%.6f", errors.getCosine()),
                        formatNumber("%.6g", errors.greatest), formatDecibels(errors.getSqnr()));
  }
  if (!getAgreement(programs.front(), programs.front()))
    return;
  stream << "  same greatest element of '" << programs.front().outputs.front().name << "', %\n";
  stream << formatv("  {0,-12}", "");
  for (const ValidatedProgram &program : programs)
    stream << formatv(" {0,12}", program.name);
  stream << "\n";
  for (const ValidatedProgram &program : programs) {
    stream << formatv("  {0,-12}", program.name);
    for (const ValidatedProgram &other : programs)
      stream << formatv(" {0,12}", formatNumber("%.2f", 100.0 * *getAgreement(program, other)));
    stream << "\n";
  }
  if (programs.size() > 2 && programs[programs.size() - 2].name == "host")
    stream << "  host and " << programs.back().name
           << " agree in every bit: " << (isEqual(programs[programs.size() - 2], programs.back()) ? "yes" : "no")
           << "\n";
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

/// Runs one program on the samples.
static LogicalResult addProgram(const Options &options, const EvaluationOptions &evaluation, StringRef target,
                                bool targetGiven, Validation &validation) {
  Options own = options;
  own.target = target.str();
  if (target == "host" && options.target != "host") { // the same program, without the core's limits
    own.board.reset();
    own.sramBudget.reset();
    own.flashBudget.reset();
    own.check = false;
  }
  Evaluation result;
  if (failed(target == "float" ? evaluateFloatForm(own, evaluation, result)
                               : evaluate(own, evaluation, targetGiven, result)))
    return failure();
  validation.samples = result.samples;
  validation.programs.push_back({result.target, std::move(result.outputs), result.accuracy, {}});
  return success();
}

/// The outputs in files, for the outputs of `like`.
static Expected<ValidatedProgram> readReference(ArrayRef<std::string> files, const EvaluationOptions &evaluation,
                                                int64_t samples, const ValidatedProgram &like) {
  SmallVector<InputShape> shapes;
  for (const OutputValues &output : like.outputs)
    shapes.push_back({output.name, output.shape});
  // What openDatasets says of names speaks of inputs.
  for (const std::string &file : files)
    if (shapes.size() > 1 &&
        none_of(shapes, [&](const InputShape &shape) { return StringRef(file).starts_with(shape.name + "="); })) {
      std::string names;
      for (const InputShape &shape : shapes)
        names += (names.empty() ? "'" : ", '") + shape.name + "'";
      return createStringError("error: --reference expects NAME=FILE.npy for each of the outputs " + names + ", got '" +
                               file + "'");
    }
  Expected<std::vector<Dataset>> datasets = openDatasets(shapes, files, InputTransform());
  if (!datasets)
    return datasets.takeError();
  ValidatedProgram reference{"reference", {}, std::nullopt, {}};
  for (auto [dataset, output] : zip_equal(*datasets, like.outputs)) {
    if (dataset.size() < evaluation.first + samples)
      return createStringError(dataset.getPath() + ": error: holds outputs of " + Twine(dataset.size()) +
                               " samples for " + Twine(evaluation.first + samples));
    OutputValues &values = reference.outputs.emplace_back(OutputValues{output.name, output.shape, {}});
    for (int64_t i = 0; i < samples; ++i)
      append_range(values.values, dataset.get(evaluation.first + i));
  }
  if (evaluation.labelFile.empty())
    return std::move(reference);
  const OutputValues &first = reference.outputs.front();
  Expected<std::vector<int64_t>> labels =
      readLabels(evaluation.labelFile, evaluation.first, samples, static_cast<int64_t>(first.values.size()) / samples);
  if (!labels)
    return labels.takeError();
  int64_t correct = 0;
  for (auto [index, label] : enumerate(*labels))
    correct += findGreatest(getSample(first, samples, index)) == label;
  reference.accuracy = static_cast<double>(correct) / static_cast<double>(samples);
  return std::move(reference);
}

LogicalResult runValidation(const Options &options, const EvaluationOptions &evaluation,
                            ArrayRef<std::string> references, bool targetGiven, bool json, raw_ostream &stream) {
  const bool isPackage = sys::fs::is_directory(options.model), fromFloat = references == ArrayRef<std::string>("float");
  if (references.empty())
    return complain("--validate needs a reference: give --reference=float or --reference=FILE.npy");
  if (is_contained(references, "float") && !fromFloat)
    return complain("--reference is either float or files of outputs, not both");
  if (isPackage && fromFloat)
    return complain(options.model + ": is a package, without the float model: give --reference=FILE.npy, or the model");
  if (evaluation.interpret || evaluation.profile || !evaluation.expectFile.empty() || !evaluation.outputFile.empty())
    return complain("--validate does not go with --interpret, --profile, --expect or --output");
  const targets::Target *target = findTarget(options.target);
  if (!target)
    return failure();
  EvaluationOptions keeping = evaluation;
  keeping.keepOutputs = true;
  Validation validation;
  if (isPackage) {
    if (failed(addProgram(options, keeping, options.target, targetGiven, validation)))
      return failure();
  } else if (failed(addProgram(options, keeping, "float", false, validation)) ||
             failed(addProgram(options, keeping, "host", false, validation)) ||
             (!target->isHost() && failed(addProgram(options, keeping, options.target, targetGiven, validation)))) {
    return failure();
  }
  validation.reference = fromFloat ? "float" : join(references, ", ");
  if (!fromFloat) {
    Expected<ValidatedProgram> reference =
        readReference(references, evaluation, validation.samples, validation.programs.front());
    if (!reference)
      return complain(reference.takeError());
    validation.programs.insert(validation.programs.begin(), std::move(*reference));
  }
  for (ValidatedProgram &program : MutableArrayRef(validation.programs).drop_front())
    for (auto [wanted, got] : zip_equal(validation.programs.front().outputs, program.outputs))
      program.errors.emplace_back().add(wanted.values, got.values);
  if (json)
    stream << formatv("{0:2}\n", validation.toJson());
  else
    validation.print(stream);
  return success();
}

} // namespace tinyc

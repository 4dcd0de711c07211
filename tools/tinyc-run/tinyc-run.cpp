// tinyc-run: runs a model or a package on samples, on the host or an emulated Cortex-M, and measures it.
#include "compiler/Driver.h"
#include "compiler/Evaluate.h"
#include "tools/CompileFlags.h"
#include "llvm/Support/InitLLVM.h"

using namespace llvm;

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::OptionCategory category("tinyc-run options");
  cl::opt<std::string> model(cl::Positional, cl::desc("<model.onnx or package>"), cl::Required, cl::cat(category));
  cl::list<std::string> input("input", cl::desc("Samples; repeatable for several inputs"),
                              cl::value_desc("[name=]X.npy"), cl::cat(category));
  cl::opt<std::string> labels("labels", cl::desc("Class of each sample: prints the accuracy"),
                              cl::value_desc("Y.npy"), cl::cat(category));
  cl::opt<std::string> expect("expect", cl::desc("Expected outputs, or \"input\": prints the mean squared error"),
                              cl::value_desc("X.npy"), cl::cat(category));
  cl::opt<std::string> output("output", cl::desc("Write the first output of all samples, float32; integers wider than 16 bits as int64"),
                              cl::value_desc("out.npy"), cl::cat(category));
  cl::opt<int64_t> skip("skip", cl::desc("Leave out the first N samples"), cl::value_desc("N"), cl::init(0),
                        cl::cat(category));
  cl::opt<int64_t> limit("limit", cl::desc("Run at most N samples"), cl::value_desc("N"), cl::init(0),
                         cl::cat(category));
  cl::opt<bool> object("obj", cl::desc("On a Cortex-M: link the object file of --emit=obj, not C"),
                       cl::cat(category));
  cl::opt<bool> interpret("interpret", cl::desc("Run the reference interpreter instead of a compiled program"),
                          cl::cat(category));
  cl::opt<std::string> profile("profile",
                               cl::desc("On a Cortex-M: print the cycles of every layer; with FILE write them, too"),
                               cl::value_desc("FILE.json|FILE.csv"), cl::ValueOptional, cl::cat(category));
  cl::opt<std::string> clock("clock", cl::desc("Clock of the core, for milliseconds in the profile"),
                             cl::value_desc("216MHz"), cl::cat(category));
  cl::opt<bool> validate("validate",
                         cl::desc("Compare float model, host program and core with --reference, and with each other"),
                         cl::cat(category));
  cl::list<std::string> reference("reference",
                                  cl::desc("For --validate: float, the model itself; or outputs of yours, repeatable "
                                           "for several outputs"),
                                  cl::value_desc("float|[name=]Y.npy"), cl::cat(category));
  cl::opt<bool> json("json", cl::desc("Print one JSON object"), cl::cat(category));
  tinyc::CompileFlags flags(category);
  tinyc::parseCommandLine(argc, argv, category, "tinyc-run: runs a model or a package on samples\n");

  tinyc::Options options;
  if (!flags.fill(options))
    return 1;
  options.model = model;
  options.emit = object ? tinyc::Emit::Object : tinyc::Emit::Package;
  tinyc::EvaluationOptions evaluation;
  evaluation.inputFiles.assign(input.begin(), input.end());
  evaluation.inputTransform = options.inputTransform;
  evaluation.labelFile = labels;
  evaluation.expectFile = expect;
  evaluation.outputFile = output;
  evaluation.first = skip;
  evaluation.limit = limit;
  evaluation.interpret = interpret;
  evaluation.compilationFlag = flags.findGiven();
  evaluation.profile = profile.getNumOccurrences() > 0;
  evaluation.profileFile = profile;
  if (clock.getNumOccurrences() > 0) {
    if (!evaluation.profile) {
      errs() << "tinyc-run: error: --clock is for --profile\n";
      return 1;
    }
    std::optional<double> frequency = tinyc::parseFrequency(clock);
    if (!frequency) {
      errs() << "tinyc-run: error: --clock expects a frequency as 216MHz, got '" << clock << "'\n";
      return 1;
    }
    evaluation.clock = *frequency;
  }
  if (skip < 0 || limit < 0) {
    errs() << "tinyc-run: error: --skip and --limit expect a number of samples\n";
    return 1;
  }
  if (!validate && reference.getNumOccurrences() > 0) {
    errs() << "tinyc-run: error: --reference is for --validate\n";
    return 1;
  }
  if (validate)
    return tinyc::getExitStatus(tinyc::runValidation(
        options, evaluation, std::vector<std::string>(reference.begin(), reference.end()), flags.hasTarget(), json,
        outs()));
  return tinyc::getExitStatus(tinyc::runEvaluation(options, evaluation, flags.hasTarget(), json, outs()));
}

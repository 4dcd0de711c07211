#include "tools/CompileFlags.h"

#include "compiler/Dataset.h"
#include "passes/compress/SparsityPattern.h"
#include "targets/Board.h"
#include "targets/Target.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Config/llvm-config.h"

#include <map>

using namespace llvm;

namespace tinyc {

struct CompileFlags::Flags {
  explicit Flags(cl::OptionCategory &category)
      : targetText("Processor to compile for (default cortex-m7): " + targets::listTargets()),
        target("target", cl::desc(targetText), cl::value_desc("name"), cl::init("cortex-m7"), cl::cat(category)),
        board("board",
              cl::desc("Board to compile for, with its core, SRAM and flash: a YAML file (docs/Boards.md), or one of "
                       "--list-boards"),
              cl::value_desc("file or name"), cl::cat(category)),
        inputShape("input-shape", cl::desc("Shape of an input with symbolic dimensions; repeatable"),
                   cl::value_desc("name:1x3x32x32"), cl::cat(category)),
        inputValue("input-value", cl::desc("Elements of an input that becomes a constant, one or all; repeatable"),
                   cl::value_desc("name:16000"), cl::cat(category)),
        dimension("dim", cl::desc("Size of a symbolic dimension of inputs; repeatable"), cl::value_desc("name:1"),
                  cl::cat(category)),
        quantize("quantize",
                 cl::desc("Precision (default: the model's own Q/DQ nodes; else int8 with --calibrate; else none)"),
                 cl::values(clEnumValN(Quantize::None, "none", "float32"),
                            clEnumValN(Quantize::Int8, "int8", "int8 weights and activations"),
                            clEnumValN(Quantize::Mixed, "mixed",
                                       "each layer's own, by a search (docs/Search.md); needs --budget or --max-drop")),
                 cl::init(Quantize::Automatic), cl::cat(category)),
        weights(
            "weights",
            cl::desc(
                "Weights of layers quantized with --calibrate: int8 (default), int4 or int2, half and a quarter of the "
                "flash; with +coded (int8+coded, of any model) stored entropy coded and decoded before use. Coded as "
                "well: "
                "entropy:BITS rounds to so many bits in the mean, codebook:BITS to 2^BITS values in each layer "
                "(docs/DeepCompression.md)"),
            cl::value_desc("type"), cl::init("int8"), cl::cat(category)),
        decodeCycles(
            "decode-cycles",
            cl::desc("Code weights as long as decoding takes at most this share of the other cycles (default: any)"),
            cl::value_desc("15%"), cl::cat(category)),
        sparsity("sparsity",
                 cl::desc("Make weights zero and let the others make up for them: a share (50%), in blocks of "
                          "neighbours (50%x4), "
                          "or all but N of each M neighbours (2:4)"),
                 cl::value_desc("pattern"), cl::cat(category)),
        activations("activations",
                    cl::desc("Type of the activations of layers quantized with --calibrate (default int8)"),
                    cl::values(clEnumValN(ActivationType::Int8, "int8", "-128..127"),
                               clEnumValN(ActivationType::Int16, "int16", "-32767..32767: twice the SRAM"),
                               clEnumValN(ActivationType::Int4, "int4",
                                          "-8..7, two in a byte, where kernels have them, else int8")),
                    cl::init(ActivationType::Int8), cl::cat(category)),
        precision("precision", cl::desc("Precision of layers, as a search saved it"), cl::value_desc("FILE.json"),
                  cl::cat(category)),
        budget(
            "budget",
            cl::desc("For --quantize=mixed, a limit in cycles, bytes or energy, or as a share of the int8 program's: "
                     "latency:0.6x, flash:120K, sram:24K, energy:850uJ, weights:0.55x; several, or repeated"),
            cl::value_desc("cost:limit"), cl::CommaSeparated, cl::cat(category)),
        maxDrop("max-drop", cl::desc("For --quantize=mixed: the cheapest whose accuracy drops by at most P percent"),
                cl::value_desc("P%"), cl::cat(category)),
        minimize("minimize",
                 cl::desc("What --max-drop makes least: latency, flash, sram, energy or weights (default flash)"),
                 cl::value_desc("cost"), cl::init("flash"), cl::cat(category)),
        calibrateLabels("calibrate-labels",
                        cl::desc("Classes of the calibration samples: then a search counts accuracy, "
                                 "otherwise agreement with the float model"),
                        cl::value_desc("Y.npy"), cl::cat(category)),
        searchSteps("search-steps", cl::desc("Measurements of the evolutionary search (default 200)"),
                    cl::value_desc("N"), cl::init(200), cl::cat(category)),
        searchSeed("search-seed", cl::desc("Its seed (default 1)"), cl::value_desc("N"), cl::init(1),
                   cl::cat(category)),
        searchActivations("search-activations",
                          cl::desc("Activations of 16 bits are a choice too; without it only where --max-drop "
                                   "cannot be kept otherwise"),
                          cl::cat(category)),
        searchRecord("search-record", cl::desc("Keeps the search's measurements: a stopped search resumes"),
                     cl::value_desc("FILE.json"), cl::cat(category)),
        pareto("pareto", cl::desc("Writes the search's Pareto front, as .json, .csv or .svg; repeatable"),
               cl::value_desc("FILE"), cl::cat(category)),
        savePrecision("save-precision", cl::desc("Writes the precision that the search found, for --precision"),
                      cl::value_desc("FILE.json"), cl::cat(category)),
        calibrate("calibrate",
                  cl::desc("Samples of real input, the first dimension counts them; repeatable for "
                           "several inputs"),
                  cl::value_desc("[name=]X.npy"), cl::cat(category)),
        calibrateLimit("calibrate-limit",
                       cl::desc("Calibrate with N samples, the first ones (default: up to 512, spread over all)"),
                       cl::value_desc("N"), cl::init(0), cl::cat(category)),
        calibrateSkip("calibrate-skip", cl::desc("Leave out the first N samples of --calibrate"), cl::value_desc("N"),
                      cl::init(0), cl::cat(category)),
        calibration(
            "calibration",
            cl::desc("How ranges are chosen: min-max, moving-average, percentile, mse, entropy, or auto, the best "
                     "of them for each tensor (default percentile)"),
            cl::value_desc("method"), cl::init("percentile"), cl::cat(category)),
        calibrationAlias("calibrate-method", cl::desc("The same as --calibration"), cl::aliasopt(calibration),
                         cl::cat(category)),
        symmetric("symmetric-activations", cl::desc("Activations with values of both signs have zero points of 0"),
                  cl::cat(category)),
        equalize("equalize", cl::desc("Even out the ranges of channels where that lowers the noise (default true)"),
                 cl::init(true), cl::cat(category)),
        weightScales("weight-scales",
                     cl::desc("How the scales of weights are chosen: max, mse or weighted (default: max for int8; with "
                              "--rounding=nearest weighted for int4 and int2; else by the rounding itself)"),
                     cl::value_desc("method"), cl::cat(category)),
        rounding("rounding",
                 cl::desc("How weights are rounded: nearest, gptq or adaround (default: nearest for int8, else gptq)"),
                 cl::value_desc("method"), cl::cat(category)),
        correctBias(
            "correct-bias",
            cl::desc("Take mean errors out of biases: none, empirical or analytic (default: empirical for layers whose "
                     "weights are rounded to nearest, where that lowers the error on samples; analytic without)"),
            cl::value_desc("method"), cl::cat(category)),
        fullInteger("full-integer", cl::desc("Refuse operators without an integer form (default: they stay in float)"),
                    cl::cat(category)),
        percentile("percentile",
                   cl::desc("Share of a tensor's values inside its range on either side, in percent (default 99.999)"),
                   cl::value_desc("P"), cl::init(99.999), cl::cat(category)),
        scale("scale", cl::desc("Stored samples x become x * S + O: one number, or one per channel"),
              cl::value_desc("S[,S...]"), cl::init("1"), cl::cat(category)),
        offset("offset", cl::desc("See --scale"), cl::value_desc("O[,O...]"), cl::init("0"), cl::cat(category)),
        sram("sram", cl::desc("Budget of SRAM, for example 320K: an error if the program needs more"),
             cl::value_desc("bytes"), cl::cat(category)),
        flash("flash", cl::desc("Budget of flash, for example 1M"), cl::value_desc("bytes"), cl::cat(category)),
        optimize("optimize", cl::desc("What the schedule is chosen for (default balanced)"),
                 cl::values(clEnumValN(Optimize::Ram, "ram", "the smallest SRAM"),
                            clEnumValN(Optimize::Balanced, "balanced",
                                       "the smallest SRAM within 5 % of the fastest schedule's cycles"),
                            clEnumValN(Optimize::Speed, "speed", "the fewest cycles"),
                            clEnumValN(Optimize::Size, "size", "the least flash within 1.5 times the fewest cycles")),
                 cl::init(Optimize::Balanced), cl::cat(category)),
        maxRecompute("max-recompute",
                     cl::desc("Let the schedule compute values again, up to R times the model's MACs (default 1.0)"),
                     cl::value_desc("R"), cl::init(1.0), cl::cat(category)),
        streamInput("stream-input", cl::desc("Take the input in rows; it is never in SRAM as a whole"),
                    cl::cat(category)),
        streamOutput("stream-output", cl::desc("Hand out the output in rows; it is never in SRAM as a whole"),
                     cl::cat(category)),
        prune("prune",
              cl::desc("Remove the channels that matter least, down to budgets: macs:0.75x, flash:200K, "
                       "sram:64K, latency:0.6x, weights:, energy:; or, with --max-drop, macs or another name alone"),
              cl::value_desc("budget,..."), cl::CommaSeparated, cl::cat(category)),
        pruneImportance("prune-importance",
                        cl::desc("What channels are chosen by: weight, activation or second-order (default)"),
                        cl::value_desc("measure"), cl::init("second-order"), cl::cat(category)),
        pruneRefit("prune-refit", cl::desc("Fit the layers that stay to the dense network (default true)"),
                   cl::init(true), cl::cat(category)),
        pruneTune(
            "prune-tune",
            cl::desc("After --prune or --sparsity, move all layers together towards the dense network's results, in so "
                     "many passes over the samples, without labels (default 0)"),
            cl::value_desc("N"), cl::init(0), cl::cat(category)),
        keepChannels("keep-channels", cl::desc("Keep channels that are constant or that nothing reads"),
                     cl::cat(category)),
        check("check", cl::desc("For tests: look for kernels that touch bytes of the arena which they must not"),
              cl::cat(category)) {}

  std::string targetText; // cl::desc keeps a reference to it
  cl::opt<std::string> target, board;
  cl::list<std::string> inputShape, inputValue, dimension;
  cl::opt<Quantize> quantize;
  cl::opt<std::string> weights, decodeCycles, sparsity;
  cl::opt<ActivationType> activations;
  cl::opt<std::string> precision;
  cl::list<std::string> budget;
  cl::opt<std::string> maxDrop, minimize, calibrateLabels;
  cl::opt<int64_t> searchSteps;
  cl::opt<uint64_t> searchSeed;
  cl::opt<bool> searchActivations;
  cl::opt<std::string> searchRecord;
  cl::list<std::string> pareto;
  cl::opt<std::string> savePrecision;
  cl::list<std::string> calibrate;
  cl::opt<int64_t> calibrateLimit, calibrateSkip;
  cl::opt<std::string> calibration;
  cl::alias calibrationAlias;
  cl::opt<bool> symmetric, equalize;
  cl::opt<std::string> weightScales, rounding, correctBias;
  cl::opt<bool> fullInteger;
  cl::opt<double> percentile;
  cl::opt<std::string> scale, offset;
  cl::opt<std::string> sram, flash;
  cl::opt<Optimize> optimize;
  cl::opt<double> maxRecompute;
  cl::opt<bool> streamInput, streamOutput;
  cl::list<std::string> prune;
  cl::opt<std::string> pruneImportance;
  cl::opt<bool> pruneRefit;
  cl::opt<int64_t> pruneTune;
  cl::opt<bool> keepChannels, check;
};

/// Those flags that are registered now, by name.
static std::map<StringRef, const cl::Option *> listRegistered() {
  std::map<StringRef, const cl::Option *> options;
  for (auto [name, option] : cl::getRegisteredOptions())
    options[name] = option;
  return options;
}

CompileFlags::CompileFlags(cl::OptionCategory &category) {
  const std::map<StringRef, const cl::Option *> others = listRegistered();
  flags = std::make_unique<Flags>(category);
  const cl::Option *kept[] = {&flags->target, &flags->scale, &flags->offset};
  for (auto [name, option] : listRegistered())
    if (!others.count(name) && !is_contained(kept, option))
      compilations.push_back(option);
}
CompileFlags::~CompileFlags() = default;

bool CompileFlags::hasTarget() const {
  return flags->target.getNumOccurrences() > 0 || flags->board.getNumOccurrences() > 0;
}

std::string CompileFlags::findGiven() const {
  for (const cl::Option *option : compilations)
    if (option->getNumOccurrences() > 0)
      return ("--" + option->ArgStr).str();
  return {};
}

/// "320K", "1M", "4096": bytes; nullopt if malformed or zero.
static std::optional<int64_t> parseBytes(StringRef text) {
  int64_t unit = 1;
  if (text.consume_back_insensitive("k"))
    unit = 1024;
  else if (text.consume_back_insensitive("m"))
    unit = 1024 * 1024;
  int64_t value;
  if (text.getAsInteger(10, value) || value < 1 || value > (int64_t(1) << 40))
    return std::nullopt;
  return value * unit;
}

static bool complain(const Twine &message) {
  errs() << "tinyc: error: " << message << "\n";
  return false;
}

static bool parseBudget(StringRef flag, StringRef text, std::optional<int64_t> &budget) {
  if (text.empty())
    return true;
  budget = parseBytes(text);
  return budget || complain("--" + flag + "=" + text + ": expected bytes, for example 320K or 1M");
}

/// Lets the board set target and budgets; budgets that the user gives as well limit it further.
static bool setBoard(StringRef name, bool hasTarget, Options &options) {
  Expected<targets::Board> board = targets::loadBoard(name);
  if (!board) {
    std::string message = toString(board.takeError());
    errs() << (StringRef(message).starts_with("error: ") ? "tinyc: " : "") << message << "\n";
    return false;
  }
  if (hasTarget && options.target != board->core)
    return complain("--board=" + name + " has a " + board->core + ", but --target=" + options.target + " was given");
  auto limit = [&](targets::MemoryRegion::Kind kind, std::optional<int64_t> &budget) {
    if (!board->getRegions(kind).empty())
      budget = std::min(budget.value_or(INT64_MAX), board->getFreeBytes(kind));
  };
  limit(targets::MemoryRegion::Kind::Ram, options.sramBudget);
  limit(targets::MemoryRegion::Kind::Flash, options.flashBudget);
  options.target = board->core;
  options.board = std::move(*board);
  return true;
}

static bool expectOneOf(StringRef flag, StringRef text, ArrayRef<StringRef> names) {
  return is_contained(names, text) || complain("--" + flag + "=" + text + ": expected one of " + join(names, ", "));
}

bool CompileFlags::fillPruning(Pruning &pruning) const {
  pruning.importance = flags->pruneImportance;
  pruning.refit = flags->pruneRefit;
  pruning.tuneEpochs = flags->pruneTune;
  if (pruning.tuneEpochs < 0)
    return complain("--prune-tune: expected a number of passes over the samples");
  for (const std::string &text : flags->prune) {
    Expected<PruneBudget> budget = parsePruneBudget(text);
    if (!budget)
      return complain("--prune: " + toString(budget.takeError()));
    const bool isMixed = flags->quantize == Quantize::Mixed;
    if (!budget->limit && flags->maxDrop.empty() && !isMixed)
      return complain("--prune=" + text + ": give a limit, for example " + text +
                      ":0.75x, or --max-drop=1%, or --quantize=mixed with a --budget");
    pruning.budgets.push_back(*budget);
    if (!budget->limit && isMixed && (flags->prune.size() > 1 || !flags->sparsity.empty()))
      return complain("--prune=" + text +
                      " with --quantize=mixed lets the search choose how far: it does not go with " +
                      (flags->prune.size() > 1 ? "another --prune" : "--sparsity"));
  }
  return expectOneOf("prune-importance", pruning.importance, {"weight", "activation", "second-order"});
}

bool CompileFlags::fillSearch(Options &options) const {
  options.precisionFile = flags->precision;
  PrecisionSearch &search = options.search;
  for (const std::string &text : flags->budget) {
    Expected<Budget> budget = parseBudget(text);
    if (!budget)
      return complain("--budget: " + toString(budget.takeError()));
    search.budgets.push_back(*budget);
  }
  if (!flags->maxDrop.empty()) {
    search.maxDrop = parsePercentage(flags->maxDrop);
    if (!search.maxDrop)
      return complain("--max-drop=" + flags->maxDrop + ": expected a percentage, for example 0.5%");
  }
  std::optional<search::Cost> least = parseCost(flags->minimize);
  if (!least)
    return complain("--minimize=" + flags->minimize + ": expected latency, flash, sram, energy or weights");
  search.least = *least;
  search.labelFile = flags->calibrateLabels;
  search.measurements = flags->searchSteps;
  search.seed = flags->searchSeed;
  search.activations = flags->searchActivations;
  search.recordFile = flags->searchRecord;
  search.frontFiles.assign(flags->pareto.begin(), flags->pareto.end());
  search.precisionFile = flags->savePrecision;
  if (search.measurements < 0)
    return complain("--search-steps: expected a number of measurements");
  for (const std::string &file : search.frontFiles)
    if (!StringRef(file).ends_with(".json") && !StringRef(file).ends_with(".csv") && !StringRef(file).ends_with(".svg"))
      return complain("--pareto=" + file + ": expected a name that ends in .json, .csv or .svg");
  if (options.quantize == Quantize::Mixed) {
    if (!options.precisionFile.empty())
      return complain("--precision says the precision of each layer: it does not go with --quantize=mixed");
    if (search.activations && options.activations != ActivationType::Int8)
      return complain("--search-activations chooses where activations have 16 bits: it does not go with --activations=int16 and int4");
    if (search.budgets.empty() && !search.maxDrop)
      return complain("--quantize=mixed: give a --budget, for example flash:0.55x, or --max-drop=0.5%");
    return true;
  }
  const bool dropsChannels = llvm::any_of(options.pruning.budgets, [](const PruneBudget &budget) { return !budget.limit; });
  const std::pair<StringRef, bool> searched[] = {
      {"--budget", !search.budgets.empty()},        {"--max-drop", search.maxDrop.has_value() && !dropsChannels},
      {"--calibrate-labels", !search.labelFile.empty()}, {"--search-record", !search.recordFile.empty()},
      {"--pareto", !search.frontFiles.empty()},     {"--save-precision", !search.precisionFile.empty()},
      {"--search-activations", search.activations}};
  for (auto [flag, isGiven] : searched)
    if (isGiven)
      return complain(flag + ": applies to --quantize=mixed");
  return true;
}

bool CompileFlags::fillMethods(const Flags &flags, QuantizationMethods &methods) {
  methods = {flags.calibration, flags.symmetric, flags.equalize, flags.weightScales, flags.rounding, flags.correctBias};
  return expectOneOf("calibration", methods.calibration,
                     {"min-max", "moving-average", "percentile", "mse", "entropy", "auto"}) &&
         (methods.weightScales.empty() ||
          expectOneOf("weight-scales", methods.weightScales, {"max", "mse", "weighted"})) &&
         (methods.rounding.empty() || expectOneOf("rounding", methods.rounding, {"nearest", "gptq", "adaround"})) &&
         (methods.correctBias.empty() ||
          expectOneOf("correct-bias", methods.correctBias, {"none", "empirical", "analytic"}));
}

/// --weights: a type, or entropy:BITS or codebook:BITS.
static bool parseWeights(StringRef text, Options &options) {
  WeightCoding &coding = options.weightCoding;
  const StringRef given = text;
  auto [kind, number] = text.split(':');
  coding.isCoded = text.consume_back("+coded") || number.size() > 0;
  if (kind == "entropy" && !number.getAsDouble(coding.entropyBits) && coding.entropyBits >= 0.5 && coding.entropyBits <= 7.0)
    return true;
  if (kind == "codebook" && !number.getAsInteger(10, coding.codebookBits) && coding.codebookBits >= 1 && coding.codebookBits <= 6)
    return true;
  std::optional<WeightType> type = StringSwitch<std::optional<WeightType>>(text)
                                       .Case("int8", WeightType::Int8)
                                       .Case("int4", WeightType::Int4)
                                       .Case("int2", WeightType::Int2)
                                       .Default(std::nullopt);
  if (!type)
    return complain("--weights=" + given +
                    ": expected int8, int4 or int2, also with +coded, entropy:BITS with 0.5 to 7 bits, or codebook:BITS with 1 to 6 bits");
  options.weights = *type;
  return true;
}

bool CompileFlags::fill(Options &options) const {
  options.target = flags->target;
  options.quantize = flags->quantize;
  if (!parseWeights(flags->weights, options))
    return false;
  if (!flags->decodeCycles.empty()) {
    StringRef share = flags->decodeCycles;
    if (!share.consume_back("%") || share.getAsDouble(options.weightCoding.decodeCycles) || !(options.weightCoding.decodeCycles > 0.0))
      return complain("--decode-cycles=" + flags->decodeCycles + ": expected a share above 0, for example 15%");
    if (!options.weightCoding.isCoded)
      return complain("--decode-cycles applies to coded weights: --weights=int8+coded, entropy:BITS or codebook:BITS");
  }
  options.sparsity = flags->sparsity;
  if (!options.sparsity.empty())
    if (Expected<compress::SparsityPattern> pattern = compress::SparsityPattern::parse(options.sparsity); !pattern)
      return complain("--sparsity: " + toString(pattern.takeError()));
  options.activations = flags->activations;
  options.calibrationFiles.assign(flags->calibrate.begin(), flags->calibrate.end());
  options.calibrationLimit = flags->calibrateLimit;
  options.calibrationFirst = flags->calibrateSkip;
  if (!fillMethods(*flags, options.methods))
    return false;
  if (options.weightCoding.isRounded() && (!options.methods.rounding.empty() || !options.methods.weightScales.empty()))
    return complain("--weights=" + flags->weights + " rounds weights in its own way: it does not go with --rounding and --weight-scales");
  if (options.weightCoding.isRounded() && options.quantize == Quantize::Mixed)
    return complain("--weights=" + flags->weights + " does not go with --quantize=mixed, which chooses the bits of weights");
  options.fullInteger = flags->fullInteger;
  options.percentile = flags->percentile;
  for (const std::string &text : flags->dimension)
    if (Error error = parseDimension(text, options.import))
      return complain("--dim=" + text + ": " + toString(std::move(error)));
  for (const std::string &text : flags->inputValue)
    if (Error error = parseInputValue(text, options.import))
      return complain("--input-value=" + text + ": " + toString(std::move(error)));
  for (const std::string &text : flags->inputShape)
    if (Error error = parseInputShape(text, options.import))
      return complain("--input-shape=" + text + ": " + toString(std::move(error)));
  if (!(options.percentile > 50.0 && options.percentile <= 100.0))
    return complain("--percentile: expected a number above 50 and at most 100");
  if (options.calibrationLimit < 0)
    return complain("--calibrate-limit: expected a number of samples");
  if (options.calibrationFirst < 0)
    return complain("--calibrate-skip: expected a number of samples");
  Expected<InputTransform> transform = parseInputTransform(flags->scale, flags->offset);
  if (!transform) {
    std::string message = toString(transform.takeError());
    StringRef text = message;
    text.consume_front("error: ");
    return complain(text);
  }
  options.inputTransform = *transform;
  if (!fillPruning(options.pruning) || !fillSearch(options))
    return false;
  options.optimize = flags->optimize;
  options.maxRecompute = flags->maxRecompute;
  options.streamInput = flags->streamInput;
  options.streamOutput = flags->streamOutput;
  options.keepChannels = flags->keepChannels;
  options.check = flags->check;
  if (!(options.maxRecompute >= 1.0 && options.maxRecompute <= 1000.0))
    return complain("--max-recompute: expected a number from 1 to 1000");
  return parseBudget("sram", flags->sram, options.sramBudget) &&
         parseBudget("flash", flags->flash, options.flashBudget) &&
         (flags->board.empty() || setBoard(flags->board, flags->target.getNumOccurrences() > 0, options));
}

void printBoards(raw_ostream &stream) {
  for (const std::string &name : targets::getBoardNames()) {
    Expected<targets::Board> board = targets::loadBoard(name);
    if (board)
      stream << left_justify(name, 12) << board->description << "\n";
    else
      consumeError(board.takeError());
  }
}

void parseCommandLine(int argc, char **argv, cl::OptionCategory &category, StringRef overview) {
  cl::HideUnrelatedOptions(category);
  cl::SetVersionPrinter([](raw_ostream &stream) {
    stream << "tinyc " << TINYC_VERSION << "\n  LLVM version " << LLVM_VERSION_STRING << "\n";
  });
  cl::ParseCommandLineOptions(argc, argv, overview);
}

int getExitStatus(LogicalResult result) {
  outs().flush();
  std::error_code code = outs().error();
  if (!code)
    return failed(result) ? 1 : 0;
  outs().clear_error(); // else its destructor ends the process
  complain("standard output: " + code.message());
  return 1;
}

} // namespace tinyc

#include "compiler/Report.h"

#include "compiler/Diagnostics.h"
#include "compiler/ExplainQuantization.h"
#include "compiler/LowerPhase.h"
#include "dialects/kernel/Kernel.h"
#include "passes/lower/LoopCost.h"
#include "dialects/kernel/Params.h"
#include "passes/lower/ColumnSplit.h"
#include "targets/CostModel.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;

namespace tinyc {

/// Rounded to a thousandth: what more digits say differs from host to host.
static double round(double value) { return std::round(value * 1000.0) / 1000.0; }

// Names of files and ONNX nodes may hold any bytes, JSON holds UTF-8.
static std::string toUtf8(StringRef name) { return llvm::json::fixUTF8(name); }

static llvm::json::Object toJson(const Layer &layer, int64_t id) {
  llvm::json::Object object{{"id", id},
                            {"op", layer.op},
                            {"node", toUtf8(layer.node)},
                            {"kernel", layer.kernel},
                            {"shape", llvm::json::Array(layer.shape)},
                            {"macs", layer.macs},
                            {"estimated_cycles", std::llround(layer.cycles)},
                            {"constant_bytes_read", std::llround(layer.constantBytes)},
                            {"weight_bytes", layer.weightBytes},
                            {"scratch_bytes", layer.scratchBytes},
                            {"live_bytes", layer.memory.liveBytes}};
  if (layer.weightBits > 0)
    object["weight_bits"] = layer.weightBits;
  if (layer.isFloat)
    object["float"] = true;
  if (layer.weights > 0) {
    object["weights"] = layer.weights;
    object["sparsity"] = round(static_cast<double>(layer.zeroWeights) / static_cast<double>(layer.weights));
    object["coded"] = layer.isCoded;
    object["stored_bytes"] = layer.storedBytes;
    object["bits_per_weight"] = round(8.0 * static_cast<double>(layer.storedBytes) / static_cast<double>(layer.weights));
    object["ratio_to_float32"] = round(layer.ratio);
  }
  if (layer.memory.stream < 0)
    return object;
  object["stream"] = layer.memory.stream;
  object["rows_per_step"] = layer.memory.rowsPerStep;
  return object;
}

static llvm::json::Object toJson(const FloatShare &share) {
  return llvm::json::Object{{"layers", llvm::json::Array(share.layers)},
                            {"casts", share.casts},
                            {"estimated_cycles", std::llround(share.cycles)},
                            {"activation_bytes", share.bytes}};
}

static llvm::json::Object toJson(const lower::PeakBuffer &buffer) {
  llvm::json::Object object{{"name", toUtf8(buffer.name)}, {"kind", buffer.kind}, {"bytes", buffer.bytes}};
  if (buffer.rows == 0)
    return object;
  object["held_rows"] = buffer.heldRows;
  object["rows"] = buffer.rows;
  return object;
}

static llvm::json::Object toJson(const QuantizationMethods &methods) {
  auto orDefault = [](StringRef name) { return name.empty() ? StringRef("default") : name; };
  return llvm::json::Object{{"calibration", methods.calibration},
                            {"symmetric_activations", methods.symmetric},
                            {"equalize", methods.equalize},
                            {"weight_scales", orDefault(methods.weightScales)},
                            {"rounding", orDefault(methods.rounding)},
                            {"correct_bias", orDefault(methods.correctBias)}};
}

llvm::json::Value Report::toJson() const {
  llvm::json::Array layerArray, liveArray, savingArray, inputs, outputs;
  for (auto [id, layer] : llvm::enumerate(layers))
    layerArray.push_back(tinyc::toJson(layer, static_cast<int64_t>(id)));
  for (const lower::PeakBuffer &buffer : plan.peakLive)
    liveArray.push_back(tinyc::toJson(buffer));
  for (const lower::Saving &saving : plan.savings)
    savingArray.push_back(llvm::json::Object{{"technique", saving.technique}, {"bytes", saving.bytes}});
  for (const Port &port : ports.inputs)
    inputs.push_back(port.toJson());
  for (const Port &port : ports.outputs)
    outputs.push_back(port.toJson());
  llvm::json::Object object{
      {"model", llvm::json::Object{{"file", toUtf8(modelFile)}, {"sha256", modelSha256}}},
      {"target", target},
      {"prefix", prefix},
      {"optimize", getName(optimize)},
      {"max_recompute", maxRecompute},
      {"quantization_methods", tinyc::toJson(methods)},
      {"macs", macs},
      {"model_macs", modelMacs},
      {"imported_macs", importedMacs},
      {"removed_channels", removedChannels},
      {"estimated_cycles", std::llround(cycles)},
      {"parameters", parameters},
      {"compression", llvm::json::Object{{"float32_bytes", 4 * parameters},
                                         {"stored_bytes", weightBytes},
                                         {"ratio", round(getCompressionRatio())},
                                         {"decode_cycles", std::llround(decodeCycles)}}},
      {"inputs", std::move(inputs)},
      {"outputs", std::move(outputs)},
      {"sram", llvm::json::Object{{"input", inputBytes},
                                  {"output", outputBytes},
                                  {"activations", activationBytes},
                                  {"scratch", scratchBytes},
                                  {"state", ports.getStateBytes()},
                                  {"total", sramBytes},
                                  {"bound", plan.bound},
                                  {"gap_percent", round(plan.getGap())},
                                  {"savings", std::move(savingArray)}}},
      {"flash",
       llvm::json::Object{{"weights", weightBytes}, {"code", codeBytes}, {"total", getFlashBytes()}}},
      {"peak", llvm::json::Object{{"op", plan.peakOp},
                                  {"node", toUtf8(plan.peakNode)},
                                  {"bytes", plan.peakBytes},
                                  {"live", std::move(liveArray)}}},
      {"layers", std::move(layerArray)}};
  if (std::optional<FloatShare> share = getFloatShare())
    object["float_islands"] = tinyc::toJson(*share);
  if (pruning)
    object["pruning"] = tinyc::toJson(*pruning);
  if (quantization)
    object["quantization"] = tinyc::toJson(*quantization);
  if (board.empty())
    return object;
  llvm::json::Array memoryArray;
  for (const MemoryUse &use : memories)
    memoryArray.push_back(use.toJson());
  object["board"] = toUtf8(board);
  object["memories"] = std::move(memoryArray);
  return object;
}

std::string groupDigits(int64_t number) {
  std::string digits = std::to_string(number);
  for (int64_t at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(at, ",");
  return digits;
}

std::string describe(const lower::PeakBuffer &buffer) {
  std::string text = "'" + buffer.name + "'" + (buffer.kind == "activation" ? "" : " (" + buffer.kind + ")") + " " +
                     groupDigits(buffer.bytes) + " B";
  if (buffer.heldRows < buffer.rows)
    text += " (" + std::to_string(buffer.heldRows) + " of " + std::to_string(buffer.rows) + " rows)";
  return text;
}

static std::string describe(const Port &port) {
  std::string text = port.name + " [";
  llvm::raw_string_ostream out(text);
  llvm::interleave(port.shape, out, "x");
  out << "] " << port.type;
  if (port.isInteger())
    out << llvm::format(" scale %.6g zero point %lld", port.scale, static_cast<long long>(port.zeroPoint));
  if (port.streamed)
    out << ", streamed";
  if (port.passes > 1)
    out << " " << port.passes << " times";
  return text;
}

std::string Report::describeRecompute() const {
  if (macs == modelMacs)
    return "";
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(" (%.3f times the model's)", static_cast<double>(macs) / modelMacs);
  return text;
}

std::optional<FloatShare> Report::getFloatShare() const {
  FloatShare share;
  int64_t computing = 0;
  for (auto [index, layer] : llvm::enumerate(layers)) {
    computing += !layer.kernel.empty();
    if (!layer.isFloat)
      continue;
    share.layers.push_back(static_cast<int64_t>(index));
    share.casts += layer.isCast;
    share.cycles += layer.cycles;
    share.bytes += layer.floatBytes;
  }
  const auto floats = static_cast<int64_t>(share.layers.size());
  const bool isWhole = floats == computing && share.casts == 0;
  return floats == 0 || isWhole ? std::nullopt : std::optional(share);
}

void Report::printSummary(llvm::raw_ostream &stream) const {
  auto line = [&](StringRef name, const Twine &text) {
    stream << llvm::format("  %-12s", name.str().c_str()) << text << "\n";
  };
  stream << modelFile << " for " << target << "\n";
  for (const Port &port : ports.inputs)
    line("input", describe(port));
  for (const Port &port : ports.outputs)
    line("output", describe(port));
  const auto kernels = llvm::count_if(layers, [](const Layer &layer) { return !layer.kernel.empty(); });
  line("operations", Twine(kernels) + " kernels, " + groupDigits(macs) + " MACs" + describeRecompute() + ", " + groupDigits(parameters) +
                         " parameters, about " + groupDigits(std::llround(cycles)) + " cycles");
  if (std::optional<FloatShare> share = getFloatShare())
    line("in float", Twine(share->layers.size() - share->casts) + " kernels between " + Twine(share->casts) +
                         " casts, about " + groupDigits(std::llround(share->cycles)) + " cycles, " +
                         groupDigits(share->bytes) + " B of activations");
  if (removedChannels > 0)
    line("removed", groupDigits(removedChannels) + " dead channels: MACs were " + groupDigits(importedMacs));
  if (pruning)
    line("pruned", groupDigits(pruning->getRemovedChannels()) + " channels of layers: MACs were " +
                       groupDigits(pruning->macsBefore));
  line("SRAM", groupDigits(sramBytes) + " B (arena; input " + groupDigits(inputBytes) + ", output " +
                   groupDigits(outputBytes) + ", largest scratch " + groupDigits(scratchBytes) + ")" +
                   (ports.isStreamed() ? ", state " + groupDigits(ports.getStateBytes()) + " B" : ""));
  std::string gap;
  llvm::raw_string_ostream(gap) << llvm::format("%.1f", plan.getGap());
  line("bound", groupDigits(plan.bound) + " B: no plan of this schedule needs less; gap " + gap + " %");
  line("flash", groupDigits(getFlashBytes()) + " B (weights " + groupDigits(weightBytes) + ", code about " +
                    groupDigits(codeBytes) + ")");
  if (decodeCycles > 0) {
    std::string text;
    llvm::raw_string_ostream(text) << llvm::format("%.2f times less than in float32", getCompressionRatio()) << "; decoding about "
                                   << groupDigits(std::llround(decodeCycles))
                                   << llvm::format(" cycles (%.1f %% of all)", 100.0 * decodeCycles / cycles);
    line("coded", text);
  }
  for (const MemoryUse &use : memories)
    line("  " + use.memory.name, groupDigits(use.bytes) + " of " + groupDigits(use.memory.getFreeBytes()) + " B");
  line("peak", groupDigits(plan.peakBytes) + " B at " + plan.peakOp +
                   (plan.peakNode.empty() ? "" : " '" + plan.peakNode + "'"));
  const size_t named = 3;
  std::string live;
  llvm::raw_string_ostream out(live);
  llvm::interleaveComma(ArrayRef(plan.peakLive).take_front(named), out,
                        [&](const lower::PeakBuffer &buffer) { out << describe(buffer); });
  if (plan.peakLive.size() > named)
    out << ", " << plan.peakLive.size() - named << " more";
  line("live there", live);
  std::string saved;
  llvm::raw_string_ostream savings(saved);
  llvm::interleaveComma(plan.savings, savings, [&](const lower::Saving &saving) {
    savings << saving.technique << " " << groupDigits(saving.bytes) << " B";
  });
  if (!plan.savings.empty())
    line("saved by", saved);
}

static std::string hashFile(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return "";
  llvm::SHA256 hash;
  hash.update((*file)->getBuffer());
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

/// Bytes of the constants that an op reads.
static int64_t getConstantBytes(Operation *op) {
  int64_t bytes = 0;
  for (Value operand : op->getOperands())
    if (auto constant = operand.getDefiningOp<memref::GetGlobalOp>())
      bytes += kernel::getByteSize(constant.getType());
  return bytes;
}

/// The estimated cost of all calls of an op.
static targets::CallCost estimateCost(kernel::KernelOpInterface op, const targets::Target &target) {
  if (auto nest = dyn_cast<kernel::LoopNestOp>(op.getOperation())) {
    targets::CallCost cost = {};
    cost.cycles = lower::estimateLoopCycles(nest, target);
    return cost;
  }
  const targets::Kernel *kernel = targets::findKernel(op.getSymbol());
  if (!kernel) // kernel.receive, kernel.send
    return {};
  SmallVector<uint32_t> params = op.getParams().getWords();
  if (op.getRowsPerStep() > 0)
    return targets::estimateSteps(target, *kernel, params, op.getRowCount(), op.getRowsPerStep(),
                                  op.isRowLocal() ? op.getRowScale() : 0);
  auto [begin, end] = op.getRows();
  return targets::estimateCall(target, *kernel, params, begin, end);
}

/// Cycles for a word of the constants that an op reads: those of the memories they lie in, by their bytes.
static double getFlashRead(kernel::KernelOpInterface op, const targets::Board &board) {
  double cycles = 0, bytes = 0;
  for (Value operand : op->getOperands()) {
    auto get = operand.getDefiningOp<memref::GetGlobalOp>();
    auto constant = get ? SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(op, get.getNameAttr()) : nullptr;
    auto name = constant ? constant->getAttrOfType<StringAttr>(kernel::kMemoryAttr) : nullptr;
    if (!name)
      continue;
    auto size = static_cast<double>(kernel::getByteSize(constant.getType()));
    for (const targets::MemoryRegion &memory : board.memory)
      if (memory.name == name.getValue()) {
        cycles += memory.read * size;
        bytes += size;
      }
  }
  return bytes > 0 ? cycles / bytes : 1;
}

static Layer makeLayer(kernel::KernelOpInterface op) {
  Layer layer;
  layer.op = op->getName().stripDialect().str();
  layer.kernel = op.getSymbol().str();
  if (auto nest = dyn_cast<kernel::LoopNestOp>(op.getOperation())) {
    layer.op += " " + nest.getOnnxOperator().str();
    layer.kernel = "loop_nest"; // written with the program
  }
  layer.node = getNodeName(op->getLoc());
  layer.shape = cast<MemRefType>(op.getOutputBuffer().getType()).getShape().vec();
  layer.macs = op.getMacs();
  layer.weightBytes = getConstantBytes(op);
  if (const targets::Kernel *kernel = targets::findKernel(op.getSymbol()); kernel && kernel->weight != "none")
    kernel->weight.drop_front().getAsInteger(10, layer.weightBits); // "s4", "f32"
  auto output = cast<MemRefType>(op.getOutputBuffer().getType());
  for (Value operand : op->getOperands()) // constants, too: a loop nest may read nothing else
    layer.isFloat |= isa<MemRefType>(operand.getType()) && getElementTypeOrSelf(operand).isF32();
  layer.isCast = isa<kernel::QuantizeOp, kernel::DequantizeOp>(op.getOperation());
  layer.floatBytes = output.getElementType().isF32() ? kernel::getByteSize(output) : 0;
  if (Value scratch = op.getScratchBuffer())
    layer.scratchBytes = kernel::getByteSize(cast<MemRefType>(scratch.getType()));
  return layer;
}

/// Bytes of flash that an op's constants take: where they are decoded into a buffer, those of the coded string.
static int64_t getStoredBytes(Operation *op, bool &isCoded) {
  int64_t bytes = getConstantBytes(op);
  for (Value operand : op->getOperands())
    for (Operation *user : operand.getUsers())
      if (auto decode = dyn_cast<kernel::DecodeOp>(user); decode && decode.getOutput() == operand && user != op) {
        bytes += kernel::getByteSize(decode.getCoded().getType());
        isCoded = true;
      }
  return bytes;
}

/// Sets what is known of the weights of each layer, at the first of the kernel ops that it became.
static void addWeights(Report &report, ArrayRef<kernel::KernelOpInterface> ops, ArrayRef<LayerWeights> weights) {
  for (const LayerWeights &known : weights)
    for (auto [layer, op] : llvm::zip_equal(report.layers, ops)) {
      if (layer.node != known.node || layer.weightBits == 0 || layer.weights > 0)
        continue;
      layer.weights = known.count;
      layer.zeroWeights = known.zeros;
      layer.storedBytes = getStoredBytes(op, layer.isCoded);
      layer.ratio = layer.storedBytes > 0 ? 4.0 * static_cast<double>(known.parameters) / layer.storedBytes : 0.0;
      break;
    }
}

Report makeReport(ModuleOp module, const Options &options, const ModelFacts &facts) {
  func::FuncOp function = getPlannedFunction(module);
  Report report;
  report.modelFile = llvm::sys::path::filename(options.model).str();
  report.modelSha256 = hashFile(options.model);
  report.target = options.target;
  const targets::Target *target = targets::findTarget(options.target);
  report.prefix = options.prefix;
  report.parameters = facts.parameters;
  report.importedMacs = facts.macs;
  report.removedChannels = facts.removedChannels;
  report.pruning = facts.pruning;
  report.ports = getPorts(function);
  for (const Port &port : report.ports.inputs)
    report.inputBytes += port.streamed ? 0 : port.bytes;
  for (const Port &port : report.ports.outputs)
    report.outputBytes += port.streamed ? 0 : port.bytes;
  SmallVector<kernel::KernelOpInterface> ops;
  function.walk([&](kernel::KernelOpInterface op) {
    ops.push_back(op);
    report.layers.push_back(makeLayer(op));
    report.macs += report.layers.back().macs;
    if (target) {
      targets::CallCost cost = estimateCost(op, *target);
      if (options.board)
        cost.cycles += cost.constantBytes / 4 * (getFlashRead(op, *options.board) - 1);
      report.layers.back().cycles = cost.cycles;
      report.layers.back().constantBytes = cost.constantBytes;
    }
    report.cycles += report.layers.back().cycles;
    if (isa<kernel::DecodeOp>(*op))
      report.decodeCycles += report.layers.back().cycles;
    report.scratchBytes = std::max(report.scratchBytes, report.layers.back().scratchBytes);
  });
  addWeights(report, ops, facts.weights);
  auto modelMacs = function->getAttrOfType<IntegerAttr>(lower::kModelMacsAttr);
  report.modelMacs = modelMacs ? modelMacs.getInt() : report.macs;
  std::optional<lower::MemoryPlan> plan = lower::MemoryPlan::get(function);
  assert(plan && "a module of phase Kernel has a plan");
  report.activationBytes = plan->bytes;
  report.sramBytes = plan->bytes;
  for (auto [layer, memory] : llvm::zip(report.layers, plan->ops))
    layer.memory = memory;
  report.optimize = options.optimize;
  report.maxRecompute = options.maxRecompute;
  report.methods = facts.methods.value_or(options.methods);
  report.plan = std::move(*plan);
  if (options.board) {
    report.board = options.board->name;
    report.memories = listMemories(module, *options.board, report.plan);
  }
  return report;
}

} // namespace tinyc

#include "compiler/Report.h"

#include "compiler/Diagnostics.h"
#include "dialects/kernel/Kernel.h"
#include "passes/lower/Plan.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;

namespace tinyc {

llvm::json::Value Report::toJson() const {
  // Names of files and ONNX nodes may hold any bytes, JSON holds UTF-8.
  auto text = [](StringRef name) { return llvm::json::fixUTF8(name); };
  llvm::json::Array layerArray, liveArray, inputs, outputs;
  for (auto [id, layer] : llvm::enumerate(layers))
    layerArray.push_back(llvm::json::Object{{"id", static_cast<int64_t>(id)},
                                            {"op", layer.op},
                                            {"node", text(layer.node)},
                                            {"kernel", layer.kernel},
                                            {"shape", llvm::json::Array(layer.shape)},
                                            {"macs", layer.macs},
                                            {"weight_bytes", layer.weightBytes},
                                            {"scratch_bytes", layer.scratchBytes}});
  for (const LiveBuffer &buffer : peakLive)
    liveArray.push_back(llvm::json::Object{{"name", text(buffer.name)}, {"bytes", buffer.bytes}});
  for (const Port &port : ports.inputs)
    inputs.push_back(port.toJson());
  for (const Port &port : ports.outputs)
    outputs.push_back(port.toJson());
  return llvm::json::Object{
      {"model", llvm::json::Object{{"file", text(modelFile)}, {"sha256", modelSha256}}},
      {"target", target},
      {"prefix", prefix},
      {"macs", macs},
      {"parameters", parameters},
      {"inputs", std::move(inputs)},
      {"outputs", std::move(outputs)},
      {"sram", llvm::json::Object{{"input", inputBytes},
                                  {"output", outputBytes},
                                  {"activations", activationBytes},
                                  {"scratch", scratchBytes},
                                  {"total", sramBytes}}},
      {"flash",
       llvm::json::Object{{"weights", weightBytes}, {"code", codeBytes}, {"total", getFlashBytes()}}},
      {"peak", llvm::json::Object{{"op", peakOp},
                                  {"node", text(peakNode)},
                                  {"bytes", peakBytes},
                                  {"live", std::move(liveArray)}}},
      {"layers", std::move(layerArray)}};
}

/// 12345678 as "12,345,678".
static std::string group(int64_t number) {
  std::string digits = std::to_string(number);
  for (int64_t at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(at, ",");
  return digits;
}

void Report::printSummary(llvm::raw_ostream &stream) const {
  auto line = [&](StringRef name, const Twine &text) {
    stream << llvm::format("  %-12s", name.str().c_str()) << text << "\n";
  };
  auto describe = [](const Port &port) {
    std::string text = port.name + " [";
    llvm::raw_string_ostream out(text);
    llvm::interleave(port.shape, out, "x");
    out << "] " << port.type;
    if (port.type == "int8")
      out << llvm::format(" scale %.6g zero point %lld", port.scale, static_cast<long long>(port.zeroPoint));
    return text;
  };
  stream << modelFile << " for " << target << "\n";
  for (const Port &port : ports.inputs)
    line("input", describe(port));
  for (const Port &port : ports.outputs)
    line("output", describe(port));
  line("operations", Twine(layers.size()) + " kernels, " + group(macs) + " MACs, " + group(parameters) + " parameters");
  line("SRAM", group(sramBytes) + " B (arena; input " + group(inputBytes) + ", output " + group(outputBytes) +
                   ", largest scratch " + group(scratchBytes) + ")");
  line("flash", group(getFlashBytes()) + " B (weights " + group(weightBytes) + ", code about " + group(codeBytes) + ")");
  line("peak", group(peakBytes) + " B at " + peakOp + (peakNode.empty() ? "" : " '" + peakNode + "'"));
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

static Layer makeLayer(kernel::KernelOpInterface op) {
  Layer layer;
  layer.op = op->getName().stripDialect().str();
  layer.node = getNodeName(op->getLoc());
  layer.kernel = op.getSymbol().str();
  layer.shape = cast<MemRefType>(op.getOutputBuffer().getType()).getShape().vec();
  layer.macs = op.getMacs();
  layer.weightBytes = getConstantBytes(op);
  if (Value scratch = op.getScratchBuffer())
    layer.scratchBytes = kernel::getByteSize(cast<MemRefType>(scratch.getType()));
  return layer;
}

Report makeReport(ModuleOp module, const Options &options, const ModelFacts &facts) {
  func::FuncOp function = getPlannedFunction(module);
  Report report;
  report.modelFile = llvm::sys::path::filename(options.model).str();
  report.modelSha256 = hashFile(options.model);
  report.target = options.target;
  report.prefix = options.prefix;
  report.parameters = facts.parameters;
  report.ports = getPorts(function);
  for (const Port &port : report.ports.inputs)
    report.inputBytes += port.bytes;
  for (const Port &port : report.ports.outputs)
    report.outputBytes += port.bytes;
  function.walk([&](kernel::KernelOpInterface op) {
    report.layers.push_back(makeLayer(op));
    report.macs += report.layers.back().macs;
    report.scratchBytes = std::max(report.scratchBytes, report.layers.back().scratchBytes);
  });
  std::optional<lower::MemoryPlan> plan = lower::MemoryPlan::get(function);
  assert(plan && "a module of phase Kernel has a plan");
  report.activationBytes = plan->bytes;
  report.sramBytes = plan->bytes;
  report.peakBytes = plan->peakBytes;
  report.peakOp = plan->peakOp;
  report.peakNode = plan->peakNode;
  for (const lower::PlannedBuffer &buffer : plan->getLive(plan->peakPosition))
    report.peakLive.push_back({buffer.name + (buffer.kind == "scratch" ? " (scratch)" : ""), buffer.bytes});
  return report;
}

} // namespace tinyc

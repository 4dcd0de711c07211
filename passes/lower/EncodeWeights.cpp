#include "passes/lower/BufferGraph.h"
#include "passes/lower/Constants.h"
#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "passes/lower/ProgramPlacement.h"
#include "passes/lower/RowLifetimes.h"
#include "passes/lower/WeightCoder.h"
#include "targets/CostModel.h"
#include "targets/Target.h"
#include "tinyc/decode.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_ENCODEWEIGHTSPASS
#include "passes/lower/Passes.h.inc"

namespace {

/// Code and parameter block of one more call of the decoder.
constexpr int64_t kCallBytes = 40;

/// A constant that may be coded, and where its bytes are needed.
struct Candidate {
  memref::GlobalOp constant;
  CodedBytes coded;
  int64_t bytes = 0;
  /// The op that is decoded before, an op or a stream, and the kernel ops there that read the constant.
  llvm::MapVector<Operation *, SmallVector<OpOperand *>> users;
  std::vector<std::pair<size_t, size_t>> spans; ///< positions of the program at which the decoded bytes live, inclusive
  double cycles = 0;                            ///< of all decodings in an inference

  int64_t getSavedBytes() const {
    return bytes - static_cast<int64_t>(coded.string.size()) - kCallBytes * static_cast<int64_t>(users.size());
  }
};

class WeightEncoder {
public:
  WeightEncoder(ModuleOp module, func::FuncOp function, const targets::Target &target)
      : module(module), function(function), target(target), symbols(module) {}

  LogicalResult run(int32_t tableLog, int64_t sram, double mostCycles) {
    kernel = targets::findKernel(target, "decode", "s8", "none", [](const targets::Kernel &) { return true; });
    if (!kernel)
      return function.emitError("has no decoder on ") << target.name;
    collect(tableLog);
    if (mostCycles > 0.0)
      limitCycles(mostCycles);
    if (sram > 0 && failed(limitBytes(sram)))
      return failure();
    for (Candidate &candidate : candidates)
      encode(candidate);
    return success();
  }

private:
  void collect(int32_t tableLog) {
    llvm::MapVector<Operation *, Candidate> found;
    function.walk([&](kernel::KernelOpInterface op) {
      if (!isa<kernel::Conv2DOp, kernel::DepthwiseConv2DOp, kernel::FullyConnectedOp, kernel::ConvTranspose2DOp>(*op))
        return;
      OpOperand &weights = op->getOpOperand(1);
      memref::GlobalOp constant = getConstant(weights.get(), symbols);
      if (!constant || !constant.getType().getElementType().isInteger(8))
        return;
      Candidate &candidate = found[constant];
      candidate.constant = constant;
      Operation *stream = op->getParentOfType<kernel::StreamOp>();
      candidate.users[stream ? stream : op.getOperation()].push_back(&weights);
    });
    for (auto &[op, candidate] : found) {
      DenseElementsAttr value = getValues(candidate.constant);
      std::vector<uint8_t> bytes;
      for (int8_t element : value.getValues<int8_t>())
        bytes.push_back(static_cast<uint8_t>(element));
      std::vector<WordKind> kinds;
      if (auto attribute = candidate.constant->getAttrOfType<DenseI8ArrayAttr>(kernel::kWordKindsAttr))
        for (int8_t kind : attribute.asArrayRef())
          kinds.push_back(static_cast<WordKind>(kind));
      candidate.bytes = static_cast<int64_t>(bytes.size());
      candidate.coded = encodeBytes(bytes, kinds, tableLog);
      uint32_t params[] = {static_cast<uint32_t>(candidate.bytes), static_cast<uint32_t>(candidate.coded.string.size()),
                           static_cast<uint32_t>(candidate.coded.tableLog), static_cast<uint32_t>(candidate.coded.words)};
      candidate.cycles = targets::estimateCall(target, *kernel, params, 0, 1).cycles * static_cast<double>(candidate.users.size());
      if (candidate.getSavedBytes() > 0)
        candidates.push_back(std::move(candidate));
    }
  }

  /// Leaves constants as they are that save the least flash for a cycle, until decoding takes `percent` of the other cycles.
  void limitCycles(double percent) {
    double others = 0.0, decoding = 0.0;
    function.walk([&](kernel::KernelOpInterface op) {
      if (const targets::Kernel *own = targets::findKernel(op.getSymbol())) {
        SmallVector<uint32_t> params = op.getParams().getWords();
        auto [begin, end] = op.getRows();
        others += op.getRowsPerStep() > 0 ? targets::estimateSteps(target, *own, params, op.getRowCount(), op.getRowsPerStep(),
                                                                   op.isRowLocal() ? op.getRowScale() : 0)
                                                .cycles
                                          : targets::estimateCall(target, *own, params, begin, end).cycles;
      }
    });
    for (const Candidate &candidate : candidates)
      decoding += candidate.cycles;
    auto getWorth = [](const Candidate &candidate) {
      return static_cast<double>(candidate.getSavedBytes()) / candidate.cycles;
    };
    while (!candidates.empty() && decoding > others * percent / 100.0) {
      auto least = llvm::min_element(candidates, [&](auto &a, auto &b) { return getWorth(a) < getWorth(b); });
      decoding -= least->cycles;
      candidates.erase(least);
    }
  }

  /// Leaves constants as they are until no more than `sram` bytes are live at once: of those decoded at the peak, the one that saves
  /// the least flash for a byte of its own.
  LogicalResult limitBytes(int64_t sram) {
    FailureOr<BufferGraph> graph = BufferGraph::read(function);
    if (failed(graph))
      return failure();
    std::vector<Step> steps = graph->getSteps();
    std::vector<int32_t> rowsPerStep = getRowsPerStep(*graph);
    std::vector<int64_t> live = RowLifetimes(*graph, steps, rowsPerStep).getLiveBytes();
    for (auto [position, step] : llvm::enumerate(steps))
      if (Value scratch = graph->ops[step.op].op.getScratchBuffer())
        live[position] += kernel::getByteSize(cast<MemRefType>(scratch.getType()));
    for (Candidate &candidate : candidates)
      for (auto &[where, operands] : candidate.users) {
        size_t first = steps.size(), last = 0;
        for (auto [position, step] : llvm::enumerate(steps)) {
          Operation *op = graph->ops[step.op].op;
          Operation *stream = op->getParentOfType<kernel::StreamOp>();
          if ((stream ? stream : op) != where)
            continue;
          first = std::min<size_t>(first, position);
          last = position;
        }
        candidate.spans.push_back({first, last});
        for (size_t position = first; position <= last; ++position)
          live[position] += candidate.bytes;
      }
    for (;;) {
      size_t peak = llvm::max_element(live) - live.begin();
      if (live.empty() || live[peak] <= sram)
        return success();
      Candidate *worst = nullptr;
      auto getWorth = [](const Candidate &candidate) {
        return static_cast<double>(candidate.getSavedBytes()) / static_cast<double>(candidate.bytes);
      };
      for (Candidate &candidate : candidates)
        if (llvm::any_of(candidate.spans, [&](auto span) { return span.first <= peak && peak <= span.second; }) &&
            (!worst || getWorth(candidate) < getWorth(*worst)))
          worst = &candidate;
      if (!worst)
        return success(); // the budget is missed without any: lower-verify-plan says so
      for (auto [first, last] : worst->spans)
        for (size_t position = first; position <= last; ++position)
          live[position] -= worst->bytes;
      candidates.erase(candidates.begin() + (worst - candidates.data()));
    }
  }

  void encode(Candidate &candidate) {
    OpBuilder builder(candidate.constant);
    Type byte = builder.getI8Type();
    auto size = static_cast<int64_t>(candidate.coded.string.size());
    auto value = DenseElementsAttr::getFromRawBuffer(
        RankedTensorType::get({size}, byte), ArrayRef<char>(reinterpret_cast<const char *>(candidate.coded.string.data()), size));
    auto coded = memref::GlobalOp::create(builder, candidate.constant.getLoc(), (candidate.constant.getSymName() + "_coded").str(),
                                          candidate.constant.getSymVisibilityAttr(), MemRefType::get({size}, byte), value,
                                          /*constant=*/true, builder.getI64IntegerAttr(4));
    symbols.insert(coded, Block::iterator(candidate.constant));
    llvm::SmallSetVector<Operation *, 4> reads;
    for (auto &[where, operands] : candidate.users) {
      builder.setInsertionPoint(where);
      Location location = operands.front()->getOwner()->getLoc();
      Value string = memref::GetGlobalOp::create(builder, location, coded.getType(), coded.getSymName());
      Value decoded = memref::AllocOp::create(builder, location, cast<MemRefType>(operands.front()->get().getType()));
      int32_t table = tinyc_decode_s8_table_bytes(candidate.coded.tableLog);
      Value scratch = memref::AllocOp::create(builder, location, MemRefType::get({table}, byte));
      kernel::DecodeOp::create(builder, location, string, decoded, scratch, candidate.coded.tableLog, candidate.coded.words,
                               FlatSymbolRefAttr::get(builder.getContext(), kernel->symbol), /*rowsPerStep=*/0);
      for (OpOperand *operand : operands) {
        reads.insert(operand->get().getDefiningOp());
        operand->set(decoded);
      }
    }
    for (Operation *read : reads)
      if (read->use_empty())
        read->erase();
    std::optional<SymbolTable::UseRange> uses = SymbolTable::getSymbolUses(candidate.constant, module);
    if (uses && uses->empty())
      symbols.erase(candidate.constant);
  }

  ModuleOp module;
  func::FuncOp function;
  const targets::Target &target;
  SymbolTable symbols;
  const targets::Kernel *kernel = nullptr;
  std::vector<Candidate> candidates;
};

struct EncodeWeightsPass : impl::EncodeWeightsPassBase<EncodeWeightsPass> {
  using EncodeWeightsPassBase::EncodeWeightsPassBase;

  void runOnOperation() override {
    const targets::Target *found = targets::findTarget(target);
    if (!found) {
      getOperation().emitError("unknown target '") << target << "', expects one of " << targets::listTargets();
      return signalPassFailure();
    }
    if (tableLog < TINYC_DECODE_LEAST_LOG || tableLog > TINYC_DECODE_MOST_LOG) {
      getOperation().emitError("expects table-log 5 to 11, got ") << tableLog.getValue();
      return signalPassFailure();
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(WeightEncoder(getOperation(), function, *found).run(tableLog, sram, mostCycles)))
        return signalPassFailure();
  }
};

} // namespace

} // namespace tinyc::lower

#include "passes/lower/ProgramState.h"

using namespace mlir;

namespace tinyc::lower {

static bool isTransfer(Operation &op) { return isa<kernel::ReceiveOp, kernel::SendOp>(op); }

bool stops(Operation &op) {
  auto stream = dyn_cast<kernel::StreamOp>(op);
  return stream ? llvm::any_of(stream.getBody().front(), isTransfer) : isTransfer(op);
}

bool isStreamed(func::FuncOp program) { return llvm::any_of(program.getBody().front(), stops); }

int64_t countStateCounters(func::FuncOp program) {
  int64_t most = 0;
  program.walk([&](kernel::StreamOp stream) {
    if (stops(*stream))
      most = std::max<int64_t>(most, stream.getBody().front().getOperations().size());
  });
  return most;
}

void insertStreamedPorts(func::FuncOp function, SmallVectorImpl<Attribute> &inputs,
                         SmallVectorImpl<Attribute> &outputs) {
  auto insert = [&](auto op, int64_t passes, SmallVectorImpl<Attribute> &entries) {
    NamedAttrList entry(op.getDescription());
    if (passes > 1)
      entry.set(kernel::kPassesAttr, Builder(op).getI64IntegerAttr(passes));
    entries.insert(entries.begin() + std::min<size_t>(op.getPort(), entries.size()),
                   entry.getDictionary(op.getContext()));
  };
  // Ascending by port, so that each finds those before it in place.
  SmallVector<kernel::ReceiveOp> receives;
  SmallVector<kernel::SendOp> sends;
  function.walk([&](kernel::ReceiveOp op) { receives.push_back(op); });
  function.walk([&](kernel::SendOp op) { sends.push_back(op); });
  auto byPort = [](auto a, auto b) { return a.getPort() < b.getPort(); };
  llvm::sort(receives, byPort);
  llvm::sort(sends, byPort);
  // An input may be taken several times, see lower-split-layers.
  for (ArrayRef<kernel::ReceiveOp> rest = receives; !rest.empty();) {
    kernel::ReceiveOp first = rest.front();
    size_t passes = llvm::count_if(rest, [&](kernel::ReceiveOp op) { return op.getPort() == first.getPort(); });
    insert(first, passes, inputs);
    rest = rest.drop_front(passes);
  }
  for (kernel::SendOp op : sends)
    insert(op, /*passes=*/1, outputs);
}

std::vector<ProgramStage> splitStages(func::FuncOp program) {
  std::vector<ProgramStage> stages(1);
  for (Operation &op : program.getBody().front()) {
    if (!isa<kernel::CallOp, kernel::StreamOp>(op) && !isTransfer(op))
      continue;
    // A stream goes on where it stopped: what stands before it is not to be done again.
    if (isa<kernel::StreamOp>(op) && stops(op) && !stages.back().empty())
      stages.emplace_back();
    stages.back().push_back(&op);
    if (isTransfer(op))
      stages.emplace_back();
  }
  return stages;
}

FailureOr<Transfer> resolveTransfer(Operation &op, const SymbolTable &constants) {
  Transfer transfer;
  auto fill = [&](auto transferOp, Value buffer) {
    transfer.port = transferOp.getPort();
    transfer.name = transferOp.getName();
    transfer.height = transferOp.getRowCount();
    transfer.rowsPerStep = transferOp.getRowsPerStep();
    return buffer;
  };
  Value buffer;
  if (auto receive = dyn_cast<kernel::ReceiveOp>(op)) {
    buffer = fill(receive, receive.getOutput());
    transfer.request = Request::WantsRows;
  } else {
    auto send = cast<kernel::SendOp>(op);
    buffer = fill(send, send.getInput());
    transfer.request = Request::HasRows;
  }
  bool isPart = transfer.rowsPerStep > 0;
  if (!isPart)
    transfer.rowsPerStep = transfer.height;
  FailureOr<Argument> place = resolveBand(&op, buffer, transfer.rowsPerStep, constants);
  if (failed(place))
    return failure();
  if (place->address.constant || place->address.region != 0)
    return op.emitOpError("expects its rows in an arena that lies in one memory");
  transfer.place = *place;
  return transfer;
}

} // namespace tinyc::lower

#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"
#include "passes/lower/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_STREAMPORTSPASS
#include "passes/lower/Passes.h.inc"

namespace {

class PortStreamer {
public:
  explicit PortStreamer(func::FuncOp function) : function(function) {}

  // Streams the inputs that are images; fails if one cannot be, or if there is none.
  LogicalResult streamInputs() { return streamPorts(/*isOutput=*/false); }
  LogicalResult streamOutputs() { return streamPorts(/*isOutput=*/true); }

private:
  LogicalResult streamPorts(bool isOutput) {
    SmallVector<std::pair<BlockArgument, unsigned>> ports;
    for (BlockArgument argument : function.getArguments())
      if ((function.getArgAttr(argument.getArgNumber(), kernel::kOutputAttr) != nullptr) == isOutput)
        ports.push_back({argument, static_cast<unsigned>(ports.size())});
    bool ok = true, any = false;
    // From the last on: the arguments that are streamed are removed.
    for (auto [argument, port] : llvm::reverse(ports)) {
      auto type = dyn_cast<MemRefType>(argument.getType());
      bool isImage = type && type.getRank() == 4 && type.getDimSize(0) == 1 && type.getDimSize(1) > 1;
      if (!isImage)
        continue;
      any = true;
      ok &= succeeded(isOutput ? streamOutput(argument, port) : streamInput(argument, port));
    }
    if (any)
      return success(ok);
    InFlightDiagnostic diagnostic = function.emitError("cannot stream the ") << (isOutput ? "output" : "input");
    if (ports.empty())
      return diagnostic << ": the model has none";
    for (auto [argument, port] : ports) {
      diagnostic << (port == 0 ? ": " : ", ") << "'" << getName(argument) << "' has the shape [";
      llvm::interleaveComma(cast<ShapedType>(argument.getType()).getShape(), diagnostic);
      diagnostic << "]";
    }
    return diagnostic << ", expects [1, height, width, channels] with a height of at least 2";
  }

  StringRef getName(BlockArgument argument) {
    auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nn::kNameAttr);
    return name ? name.getValue() : "";
  }

  // Checks that each user of the buffer touches a few of its rows at a time.
  LogicalResult checkUsers(BlockArgument argument, StringRef verb) {
    for (OpOperand &use : argument.getUses()) {
      Operation *user = use.getOwner();
      auto fail = [&](const Twine &reason) {
        return emitError(user->getLoc()) << "cannot " << verb << " '" << getName(argument) << "' in rows: "
                                         << user->getName() << " " << reason;
      };
      auto op = dyn_cast<kernel::KernelOpInterface>(user);
      if (!op)
        return fail("sees it under another shape");
      if (op.getRowCount() == 0)
        return fail("needs it as a whole");
      kernel::RowAccess access = op.getRowAccess(use.getOperandNumber());
      int64_t height = cast<MemRefType>(argument.getType()).getDimSize(1);
      auto [first, last] = access.getRows(0, 1, height);
      // An average over the whole image adds row by row, see lower-stream-rows.
      if (last - first == height && !isa<kernel::AvgPoolOp>(user))
        return fail("needs all " + Twine(height) + " rows at once");
    }
    return success();
  }

  // A buffer in the place of an argument, which goes.
  memref::AllocOp replace(BlockArgument argument, OpBuilder &builder) {
    auto alloc = memref::AllocOp::create(builder, getLocation(argument), cast<MemRefType>(argument.getType()));
    argument.replaceAllUsesWith(alloc);
    (void)function.eraseArgument(argument.getArgNumber());
    return alloc;
  }

  Location getLocation(BlockArgument argument) {
    return NameLoc::get(StringAttr::get(function.getContext(), getName(argument)));
  }

  // Name, tensor type and permutation of a port, for kernel.receive and kernel.send.
  struct Description {
    StringAttr name;
    TypeAttr type;
    DenseI64ArrayAttr permutation;
  };
  Description describe(BlockArgument argument) {
    unsigned number = argument.getArgNumber();
    auto memref = cast<MemRefType>(argument.getType());
    auto type = function.getArgAttrOfType<TypeAttr>(number, kernel::kTypeAttr);
    if (!type)
      type = TypeAttr::get(RankedTensorType::get(memref.getShape(), memref.getElementType()));
    return {StringAttr::get(function.getContext(), getName(argument)), type,
            function.getArgAttrOfType<DenseI64ArrayAttr>(number, nn::kPermutationAttr)};
  }

  LogicalResult streamInput(BlockArgument argument, unsigned port) {
    if (argument.use_empty())
      return function.emitError("cannot take '") << getName(argument) << "' in rows: no node reads it";
    if (failed(checkUsers(argument, "take")))
      return failure();
    Operation *first = *argument.user_begin();
    for (Operation *user : argument.getUsers())
      if (user->isBeforeInBlock(first))
        first = user;
    OpBuilder builder(first);
    Description description = describe(argument);
    memref::AllocOp buffer = replace(argument, builder);
    kernel::ReceiveOp::create(builder, buffer.getLoc(), buffer, builder.getI32IntegerAttr(port), description.name,
                              description.type, description.permutation, /*rowsPerStep=*/builder.getI32IntegerAttr(0));
    return success();
  }

  LogicalResult streamOutput(BlockArgument argument, unsigned port) {
    if (failed(checkUsers(argument, "hand out")))
      return failure();
    Operation *last = nullptr;
    for (Operation *user : argument.getUsers())
      if (cast<kernel::KernelOpInterface>(user).getOutputBuffer() == argument && (!last || last->isBeforeInBlock(user)))
        last = user;
    if (!last)
      return function.emitError("cannot hand out '") << getName(argument) << "' in rows: no node computes it";
    OpBuilder builder(&function.front(), function.front().begin());
    Description description = describe(argument);
    memref::AllocOp buffer = replace(argument, builder);
    builder.setInsertionPointAfter(last);
    kernel::SendOp::create(builder, buffer.getLoc(), buffer, builder.getI32IntegerAttr(port), description.name,
                           description.type, description.permutation, /*rowsPerStep=*/builder.getI32IntegerAttr(0));
    return success();
  }

  func::FuncOp function;
};

class StreamPortsPass : public impl::StreamPortsPassBase<StreamPortsPass> {
public:
  using StreamPortsPassBase::StreamPortsPassBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal() || !function.getBody().hasOneBlock())
        continue;
      PortStreamer streamer(function);
      if ((inputs && failed(streamer.streamInputs())) || (outputs && failed(streamer.streamOutputs())))
        return signalPassFailure();
    }
  }
};

} // namespace

} // namespace tinyc::lower

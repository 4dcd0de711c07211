// Execution by rows: defaults of KernelOpInterface, kernel.stream and kernel.rows.
#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tinyc::kernel {

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

std::pair<int64_t, int64_t> RowAccess::getRows(int64_t begin, int64_t end, int64_t height) const {
  switch (kind) {
  case Kind::Whole:
    return {0, height};
  case Kind::Same:
    return {begin, end};
  case Kind::Window:
    break;
  }
  int64_t first = std::clamp<int64_t>(begin * stride - pad, 0, height);
  return {first, std::clamp<int64_t>((end - 1) * stride - pad + extent, first, height)};
}

// [1, H, W, C]
static bool isImage(MemRefType type) { return type && type.getRank() == 4 && type.getDimSize(0) == 1; }

int32_t detail::getRowCount(Operation *op) {
  auto output = dyn_cast<MemRefType>(cast<KernelOpInterface>(op).getOutputBuffer().getType());
  return isImage(output) ? output.getDimSize(1) : 0;
}

RowAccess detail::getRowAccess(Operation *op, unsigned operand) {
  auto kernelOp = cast<KernelOpInterface>(op);
  Value buffer = op->getOperand(operand);
  auto type = dyn_cast<MemRefType>(buffer.getType());
  bool isScratch = buffer == kernelOp.getScratchBuffer();
  // An operand of one row is broadcast over the rows, unless there is just one.
  if (isScratch || !isImage(type) || type.getDimSize(1) != kernelOp.getRowCount())
    return {RowAccess::Kind::Whole};
  return {RowAccess::Kind::Same};
}

bool detail::isRowLocal(Operation *op) {
  auto kernelOp = cast<KernelOpInterface>(op);
  for (unsigned i = 0; i < op->getNumOperands(); ++i)
    if (kernelOp.getRowAccess(i).kind == RowAccess::Kind::Window)
      return false;
  return true;
}

LogicalResult detail::verifyRowsPerStep(Operation *op) {
  auto kernelOp = cast<KernelOpInterface>(op);
  bool isInStream = isa_and_nonnull<StreamOp>(op->getParentOp());
  int32_t rows = kernelOp.getRowsPerStep();
  if (rows < 0 || (rows > 0) != isInStream)
    return op->emitOpError(isInStream ? "expects rowsPerStep >= 1 in a kernel.stream, got "
                                      : "expects no rowsPerStep outside of a kernel.stream, got ")
           << rows;
  for (OpOperand &operand : op->getOpOperands()) {
    bool isScattered = operand.get().getDefiningOp<RowsOp>() != nullptr;
    if (isScattered &&
        (!isInStream || kernelOp.getRowAccess(operand.getOperandNumber()).kind == RowAccess::Kind::Whole))
      return op->emitOpError("touches operand #") << operand.getOperandNumber()
                                                  << " as a whole, expects no kernel.rows there";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// kernel.stream
//===----------------------------------------------------------------------===//

void StreamOp::build(OpBuilder &builder, OperationState &state, ArrayRef<int32_t> steps) {
  state.getOrAddProperties<Properties>().steps = builder.getDenseI32ArrayAttr(steps);
  state.addRegion()->emplaceBlock();
}

// The rows of each step lie side by side in the images that are read and written without a window.
static LogicalResult verifyBands(KernelOpInterface op) {
  int64_t count = op.getRowCount(), step = op.getRowsPerStep();
  for (OpOperand &operand : op->getOpOperands()) {
    auto rows = operand.get().getDefiningOp<RowsOp>();
    RowAccess access = op.getRowAccess(operand.getOperandNumber());
    if (!rows || access.kind != RowAccess::Kind::Same)
      continue;
    for (int64_t begin = 0; begin < count; begin += step)
      if (int64_t end = std::min(begin + step, count); !rows.isContiguous(begin, end))
        return op->emitOpError("expects rows ") << begin << " to " << end - 1 << " of operand #"
                                                << operand.getOperandNumber() << " side by side";
  }
  return success();
}

LogicalResult StreamOp::verifyRegions() {
  SmallVector<int64_t> occurrences(getBody().front().getOperations().size(), 0);
  for (int32_t step : getSteps()) {
    if (step < 0 || step >= static_cast<int64_t>(occurrences.size()))
      return emitOpError("expects steps from 0 to ") << static_cast<int64_t>(occurrences.size()) - 1 << ", got " << step;
    ++occurrences[step];
  }
  for (auto [op, count] : llvm::zip_equal(getBody().front(), occurrences)) {
    int64_t rows = 0, rowsPerStep = 1;
    if (auto kernelOp = dyn_cast<KernelOpInterface>(op)) {
      rows = kernelOp.getRowCount();
      rowsPerStep = kernelOp.getRowsPerStep();
      if (rows == 0)
        return op.emitOpError("cannot be executed by rows");
      if (failed(verifyBands(kernelOp)))
        return failure();
    } else if (auto call = dyn_cast<CallOp>(op)) {
      rows = static_cast<int32_t>(call.getRowEnd());
      rowsPerStep = call.getStep()->getRows();
    } else {
      return op.emitOpError("is no kernel op, and cannot be in a kernel.stream");
    }
    if (int64_t wanted = llvm::divideCeil(rows, rowsPerStep); count != wanted)
      return op.emitOpError("has ") << count << " steps, expects " << wanted << ": " << rows << " rows, " << rowsPerStep
                                    << " in a step";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// kernel.rows
//===----------------------------------------------------------------------===//

int64_t RowsOp::getRowBytes() {
  auto type = getResult().getType();
  return type.getDimSize(1) == 0 ? 0 : getByteSize(type) / type.getDimSize(1);
}

bool RowsOp::isContiguous(int64_t begin, int64_t end) {
  for (int64_t row = begin + 1; row < end; ++row)
    if (getOffsets()[row] != getOffsets()[row - 1] + getRowBytes())
      return false;
  return true;
}

LogicalResult RowsOp::verify() {
  MemRefType type = getResult().getType();
  if (!isImage(type) || type.getStridesAndOffset().second != 0)
    return emitOpError("expects a result [1, height, width, channels] without an offset, got ") << type;
  int64_t height = type.getDimSize(1), element = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  if (static_cast<int64_t>(getOffsets().size()) != height)
    return emitOpError("expects ") << height << " offsets, got " << getOffsets().size();
  for (auto [row, offset] : llvm::enumerate(getOffsets()))
    if (offset < 0 || offset % element != 0 || offset + getRowBytes() > getArena().getType().getDimSize(0))
      return emitOpError("expects row ") << row << ", " << getRowBytes() << " bytes, inside of "
                                         << getArena().getType() << " at a multiple of " << element
                                         << ", got the offset " << offset;
  return success();
}

} // namespace tinyc::kernel

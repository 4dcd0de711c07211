#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

// An argument list in which `null` stands for a NULL pointer.
static ParseResult parseArguments(OpAsmParser &parser, SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
                                  DenseI32ArrayAttr &nulls) {
  SmallVector<int32_t> positions;
  int32_t position = 0;
  OpAsmParser::UnresolvedOperand operand;
  OptionalParseResult first = parser.parseOptionalOperand(operand);
  bool isNull = !first.has_value() && succeeded(parser.parseOptionalKeyword("null"));
  if (first.has_value() || isNull) {
    while (true) {
      if (isNull)
        positions.push_back(position);
      else if (first.has_value() && failed(*first))
        return failure();
      else
        operands.push_back(operand);
      ++position;
      if (failed(parser.parseOptionalComma()))
        break;
      isNull = succeeded(parser.parseOptionalKeyword("null"));
      if (!isNull && parser.parseOperand(operand))
        return failure();
    }
  }
  nulls = parser.getBuilder().getDenseI32ArrayAttr(positions);
  return success();
}

static void printArguments(OpAsmPrinter &printer, Operation *op, OperandRange operands, DenseI32ArrayAttr nulls) {
  auto call = cast<tinyc::kernel::CallOp>(op);
  llvm::interleaveComma(call.getArguments(), printer, [&](Value argument) {
    if (argument)
      printer << argument;
    else
      printer << "null";
  });
}

static ParseResult parseRows(OpAsmParser &parser, IntegerAttr &begin, IntegerAttr &end) {
  int32_t first, last;
  if (parser.parseInteger(first) || parser.parseComma() || parser.parseInteger(last))
    return failure();
  begin = parser.getBuilder().getI32IntegerAttr(first);
  end = parser.getBuilder().getI32IntegerAttr(last);
  return success();
}

static void printRows(OpAsmPrinter &printer, Operation *op, IntegerAttr begin, IntegerAttr end) {
  printer << begin.getInt() << ", " << end.getInt();
}

using tinyc::loop::parseBody;
using tinyc::loop::printBody;

#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.cpp.inc"

namespace tinyc::kernel {

SmallVector<Value> CallOp::getArguments() {
  SmallVector<Value> arguments(getOperands());
  for (int32_t position : getNulls())
    arguments.insert(arguments.begin() + position, Value());
  return arguments;
}

LogicalResult CallOp::verify() {
  int32_t previous = -1, count = getOperands().size() + getNulls().size();
  for (int32_t position : getNulls()) {
    if (position <= previous || position >= count)
      return emitOpError("expects ascending positions of null arguments below ") << count << ", got " << position;
    previous = position;
  }
  if (static_cast<int32_t>(getRowBegin()) < 0 ||
      static_cast<int32_t>(getRowBegin()) > static_cast<int32_t>(getRowEnd()))
    return emitOpError("expects rows 0 <= begin <= end, got ")
           << static_cast<int32_t>(getRowBegin()) << " and " << static_cast<int32_t>(getRowEnd());
  if (static_cast<bool>(getStep()) != isa_and_nonnull<StreamOp>((*this)->getParentOp()))
    return emitOpError(getStep() ? "expects to be in a kernel.stream: it has a step" : "expects a step in a kernel.stream");
  if (!getStep())
    return success();
  SmallVector<Value> arguments = getArguments();
  for (ArrayRef<int32_t> positions : {getStep()->getBands().asArrayRef(), getStep()->getTables().asArrayRef()})
    for (int32_t position : positions) {
      auto type = position >= 0 && position < count && arguments[position]
                      ? dyn_cast<MemRefType>(arguments[position].getType())
                      : MemRefType();
      if (!type || !type.hasStaticShape() || type.getRank() != 4)
        return emitOpError("expects argument #") << position << " to be a buffer [1, height, width, channels]";
    }
  for (int32_t position : getStep()->getTables().asArrayRef())
    if (!arguments[position].getDefiningOp<RowsOp>())
      return emitOpError("expects argument #") << position << " to be a kernel.rows";
  return success();
}

} // namespace tinyc::kernel

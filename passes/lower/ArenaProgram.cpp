#include "passes/lower/ArenaProgram.h"

#include "passes/lower/Emission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace tinyc::lower {

bool ArenaAccess::overlaps(const ArenaAccess &other) const {
  return llvm::any_of(pieces, [&](const ArenaPiece &a) {
    return llvm::any_of(other.pieces, [&](const ArenaPiece &b) { return a.bytes.overlaps(b.bytes); });
  });
}

FailureOr<ArenaProgram> ArenaProgram::create(func::FuncOp function) {
  auto arena = function.getNumArguments() == 1 ? dyn_cast<MemRefType>(function.getArgumentTypes()[0]) : MemRefType();
  if (!arena || arena.getRank() != 1 || !arena.hasStaticShape() || !arena.getElementType().isInteger(8) ||
      !function.getBody().hasOneBlock())
    return function.emitError("expects one argument, the arena of type memref<Nxi8>");
  ArenaProgram program;
  program.arenaBytes = arena.getNumElements();
  if (failed(program.readPorts(function, kernel::kInputsAttr, program.inputs)) ||
      failed(program.readPorts(function, kernel::kOutputsAttr, program.outputs)))
    return failure();
  for (Operation &op : function.front().without_terminator()) {
    LogicalResult result = success();
    if (auto view = dyn_cast<memref::ViewOp>(op))
      result = program.addView(view, function.getArgument(0));
    else if (auto cast = dyn_cast<memref::ReinterpretCastOp>(op))
      result = program.addCast(cast);
    else if (auto rows = dyn_cast<kernel::RowsOp>(op))
      program.addRows(rows);
    else if (auto stream = dyn_cast<kernel::StreamOp>(op))
      result = program.addStream(stream);
    else if (auto kernelOp = dyn_cast<kernel::KernelOpInterface>(op))
      result = program.addStep(kernelOp, 0, -1);
    else if (!isa<memref::GetGlobalOp, arith::ConstantOp>(op))
      result = op.emitOpError("is not expected in a planned function");
    if (failed(result))
      return failure();
  }
  return program;
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

LogicalResult ArenaProgram::readPorts(func::FuncOp function, StringRef attribute, std::vector<ArenaPort> &ports) {
  auto list = function->getAttrOfType<ArrayAttr>(attribute);
  if (!list)
    return function.emitError("expects the attribute ") << attribute;
  for (Attribute entry : list) {
    auto port = dyn_cast<DictionaryAttr>(entry);
    if (port && port.contains(kernel::kStreamedAttr)) // has no place of its own
      continue;
    auto offset = port ? port.getAs<IntegerAttr>("offset") : IntegerAttr();
    auto bytes = port ? port.getAs<IntegerAttr>("bytes") : IntegerAttr();
    auto name = port ? port.getAs<StringAttr>("name") : StringAttr();
    if (!offset || !bytes || !name)
      return function.emitError("expects name, offset and bytes in each entry of ") << attribute;
    ports.push_back({name.str(), {offset.getInt(), offset.getInt() + bytes.getInt()}});
  }
  return success();
}

LogicalResult ArenaProgram::addView(memref::ViewOp view, Value arena) {
  IntegerAttr shift;
  if (view.getSource() != arena || !matchPattern(view.getByteShift(), m_Constant(&shift)))
    return view.emitOpError("expects a constant offset into the arena");
  places[view.getResult()] = {static_cast<int64_t>(buffers.size()), 0};
  auto port = view->getAttrOfType<StringAttr>(kernel::kPortAttr);
  buffers.push_back({view,
                     getNodeName(view.getLoc()).str(),
                     {shift.getInt()},
                     kernel::getByteSize(view.getType()),
                     /*isScattered=*/false,
                     port ? port.str() : ""});
  return success();
}

LogicalResult ArenaProgram::addCast(memref::ReinterpretCastOp cast) {
  const Place *source = findPlace(cast.getSource());
  if (!source) // a view of a constant
    return success();
  MemRefType type = cast.getType();
  // The layout's offset counts from the buffer's begin: a cast of a cast would lose its own.
  if (!cast.getSource().getDefiningOp<memref::ViewOp>() || !kernel::isContiguous(type))
    return cast.emitOpError("expects a contiguous part of a view of the arena");
  int64_t begin = type.getStridesAndOffset().second * type.getElementTypeBitWidth() / 8;
  if (begin + kernel::getByteSize(type) > buffers[source->buffer].bytes)
    return cast.emitOpError("ends outside of its buffer");
  places[cast.getResult()] = Place{source->buffer, begin};
  return success();
}

void ArenaProgram::addRows(kernel::RowsOp rows) {
  places[rows.getResult()] = {static_cast<int64_t>(buffers.size()), 0};
  buffers.push_back({rows, getNodeName(rows.getLoc()).str(), rows.getOffsets().vec(), rows.getRowBytes(),
                     /*isScattered=*/true, ""});
}

const ArenaProgram::Place *ArenaProgram::findPlace(Value value) const {
  auto place = places.find(value);
  return place == places.end() ? nullptr : &place->second;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

LogicalResult ArenaProgram::addStream(kernel::StreamOp stream) {
  // kernel.stream's verifier has checked that every op occurs as often as its rows need.
  SmallVector<kernel::KernelOpInterface> ops;
  for (Operation &op : stream.getBody().front()) {
    auto kernelOp = dyn_cast<kernel::KernelOpInterface>(op);
    if (!kernelOp)
      return op.emitOpError("is not expected in the stream of a planned function");
    ops.push_back(kernelOp);
  }
  SmallVector<int32_t> next(ops.size(), 0);
  for (int32_t index : stream.getSteps()) {
    kernel::KernelOpInterface op = ops[index];
    int32_t begin = next[index], end = std::min(begin + op.getRowsPerStep(), op.getRowCount());
    next[index] = end;
    if (failed(addStep(op, begin, end)))
      return failure();
  }
  return success();
}

LogicalResult ArenaProgram::addStep(kernel::KernelOpInterface op, int32_t rowBegin, int32_t rowEnd) {
  ArenaStep step = {op, static_cast<int64_t>(steps.size()), rowBegin, rowEnd, {}, {}, {}, false};
  Value outputBuffer = op.getOutputBuffer(), scratchBuffer = op.getScratchBuffer();
  if (!findPlace(outputBuffer))
    return op->emitOpError("expects its output in the arena");
  if (scratchBuffer && !findPlace(scratchBuffer))
    return op->emitOpError("expects its scratch buffer in the arena");
  // Operands stand in the order inputs, output, scratch; an input may be the same value as the output.
  int64_t scratch = scratchBuffer ? op->getNumOperands() - 1 : -1, output = -1;
  for (auto [number, operand] : llvm::enumerate(op->getOperands()))
    if (operand == outputBuffer && static_cast<int64_t>(number) != scratch)
      output = number;
  // Sums over rows: the output keeps what the steps before have added up. kernel.send has one buffer, which it reads.
  step.accumulates = isa<kernel::SendOp>(op) ||
                     (step.isPart() && rowBegin > 0 && op.getRowAccess(output).kind == kernel::RowAccess::Kind::Whole);
  for (auto [number, operand] : llvm::enumerate(op->getOperands())) {
    if (!findPlace(operand))
      continue;
    ArenaAccess access = makeAccess(step, number);
    bool isOutput = static_cast<int64_t>(number) == output;
    if (isOutput)
      step.output = access;
    if (static_cast<int64_t>(number) == scratch)
      step.scratch = std::move(access);
    else if (!isOutput || step.accumulates)
      step.reads.push_back(std::move(access));
  }
  // The rows of kernel.send stand for its output, but it reads them.
  if (isa<kernel::SendOp>(op.getOperation()))
    step.reads.push_back(std::exchange(step.output, ArenaAccess()));
  steps.push_back(std::move(step));
  return success();
}

void ArenaProgram::addBytes(const ArenaStep &step, unsigned operand, int64_t begin, int64_t end,
                            ArenaAccess &access) const {
  kernel::KernelOpInterface op = step.op;
  const Place &place = *findPlace(op->getOperand(operand));
  int64_t base = buffers[place.buffer].offsets.front() + place.offset;
  access.pieces.push_back({{place.buffer, 0}, -1, {base + begin, base + end}});
}

ArenaAccess ArenaProgram::makeAccess(const ArenaStep &step, unsigned operand) const {
  kernel::KernelOpInterface op = step.op;
  Value value = op->getOperand(operand);
  bool isScratch = value == op.getScratchBuffer();
  ArenaAccess access = {operand, {}};
  if (auto copy = dyn_cast<kernel::CopyOp>(op.getOperation()); copy && !isScratch)
    addBlocks(step, copy, operand, access);
  else if (step.isPart() && !isScratch && op.getRowAccess(operand).kind != kernel::RowAccess::Kind::Whole)
    addRows(step, operand, access);
  else
    addBytes(step, operand, 0, kernel::getByteSize(cast<MemRefType>(value.getType())), access);
  return access;
}

void ArenaProgram::addRows(const ArenaStep &step, unsigned operand, ArenaAccess &access) const {
  kernel::KernelOpInterface op = step.op;
  Value value = op->getOperand(operand);
  auto type = cast<MemRefType>(value.getType());
  const Place &place = *findPlace(value);
  const ArenaBuffer &buffer = buffers[place.buffer];
  kernel::RowAccess rowAccess = op.getRowAccess(operand);
  bool isWindow = rowAccess.kind == kernel::RowAccess::Kind::Window;
  int64_t height = type.getDimSize(1), rowBytes = kernel::getByteSize(type) / std::max<int64_t>(height, 1), next = 0;
  for (int64_t y = step.rowBegin; y < step.rowEnd; ++y) {
    int64_t first = isWindow ? y * rowAccess.stride - rowAccess.pad : y;
    int64_t last = std::min(first + (isWindow ? rowAccess.extent : 1), height);
    for (int64_t row = std::max(first, next); row < last; ++row) {
      if (!buffer.isScattered)
        addBytes(step, operand, row * rowBytes, (row + 1) * rowBytes, access);
      else
        access.pieces.push_back({{place.buffer, row}, row, buffer.getRange(row)});
      access.pieces.back().row = row;
    }
    next = std::max(next, last);
  }
}

void ArenaProgram::addBlocks(const ArenaStep &step, kernel::CopyOp copy, unsigned operand, ArenaAccess &access) const {
  bool isOutput = copy.getOutputMutable().getOperandNumber() == operand;
  auto type = cast<MemRefType>(copy->getOperand(operand).getType());
  int64_t element = type.getElementTypeBitWidth() / 8, length = static_cast<int32_t>(copy.getLength()) * element;
  int64_t pitch = static_cast<int32_t>(isOutput ? copy.getOutputPitch() : copy.getInputPitch()) * element;
  int64_t offset = static_cast<int32_t>(isOutput ? copy.getOutputOffset() : copy.getInputOffset()) * element;
  int64_t blocks = static_cast<int32_t>(copy.getBlocks());
  if (!step.isPart() && pitch == length)
    return addBytes(step, operand, offset, offset + blocks * length, access);
  if (!step.isPart()) {
    for (int64_t block = 0; block < blocks; ++block)
      addBytes(step, operand, offset + block * pitch, offset + block * pitch + length, access);
    return;
  }
  ArenaAccess band = {operand, {}};
  addRows(step, operand, band);
  int64_t rowBytes = kernel::getByteSize(type) / type.getDimSize(1), scale = copy.getRowScale();
  for (int64_t block = step.rowBegin * scale; block < step.rowEnd * scale; ++block) {
    int64_t begin = offset + block * pitch - step.rowBegin * rowBytes;
    const ArenaPiece &row = band.pieces[begin / rowBytes];
    int64_t at = row.bytes.begin + begin % rowBytes;
    access.pieces.push_back({row.owner, row.row, {at, at + length}});
  }
}

void ArenaProgram::forEachBackward(
    llvm::function_ref<void(const ArenaStep &, const ByteOwnership &liveAfter)> visit) const {
  ByteOwnership live;
  for (const ArenaPort &port : outputs)
    for (auto [number, buffer] : llvm::enumerate(buffers))
      if (!buffer.isScattered && buffer.getRange(0) == port.range)
        live.set(port.range, {static_cast<int64_t>(number), 0});
  for (const ArenaStep &step : llvm::reverse(steps)) {
    visit(step, live);
    for (const ArenaPiece &piece : step.output.pieces)
      live.clear(piece.bytes);
    for (const ArenaAccess &read : step.reads)
      for (const ArenaPiece &piece : read.pieces)
        live.set(piece.bytes, piece.owner);
  }
}

} // namespace tinyc::lower

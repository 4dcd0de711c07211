#include "passes/lower/Emission.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace tinyc;
using namespace tinyc::lower;

FailureOr<Address> lower::resolveAddress(Operation *user, Value buffer, const SymbolTable &constants) {
  auto type = dyn_cast<MemRefType>(buffer.getType());
  if (!type || !type.getElementType().isIntOrFloat())
    return user->emitOpError("expects buffers of integers or floats, got ") << buffer.getType();

  // A memref's layout offset counts from its base pointer, which only memref.view and get_global move.
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  if (failed(type.getStridesAndOffset(strides, offset)) || ShapedType::isDynamic(offset))
    return user->emitOpError("expects buffers at a constant offset, got ") << type;

  Type element = type.getElementType();
  offset = offset * element.getIntOrFloatBitWidth() / 8;
  while (Operation *definition = buffer.getDefiningOp()) {
    if (auto global = dyn_cast<memref::GetGlobalOp>(definition)) {
      auto constant = constants.lookup<memref::GlobalOp>(global.getName());
      if (!constant)
        return user->emitOpError("uses the unknown constant @") << global.getName();
      return Address{constant, offset, element};
    }
    if (auto view = dyn_cast<memref::ViewOp>(definition)) {
      APInt shift;
      if (!matchPattern(view.getByteShift(), m_ConstantInt(&shift)))
        return user->emitOpError("expects views at a constant offset, got ") << *definition;
      offset += shift.getSExtValue();
      buffer = view.getSource();
      continue;
    }
    auto viewLike = dyn_cast<ViewLikeOpInterface>(definition);
    if (!viewLike)
      return user->emitOpError("expects buffers in the arena or in constants, got ") << *definition;
    buffer = viewLike.getViewSource();
  }
  return Address{nullptr, offset, element, cast<BlockArgument>(buffer).getArgNumber()};
}

// Where the rows of an argument lie that a step reads or writes side by side. If the steps are evenly spaced in the arena
// no table is needed: the rows of whole tensors are, and those of a buffer that all steps share.
static Argument makeBand(kernel::RowsOp rows, int64_t step) {
  ArrayRef<int64_t> offsets = rows.getOffsets();
  int64_t height = offsets.size();
  Type element = rows.getResult().getType().getElementType();
  unsigned region = cast<BlockArgument>(rows.getArena()).getArgNumber();
  int64_t distance = step < height ? offsets[step] - offsets[0] : 0;
  bool isEven = distance % step == 0;
  for (int64_t row = step; row < height; row += step)
    isEven &= offsets[row] - offsets[row - step] == distance;
  if (!isEven)
    return {Argument::Kind::Band, {nullptr, 0, element, region}, 0, rows};
  if (distance == 0)
    return {Argument::Kind::Fixed, {nullptr, offsets[0], element, region}, 0, nullptr};
  return {Argument::Kind::Band, {nullptr, offsets[0], element, region}, distance / step, nullptr};
}

FailureOr<Argument> lower::resolveBand(Operation *user, Value buffer, int64_t step, const SymbolTable &constants) {
  if (auto rows = buffer.getDefiningOp<kernel::RowsOp>())
    return makeBand(rows, step);
  FailureOr<Address> address = resolveAddress(user, buffer, constants);
  if (failed(address))
    return failure();
  auto type = cast<MemRefType>(buffer.getType());
  // With one row there is nothing to move by.
  if (type.getDimSize(1) <= step)
    return Argument{Argument::Kind::Fixed, *address, 0, nullptr};
  return Argument{Argument::Kind::Band, *address, kernel::getByteSize(type) / type.getDimSize(1), nullptr};
}

FailureOr<SmallVector<Argument>> lower::resolveArguments(kernel::CallOp call, const SymbolTable &constants) {
  SmallVector<Argument> arguments;
  kernel::StepAttr step = call.getStep().value_or(nullptr);
  for (auto [index, buffer] : llvm::enumerate(call.getArguments())) {
    auto position = static_cast<int32_t>(index);
    if (!buffer) {
      arguments.emplace_back();
      continue;
    }
    auto rows = buffer.getDefiningOp<kernel::RowsOp>();
    if (step && rows && llvm::is_contained(step.getTables().asArrayRef(), position)) {
      Type element = rows.getResult().getType().getElementType();
      unsigned region = cast<BlockArgument>(rows.getArena()).getArgNumber();
      arguments.push_back({Argument::Kind::Table, {nullptr, 0, element, region}, 0, rows});
      continue;
    }
    if (step && llvm::is_contained(step.getBands().asArrayRef(), position)) {
      FailureOr<Argument> band = resolveBand(call, buffer, step.getRows(), constants);
      if (failed(band))
        return failure();
      arguments.push_back(*band);
      continue;
    }
    FailureOr<Address> address = resolveAddress(call, buffer, constants);
    if (failed(address))
      return failure();
    arguments.push_back({Argument::Kind::Fixed, *address, 0, nullptr});
  }
  return arguments;
}

DenseElementsAttr lower::makeOffsetTable(DenseI64ArrayAttr offsets) {
  SmallVector<uint32_t> words(offsets.asArrayRef());
  Type element = IntegerType::get(offsets.getContext(), 32, IntegerType::Unsigned);
  return DenseElementsAttr::get(RankedTensorType::get({offsets.size()}, element), ArrayRef(words));
}

DenseElementsAttr lower::makeStepTable(kernel::StreamOp stream) {
  ArrayRef<int32_t> steps = stream.getSteps();
  auto getType = [&](unsigned width) {
    Type element = IntegerType::get(stream.getContext(), width, IntegerType::Unsigned);
    return RankedTensorType::get({static_cast<int64_t>(steps.size())}, element);
  };
  if (stream.getBody().front().getOperations().size() <= 256)
    return DenseElementsAttr::get(getType(8), ArrayRef(SmallVector<uint8_t>(steps)));
  return DenseElementsAttr::get(getType(16), ArrayRef(SmallVector<uint16_t>(steps)));
}

// Emits an error if an op of the program's function, or of a stream, is neither a call nor an address.
static LogicalResult checkLowered(Operation &op) {
  if (auto stream = dyn_cast<kernel::StreamOp>(op)) {
    for (Operation &part : stream.getBody().front())
      if (!isa<kernel::CallOp, kernel::ReceiveOp, kernel::SendOp>(part))
        return part.emitOpError("is not lowered: expects kernel.call in a kernel.stream");
    if (stream.getBody().front().getOperations().size() > 1 << 16)
      return op.emitOpError("has more than 65536 ops");
    return success();
  }
  bool isAddress = isa<memref::GetGlobalOp, kernel::RowsOp, ViewLikeOpInterface>(op) ||
                   op.hasTrait<OpTrait::ConstantLike>();
  if (!isAddress && !isa<kernel::CallOp, kernel::ReceiveOp, kernel::SendOp, func::ReturnOp>(op))
    return op.emitOpError("is not lowered: expects kernel.call and addresses only");
  return success();
}

FailureOr<func::FuncOp> lower::getProgram(ModuleOp module) {
  func::FuncOp program;
  for (Operation &op : *module.getBody()) {
    if (isa<memref::GlobalOp, kernel::LoopFunctionOp>(op))
      continue;
    auto function = dyn_cast<func::FuncOp>(op);
    if (!function || program)
      return op.emitOpError("is not part of a lowered program: expects constants and one function");
    program = function;
  }
  if (!program)
    return module.emitError("expects a lowered program: a function of the arena");
  FunctionType type = program.getFunctionType();
  bool hasArena = type.getNumInputs() >= 1 && llvm::all_of(type.getInputs(), llvm::IsaPred<MemRefType>);
  if (!hasArena || type.getNumResults() != 0 || !program.getBody().hasOneBlock())
    return program.emitOpError("expects the arena as its only argument, or its regions, and no result, got ") << type;
  for (Operation &op : program.getBody().front())
    if (failed(checkLowered(op)))
      return failure();
  return program;
}

SmallVector<memref::GlobalOp> lower::getConstants(func::FuncOp program) {
  llvm::StringSet<> used;
  program.walk([&](memref::GetGlobalOp op) { used.insert(op.getName()); });
  SmallVector<memref::GlobalOp> constants;
  for (auto constant : program->getParentOfType<ModuleOp>().getOps<memref::GlobalOp>())
    if (used.contains(constant.getSymName()))
      constants.push_back(constant);
  return constants;
}

FailureOr<DenseElementsAttr> lower::getFlatValues(memref::GlobalOp constant) {
  auto values = dyn_cast_or_null<DenseElementsAttr>(constant.getInitialValueAttr());
  if (!values || !values.getElementType().isIntOrFloat())
    return constant.emitOpError("expects its values as dense integers or floats");
  return values.reshape(RankedTensorType::get({values.getNumElements()}, values.getElementType()));
}

int64_t lower::getAlignment(memref::GlobalOp constant) {
  int64_t element = llvm::divideCeil(constant.getType().getElementTypeBitWidth(), 8);
  return std::max<int64_t>({static_cast<int64_t>(constant.getAlignment().value_or(0)), element, 4});
}

Identifiers::Identifiers(func::FuncOp program) {
  for (StringRef word :
       {"auto",     "break",  "case",     "char",   "const",   "continue", "default",  "do",     "double",
        "else",     "enum",   "extern",   "float",  "for",     "goto",     "if",       "inline", "int",
        "long",     "return", "register", "short",  "signed",  "sizeof",   "static",   "struct", "switch",
        "restrict", "union",  "typedef",  "unsigned", "void",  "volatile", "while",    "main",   "arena",
        "steps",    "step",   "rows",     "row",      "end",   "input",    "state"})
    taken.insert(word);
  StringRef name = program.getSymName();
  taken.insert(name);
  name.consume_back("run");
  prefix = name.str();
  for (StringRef function : {"context", "init", "input", "output", "input_bytes", "output_bytes", "invoke",
                             "state", "rows", "read_rows", "write_rows", "row_bytes", "restart", "next", "push_rows",
                             "stop"})
    taken.insert(prefix + function.str());
}

std::string Identifiers::createStream() { return create(prefix + "stream_" + std::to_string(streams++)); }

std::string Identifiers::create(StringRef name, StringRef suffix) {
  std::string base;
  for (char c : name.ltrim("/_"))
    base += llvm::isAlnum(c) ? c : '_';
  // Names of kernels and of C types begin with tinyc_ and end in _t; macros have no lower-case letter.
  if (base.empty() || llvm::isDigit(base.front()) || StringRef(base).starts_with("tinyc_") ||
      StringRef(base).ends_with("_t") || llvm::none_of(base, llvm::isLower))
    base = "node_" + base;
  base += suffix;
  std::string result = base;
  for (unsigned number = 2; !taken.insert(result).second; ++number)
    result = base + "_" + std::to_string(number);
  return result;
}

StringRef lower::getNodeName(Location location) {
  if (auto name = location->findInstanceOf<NameLoc>())
    return name.getName();
  return "";
}

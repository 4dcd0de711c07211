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
  offset *= llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
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
  return Address{nullptr, offset, element};
}

FailureOr<func::FuncOp> lower::getProgram(ModuleOp module) {
  func::FuncOp program;
  for (Operation &op : *module.getBody()) {
    if (isa<memref::GlobalOp>(op))
      continue;
    auto function = dyn_cast<func::FuncOp>(op);
    if (!function || program)
      return op.emitOpError("is not part of a lowered program: expects constants and one function");
    program = function;
  }
  if (!program)
    return module.emitError("expects a lowered program: a function of the arena");
  FunctionType type = program.getFunctionType();
  if (type.getNumInputs() != 1 || !isa<MemRefType>(type.getInput(0)) || type.getNumResults() != 0 ||
      !program.getBody().hasOneBlock())
    return program.emitOpError("expects the arena as its only argument and no result, got ") << type;
  for (Operation &op : program.getBody().front()) {
    bool isAddress = isa<memref::GetGlobalOp, ViewLikeOpInterface>(op) || op.hasTrait<OpTrait::ConstantLike>();
    if (!isAddress && !isa<kernel::CallOp, func::ReturnOp>(op))
      return op.emitOpError("is not lowered: expects kernel.call and addresses only");
  }
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
  return std::max<int64_t>(constant.getAlignment().value_or(0), 4);
}

Identifiers::Identifiers(func::FuncOp program) {
  for (StringRef word :
       {"auto",     "break",  "case",     "char",   "const",   "continue", "default",  "do",     "double",
        "else",     "enum",   "extern",   "float",  "for",     "goto",     "if",       "inline", "int",
        "long",     "return", "register", "short",  "signed",  "sizeof",   "static",   "struct", "switch",
        "restrict", "union",  "typedef",  "unsigned", "void",  "volatile", "while",    "main",   "arena"})
    taken.insert(word);
  StringRef name = program.getSymName(), prefix = name;
  taken.insert(name);
  prefix.consume_back("run");
  for (StringRef function : {"context", "init", "input", "output", "input_bytes", "output_bytes", "invoke"})
    taken.insert((prefix + function).str());
}

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

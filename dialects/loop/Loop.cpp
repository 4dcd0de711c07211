#include "dialects/loop/Loop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/AffineExprVisitor.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

#include "dialects/loop/LoopDialect.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/loop/LoopOps.cpp.inc"

namespace tinyc::loop {

void LoopDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/loop/LoopOps.cpp.inc"
      >();
}

ParseResult parseBody(OpAsmParser &parser, Region &body) {
  return parser.parseRegion(body, /*arguments=*/{}, /*enableNameShadowing=*/true);
}

void printBody(OpAsmPrinter &printer, Operation *, Region &body) { printer.printRegion(body); }

namespace {

/// The terms of a linear expression; `isLinear` is false if it is not one.
struct LinearTerms : AffineExprVisitor<LinearTerms> {
  LinearTerms(AffineExpr expr, size_t loops) : factors(loops, 0) { add(expr, 1); }

  void add(AffineExpr expr, int64_t factor) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
      offset += factor * constant.getValue();
    } else if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      factors[dim.getPosition()] += factor;
    } else if (auto binary = dyn_cast<AffineBinaryOpExpr>(expr); binary && expr.getKind() == AffineExprKind::Add) {
      add(binary.getLHS(), factor);
      add(binary.getRHS(), factor);
    } else if (binary && expr.getKind() == AffineExprKind::Mul && isa<AffineConstantExpr>(binary.getRHS())) {
      add(binary.getLHS(), factor * cast<AffineConstantExpr>(binary.getRHS()).getValue());
    } else {
      isLinear = false;
    }
  }

  SmallVector<int64_t> factors;
  int64_t offset = 0;
  bool isLinear = true;
};

} // namespace

bool Nest::isScan() const {
  return llvm::any_of(llvm::seq<int64_t>(parallel, sizes.size()),
                      [&](int64_t loop) { return maps.back().isFunctionOfDim(loop); });
}

int64_t Nest::countIterations() const {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

LinearAccess getAccess(const Nest &nest, size_t number) {
  LinearAccess access;
  access.strides.assign(nest.sizes.size(), 0);
  int64_t stride = 1;
  ArrayRef<int64_t> shape = nest.types[number].getShape();
  for (size_t dim = shape.size(); dim-- > 0; stride *= shape[dim]) {
    LinearTerms terms(nest.maps[number].getResult(dim), nest.sizes.size());
    access.offset += terms.offset * stride;
    for (auto [sum, factor] : llvm::zip_equal(access.strides, terms.factors))
      sum += factor * stride;
  }
  return access;
}

Type getScalarType(Type elementType) {
  if (auto quantized = dyn_cast<quant::QuantizedType>(elementType))
    elementType = quantized.getStorageType();
  if (auto integer = dyn_cast<IntegerType>(elementType))
    return IntegerType::get(integer.getContext(), integer.getWidth());
  return elementType;
}

std::optional<unsigned> getOperandCount(StringRef function) {
  return llvm::StringSwitch<std::optional<unsigned>>(function)
#define LOOP_FUNCTION(name, operands) .Case(#name, operands)
#include "dialects/loop/Functions.def"
#undef LOOP_FUNCTION
      .Default(std::nullopt);
}

static bool isScalar(Type type) {
  return type.isF32() || type.isSignlessInteger(1) || type.isSignlessInteger(8) || type.isSignlessInteger(16) ||
         type.isSignlessInteger(32) || type.isSignlessInteger(64);
}

/// C4, C5: each index is linear in the loops and stays inside of its dimension.
static LogicalResult verifyMap(Operation *op, const Nest &nest, size_t number) {
  AffineMap map = nest.maps[number];
  ShapedType type = nest.types[number];
  if (map.getNumDims() != nest.sizes.size() || map.getNumSymbols() != 0)
    return op->emitOpError("expects map #") << number << " to be of " << nest.sizes.size() << " loops, got " << AffineMapAttr::get(map)
                                            << " (C3)";
  bool isResult = number + 1 == nest.types.size();
  if (map.getNumResults() != type.getRank() && (isResult || map.getNumResults() != 0))
    return op->emitOpError("expects map #") << number << " to have " << type.getRank() << " results, got " << AffineMapAttr::get(map)
                                            << " (C3)";
  for (auto [index, size] : llvm::zip(map.getResults(), type.getShape())) {
    LinearTerms terms(index, nest.sizes.size());
    if (!terms.isLinear)
      return op->emitOpError("expects linear indices, got ") << AffineMapAttr::get(map) << " (C4)";
    int64_t least = terms.offset, most = terms.offset;
    for (auto [factor, loops] : llvm::zip_equal(terms.factors, nest.sizes)) {
      int64_t reach = 0;
      if (llvm::MulOverflow(factor, loops - 1, reach) || llvm::AddOverflow(reach < 0 ? least : most, reach, reach < 0 ? least : most))
        return op->emitOpError("expects indices below 2^63 (C4)");
    }
    if (least < 0 || most >= size)
      return op->emitOpError("expects indices 0 .. ") << size - 1 << " in " << type << ", map #" << number
                                                      << " gives " << least << " .. " << most << " (C4)";
  }
  return success();
}

static LogicalResult verifyBodyOp(Operation &op, Operation *owner, const Nest &nest) {
  if (op.getNumRegions() != 0 || !isa<LoopDialect, arith::ArithDialect>(op.getDialect()))
    return op.emitOpError("is no op of the body of a loop nest (C6)");
  for (Type type : llvm::concat<Type>(llvm::to_vector(op.getOperandTypes()), llvm::to_vector(op.getResultTypes())))
    if (!isScalar(type))
      return op.emitOpError("expects scalars f32, i1, i8, i16, i32 or i64, got ") << type << " (C6)";
  if (auto index = dyn_cast<IndexOp>(op); index && index.getLoop() >= nest.sizes.size())
    return op.emitOpError("expects a loop below ") << nest.sizes.size() << ", got " << index.getLoop() << " (C1)";
  if (auto call = dyn_cast<CallOp>(op)) {
    std::optional<unsigned> count = getOperandCount(call.getFunction());
    if (!count)
      return op.emitOpError("names the unknown function '") << call.getFunction() << "' (C1)";
    if (*count != call.getOperands().size())
      return op.emitOpError("expects ") << *count << " operands, got " << call.getOperands().size() << " (C2)";
  }
  if (auto load = dyn_cast<LoadOp>(op)) {
    if (load.getTensor() >= nest.getInputCount())
      return op.emitOpError("expects a tensor below ") << nest.getInputCount() << ", got " << load.getTensor()
                                                       << " (C1)";
    ShapedType type = nest.types[load.getTensor()];
    if (static_cast<int64_t>(load.getIndices().size()) != type.getRank())
      return op.emitOpError("expects ") << type.getRank() << " indices, got " << load.getIndices().size() << " (C2)";
    if (load.getType() != getScalarType(type.getElementType()))
      return op.emitOpError("expects a result of type ") << getScalarType(type.getElementType()) << ", got "
                                                         << load.getType() << " (C3)";
  }
  return success();
}

LogicalResult verifyNest(Operation *op, const Nest &nest) {
  if (nest.parallel < 0 || nest.parallel > static_cast<int64_t>(nest.sizes.size()))
    return op->emitOpError("expects 0 .. ") << nest.sizes.size() << " parallel loops, got " << nest.parallel << " (C1)";
  int64_t iterations = 1;
  for (int64_t size : nest.sizes)
    if (size < 1 || llvm::MulOverflow(iterations, size, iterations) || size > INT32_MAX)
      return op->emitOpError("expects loops of 1 .. 2^31 - 1 iterations, at most 2^63 - 1 in all, got [")
             << nest.sizes << "] (C1)";
  if (nest.maps.size() != nest.types.size())
    return op->emitOpError("expects ") << nest.types.size() << " maps, got " << nest.maps.size() << " (C3)";
  for (ShapedType type : nest.types)
    if (!type.hasStaticShape() || type.getNumElements() > INT32_MAX || !isScalar(getScalarType(type.getElementType())))
      return op->emitOpError("expects at most 2^31 - 1 elements that are scalars, got ") << type << " (C2)";
  for (size_t number = 0; number < nest.types.size(); ++number)
    if (failed(verifyMap(op, nest, number)))
      return failure();
  // C5: each point of the parallel loops has an element of its own, and each element one.
  int64_t written = 1;
  llvm::SmallBitVector used(nest.sizes.size());
  for (AffineExpr index : nest.maps.back().getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(index);
    if (!dim && !isa<AffineConstantExpr>(index))
      return op->emitOpError("expects the result's indices to be loops or 0, got ") << AffineMapAttr::get(nest.maps.back()) << " (C5)";
    if (!dim)
      continue;
    if (used.test(dim.getPosition()))
      return op->emitOpError("expects each loop once in the result's indices, got ") << AffineMapAttr::get(nest.maps.back()) << " (C5)";
    used.set(dim.getPosition());
    written *= nest.sizes[dim.getPosition()];
  }
  for (int64_t loop = 0; loop < nest.parallel; ++loop)
    if (!used.test(loop) && nest.sizes[loop] != 1)
      return op->emitOpError("expects every parallel loop in the result's indices, got ") << AffineMapAttr::get(nest.maps.back()) << " (C5)";
  if (written != nest.types.back().getNumElements())
    return op->emitOpError("expects the loops to write ") << nest.types.back().getNumElements() << " elements, got "
                                                          << written << " (C5)";

  SmallVector<Type> arguments;
  for (size_t number = 0; number < nest.getInputCount(); ++number)
    if (nest.isMapped(number))
      arguments.push_back(getScalarType(nest.types[number].getElementType()));
  Type result = getScalarType(nest.types.back().getElementType());
  if (nest.hasReduction()) {
    arguments.push_back(result);
    if (!nest.init || nest.init.getType() != result || !isa<IntegerAttr, FloatAttr>(nest.init))
      return op->emitOpError("expects an initial value of type ") << result << " (C7)";
  } else if (nest.init) {
    return op->emitOpError("expects an initial value with reductions only (C7)");
  }
  if (TypeRange(arguments) != TypeRange(nest.body->getArgumentTypes()))
    return op->emitOpError("expects a body with arguments of types (") << arguments << "), got ("
                                                                       << nest.body->getArgumentTypes() << ") (C6)";
  for (Operation &each : *nest.body)
    if (failed(verifyBodyOp(each, op, nest)))
      return failure();
  auto yield = dyn_cast<YieldOp>(nest.body->getTerminator());
  if (!yield || yield.getValue().getType() != result)
    return op->emitOpError("expects a body that yields ") << result << " (C6)";
  return success();
}

} // namespace tinyc::loop

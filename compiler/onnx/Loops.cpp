#include "compiler/onnx/Loops.h"

#include "dialects/nn/Interpreter.h"

#include <limits>

using namespace mlir;

namespace tinyc::onnx {

Type getPlainType(MLIRContext *context, DataType type) {
  if (type == DataType::Float)
    return Float32Type::get(context);
  if (type == DataType::Bool)
    return IntegerType::get(context, 1);
  return IntegerType::get(context, getBitWidth(type), isUnsigned(type) ? IntegerType::Unsigned : IntegerType::Signless);
}

static Type getScalarType(MLIRContext *context, DataType type) {
  return loop::getScalarType(getPlainType(context, type));
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

Scalar Body::number(DataType type, double value) {
  if (type != DataType::Float)
    return integer(type, static_cast<int64_t>(value));
  return {this, arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(static_cast<float>(value))), type};
}

Scalar Body::integer(DataType type, int64_t value) {
  Type scalar = getScalarType(builder.getContext(), type);
  APInt bits(scalar.getIntOrFloatBitWidth(), static_cast<uint64_t>(value), /*isSigned=*/true, /*implicitTrunc=*/true);
  return {this, arith::ConstantOp::create(builder, loc, IntegerAttr::get(scalar, bits)), type};
}

Scalar Body::index(unsigned loop) { return {this, loop::IndexOp::create(builder, loc, builder.getI32Type(), loop), DataType::Int32}; }

Scalar Body::load(unsigned number, llvm::ArrayRef<Scalar> indices, DataType type) {
  SmallVector<Value> values;
  for (Scalar index : indices)
    values.push_back(cast(index, DataType::Int32).value);
  return {this, loop::LoadOp::create(builder, loc, getScalarType(builder.getContext(), type), number, values), type};
}

/// FloatOp, SignedOp or UnsignedOp, as the type of the operands says.
template <typename FloatOp, typename SignedOp, typename UnsignedOp = SignedOp>
static Scalar combine(Scalar lhs, Scalar rhs) {
  assert(lhs.type == rhs.type && "operands have one type");
  Body &body = *lhs.body;
  Value value;
  if (lhs.type == DataType::Float)
    value = FloatOp::create(body.builder, body.loc, lhs.value, rhs.value);
  else if (isUnsigned(lhs.type))
    value = UnsignedOp::create(body.builder, body.loc, lhs.value, rhs.value);
  else
    value = SignedOp::create(body.builder, body.loc, lhs.value, rhs.value);
  return {&body, value, lhs.type};
}

Scalar operator+(Scalar lhs, Scalar rhs) { return combine<arith::AddFOp, arith::AddIOp>(lhs, rhs); }
Scalar operator-(Scalar lhs, Scalar rhs) { return combine<arith::SubFOp, arith::SubIOp>(lhs, rhs); }
Scalar operator*(Scalar lhs, Scalar rhs) { return combine<arith::MulFOp, arith::MulIOp>(lhs, rhs); }

/// A divisor for which the division of integers is defined; `isDefined` says whether it is the one given.
static Scalar makeDivisor(Scalar rhs, Scalar &isZero, Scalar &isMinusOne) {
  isZero = rhs == 0;
  isMinusOne = isUnsigned(rhs.type) ? isZero : rhs == -1;
  return select(isZero | isMinusOne, rhs.body->number(rhs.type, 1), rhs);
}

Scalar operator/(Scalar lhs, Scalar rhs) {
  if (lhs.type == DataType::Float)
    return combine<arith::DivFOp, arith::DivSIOp>(lhs, rhs);
  Scalar isZero, isMinusOne, zero = lhs.body->number(lhs.type, 0);
  Scalar quotient = combine<arith::DivFOp, arith::DivSIOp, arith::DivUIOp>(lhs, makeDivisor(rhs, isZero, isMinusOne));
  if (!isUnsigned(lhs.type))
    quotient = select(isMinusOne, zero - lhs, quotient);
  return select(isZero, zero, quotient);
}

Scalar operator%(Scalar lhs, Scalar rhs) {
  if (lhs.type == DataType::Float)
    return call("fmod", lhs, rhs);
  Scalar isZero, isMinusOne; // x mod 1 is 0, too
  return combine<arith::RemFOp, arith::RemSIOp, arith::RemUIOp>(lhs, makeDivisor(rhs, isZero, isMinusOne));
}

Scalar operator-(Scalar operand) {
  Body &body = *operand.body;
  if (operand.type == DataType::Float)
    return {&body, arith::NegFOp::create(body.builder, body.loc, operand.value), operand.type};
  return body.number(operand.type, 0) - operand;
}

static Scalar compare(arith::CmpFPredicate ofFloats, arith::CmpIPredicate ofSigned, arith::CmpIPredicate ofUnsigned,
                      Scalar lhs, Scalar rhs) {
  assert(lhs.type == rhs.type && "operands have one type");
  Body &body = *lhs.body;
  Value value;
  if (lhs.type == DataType::Float)
    value = arith::CmpFOp::create(body.builder, body.loc, ofFloats, lhs.value, rhs.value);
  else
    value = arith::CmpIOp::create(body.builder, body.loc, isUnsigned(lhs.type) ? ofUnsigned : ofSigned, lhs.value, rhs.value);
  return {&body, value, DataType::Bool};
}

using F = arith::CmpFPredicate;
using I = arith::CmpIPredicate;
Scalar operator<(Scalar lhs, Scalar rhs) { return compare(F::OLT, I::slt, I::ult, lhs, rhs); }
Scalar operator<=(Scalar lhs, Scalar rhs) { return compare(F::OLE, I::sle, I::ule, lhs, rhs); }
Scalar operator>(Scalar lhs, Scalar rhs) { return compare(F::OGT, I::sgt, I::ugt, lhs, rhs); }
Scalar operator>=(Scalar lhs, Scalar rhs) { return compare(F::OGE, I::sge, I::uge, lhs, rhs); }
Scalar operator==(Scalar lhs, Scalar rhs) { return compare(F::OEQ, I::eq, I::eq, lhs, rhs); }
Scalar operator!=(Scalar lhs, Scalar rhs) { return compare(F::UNE, I::ne, I::ne, lhs, rhs); }

/// An op on the bits of integers or conditions.
template <typename Op> static Scalar combineBits(Scalar lhs, Scalar rhs) {
  return {lhs.body, Op::create(lhs.body->builder, lhs.body->loc, lhs.value, rhs.value), lhs.type};
}
Scalar operator&(Scalar lhs, Scalar rhs) { return combineBits<arith::AndIOp>(lhs, rhs); }
Scalar operator|(Scalar lhs, Scalar rhs) { return combineBits<arith::OrIOp>(lhs, rhs); }
Scalar operator^(Scalar lhs, Scalar rhs) { return combineBits<arith::XOrIOp>(lhs, rhs); }
Scalar operator!(Scalar condition) { return condition ^ condition.body->integer(condition.type, -1); }

Scalar select(Scalar condition, Scalar whenTrue, Scalar whenFalse) {
  Body &body = *condition.body;
  return {&body, arith::SelectOp::create(body.builder, body.loc, condition.value, whenTrue.value, whenFalse.value),
          whenTrue.type};
}

Scalar minimum(Scalar lhs, Scalar rhs) {
  Scalar least = select(rhs < lhs, rhs, lhs);
  return lhs.type == DataType::Float ? select(isNaN(rhs), rhs, least) : least;
}

Scalar maximum(Scalar lhs, Scalar rhs) {
  Scalar most = select(rhs > lhs, rhs, lhs);
  return lhs.type == DataType::Float ? select(isNaN(rhs), rhs, most) : most;
}

Scalar call(llvm::StringRef function, Scalar operand) {
  Body &body = *operand.body;
  return {&body, loop::CallOp::create(body.builder, body.loc, body.builder.getF32Type(), function, operand.value),
          DataType::Float};
}

Scalar call(llvm::StringRef function, Scalar lhs, Scalar rhs) {
  Body &body = *lhs.body;
  return {&body,
          loop::CallOp::create(body.builder, body.loc, body.builder.getF32Type(), function, ValueRange{lhs.value, rhs.value}),
          DataType::Float};
}

/// To an integer type: truncated, saturating.
static Scalar castToInteger(Scalar operand, DataType type) {
  Body &body = *operand.body;
  const unsigned width = getBitWidth(type);
  const bool hasSign = !isUnsigned(type);
  // Both ends are powers of 2 and exact.
  const double low = hasSign ? -std::ldexp(1.0, width - 1) : 0.0, high = std::ldexp(1.0, hasSign ? width - 1 : width);
  Scalar isInside = (operand >= low) & (operand < high);
  Scalar inside = select(isInside, operand, body.number(DataType::Float, 0));
  Type scalar = getScalarType(body.builder.getContext(), type);
  Value value = hasSign ? Value(arith::FPToSIOp::create(body.builder, body.loc, scalar, inside.value))
                        : Value(arith::FPToUIOp::create(body.builder, body.loc, scalar, inside.value));
  Scalar most = body.integer(type, hasSign ? llvm::maxIntN(width) : -1),
         least = body.integer(type, hasSign ? llvm::minIntN(width) : 0), zero = body.integer(type, 0);
  Scalar outside = select(operand >= high, most, select(operand < low, least, zero));
  return select(isInside, {&body, value, type}, outside);
}

Scalar cast(Scalar operand, DataType type) {
  Body &body = *operand.body;
  if (operand.type == type)
    return operand;
  if (type == DataType::Bool)
    return operand != 0;
  if (operand.type == DataType::Float)
    return castToInteger(operand, type);
  Type scalar = getScalarType(body.builder.getContext(), type);
  const bool extendsZeros = isUnsigned(operand.type) || operand.type == DataType::Bool;
  if (type == DataType::Float) {
    if (extendsZeros)
      return {&body, arith::UIToFPOp::create(body.builder, body.loc, scalar, operand.value), type};
    return {&body, arith::SIToFPOp::create(body.builder, body.loc, scalar, operand.value), type};
  }
  const unsigned from = operand.value.getType().getIntOrFloatBitWidth(), to = scalar.getIntOrFloatBitWidth();
  if (from > to)
    return {&body, arith::TruncIOp::create(body.builder, body.loc, scalar, operand.value), type};
  if (from < to && extendsZeros)
    return {&body, arith::ExtUIOp::create(body.builder, body.loc, scalar, operand.value), type};
  if (from < to)
    return {&body, arith::ExtSIOp::create(body.builder, body.loc, scalar, operand.value), type};
  return {&body, operand.value, type};
}

Scalar shift(Scalar operand, Scalar bits, bool left) {
  Body &body = *operand.body;
  Scalar width = body.integer(bits.type, getBitWidth(operand.type)), zero = body.integer(operand.type, 0);
  Scalar isInside = bits < width, count = select(isInside, bits, body.integer(bits.type, 0));
  Value value = left ? Value(arith::ShLIOp::create(body.builder, body.loc, operand.value, count.value))
                     : Value(arith::ShRUIOp::create(body.builder, body.loc, operand.value, count.value));
  return select(isInside, {&body, value, operand.type}, zero);
}

//===----------------------------------------------------------------------===//
// Nests
//===----------------------------------------------------------------------===//

/// Real values, or the integers ONNX sees.
static ConstantRef getPlainConstant(const Operand &operand) {
  const Constant &constant = *operand.constant;
  return constant.quantization ? Constant::fromFloats(constant.shape, constant.getFloats()) : operand.constant;
}

static FailureOr<Operand> evaluateNest(NodeImporter &node, nn::LoopNestOp op, llvm::ArrayRef<ConstantRef> constants,
                                       DataType type) {
  std::vector<nn::HostTensor> tensors;
  for (auto [constant, value] : llvm::zip_equal(constants, op.getInputs())) {
    nn::HostTensor &tensor = tensors.emplace_back(cast<RankedTensorType>(value.getType()));
    llvm::copy(constant->bytes, tensor.getBytes().begin());
  }
  SmallVector<const nn::HostTensor *> operands;
  for (const nn::HostTensor &tensor : tensors)
    operands.push_back(&tensor);
  FailureOr<nn::HostTensor> result = nn::evaluate(op, operands);
  SmallVector<Value> inputs(op.getInputs());
  op.erase();
  for (Value input : inputs)
    if (Operation *constant = input.getDefiningOp(); constant && constant->use_empty())
      constant->erase();
  if (failed(result))
    return failure();
  auto folded = std::make_shared<Constant>(type, result->getType().getShape());
  llvm::copy(result->getBytes(), folded->bytes.begin());
  return Operand(folded);
}

FailureOr<Operand> buildLoops(NodeImporter &node, const Loops &loops, BodyBuilder buildBody) {
  OpBuilder &builder = node.builder;
  MLIRContext *context = builder.getContext();
  bool isConstant = true;
  for (const LoopInput &input : loops.inputs) {
    if (!isLoopType(input.operand.type))
      return node.emitError() << "elements of type " << getName(input.operand.type) << " are not supported";
    isConstant &= input.operand.isConstant();
  }
  Type element = getPlainType(context, loops.type);
  if (loops.moves && !loops.inputs[*loops.moves].operand.isConstant())
    element = getElementTypeOrSelf(loops.inputs[*loops.moves].operand.value);
  FailureOr<RankedTensorType> type = node.makeType(loops.shape, element);
  if (failed(type))
    return failure();
  SmallVector<Value> values;
  SmallVector<ConstantRef> constants;
  SmallVector<AffineMap> maps;
  SmallVector<Type> arguments;
  SmallVector<DataType> argumentTypes;
  const AffineMap unmapped = AffineMap::get(loops.sizes.size(), 0, context);
  for (const LoopInput &input : loops.inputs) {
    if (llvm::is_contained(input.operand.getShape(), 0))
      return node.emitError() << "has an input without elements: shape " << toString(input.operand.getShape());
    if (input.operand.isConstant())
      constants.push_back(getPlainConstant(input.operand));
    values.push_back(input.operand.isConstant() ? node.materialize(*constants.back()) : input.operand.value);
    maps.push_back(input.map ? input.map : unmapped);
    if (maps.back().getNumResults() != input.operand.getShape().size())
      continue;
    arguments.push_back(loop::getScalarType(getElementTypeOrSelf(values.back())));
    argumentTypes.push_back(input.operand.type);
  }
  maps.push_back(loops.map);
  const bool reduces = loops.parallel < static_cast<int64_t>(loops.sizes.size());
  Type result = loop::getScalarType(element);
  mlir::Attribute init;
  if (reduces) {
    arguments.push_back(result);
    argumentTypes.push_back(loops.type);
    if (result.isF32()) {
      init = builder.getF32FloatAttr(static_cast<float>(loops.init));
    } else {
      // The ends of 64 bits are no doubles.
      const unsigned width = result.getIntOrFloatBitWidth();
      int64_t value = loops.init >= 0x1p63 ? INT64_MAX : loops.init <= -0x1p63 ? INT64_MIN : static_cast<int64_t>(loops.init);
      init = IntegerAttr::get(result, APInt(width, static_cast<uint64_t>(value), true, /*implicitTrunc=*/true));
    }
  }
  auto op = node.create<nn::LoopNestOp>(*type, builder.getStringAttr(node.getOperatorName()), values,
                                        builder.getDenseI64ArrayAttr(loops.sizes), builder.getI64IntegerAttr(loops.parallel),
                                        builder.getAffineMapArrayAttr(maps), init);
  {
    OpBuilder::InsertionGuard guard(builder);
    Block &block = op.getBody().emplaceBlock();
    builder.setInsertionPointToStart(&block);
    Body body(builder, node.loc);
    SmallVector<Scalar> scalars;
    for (auto [each, dataType] : llvm::zip_equal(arguments, argumentTypes))
      scalars.push_back({&body, block.addArgument(each, node.loc), dataType});
    Scalar yielded = buildBody(body, scalars);
    loop::YieldOp::create(builder, node.loc, yielded.value);
  }
  if (isConstant)
    return evaluateNest(node, op, constants, loops.type);
  return Operand(op.getOutput(), loops.type);
}

AffineMap makeBroadcastMap(NodeImporter &node, llvm::ArrayRef<int64_t> shape, int64_t rank) {
  SmallVector<AffineExpr> indices;
  for (auto [index, size] : llvm::enumerate(shape))
    indices.push_back(size == 1 ? node.builder.getAffineConstantExpr(0)
                                : node.builder.getAffineDimExpr(rank - static_cast<int64_t>(shape.size()) + index));
  return AffineMap::get(rank, 0, indices, node.builder.getContext());
}

FailureOr<Operand> buildElementwise(NodeImporter &node, llvm::ArrayRef<Operand> operands, DataType type,
                                    BodyBuilder body) {
  Shape shape;
  for (const Operand &operand : operands) {
    std::optional<Shape> joined = broadcastShapes(shape, operand.getShape());
    if (!joined)
      return node.emitError() << "shapes " << toString(shape) << " and " << toString(operand.getShape())
                              << " do not broadcast";
    shape = *joined;
  }
  const int64_t rank = shape.size();
  Loops loops = {{}, shape, rank, shape, type, AffineMap::getMultiDimIdentityMap(rank, node.builder.getContext())};
  for (const Operand &operand : operands)
    loops.inputs.push_back({operand, makeBroadcastMap(node, operand.getShape(), rank)});
  return buildLoops(node, loops, body);
}

FailureOr<Operand> buildReduction(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> axes,
                                  DataType type, double init, BodyBuilder body) {
  const int64_t rank = operand.getRank();
  if (axes.empty()) { // each element is a reduction of its own
    auto once = [&](Body &inner, llvm::ArrayRef<Scalar> elements) {
      Scalar start = inner.number(type, init);
      return body(inner, {elements[0], start});
    };
    return buildElementwise(node, operand, type, once);
  }
  Loops loops;
  SmallVector<AffineExpr> from(rank), to(rank);
  auto add = [&](int64_t dim) {
    from[dim] = node.builder.getAffineDimExpr(loops.sizes.size());
    to[dim] = llvm::is_contained(axes, dim) ? node.builder.getAffineConstantExpr(0) : from[dim];
    loops.sizes.push_back(operand.getShape()[dim]);
  };
  for (int64_t dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(axes, dim))
      add(dim);
  loops.parallel = loops.sizes.size();
  for (int64_t axis : axes)
    add(axis);
  loops.shape.assign(operand.getShape().begin(), operand.getShape().end());
  for (int64_t axis : axes)
    loops.shape[axis] = 1;
  loops.type = type;
  loops.init = init;
  MLIRContext *context = node.builder.getContext();
  loops.map = AffineMap::get(rank, 0, to, context);
  loops.inputs.push_back({operand, AffineMap::get(rank, 0, from, context)});
  return buildLoops(node, loops, body);
}

FailureOr<Operand>
buildMovement(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> shape,
              llvm::function_ref<SmallVector<Scalar>(Body &, llvm::ArrayRef<Scalar>)> getIndices,
              llvm::ArrayRef<Operand> others) {
  const int64_t rank = shape.size();
  Loops loops = {{{operand, AffineMap()}}, Shape(shape), rank, Shape(shape), operand.type,
                 AffineMap::getMultiDimIdentityMap(rank, node.builder.getContext())};
  for (const Operand &other : others)
    loops.inputs.push_back({other, AffineMap()});
  loops.moves = 0;
  return buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> elements) {
    if (operand.getRank() == 0)
      return elements[0];
    SmallVector<Scalar> indices;
    for (int64_t dim = 0; dim < rank; ++dim)
      indices.push_back(body.index(dim));
    return body.load(0, getIndices(body, indices), operand.type);
  });
}

Operand reshapeOperand(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> shape) {
  if (llvm::ArrayRef(operand.getShape()) == shape)
    return operand;
  if (operand.isConstant())
    if (ConstantRef reshaped = onnx::reshape(operand.constant, shape))
      return Operand(reshaped);
  return Operand(node.reshape(operand.isConstant() ? node.materialize(*operand.constant) : operand.value, shape),
                 operand.type);
}

FailureOr<Operand> toPlain(NodeImporter &node, const Operand &operand) {
  if (operand.isConstant() || !nn::getQuantizedElement(operand.value.getType()))
    return operand;
  const int64_t rank = operand.getRank();
  AffineMap identity = AffineMap::getMultiDimIdentityMap(rank, node.builder.getContext());
  if (!nn::getPerTensor(operand.value.getType()))
    return node.emitError() << "expects integers with one scale";
  Loops loops = {{{operand, identity}}, Shape(operand.getShape()), rank, Shape(operand.getShape()), operand.type, identity};
  // Unsigned ones are held as signed ones, shifted by half of their range.
  return buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> elements) {
    if (!isUnsigned(operand.type))
      return elements[0];
    return elements[0] + body.integer(operand.type, int64_t(1) << (getBitWidth(operand.type) - 1));
  });
}

} // namespace tinyc::onnx

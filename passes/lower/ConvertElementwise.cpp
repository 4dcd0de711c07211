// nn -> kernel: elementwise ops and changes of type.
#include "dialects/kernel/Params.h"
#include "dialects/nn/QuantizedArithmetic.h"
#include "passes/lower/KernelBuilder.h"

using namespace mlir;

namespace tinyc::lower {

// The integer constants of a binary kernel; zeros in f32 form.
struct BinaryConstants {
  int32_t lhsZeroPoint = 0, rhsZeroPoint = 0, lhsMultiplier = 0, rhsMultiplier = 0, offset = 0, shift = 0;
};

static BinaryConstants computeConstants(Operation *op) {
  quant::UniformQuantizedType lhs = nn::getPerTensor(op->getOperand(0).getType()),
                              rhs = nn::getPerTensor(op->getOperand(1).getType()),
                              result = nn::getPerTensor(op->getResult(0).getType());
  BinaryConstants constants;
  if (!result)
    return constants;
  constants.lhsZeroPoint = static_cast<int32_t>(lhs.getZeroPoint());
  constants.rhsZeroPoint = static_cast<int32_t>(rhs.getZeroPoint());
  if (isa<nn::MulOp>(op)) {
    nn::Requantization requantization = nn::computeConvolutionRequantization(lhs, rhs, result, /*channels=*/1);
    constants.lhsMultiplier = requantization.multipliers.front();
    constants.shift = requantization.shift;
    return constants;
  }
  nn::AddConstants add = nn::computeAdd(lhs, rhs, result, /*subtract=*/isa<nn::SubOp>(op));
  constants.lhsMultiplier = add.lhsMultiplier;
  constants.rhsMultiplier = add.rhsMultiplier;
  constants.offset = add.offset;
  constants.shift = add.shift;
  return constants;
}

// Kernels have four dimensions: where more are left after merging, the outer ones are unrolled.
static void forEachPart(KernelBuilder &builder, Location location, const kernel::Loops &loops, Value lhs, Value rhs,
                        Value to, llvm::function_ref<void(Value, Value, Value)> create) {
  if (loops.sizes.size() <= 4)
    return create(lhs, rhs, to);
  kernel::Loops inner = {SmallVector<int64_t>(llvm::drop_begin(loops.sizes)),
                         {SmallVector<int64_t>(llvm::drop_begin(loops.strides[0])),
                          SmallVector<int64_t>(llvm::drop_begin(loops.strides[1]))}};
  auto getShape = [&](ArrayRef<int64_t> strides) {
    SmallVector<int64_t> shape;
    for (auto [size, stride] : llvm::zip_equal(inner.sizes, strides))
      shape.push_back(stride == 0 ? 1 : size);
    return shape;
  };
  SmallVector<int64_t> lhsShape = getShape(inner.strides[0]), rhsShape = getShape(inner.strides[1]);
  int64_t elements = ShapedType::getNumElements(inner.sizes);
  for (int64_t i = 0; i < loops.sizes[0]; ++i)
    forEachPart(builder, location, inner, builder.part(location, lhs, i * loops.strides[0][0], lhsShape),
                builder.part(location, rhs, i * loops.strides[1][0], rhsShape),
                builder.part(location, to, i * elements, inner.sizes), create);
}

LogicalResult convertBinary(Operation *op, KernelBuilder &builder) {
  auto shape = [](Value value) { return cast<RankedTensorType>(value.getType()).getShape(); };
  kernel::Loops loops =
      kernel::getBroadcastLoops(shape(op->getOperand(0)), shape(op->getOperand(1)), shape(op->getResult(0)));
  BinaryConstants constants = computeConstants(op);
  Attribute stage = makeStage(cast<nn::FusedActivationOpInterface>(op), constants.shift);
  auto create = [&]<typename Kernel>(Kernel *, Value lhs, Value rhs, Value to) {
    Kernel::create(builder, op->getLoc(), lhs, rhs, to, /*scratch=*/Value(),
                   static_cast<uint32_t>(constants.lhsZeroPoint), static_cast<uint32_t>(constants.rhsZeroPoint),
                   static_cast<uint32_t>(constants.lhsMultiplier), static_cast<uint32_t>(constants.rhsMultiplier),
                   static_cast<uint32_t>(constants.offset), stage, FlatSymbolRefAttr());
  };
  Value lhs = builder.getBuffer(op->getOperand(0), op), rhs = builder.getBuffer(op->getOperand(1), op);
  Value to = builder.createBuffer(op->getResult(0));
  forEachPart(builder, op->getLoc(), loops, lhs, rhs, to, [&](Value left, Value right, Value result) {
    if (isa<nn::MulOp>(op))
      create(static_cast<kernel::MulOp *>(nullptr), left, right, result);
    else if (isa<nn::SubOp>(op) && !nn::getPerTensor(op->getResult(0).getType()))
      create(static_cast<kernel::SubOp *>(nullptr), left, right, result);
    else
      create(static_cast<kernel::AddOp *>(nullptr), left, right, result);
  });
  return success();
}

// In integer form of 16 bits.
static void convertUnary16(Operation *op, KernelBuilder &builder, Value from, Value to) {
  Location location = op->getLoc();
  Value scratch;
  FlatSymbolRefAttr kernel;
  if (std::optional<nn::AffineFunction> affine = nn::computeAffine(op)) {
    auto stage = kernel::OutputS8Attr::get(op->getContext(), affine->offset, affine->clampMin, affine->clampMax,
                                           affine->requantization.shift, /*perChannel=*/false);
    kernel::RequantizeOp::create(builder, location, from, to, scratch, /*inputZeroPoint=*/0u,
                                 static_cast<uint32_t>(affine->requantization.multipliers.front()), stage, kernel);
    return;
  }
  SmallVector<int16_t, 0> table = nn::computeTable16(op);
  auto type = RankedTensorType::get({static_cast<int64_t>(table.size())}, builder.getI16Type());
  Value constant = builder.createConstant(location, DenseElementsAttr::get(type, ArrayRef<int16_t>(table)), "table");
  kernel::LookupOp::create(builder, location, from, constant, to, scratch, kernel);
}

LogicalResult convertUnary(Operation *op, KernelBuilder &builder) {
  Location location = op->getLoc();
  Value from = builder.getBuffer(op->getOperand(0), op), to = builder.createBuffer(op->getResult(0)), scratch;
  FlatSymbolRefAttr kernel;
  if (quant::UniformQuantizedType result = nn::getPerTensor(op->getResult(0).getType())) {
    if (nn::isInt16Activation(result)) {
      convertUnary16(op, builder, from, to);
      return success();
    }
    SmallVector<int8_t, 256> table = nn::computeTable(op);
    Value constant = builder.createConstant(
        location, DenseElementsAttr::get(RankedTensorType::get({256}, builder.getI8Type()), ArrayRef<int8_t>(table)),
        "table");
    kernel::LookupOp::create(builder, location, from, constant, to, scratch, kernel);
    return success();
  }
  if (auto clamp = dyn_cast<nn::ClampOp>(op)) {
    kernel::ClampOp::create(builder, location, from, to, scratch,
                            kernel::OutputF32Attr::get(op->getContext(), clamp.getMinAttr(), clamp.getMaxAttr()),
                            kernel);
  } else if (auto leaky = dyn_cast<nn::LeakyReluOp>(op)) {
    kernel::LeakyReluOp::create(builder, location, from, to, scratch, leaky.getAlphaAttr(), kernel);
  } else if (isa<nn::SigmoidOp>(op)) {
    kernel::SigmoidOp::create(builder, location, from, to, scratch, kernel);
  } else if (auto hard = dyn_cast<nn::HardSigmoidOp>(op)) {
    kernel::HardSigmoidOp::create(builder, location, from, to, scratch, hard.getAlphaAttr(), hard.getBetaAttr(),
                                  kernel);
  } else {
    // nn.hard_swish: x * max(0, min(1, x / 6 + 1 / 2)).
    kernel::HardSwishOp::create(builder, location, from, to, scratch, builder.getF32FloatAttr(1.0f / 6.0f),
                                builder.getF32FloatAttr(0.5f), kernel);
  }
  return success();
}

LogicalResult convertQuantization(Operation *op, KernelBuilder &builder) {
  Location location = op->getLoc();
  quant::UniformQuantizedType input = nn::getPerTensor(op->getOperand(0).getType()),
                              output = nn::getPerTensor(op->getResult(0).getType());
  Value from = builder.getBuffer(op->getOperand(0), op), to = builder.createBuffer(op->getResult(0)), scratch;
  FlatSymbolRefAttr kernel;
  if (input && output) {
    nn::Requantization requantization =
        nn::computeConvolutionRequantization(input, quant::QuantizedType(), output, /*channels=*/1);
    auto stage = cast<kernel::OutputS8Attr>(
        makeStage(op->getResult(0).getType(), std::nullopt, std::nullopt, requantization.shift));
    kernel::RequantizeOp::create(builder, location, from, to, scratch, static_cast<uint32_t>(input.getZeroPoint()),
                                 static_cast<uint32_t>(requantization.multipliers.front()), stage, kernel);
  } else if (output) {
    kernel::QuantizeOp::create(builder, location, from, to, scratch,
                               builder.getF32FloatAttr(nn::computeInverseScale(output)),
                               builder.getI32IntegerAttr(static_cast<int32_t>(output.getZeroPoint())), kernel);
  } else if (input) {
    kernel::DequantizeOp::create(builder, location, from, to, scratch,
                                 builder.getF32FloatAttr(static_cast<float>(input.getScale())),
                                 builder.getI32IntegerAttr(static_cast<int32_t>(input.getZeroPoint())), kernel);
  } else {
    return op->emitOpError("expects a tensor quantized per tensor");
  }
  return success();
}

} // namespace tinyc::lower

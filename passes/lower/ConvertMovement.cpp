// nn -> kernel: data movement.
#include "dialects/kernel/Params.h"
#include "dialects/nn/QuantizedArithmetic.h"
#include "passes/lower/KernelBuilder.h"
#include "passes/schedule/ActivationGraph.h"

#include <utility>

using namespace mlir;

namespace tinyc::lower {

static LogicalResult convertTranspose(nn::TransposeOp op, KernelBuilder &builder) {
  auto input = cast<RankedTensorType>(op.getInput().getType());
  size_t loops = kernel::getTransposeLoops(input.getShape(), op.getPermutation()).sizes.size();
  if (loops > 6)
    return op.emitOpError("moves ") << loops << " separate dimensions, kernels have at most 6";
  SmallVector<int32_t> permutation(op.getPermutation());
  Value from = builder.getBuffer(op.getInput(), op), to = builder.createBuffer(cast<OpResult>(op.getOutput()));
  kernel::TransposeOp::create(builder, op.getLoc(), from, to, /*scratch=*/Value(),
                              builder.getDenseI32ArrayAttr(permutation), FlatSymbolRefAttr());
  return success();
}

static LogicalResult convertPad(nn::PadOp op, KernelBuilder &builder) {
  auto input = cast<RankedTensorType>(op.getInput().getType());
  Attribute value = op.getValueAttr();
  if (quant::UniformQuantizedType type = nn::getPerTensor(input))
    value = builder.getI32IntegerAttr(static_cast<int32_t>(nn::quantizeReal(op.getValue().convertToDouble(), type)));
  SmallVector<int64_t> shape(input.getShape()), before(op.getBefore()), after(op.getAfter());
  Value from = builder.getBuffer(op.getInput(), op), to = builder.createBuffer(cast<OpResult>(op.getOutput()));
  auto create = [&](Value source, Value destination, ArrayRef<int32_t> first, ArrayRef<int32_t> last) {
    kernel::PadOp::create(builder, op.getLoc(), source, destination, /*scratch=*/Value(),
                          builder.getDenseI32ArrayAttr(first), builder.getDenseI32ArrayAttr(last), value,
                          FlatSymbolRefAttr());
  };
  // Kernels have four dimensions: where more are left after merging, the innermost padded one is padded alone, first.
  while (kernel::getPadLoops(shape, before, after).sizes.size() > 4) {
    size_t dimension = shape.size() - 1;
    while (before[dimension] == 0 && after[dimension] == 0)
      --dimension;
    SmallVector<int32_t> first(shape.size(), 0), last(shape.size(), 0);
    first[dimension] = static_cast<int32_t>(std::exchange(before[dimension], 0));
    last[dimension] = static_cast<int32_t>(std::exchange(after[dimension], 0));
    shape[dimension] += first[dimension] + last[dimension];
    auto type = MemRefType::get(shape, nn::getStorageType(input.getElementType()));
    Value padded = memref::AllocOp::create(builder, op.getLoc(), type);
    create(from, padded, first, last);
    from = padded;
  }
  create(from, to, SmallVector<int32_t>(ArrayRef<int64_t>(before)), SmallVector<int32_t>(ArrayRef<int64_t>(after)));
  return success();
}

// One copy for each operand that is not computed in place.
static LogicalResult convertConcat(nn::ConcatOp op, KernelBuilder &builder) {
  auto output = cast<RankedTensorType>(op.getOutput().getType());
  auto result = cast<OpResult>(op.getOutput());
  int64_t axis = op.getAxis(), blocks = ShapedType::getNumElements(output.getShape().take_front(axis)),
          pitch = ShapedType::getNumElements(output.getShape().drop_front(axis)), offset = 0;
  if (!builder.hasBuffer(result))
    builder.createBuffer(result);
  for (Value input : op.getInputs()) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(input.getType()).getShape();
    int64_t length = ShapedType::getNumElements(shape) / blocks;
    if (!builder.isPartOf(schedule::getViewedTensor(input), result, offset)) {
      Value from = builder.getBuffer(input, op), to = builder.getBuffer(result, op);
      // A contiguous part is named exactly: the operand may be another part of the same buffer.
      int64_t inside = offset;
      if (blocks == 1) {
        to = builder.part(op.getLoc(), to, offset, shape);
        inside = 0;
      }
      kernel::CopyOp::create(builder, op.getLoc(), from, to, /*scratch=*/Value(), static_cast<uint32_t>(blocks),
                             static_cast<uint32_t>(length), static_cast<uint32_t>(length),
                             static_cast<uint32_t>(blocks == 1 ? length : pitch), static_cast<uint32_t>(inside),
                             /*inputOffset=*/0u, FlatSymbolRefAttr());
    }
    offset += length;
  }
  return success();
}

LogicalResult convertMovement(Operation *op, KernelBuilder &builder) {
  if (auto transpose = dyn_cast<nn::TransposeOp>(op))
    return convertTranspose(transpose, builder);
  if (auto pad = dyn_cast<nn::PadOp>(op))
    return convertPad(pad, builder);
  return convertConcat(cast<nn::ConcatOp>(op), builder);
}

} // namespace tinyc::lower

#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"

using namespace mlir;

namespace tinyc::kernel {

/// Of an op whose maps and body are those of a nest on `types`.
template <typename OpTy> static loop::Nest makeNest(OpTy op, TypeRange types) {
  loop::Nest nest = {op.getSizes(),
                     static_cast<int64_t>(op.getParallel()),
                     llvm::to_vector(op.getMaps().template getAsValueRange<AffineMapAttr>()),
                     {},
                     dyn_cast_or_null<TypedAttr>(op.getInitAttr()),
                     &op.getBody().front()};
  for (Type type : types)
    nest.types.push_back(cast<ShapedType>(type));
  return nest;
}

//===----------------------------------------------------------------------===//
// kernel.loop_nest
//===----------------------------------------------------------------------===//

loop::Nest LoopNestOp::getNest() {
  SmallVector<Type> types(getInputs().getTypes());
  types.push_back(getOutput().getType());
  return makeNest(*this, types);
}

LogicalResult LoopNestOp::verifyRegions() {
  if (getInit() && !isa<TypedAttr>(*getInit()))
    return emitOpError("expects a number as init, got ") << *getInit() << " (C7)";
  return loop::verifyNest(*this, getNest());
}

Contract LoopNestOp::getContract() { return {"loop_nest", getElementName(getOutput().getType()), "none"}; }

ParamsAttr LoopNestOp::getParams() {
  int64_t iterations = std::min<int64_t>(getNest().countIterations(), INT32_MAX);
  return makeParams(getContext(), tinyc_loop_nest_params{static_cast<int32_t>(iterations)});
}

std::pair<int32_t, int32_t> LoopNestOp::getRows() { return {0, 1}; }
int32_t LoopNestOp::getRowCount() { return 0; }

SmallVector<Value> LoopNestOp::getCallArguments() {
  SmallVector<Value> arguments(getInputs());
  arguments.append({getOutput(), getScratch()});
  return arguments;
}

SmallVector<unsigned> LoopNestOp::getInPlaceOperands() {
  // The element at each address is read before it is written if it is read where it is written, and nowhere else.
  loop::Nest nest = getNest();
  SmallVector<unsigned> operands;
  if (nest.hasReduction())
    return operands;
  loop::LinearAccess written = loop::getAccess(nest, nest.getInputCount());
  for (unsigned number = 0; number < nest.getInputCount(); ++number) {
    if (!nest.isMapped(number) || getByteSize(cast<MemRefType>(nest.types[number])) != getByteSize(getOutput().getType()) ||
        cast<MemRefType>(nest.types[number]).getElementTypeBitWidth() != getOutput().getType().getElementTypeBitWidth())
      continue;
    bool isLoaded = llvm::any_of(*nest.body, [&](Operation &op) {
      auto load = dyn_cast<loop::LoadOp>(op);
      return load && load.getTensor() == number;
    });
    loop::LinearAccess read = loop::getAccess(nest, number);
    // Another operand in the same buffer, read elsewhere.
    bool isShared = llvm::count(getInputs(), getInputs()[number]) > 1;
    bool isSame = read.offset == written.offset;
    for (auto [one, other, size] : llvm::zip_equal(read.strides, written.strides, nest.sizes))
      isSame &= one == other || size == 1;
    if (!isLoaded && !isShared && isSame)
      operands.push_back(number);
  }
  return operands;
}

//===----------------------------------------------------------------------===//
// kernel.loop_function
//===----------------------------------------------------------------------===//

loop::Nest LoopFunctionOp::getNest() {
  return makeNest(*this, llvm::to_vector(getTypes().getAsValueRange<TypeAttr>()));
}

LogicalResult LoopFunctionOp::verifyRegions() {
  for (Type type : getTypes().getAsValueRange<TypeAttr>())
    if (!isa<MemRefType>(type))
      return emitOpError("expects types of buffers, got ") << type;
  if (getTypes().empty() || (getInit() && !isa<TypedAttr>(*getInit())))
    return emitOpError("expects the type of an output, and a number as init");
  return loop::verifyNest(*this, getNest());
}

} // namespace tinyc::kernel

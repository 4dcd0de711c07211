#include "RandomGraph.h"

using namespace mlir;

namespace tinyc::graph {

static constexpr double kLargest = 1 << 18; // sums of 60 products with weights up to 2 stay below 2^24

SmallVector<int64_t> RandomGraph::randomPermutation(size_t rank) {
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::shuffle(permutation.begin(), permutation.end(), engine);
  return permutation;
}

SmallVector<int64_t> RandomGraph::shapeOf(Value value) {
  return llvm::to_vector(cast<RankedTensorType>(value.getType()).getShape());
}

RankedTensorType RandomGraph::floatType(ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, builder.getF32Type());
}

Value RandomGraph::constant(ArrayRef<int64_t> shape, int64_t low, int64_t high) {
  RankedTensorType type = floatType(shape);
  SmallVector<float> values;
  for (int64_t index = 0; index < type.getNumElements(); ++index)
    values.push_back(exact ? random(low, high) : std::uniform_real_distribution<float>(low, high)(engine));
  return nn::ConstantOp::create(builder, type, DenseElementsAttr::get(type, ArrayRef<float>(values)));
}

/// A weight: float, or int8 per tensor or per output channel behind a dequantization.
Value RandomGraph::weight(ArrayRef<int64_t> shape) {
  if (chance(50))
    return constant(shape, -2, 2);
  auto storage = RankedTensorType::get(shape, builder.getI8Type());
  SmallVector<int8_t> values;
  for (int64_t index = 0; index < storage.getNumElements(); ++index)
    values.push_back(random(-1, 1));
  Type element;
  if (chance(50)) {
    element = quant::UniformQuantizedType::get(true, builder.getI8Type(), builder.getF32Type(), 2.0, 0, -128, 127);
  } else {
    SmallVector<double> scales;
    for (int64_t channel = 0; channel < shape.front(); ++channel)
      scales.push_back(random(1, 2));
    element = quant::UniformQuantizedPerAxisType::get(true, builder.getI8Type(), builder.getF32Type(), scales,
                                                      SmallVector<int64_t>(scales.size(), 0), 0, -128, 127);
  }
  Value stored = nn::ConstantOp::create(builder, RankedTensorType::get(shape, element),
                                        DenseElementsAttr::get(storage, ArrayRef<int8_t>(values)));
  return quant::DequantizeCastOp::create(builder, floatType(shape), stored);
}

Value RandomGraph::transpose(Value value, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> shape, from = shapeOf(value);
  for (int64_t axis : permutation)
    shape.push_back(from[axis]);
  return nn::TransposeOp::create(builder, floatType(shape), value, permutation);
}

Value RandomGraph::reshape(Value value, ArrayRef<int64_t> shape) {
  return nn::ReshapeOp::create(builder, floatType(shape), value);
}

/// int8 and back, with a scale of 1 or 2: integers stay integers.
RandomGraph::Item RandomGraph::casts(Item item) {
  double scale = random(1, 2);
  Type element = quant::UniformQuantizedType::get(true, builder.getI8Type(), builder.getF32Type(), scale,
                                                  random(-128, 127), -128, 127);
  auto type = RankedTensorType::get(shapeOf(item.value), element);
  Value stored = quant::QuantizeCastOp::create(builder, type, item.value);
  return {quant::DequantizeCastOp::create(builder, floatType(shapeOf(item.value)), stored), 255 * scale};
}

/// The item, cast or clamped so that products with it stay small.
RandomGraph::Item RandomGraph::small(Item item) {
  if (item.bound <= 64)
    return item;
  if (exact && chance(50))
    item = casts(item);
  Value clamped = nn::ClampOp::create(builder, item.value.getType(), item.value, builder.getF32FloatAttr(-8.0f),
                                      builder.getF32FloatAttr(8.0f));
  return {clamped, 8.0};
}

/// Some value as an image [1, C, H, W].
RandomGraph::Item RandomGraph::image() {
  Item item = pick();
  SmallVector<int64_t> shape = shapeOf(item.value);
  if (shape.size() == 4 && shape.front() == 1)
    return item;
  int64_t count = cast<RankedTensorType>(item.value.getType()).getNumElements();
  SmallVector<int64_t> factors = {1, 1, 1, 1};
  for (int64_t factor : {2, 3, 5, 7})
    for (; count % factor == 0; count /= factor)
      factors[random(1, 3)] *= factor;
  factors[random(1, 3)] *= count;
  item.value = reshape(item.value, factors);
  return item;
}

RandomGraph::Item RandomGraph::window() {
  Item item = small(image());
  Value value = transpose(item.value, {0, 2, 3, 1});
  SmallVector<int64_t> shape = shapeOf(value);
  int64_t kernel[2], strides[2], pads[4], outputs[2];
  bool padded = chance(60);
  for (int axis : {0, 1}) {
    kernel[axis] = random(1, std::min<int64_t>(3, shape[1 + axis]));
    strides[axis] = random(1, 2);
    pads[axis] = padded ? random(0, kernel[axis] - 1) : 0;
    pads[axis + 2] = padded ? random(0, kernel[axis] - 1) : 0;
    outputs[axis] = (shape[1 + axis] + pads[axis] + pads[axis + 2] - kernel[axis]) / strides[axis] + 1;
  }
  SmallVector<int64_t> result = {1, outputs[0], outputs[1], shape[3]};
  int64_t ones[2] = {1, 1};
  double bound = item.bound;
  if (chance(60)) {
    bool depthwise = chance(40);
    int64_t channels = depthwise ? shape[3] : random(1, 4), groups = depthwise ? shape[3] : 1;
    result[3] = channels;
    SmallVector<int64_t> onnx = {channels, shape[3] / groups, kernel[0], kernel[1]};
    Value weights = transpose(weight(onnx), {0, 2, 3, 1});
    Value bias = chance(50) ? constant({channels}, -3, 3) : Value();
    bound = bound * 2 * kernel[0] * kernel[1] * onnx[1] + 3;
    value = nn::Conv2DOp::create(builder, floatType(result), value, weights, bias, strides, pads, ones, groups,
                                 FloatAttr(), FloatAttr());
  } else if (exact || chance(50)) {
    value = nn::MaxPoolOp::create(builder, floatType(result), value, kernel, strides, pads, ones, FloatAttr(),
                                  FloatAttr());
  } else {
    value = nn::AvgPoolOp::create(builder, floatType(result), value, kernel, strides, pads, ones, chance(50),
                                  FloatAttr(), FloatAttr());
  }
  return {transpose(value, {0, 3, 1, 2}), bound};
}

RandomGraph::Item RandomGraph::fullyConnected() {
  Item item = small(pick());
  int64_t count = cast<RankedTensorType>(item.value.getType()).getNumElements(), columns = random(1, 12);
  Value value = reshape(item.value, {1, count});
  if (exact && chance(30))
    value = casts({value, item.bound}).value;
  Value bias = chance(50) ? constant({columns}, -3, 3) : Value();
  value = nn::FullyConnectedOp::create(builder, floatType({1, columns}), value, weight({columns, count}), bias,
                                       FloatAttr(), FloatAttr());
  return {value, 300.0 * 2 * count + 3};
}

RandomGraph::Item RandomGraph::matmul() {
  Item item = small(pick());
  SmallVector<int64_t> shape = shapeOf(item.value);
  if (shape.size() < 2)
    return item;
  int64_t inner = shape.back(), columns = random(1, 4);
  SmallVector<int64_t> matrix(shape.size(), 1), result = shape;
  matrix[shape.size() - 2] = inner;
  matrix.back() = result.back() = columns;
  if (llvm::any_of(ArrayRef(shape).drop_back(2), [](int64_t size) { return size != 1; }))
    return item;
  Value value = nn::MatMulOp::create(builder, floatType(result), item.value, constant(matrix, -2, 2), FloatAttr(),
                                     FloatAttr());
  if (chance(50)) {
    SmallVector<int64_t> bias(shape.size(), 1);
    bias.back() = columns;
    value = nn::AddOp::create(builder, floatType(result), value, constant(bias, -3, 3), FloatAttr(), FloatAttr());
  }
  return {value, item.bound * 2 * inner + 3};
}

RandomGraph::Item RandomGraph::unary() {
  Item item = pick();
  Type type = item.value.getType();
  if (exact && chance(50))
    return casts(item);
  if (exact || chance(40)) {
    FloatAttr lower = builder.getF32FloatAttr(random(-4, 1)), upper = builder.getF32FloatAttr(random(2, 6));
    Value value = nn::ClampOp::create(builder, type, item.value, chance(80) ? lower : FloatAttr(),
                                      chance(50) ? upper : FloatAttr());
    return {value, item.bound + 6};
  }
  switch (random(0, 3)) {
  case 0:
    return {nn::SigmoidOp::create(builder, type, item.value), 1.0};
  case 1:
    return {nn::HardSwishOp::create(builder, type, item.value), item.bound};
  case 2:
    return {nn::LeakyReluOp::create(builder, type, item.value, builder.getF32FloatAttr(0.1f)), item.bound};
  default: {
    Value gate = nn::HardSigmoidOp::create(builder, type, item.value, builder.getF32FloatAttr(1.0f / 6.0f),
                                           builder.getF32FloatAttr(0.5f));
    return {nn::MulOp::create(builder, type, item.value, gate, FloatAttr(), FloatAttr()), item.bound};
  }
  }
}

/// With another value of the same shape, with a constant that broadcasts, or with a slice-like value that does.
RandomGraph::Item RandomGraph::binary() {
  Item lhs = pick(), rhs;
  SmallVector<int64_t> shape = shapeOf(lhs.value);
  SmallVector<Item> same;
  for (Item &item : items)
    if (shapeOf(item.value) == shape)
      same.push_back(item);
  if (chance(60)) {
    rhs = same[random(0, same.size() - 1)];
  } else {
    SmallVector<int64_t> broadcast = shape;
    for (int64_t &size : broadcast)
      size = chance(60) ? 1 : size;
    rhs = {constant(broadcast, -3, 3), 3.0};
  }
  if (chance(50))
    std::swap(lhs, rhs);
  Type type = floatType(shape);
  if (chance(40)) {
    lhs = small(lhs);
    rhs = small(rhs);
    return {nn::MulOp::create(builder, type, lhs.value, rhs.value, FloatAttr(), FloatAttr()), lhs.bound * rhs.bound};
  }
  double bound = lhs.bound + rhs.bound;
  if (chance(30))
    return {nn::SubOp::create(builder, type, lhs.value, rhs.value, FloatAttr(), FloatAttr()), bound};
  return {nn::AddOp::create(builder, type, lhs.value, rhs.value, FloatAttr(), FloatAttr()), bound};
}

RandomGraph::Item RandomGraph::concat() {
  Item first = pick();
  SmallVector<int64_t> shape = shapeOf(first.value);
  int64_t axis = random(imported ? 1 : 0, shape.size() - 1);
  SmallVector<Value> values;
  double bound = 0;
  shape[axis] = 0;
  for (Item &item : items) {
    SmallVector<int64_t> other = shapeOf(item.value);
    int64_t size = axis < static_cast<int64_t>(other.size()) ? other[axis] : 0;
    if (size != 0)
      other[axis] = 0;
    if (other != shape || (item.value != first.value && !chance(50)) || size > 8)
      continue;
    values.push_back(item.value);
    bound = std::max(bound, item.bound);
  }
  if (values.empty())
    return first;
  for (Value value : values)
    shape[axis] += shapeOf(value)[axis];
  return {nn::ConcatOp::create(builder, floatType(shape), values, axis), bound};
}

RandomGraph::Item RandomGraph::pad() {
  Item item = pick();
  SmallVector<int64_t> shape = shapeOf(item.value), before(shape.size(), 0), after(shape.size(), 0);
  for (auto [axis, size] : llvm::enumerate(shape)) {
    if (size > 8 || !chance(50) || axis == 0)
      continue;
    before[axis] = random(0, 1);
    after[axis] = random(0, 1);
    size += before[axis] + after[axis];
  }
  float value = chance(60) ? 0.0f : 2.0f;
  return {nn::PadOp::create(builder, floatType(shape), item.value, before, after, llvm::APFloat(value)),
          item.bound + 2};
}

RandomGraph::Item RandomGraph::softmax() {
  Item item = small(pick());
  return {nn::SoftmaxOp::create(builder, item.value.getType(), item.value), 1.0};
}

RandomGraph::Item RandomGraph::batchNorm() {
  Item item = small(image());
  Value value = transpose(item.value, {0, 2, 3, 1});
  int64_t channels = shapeOf(value).back();
  // variance + epsilon = 4: division by 2, and the scale is even.
  RankedTensorType type = floatType({channels});
  Value variance = nn::ConstantOp::create(builder, type, DenseElementsAttr::get(type, 3.0f));
  SmallVector<float> scales;
  for (int64_t channel = 0; channel < channels; ++channel)
    scales.push_back(2 * random(-1, 2));
  Value scale = nn::ConstantOp::create(builder, type, DenseElementsAttr::get(type, ArrayRef<float>(scales)));
  value = nn::BatchNormOp::create(builder, value.getType(), value, scale, constant({channels}, -3, 3),
                                  constant({channels}, -3, 3), variance, llvm::APFloat(1.0f));
  return {transpose(value, {0, 3, 1, 2}), item.bound * 2 + 9};
}

/// A transpose, or a reshape that joins, splits, flattens, or adds and drops dimensions of size 1.
RandomGraph::Item RandomGraph::move() {
  Item item = pick();
  SmallVector<int64_t> shape = shapeOf(item.value);
  if (chance(40)) {
    item.value = transpose(item.value, randomPermutation(shape.size()));
    return item;
  }
  int64_t axis = random(0, shape.size() - 1);
  switch (random(0, 3)) {
  case 0:
    if (shape.size() < 5)
      shape.insert(shape.begin() + random(0, shape.size()), 1);
    break;
  case 1:
    if (axis + 1 < static_cast<int64_t>(shape.size())) {
      shape[axis] *= shape[axis + 1];
      shape.erase(shape.begin() + axis + 1);
    }
    break;
  case 2:
    if (shape.size() < 5 && shape[axis] % 2 == 0) {
      shape[axis] /= 2;
      shape.insert(shape.begin() + axis + random(0, 1), 2);
    }
    break;
  default:
    llvm::erase(shape, 1);
    if (shape.empty())
      shape = {1};
  }
  item.value = reshape(item.value, shape);
  return item;
}

/// A loop nest: a difference of two values, or with a constant that broadcasts, a sum over some dimensions, sums
/// along one, or a dimension backwards.
RandomGraph::Item RandomGraph::nest() {
  Item item = pick();
  SmallVector<int64_t> shape = shapeOf(item.value), sizes = shape, result = shape;
  auto rank = static_cast<unsigned>(shape.size());
  AffineMap identity = builder.getMultiDimIdentityMap(rank);
  SmallVector<Value> inputs = {item.value};
  SmallVector<AffineMap> maps = {identity, identity};
  int64_t parallel = rank;
  double bound = item.bound;
  FloatAttr init;
  unsigned last = rank - 1, chosen = random(0, last);
  int kind = random(0, 4);
  if (kind == 0) {
    SmallVector<Item> same;
    for (Item &other : items)
      if (shapeOf(other.value) == shape)
        same.push_back(other);
    Item &other = same[random(0, same.size() - 1)];
    inputs.push_back(other.value);
    maps.push_back(identity);
    bound += other.bound;
  } else if (kind == 1) {
    SmallVector<AffineExpr> indices;
    SmallVector<int64_t> broadcast;
    for (unsigned axis = 0; axis < rank; ++axis) {
      bool single = chance(50);
      broadcast.push_back(single ? 1 : shape[axis]);
      indices.push_back(single ? builder.getAffineConstantExpr(0) : builder.getAffineDimExpr(axis));
    }
    inputs.push_back(constant(broadcast, -3, 3));
    maps = {identity, AffineMap::get(rank, 0, indices, builder.getContext()), identity};
    bound += 3;
  } else if (kind <= 3) {
    // The dimension becomes the innermost loop.
    std::swap(sizes[chosen], sizes[last]);
    SmallVector<AffineExpr> indices;
    for (unsigned axis = 0; axis < rank; ++axis)
      indices.push_back(builder.getAffineDimExpr(axis));
    std::swap(indices[chosen], indices[last]);
    AffineMap swapped = AffineMap::get(rank, 0, indices, builder.getContext());
    indices[chosen] = kind == 2 ? builder.getAffineConstantExpr(0) : indices[chosen];
    maps = {swapped, AffineMap::get(rank, 0, indices, builder.getContext())};
    result[chosen] = kind == 2 ? 1 : result[chosen];
    parallel = rank - 1;
    init = builder.getF32FloatAttr(0.0f);
    bound *= static_cast<double>(shape[chosen]);
  } else {
    maps.front() = AffineMap::get(rank, 0, builder.getContext());
  }
  auto op = nn::LoopNestOp::create(builder, floatType(result), "nest", inputs, sizes, parallel,
                                   builder.getAffineMapArrayAttr(maps), init);
  Block *body = &op.getBody().emplaceBlock();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(body);
  if (kind < 4)
    body->addArguments({builder.getF32Type(), builder.getF32Type()}, {builder.getLoc(), builder.getLoc()});
  Value value;
  if (kind <= 1) {
    value = arith::SubFOp::create(builder, body->getArgument(0), body->getArgument(1));
  } else if (kind <= 3) {
    value = arith::AddFOp::create(builder, body->getArgument(0), body->getArgument(1));
  } else {
    SmallVector<Value> indices;
    for (unsigned axis = 0; axis < rank; ++axis)
      indices.push_back(loop::IndexOp::create(builder, builder.getI32Type(), axis));
    Value end = arith::ConstantOp::create(builder, builder.getI32IntegerAttr(shape[chosen] - 1));
    indices[chosen] = arith::SubIOp::create(builder, end, indices[chosen]);
    value = loop::LoadOp::create(builder, builder.getF32Type(), 0, indices);
  }
  loop::YieldOp::create(builder, value);
  return {op.getOutput(), bound};
}

void RandomGraph::step() {
  Item item;
  switch (imported ? random(0, 10) : random(0, exact ? 11 : 12)) {
  case 0:
  case 1:
    item = window();
    break;
  case 2:
    item = fullyConnected();
    if (imported)
      return;
    break;
  case 3:
    item = imported ? window() : matmul();
    break;
  case 4:
  case 5:
    item = unary();
    break;
  case 6:
    item = binary();
    break;
  case 7:
    item = concat();
    break;
  case 8:
    item = pad();
    break;
  case 9:
    item = batchNorm();
    break;
  case 10:
    item = nest();
    break;
  case 11:
    item = move();
    break;
  default:
    item = softmax();
  }
  if (item.bound > kLargest)
    item = small(item);
  if (cast<RankedTensorType>(item.value.getType()).getNumElements() <= 600)
    items.push_back(item);
}

ModuleOp RandomGraph::build(int steps, bool imported) {
  this->imported = imported;
  ModuleOp module = ModuleOp::create(builder.getLoc());
  builder.setInsertionPointToEnd(module.getBody());
  SmallVector<Type> inputs;
  for (int64_t count = random(1, 2); count > 0; --count)
    inputs.push_back(floatType({1, random(1, 4), random(1, 6), random(1, 6)}));
  auto function = func::FuncOp::create(builder, "main", builder.getFunctionType(inputs, {}));
  Block *block = function.addEntryBlock();
  builder.setInsertionPointToEnd(block);
  for (BlockArgument argument : block->getArguments())
    items.push_back({argument, 8.0});
  for (int index = 0; index < steps; ++index)
    step();
  // Return what nothing reads, and sometimes what something does.
  SmallVector<Value> results;
  for (Item &item : items)
    if (!isa<BlockArgument>(item.value) && (item.value.use_empty() || chance(5)))
      results.push_back(item.value);
  func::ReturnOp::create(builder, results);
  function.setType(builder.getFunctionType(inputs, ValueRange(results).getTypes()));
  return module;
}

} // namespace tinyc::graph

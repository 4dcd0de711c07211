#include "compiler/onnx/Slicing.h"

using namespace mlir;

namespace tinyc::onnx {

FailureOr<Slicing> readSlicing(NodeImporter &node, llvm::ArrayRef<int64_t> shape) {
  const int64_t rank = shape.size();
  FailureOr<std::optional<Shape>> starts = node.getIntsFromAttributeOrInput("starts", 1, 10);
  FailureOr<std::optional<Shape>> ends = node.getIntsFromAttributeOrInput("ends", 2, 10);
  FailureOr<std::optional<Shape>> axes = node.getIntsFromAttributeOrInput("axes", 3, 10);
  FailureOr<std::optional<Shape>> steps = node.getIntsFromAttributeOrInput("steps", 4, 10);
  if (failed(starts) || failed(ends) || failed(axes) || failed(steps))
    return failure();
  if (!*starts || !*ends)
    return node.emitError() << "starts and ends are required";
  const size_t count = (*starts)->size();
  FailureOr<Shape> sliced = node.normalizeAxes(
      *axes ? **axes : llvm::to_vector(llvm::seq<int64_t>(std::min<int64_t>(count, rank))), rank);
  Shape stepOf = steps->value_or(Shape(count, 1));
  if (failed(sliced))
    return failure();
  if ((*ends)->size() != count || sliced->size() != count || stepOf.size() != count)
    return node.emitError() << "starts, ends, axes and steps differ in length";
  Slicing slicing{Shape(rank, 0), Shape(rank, 1), Shape(shape)};
  for (auto [index, axis] : llvm::enumerate(*sliced)) {
    const int64_t size = shape[axis];
    if (stepOf[index] == 0)
      return node.emitError() << "a step is 0";
    // Longer ones reach one element, too.
    const int64_t step = std::clamp<int64_t>(stepOf[index], -std::max<int64_t>(size, 1), std::max<int64_t>(size, 1));
    // Bounds as in numpy: from the end if negative, then clipped; backwards -1 stands before the first element.
    auto clip = [&](int64_t bound) {
      bound = bound < 0 ? bound + size : bound;
      return step > 0 ? std::clamp<int64_t>(bound, 0, size) : std::clamp<int64_t>(bound, -1, size - 1);
    };
    const int64_t start = clip((**starts)[index]), distance = clip((**ends)[index]) - start;
    slicing.starts[axis] = start;
    slicing.steps[axis] = step;
    slicing.shape[axis] = std::max<int64_t>(0, (distance + step + (step > 0 ? -1 : 1)) / step);
  }
  return slicing;
}

} // namespace tinyc::onnx

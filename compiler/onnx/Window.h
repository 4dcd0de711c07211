// Sliding windows of convolutions and poolings: kernel_shape, strides, dilations, pads, auto_pad and ceil_mode become
// plain pads.
#ifndef TINYC_COMPILER_ONNX_WINDOW_H
#define TINYC_COMPILER_ONNX_WINDOW_H

#include "compiler/onnx/NodeImporter.h"

namespace tinyc::onnx {

/// A window over height and width (a 1-D one has height 1), or over more dimensions.
struct Window {
  Shape kernel, strides, dilations;
  /// As the node asks for them: top, left, bottom, right (all dimensions before, then all after).
  Shape pads;
  /// What ceil_mode adds at the bottom and on the right.
  Shape ceilPads;
  /// Size of the result: height, width.
  Shape output;

  /// pads and ceilPads together, of two dimensions.
  Shape getAllPads() const { return {pads[0], pads[1], pads[2] + ceilPads[0], pads[3] + ceilPads[1]}; }
};

/// Attribute `name` with one number from `minimum` up for each of `count` entries, or `otherwise`. Numbers stay below
/// 2^31, so that products of two fit 64 bits.
mlir::FailureOr<Shape> getNumbers(NodeImporter &node, llvm::StringRef name, size_t count, int64_t minimum,
                                  int64_t otherwise);

/// Reads the attributes of `node`, whose input has `spatial` dimensions and whose kernel is `kernel`.
mlir::FailureOr<Window> computeWindow(NodeImporter &node, llvm::ArrayRef<int64_t> spatial,
                                      llvm::ArrayRef<int64_t> kernel);

/// Fails if some window of `window` lies wholly outside an input of `spatial` dimensions.
mlir::LogicalResult verifyWindowsTouchInput(NodeImporter &node, const Window &window, llvm::ArrayRef<int64_t> spatial);

/// [N, C, H, W] -> [N, H, W, C], [N, C, L] -> [N, 1, L, C]; more spatial dimensions fall together in W.
mlir::Value toChannelLast(NodeImporter &node, mlir::Value value);

/// The inverse: [N, H, W, C] -> [N, C, spatial...].
mlir::Value fromChannelLast(NodeImporter &node, mlir::Value value, llvm::ArrayRef<int64_t> spatial);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_WINDOW_H

// Parameter blocks: from a filled C struct of tinyc/kernels.h to #kernel.params.
#ifndef TINYC_DIALECTS_KERNEL_PARAMS_H
#define TINYC_DIALECTS_KERNEL_PARAMS_H

#include "dialects/kernel/Kernel.h"
#include "tinyc/kernels.h"

namespace tinyc::kernel {

/// The attribute of a parameter block: type name, field names and words.
template <typename T> ParamsAttr makeParams(mlir::MLIRContext *context, const T &params);

/// Fills the window of an op that reads `input`, NHWC with batch 1, and writes its output buffer. Both are wholly
/// resident, or, in a stream, as KernelOpInterface::setRowsPerStep says.
tinyc_window makeWindow(KernelOpInterface op, WindowAttr window, mlir::Value input);

/// The type of the rows of an image that one step of a row-local op touches; the type itself outside of streams and for
/// operands that are broadcast over the rows.
mlir::MemRefType getBandType(KernelOpInterface op, mlir::MemRefType type);

/// KernelOpInterface::getRowAccess of an op whose operand 0 is read through a window. A window of one pixel without stride
/// and padding needs the same row only.
RowAccess getWindowAccess(mlir::Operation *op, unsigned operand, WindowAttr window, mlir::MemRefType input,
                          mlir::MemRefType output);

tinyc_output_s8 makeOutputS8(mlir::Attribute stage);
tinyc_output_f32 makeOutputF32(mlir::Attribute stage);

/// Rows and length of an op that treats its buffer as rows x length elements: a row is all but the leading
/// dimensions, so that it is the (width x channels) slice of an NHWC tensor.
std::pair<int32_t, int32_t> getRowsAndLength(mlir::MemRefType type);

/// Nested loops over the elements of a buffer, outermost first: sizes, and element strides of each operand.
struct Loops {
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<llvm::SmallVector<int64_t>> strides; // [operand][loop]
  /// Drops loops of size 1, and joins neighbours that every operand traverses as one.
  void merge();
};

/// The merged loops of a broadcast of two operands; strides are 0 where an operand is broadcast.
Loops getBroadcastLoops(llvm::ArrayRef<int64_t> lhs, llvm::ArrayRef<int64_t> rhs, llvm::ArrayRef<int64_t> output);
/// The merged loops over the output of a transpose, with the strides of its input.
Loops getTransposeLoops(llvm::ArrayRef<int64_t> input, llvm::ArrayRef<int64_t> permutation);

/// Dimensions and pads of a padding, after joining unpadded dimensions to their left neighbours.
struct PadLoops {
  llvm::SmallVector<int64_t> sizes, before, after;
};
PadLoops getPadLoops(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> before, llvm::ArrayRef<int64_t> after);

/// `s16`, `s8`, `s4`, `s2` or `f32`.
llvm::StringRef getElementName(mlir::MemRefType type);
inline bool isFloat(mlir::MemRefType type) { return type.getElementType().isF32(); }

/// Activations of 4 bits, two in a byte.
inline bool isInt4(mlir::MemRefType type) { return type.getElementType().isInteger(4); }
/// The same, or integers of 8 bits: what one op may read and write beside each other.
inline bool isNarrow(mlir::MemRefType type) { return isInt4(type) || type.getElementType().isInteger(8); }
inline bool haveOneForm(mlir::MemRefType a, mlir::MemRefType b) {
  return a.getElementType() == b.getElementType() || (isNarrow(a) && isNarrow(b));
}
/// The element type in the name of a kernel that reads `input` and writes `output`: `s4` if either has 4 bits.
inline llvm::StringRef getActivationName(mlir::MemRefType input, mlir::MemRefType output) {
  return isInt4(output) ? getElementName(output) : getElementName(input);
}

/// Fails unless rows of 4 bits, all but the leading dimensions of an activation, are whole bytes.
mlir::LogicalResult verifyRowsInt4(mlir::Operation *op, llvm::ArrayRef<mlir::MemRefType> types);

/// The rows that an op with activations of 4 bits computes at a time; gives `window` the rings of its kernel on int8 (tinyc/rows_s4.h).
tinyc_rows_s4 makeRowsS4(tinyc_window &window, mlir::MemRefType input, mlir::MemRefType output);

/// Checks that the output stage fits the buffers: #kernel.output_f32 for f32, #kernel.output_s8 with bounds in the element type
/// else.
mlir::LogicalResult verifyStage(mlir::Operation *op, mlir::MemRefType output, mlir::Attribute stage);

} // namespace tinyc::kernel

#endif // TINYC_DIALECTS_KERNEL_PARAMS_H

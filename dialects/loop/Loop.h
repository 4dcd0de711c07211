// The loop dialect: bodies of loop nests, and what nn.loop_nest and kernel.loop_nest have in common. See LoopOps.td.
#ifndef TINYC_DIALECTS_LOOP_LOOP_H
#define TINYC_DIALECTS_LOOP_LOOP_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/loop/LoopDialect.h.inc"
#define GET_OP_CLASSES
#include "dialects/loop/LoopOps.h.inc"

namespace tinyc::loop {

/// A loop nest, on tensors or on buffers.
struct Nest {
  llvm::ArrayRef<int64_t> sizes; ///< of the loops, outermost first
  int64_t parallel;              ///< how many of them, the outer ones, are parallel; the others are reductions
  llvm::SmallVector<mlir::AffineMap> maps;   ///< of the tensors that are read, then of the one that is written
  llvm::SmallVector<mlir::ShapedType> types; ///< of the same
  mlir::TypedAttr init;                      ///< of the accumulator; null without reductions
  mlir::Block *body;

  bool hasReduction() const { return parallel < static_cast<int64_t>(sizes.size()); }
  size_t getInputCount() const { return types.size() - 1; }
  /// Whether the block has an argument for input `number`: the map has a result for each of its dimensions.
  bool isMapped(size_t number) const {
    return maps[number].getNumResults() == types[number].getRank();
  }
  /// Whether the result is written at every step of the reduction, not after it: a scan.
  bool isScan() const;
  int64_t countIterations() const;
};

/// Where an element lies in a row-major tensor: offset + sum of strides[i] * index of loop i.
struct LinearAccess {
  int64_t offset = 0;
  llvm::SmallVector<int64_t> strides;
};

/// Of a tensor of a verified nest.
LinearAccess getAccess(const Nest &nest, size_t number);

/// The scalar that stands for an element in a body: f32, or a signless integer (of a quantized type its storage).
mlir::Type getScalarType(mlir::Type elementType);

/// Checks maps, body and initial value. `op` has the nest's attributes; the messages cite the constraints of nn.loop_nest.
mlir::LogicalResult verifyNest(mlir::Operation *op, const Nest &nest);

/// custom<Body> of the nests' assembly formats: a region with a scope of names of its own. A name that an op before the nest
/// uses is thereby never defined by the nest's body, which the parser frees if the text behind it is malformed.
mlir::ParseResult parseBody(mlir::OpAsmParser &parser, mlir::Region &body);
void printBody(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::Region &body);

/// The number of operands of a function of loop.call, or nullopt.
std::optional<unsigned> getOperandCount(llvm::StringRef function);

} // namespace tinyc::loop

#endif // TINYC_DIALECTS_LOOP_LOOP_H

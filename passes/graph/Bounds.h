// What is known about the range of a value's elements, in real numbers.
#ifndef TINYC_PASSES_GRAPH_BOUNDS_H
#define TINYC_PASSES_GRAPH_BOUNDS_H

#include "dialects/nn/NN.h"

namespace tinyc::graph {

struct Bounds {
  std::optional<float> lower, upper; // absent: unbounded
};

/// True if the op clamps its result (FusedActivationOpInterface).
bool hasBounds(mlir::Operation *op);

/// The bounds of an op that clamps.
Bounds getBounds(nn::ClampOp op);
Bounds getBounds(nn::FusedActivationOpInterface op);

/// The bounds of clamp(clamp(x, inner), outer).
Bounds composeBounds(const Bounds &inner, const Bounds &outer);

/// Bounds that no element of `value` leaves: from a clamp, from an op's fixed range, from a quantized type.
Bounds getKnownBounds(mlir::Value value);

} // namespace tinyc::graph

#endif // TINYC_PASSES_GRAPH_BOUNDS_H

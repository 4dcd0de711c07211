// Random functions on nn ops as they are imported: activations NCHW, window ops between transposes.
#ifndef TINYC_TEST_PASSES_GRAPH_RANDOMGRAPH_H
#define TINYC_TEST_PASSES_GRAPH_RANDOMGRAPH_H

#include "dialects/nn/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <random>

namespace tinyc::graph {

/// With `exact`, all values stay integers that float holds exactly in any order of summation, and there are casts to
/// int8 and back: results must agree in every bit. Else there are also functions that round, and no casts.
class RandomGraph {
public:
  RandomGraph(mlir::MLIRContext *context, unsigned seed, bool exact)
      : builder(mlir::UnknownLoc::get(context), context), engine(seed), exact(exact) {}

  /// A module with one function of `steps` random ops. With `imported`, no op insists on the order NCHW: convolutions,
  /// pools, elementwise ops, pad, concat and flattening in front of a fully_connected.
  mlir::ModuleOp build(int steps, bool imported = false);

private:
  /// A value and a bound of its elements' magnitude.
  struct Item {
    mlir::Value value;
    double bound;
  };

  int64_t random(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine); }
  bool chance(int percent) { return random(1, 100) <= percent; }
  llvm::SmallVector<int64_t> randomPermutation(size_t rank);
  /// Often the last one, so that chains arise.
  Item &pick() { return chance(40) ? items.back() : items[random(0, items.size() - 1)]; }

  static llvm::SmallVector<int64_t> shapeOf(mlir::Value value);
  mlir::RankedTensorType floatType(llvm::ArrayRef<int64_t> shape);
  mlir::Value constant(llvm::ArrayRef<int64_t> shape, int64_t low, int64_t high);
  mlir::Value weight(llvm::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value value, llvm::ArrayRef<int64_t> permutation);
  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<int64_t> shape);
  Item small(Item item);
  Item image();

  void step();
  Item window();
  Item fullyConnected();
  Item matmul();
  Item unary();
  Item binary();
  Item concat();
  Item pad();
  Item softmax();
  Item batchNorm();
  Item move();
  Item nest();
  Item casts(Item item);

  mlir::ImplicitLocOpBuilder builder;
  std::mt19937 engine;
  bool exact, imported = false;
  llvm::SmallVector<Item> items;
};

} // namespace tinyc::graph

#endif // TINYC_TEST_PASSES_GRAPH_RANDOMGRAPH_H

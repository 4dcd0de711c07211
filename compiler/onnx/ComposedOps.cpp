// Operators as a few loop nests: DynamicQuantizeLinear, Einsum.
#include "compiler/onnx/LoopOps.h"

#include <map>

using namespace mlir;

namespace tinyc::onnx {

/// Scale and zero point of the range of the data, which holds 0, then the quantized data (ONNX's definition).
LogicalResult buildDynamicQuantizeLinear(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand) || failed(expectFloat(node, *operand)))
    return failure();
  using Elements = llvm::ArrayRef<Scalar>;
  const Shape axes = llvm::to_vector(llvm::seq<int64_t>(operand->getRank()));
  FailureOr<Operand> least = buildReduction(node, *operand, axes, DataType::Float, 0,
                                            [](Body &, Elements x) { return minimum(x[1], x[0]); });
  FailureOr<Operand> most = buildReduction(node, *operand, axes, DataType::Float, 0,
                                           [](Body &, Elements x) { return maximum(x[1], x[0]); });
  if (failed(least) || failed(most))
    return failure();
  Operand low = reshapeOperand(node, *least, {}), high = reshapeOperand(node, *most, {});
  FailureOr<Operand> scale =
      buildElementwise(node, {low, high}, DataType::Float, [](Body &, Elements x) { return (x[1] - x[0]) / 255.0; });
  if (failed(scale))
    return failure();
  auto saturate = [](Scalar x) {
    return minimum(maximum(x, x.body->number(DataType::Float, 0)), x.body->number(DataType::Float, 255));
  };
  FailureOr<Operand> zeroPoint = buildElementwise(node, {low, *scale}, DataType::UInt8, [&](Body &, Elements x) {
    return cast(call("round", saturate(-x[0] / x[1])), DataType::UInt8);
  });
  if (failed(zeroPoint))
    return failure();
  node.setOutput(1, *scale);
  node.setOutput(2, *zeroPoint);
  return setResult(node, buildElementwise(node, {*operand, *scale, *zeroPoint}, DataType::UInt8, [&](Body &, Elements x) {
                     return cast(saturate(call("round", x[0] / x[1]) + cast(x[2], DataType::Float)), DataType::UInt8);
                   }));
}

/// Einsum as one nest: the loops are the letters of the result, then those that are summed over.
LogicalResult buildEinsum(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectOneType(node, *operands)))
    return failure();
  std::string equation = node.getString("equation", "");
  llvm::erase(equation, ' ');
  auto [left, right] = llvm::StringRef(equation).split("->");
  const bool hasResult = llvm::StringRef(equation).contains("->");
  SmallVector<llvm::StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != operands->size())
    return node.emitError() << "the equation '" << equation << "' has " << terms.size() << " terms for " << operands->size()
                            << " inputs";
  // Letters of each term; those of an ellipsis are digits, the last one '0'.
  int64_t broadcast = 0;
  std::vector<std::string> letters;
  for (auto [term, operand] : llvm::zip_equal(terms, *operands)) {
    auto [before, after] = term.split("...");
    const bool hasEllipsis = term.contains("...");
    const int64_t hidden = operand.getRank() - static_cast<int64_t>(before.size() + after.size());
    if (hidden < 0 || (hidden > 0 && !hasEllipsis) || hidden > 8 || !llvm::all_of((before + after).str(), llvm::isAlpha))
      return node.emitError() << "the term '" << term << "' does not fit an input of shape " << toString(operand.getShape());
    std::string own = before.str();
    for (int64_t dim = hidden; dim-- > 0;)
      own += static_cast<char>('0' + dim);
    letters.push_back(own + after.str());
    broadcast = std::max(broadcast, hidden);
  }
  std::map<char, int64_t> sizes, uses;
  for (auto [term, operand] : llvm::zip_equal(letters, *operands))
    for (auto [letter, size] : llvm::zip_equal(term, operand.getShape())) {
      int64_t &known = sizes.try_emplace(letter, 1).first->second;
      if (known != 1 && size != 1 && known != size)
        return node.emitError() << "the index '" << std::string(1, letter) << "' has sizes " << known << " and " << size;
      known = std::max(known, size);
      ++uses[letter];
    }
  std::string ellipsis, result;
  for (int64_t dim = broadcast; dim-- > 0;)
    ellipsis += static_cast<char>('0' + dim);
  if (hasResult) {
    auto [before, after] = right.split("...");
    result = before.str() + (right.contains("...") ? ellipsis : "") + after.str();
  } else {
    result = ellipsis;
    for (auto [letter, count] : uses)
      if (count == 1 && llvm::isAlpha(letter))
        result += letter;
  }
  for (char letter : result)
    if (!sizes.count(letter) || llvm::count(result, letter) > 1)
      return node.emitError() << "the result of the equation '" << equation << "' is not made of the terms' indices";
  std::string order = result;
  for (auto [letter, size] : sizes)
    if (!llvm::is_contained(result, letter))
      order += letter;
  MLIRContext *context = node.builder.getContext();
  Loops loops;
  for (char letter : order)
    loops.sizes.push_back(sizes[letter]);
  loops.parallel = result.size();
  loops.shape.assign(loops.sizes.begin(), loops.sizes.begin() + loops.parallel);
  loops.type = operands->front().type;
  SmallVector<AffineExpr> place;
  for (int64_t loop = 0; loop < loops.parallel; ++loop)
    place.push_back(node.builder.getAffineDimExpr(loop));
  loops.map = AffineMap::get(order.size(), 0, place, context);
  for (auto [term, operand] : llvm::zip_equal(letters, *operands)) {
    SmallVector<AffineExpr> indices;
    for (auto [letter, size] : llvm::zip_equal(term, operand.getShape()))
      indices.push_back(size == 1 ? node.builder.getAffineConstantExpr(0) : node.builder.getAffineDimExpr(order.find(letter)));
    loops.inputs.push_back({operand, AffineMap::get(order.size(), 0, indices, context)});
  }
  const bool reduces = order.size() > result.size();
  return setResult(node, buildLoops(node, loops, [&](Body &, llvm::ArrayRef<Scalar> x) {
                     Scalar product = x[0];
                     for (unsigned number = 1; number < operands->size(); ++number)
                       product = product * x[number];
                     return reduces ? x.back() + product : product;
                   }));
}

} // namespace tinyc::onnx

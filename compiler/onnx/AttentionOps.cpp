// Attention (ONNX's, and ONNX Runtime's Attention and MultiHeadAttention) as MatMul, Softmax, MatMul: what exports
// write that have no operator for it.
#include "compiler/onnx/Operators.h"
#include "compiler/onnx/Parts.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace tinyc::onnx {

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// softmax(Q K^T scale + bias) V, for each head.
struct Heads {
  /// [B, N, S, D], [B, M, T, D] and [B, M, T, E]; M divides N: N / M heads of queries in a row share one of keys.
  std::string query, key, value;
  /// Added to the scores, broadcast to [B, N, S, T]; empty: nothing.
  std::string bias;
  float scale = 1, softcap = 0;
};

struct Attended {
  std::string output; ///< [B, N, S, E]
  /// [B, N, S, T]: the products, those behind softcap, those with the bias, their softmax.
  std::string scores, capped, biased, probabilities;
};

Attended attend(Parts &parts, const Heads &heads) {
  Attended result;
  if (parts.failed())
    return result;
  const Shape query(parts.getShape(heads.query)), key(parts.getShape(heads.key)), value(parts.getShape(heads.value));
  const int64_t batch = query[0], count = query[1], steps = query[2], shared = key[1], total = key[2];
  // Queries that share a key lie behind one another.
  auto group = [&](const std::string &tensor, int64_t columns) {
    return count == shared ? tensor : parts.reshape(tensor, {batch, shared, count / shared * steps, columns});
  };
  auto ungroup = [&](const std::string &tensor, int64_t columns) {
    return count == shared ? tensor : parts.reshape(tensor, {batch, count, steps, columns});
  };
  const std::string keys = parts.transpose(heads.key, {0, 1, 3, 2});
  result.scores = ungroup(parts.add("MatMul", {group(heads.query, query[3]), keys}), total);
  result.scores = parts.add("Mul", {result.scores, parts.scalar(heads.scale)});
  result.capped = result.scores;
  if (heads.softcap > 0) {
    const std::string cap = parts.scalar(heads.softcap);
    result.capped = parts.add("Mul", {parts.add("Tanh", {parts.add("Div", {result.capped, cap})}), cap});
  }
  result.biased = heads.bias.empty() ? result.capped : parts.add("Add", {result.capped, heads.bias});
  result.probabilities = parts.add("Softmax", {result.biased}, {{"axis", makeAttribute(int64_t(-1))}});
  result.output = ungroup(parts.add("MatMul", {group(result.probabilities, total), heads.value}), value[3]);
  return result;
}

/// [B, S, N * D] as [B, N, S, D].
std::string splitHeads(Parts &parts, const std::string &tensor, int64_t count, llvm::StringRef what) {
  if (parts.failed())
    return "";
  const Shape shape(parts.getShape(tensor));
  if (shape.size() != 3 || count < 1 || shape[2] % count != 0) {
    parts.fail((what + " of shape " + toString(shape) + " have no " + llvm::Twine(count) + " heads").str());
    return "";
  }
  return parts.transpose(parts.reshape(tensor, {shape[0], shape[1], count, shape[2] / count}), {0, 2, 1, 3});
}

/// [B, N, S, D] as [B, S, N * D].
std::string joinHeads(Parts &parts, const std::string &tensor) {
  if (parts.failed())
    return "";
  const Shape shape(parts.getShape(tensor));
  return parts.reshape(parts.transpose(tensor, {0, 2, 1, 3}), {shape[0], shape[2], shape[1] * shape[3]});
}

/// Checks what the products need of queries, keys and values, which are [B, heads, length, size].
void checkHeads(Parts &parts, const Heads &heads) {
  if (parts.failed())
    return;
  const llvm::ArrayRef<int64_t> query = parts.getShape(heads.query), key = parts.getShape(heads.key),
                                value = parts.getShape(heads.value);
  const bool fits = query.size() == 4 && key.size() == 4 && value.size() == 4 && query[0] == key[0] &&
                    query[0] == value[0] && key[1] == value[1] && key[2] == value[2] && query[3] == key[3] &&
                    key[1] > 0 && query[1] % key[1] == 0;
  if (!fits)
    parts.fail("queries " + toString(query) + ", keys " + toString(key) + " and values " + toString(value) +
               " (batch, heads, length, size) do not fit each other");
  else if (const Shape scores = {query[0], query[1], query[2], key[2]};
           countElements(scores).value_or(kMaxElements) > kMaxFoldedElements)
    parts.fail("the scores are too large: shape " + toString(scores) + ", at most " +
               std::to_string(kMaxFoldedElements) + " elements are supported");
}

/// What is added where `condition` (bool) is false; 0 elsewhere.
std::string maskUnless(Parts &parts, const std::string &condition, float masked) {
  return parts.add("Where", {condition, parts.scalar(0), parts.scalar(masked)});
}

std::string addBias(Parts &parts, const std::string &lhs, const std::string &rhs) {
  return lhs.empty() ? rhs : rhs.empty() ? lhs : parts.add("Add", {lhs, rhs});
}

/// [S, T]: query i sees the keys up to i + offset.
std::string makeCausalMask(Parts &parts, int64_t steps, int64_t total, int64_t offset) {
  std::vector<float> mask;
  for (int64_t row = 0; row < steps; ++row)
    for (int64_t column = 0; column < total; ++column)
      mask.push_back(column > row + offset ? -kInfinity : 0.0f);
  return parts.constant({steps, total}, mask);
}

/// The int64 numbers 0 .. count - 1, as `shape`, in the type of `like`.
std::string makeRange(Parts &parts, int64_t count, const std::string &like) {
  const std::string numbers = parts.integers(llvm::to_vector(llvm::seq<int64_t>(count)));
  return parts.failed()
             ? ""
             : parts.add("Cast", {numbers}, {{"to", makeAttribute(static_cast<int64_t>(parts.getType(like)))}});
}

/// The mask input of ONNX's Attention as a bias; its last dimension may be shorter than the keys.
std::string readMask(NodeImporter &node, Parts &parts, int64_t total) {
  constexpr unsigned index = 3;
  if (!node.hasInput(index) || parts.failed())
    return "";
  std::string mask = node.getInputName(index);
  if (parts.getType(mask) == DataType::Bool)
    mask = maskUnless(parts, mask, -kInfinity);
  Shape shape(parts.getShape(mask));
  if (parts.failed() || shape.empty() || shape.back() >= total)
    return mask;
  shape.back() = total - shape.back();
  const std::optional<int64_t> count = countElements(shape);
  if (!count) {
    parts.fail(node.describeInput(index) + " of shape " + toString(parts.getShape(mask)) + " does not fit the scores");
    return "";
  }
  const std::vector<float> missing(*count, -kInfinity);
  return parts.concat({mask, parts.constant(shape, missing)}, -1);
}

/// ONNX Runtime's mask, of integers: [B] lengths, [2 B] ends and beginnings, [B, T], [B, S, T] or [B, 1, M, M], 0 where
/// masked.
std::string readIntegerMask(NodeImporter &node, Parts &parts, unsigned index, int64_t batch, int64_t steps,
                            int64_t total) {
  if (!node.hasInput(index) || parts.failed())
    return "";
  const std::string mask = node.getInputName(index);
  const Shape shape(parts.getShape(mask));
  const float masked = node.getFloatAttribute("mask_filter_value", -10000.0f);
  if (shape == Shape{batch} || shape == Shape{2 * batch}) {
    const std::string columns = makeRange(parts, total, mask);
    const std::string ends = parts.reshape(parts.slice(mask, 0, 0, batch), {batch, 1, 1, 1});
    std::string seen = parts.add("Less", {columns, ends});
    if (shape[0] != batch) {
      const std::string begins = parts.reshape(parts.slice(mask, 0, batch, 2 * batch), {batch, 1, 1, 1});
      seen = parts.add("And", {seen, parts.add("GreaterOrEqual", {columns, begins})});
    }
    return maskUnless(parts, seen, masked);
  }
  std::string rows = mask;
  if (shape == Shape{batch, total})
    rows = parts.reshape(mask, {batch, 1, 1, total});
  else if (shape == Shape{batch, steps, total})
    rows = parts.reshape(mask, {batch, 1, steps, total});
  else if (shape.size() == 4 && shape[0] == batch && shape[1] == 1 && shape[2] >= total && shape[3] >= total)
    rows = parts.slice(parts.slice(mask, 2, total - steps, total), 3, 0, total);
  else
    parts.fail(node.describeInput(index) + " has shape " + toString(shape) + ", which is no mask of " +
               std::to_string(batch) + " x " + std::to_string(steps) + " x " + std::to_string(total));
  const int64_t boolean = static_cast<int64_t>(DataType::Bool);
  return maskUnless(parts, parts.add("Cast", {rows}, {{"to", makeAttribute(boolean)}}), masked);
}

/// Keys or values of earlier steps before those of this one.
std::string addPast(NodeImporter &node, Parts &parts, unsigned index, const std::string &tensor) {
  return node.hasInput(index) ? parts.concat({node.getInputName(index), tensor}, 2) : tensor;
}

float getScale(NodeImporter &node, Parts &parts, const std::string &query) {
  if (parts.failed())
    return 1;
  const float standard = 1.0f / std::sqrt(static_cast<float>(parts.getShape(query).back()));
  const float scale = node.getFloatAttribute("scale", standard);
  return scale == 0 && node.getOperatorName() == "MultiHeadAttention" ? standard : scale;
}

} // namespace

/// ONNX, operator sets 23 and 24.
LogicalResult buildAttention(NodeImporter &node) {
  Parts parts(node);
  const bool isFlat = node.getShape(0).size() == 3;
  const int64_t queryHeads = node.getInt("q_num_heads", 0), keyHeads = node.getInt("kv_num_heads", 0);
  const char *const names[] = {"queries", "keys", "values"};
  std::string tensors[3];
  for (unsigned index = 0; index < 3; ++index) {
    tensors[index] = node.getInputName(index);
    if (isFlat)
      tensors[index] = splitHeads(parts, tensors[index], index == 0 ? queryHeads : keyHeads, names[index]);
  }
  Heads heads{tensors[0], addPast(node, parts, 4, tensors[1]), addPast(node, parts, 5, tensors[2]),
              "",         getScale(node, parts, tensors[0]),   node.getFloatAttribute("softcap", 0)};
  checkHeads(parts, heads);
  if (parts.failed())
    return failure();
  const int64_t batch = parts.getShape(heads.query)[0], steps = parts.getShape(heads.query)[2],
                total = parts.getShape(heads.key)[2], past = total - parts.getShape(tensors[1])[2];
  heads.bias = readMask(node, parts, total);
  const bool isCausal = node.getInt("is_causal", 0) != 0;
  constexpr unsigned lengthsIndex = 6;
  if (node.hasInput(lengthsIndex)) { // of the keys that are no padding, and end with those of this step
    const std::string lengths = parts.reshape(node.getInputName(lengthsIndex), {batch, 1, 1, 1});
    const std::string columns = makeRange(parts, total, lengths);
    heads.bias = addBias(parts, heads.bias, maskUnless(parts, parts.add("Less", {columns, lengths}), -kInfinity));
    if (isCausal && !node.hasInput(4)) {
      const std::string rows = parts.reshape(makeRange(parts, steps, lengths), {steps, 1});
      const std::string reach =
          parts.add("Sub", {parts.add("Add", {rows, lengths}),
                            parts.add("Cast", {parts.integers(steps)},
                                      {{"to", makeAttribute(static_cast<int64_t>(parts.getType(lengths)))}})});
      heads.bias =
          addBias(parts, heads.bias, maskUnless(parts, parts.add("LessOrEqual", {columns, reach}), -kInfinity));
    }
  }
  if (isCausal && (node.hasInput(4) || !node.hasInput(lengthsIndex)))
    heads.bias = addBias(parts, heads.bias, makeCausalMask(parts, steps, total, past));
  const Attended result = attend(parts, heads);
  parts.setOutput(0, isFlat ? joinHeads(parts, result.output) : result.output);
  parts.setOutput(1, heads.key);
  parts.setOutput(2, heads.value);
  const std::string stages[] = {result.scores, result.capped, result.biased, result.probabilities};
  const int64_t stage = node.getInt("qk_matmul_output_mode", 0);
  if (stage < 0 || stage > 3)
    return node.emitError() << "qk_matmul_output_mode must be 0 to 3, got " << stage;
  parts.setOutput(3, stages[stage]);
  return parts.getResult();
}

/// ONNX Runtime's: queries, keys and values apart, or packed.
LogicalResult buildMultiHeadAttention(NodeImporter &node) {
  Parts parts(node);
  const int64_t count = node.getInt("num_heads", 0);
  const Shape query(node.getShape(0));
  // [B, S, N, 3, D] or [B, T, N, 2, D]: the tensor at `at`, as [B, S, N * D].
  auto unpack = [&](unsigned index, int64_t at) {
    const Shape shape(node.getShape(index));
    const std::string part = parts.slice(node.getInputName(index), 3, at, at + 1);
    return parts.reshape(part, {shape[0], shape[1], shape[2] * shape[4]});
  };
  std::string tensors[3] = {node.getInputName(0), node.getInputName(1), node.getInputName(2)};
  bool isProjected = false; // keys and values are [B, N, T, D]
  if (query.size() == 5 && query[3] == 3 && !node.hasInput(1) && !node.hasInput(2)) {
    for (unsigned index = 0; index < 3; ++index)
      tensors[index] = unpack(0, index);
  } else if (node.hasInput(1) && node.getShape(1).size() == 5 && node.getShape(1)[3] == 2 && !node.hasInput(2)) {
    tensors[1] = unpack(1, 0);
    tensors[2] = unpack(1, 1);
  } else if (node.hasInput(1) && node.hasInput(2)) {
    isProjected = node.getShape(1).size() == 4;
  } else {
    return node.emitError()
           << "expects query, key and value, [batch, length, heads, 3, size], or a query and [batch, length, "
              "heads, 2, size], got shape "
           << toString(query);
  }
  if (node.hasInput(3)) { // of the projections
    int64_t begin = 0;
    for (std::string &tensor : tensors) {
      if (isProjected)
        return node.emitError() << node.describeInput(3) << " is for keys and values of 3 dimensions";
      if (parts.failed())
        return failure();
      const int64_t size = parts.getShape(tensor).back();
      tensor = parts.add("Add", {tensor, parts.slice(node.getInputName(3), 0, begin, begin + size)});
      begin += size;
    }
  }
  const char *const names[] = {"queries", "keys", "values"};
  for (unsigned index = 0; index < 3; ++index)
    if (index == 0 || !isProjected)
      tensors[index] = splitHeads(parts, tensors[index], count, names[index]);
  Heads heads{tensors[0], addPast(node, parts, 6, tensors[1]), addPast(node, parts, 7, tensors[2]), "",
              getScale(node, parts, tensors[0])};
  checkHeads(parts, heads);
  if (parts.failed())
    return failure();
  const int64_t batch = parts.getShape(heads.query)[0], steps = parts.getShape(heads.query)[2],
                total = parts.getShape(heads.key)[2];
  heads.bias = readIntegerMask(node, parts, 4, batch, steps, total);
  if (node.getInt("unidirectional", 0) != 0)
    heads.bias = addBias(parts, heads.bias, makeCausalMask(parts, steps, total, total - steps));
  heads.bias = addBias(parts, heads.bias, node.getInputName(5));
  parts.setOutput(0, joinHeads(parts, attend(parts, heads).output));
  parts.setOutput(1, heads.key);
  parts.setOutput(2, heads.value);
  return parts.getResult();
}

/// ONNX Runtime's: the projections of one input, their weights side by side.
LogicalResult buildMicrosoftAttention(NodeImporter &node) {
  if (node.getInt("do_rotary", 0) != 0 || node.getInt("past_present_share_buffer", 0) != 0)
    return node.emitError() << "do_rotary and past_present_share_buffer are not supported";
  const int64_t count = node.getInt("num_heads", 0);
  const llvm::ArrayRef<int64_t> input = node.getShape(0), weights = node.getShape(1);
  if (input.size() != 3 || weights.size() != 2)
    return node.emitError() << "expects an input of 3 dimensions and weights of 2, got shapes " << toString(input)
                            << " and " << toString(weights);
  Shape sizes = node.getInts("qkv_hidden_sizes").value_or(Shape(3, weights[1] / 3));
  if (sizes.empty())
    sizes.assign(3, weights[1] / 3);
  if (sizes.size() != 3 || llvm::any_of(sizes, [](int64_t size) { return size < 1 || size > kMaxElements; }) ||
      sizes[0] + sizes[1] + sizes[2] != weights[1])
    return node.emitError() << "the weights have " << weights[1]
                            << " columns, expects qkv_hidden_sizes, or three equal parts";
  const int64_t batch = input[0], steps = input[1];
  Parts parts(node);
  const char *const names[] = {"queries", "keys", "values"};
  std::string tensors[3];
  int64_t begin = 0;
  for (unsigned index = 0; index < 3; ++index) {
    const int64_t end = begin + sizes[index];
    std::string projected =
        parts.add("MatMul", {node.getInputName(0), parts.slice(node.getInputName(1), 1, begin, end)});
    if (node.hasInput(2))
      projected = parts.add("Add", {projected, parts.slice(node.getInputName(2), 0, begin, end)});
    tensors[index] = splitHeads(parts, projected, count, names[index]);
    begin = end;
  }
  if (parts.failed())
    return failure();
  Heads heads{tensors[0], tensors[1], tensors[2], "", getScale(node, parts, tensors[0])};
  if (constexpr unsigned past = 4; node.hasInput(past)) { // [2, B, N, P, D]
    if (node.getShape(past).size() != 5 || node.getShape(past)[0] != 2)
      return node.emitError() << node.describeInput(past) << " has shape " << toString(node.getShape(past))
                              << ", expects 2 x batch x heads x length x size";
    std::string *const presents[] = {&heads.key, &heads.value};
    for (int64_t index = 0; index < 2; ++index)
      *presents[index] = parts.concat(
          {parts.add("Squeeze", {parts.slice(node.getInputName(past), 0, index, index + 1), parts.integers(0)}),
           *presents[index]},
          2);
  }
  checkHeads(parts, heads);
  if (parts.failed())
    return failure();
  const int64_t total = parts.getShape(heads.key)[2];
  heads.bias = readIntegerMask(node, parts, 3, batch, steps, total);
  if (node.getInt("unidirectional", 0) != 0)
    heads.bias = addBias(parts, heads.bias, makeCausalMask(parts, steps, total, total - steps));
  heads.bias = addBias(parts, heads.bias, node.getInputName(5));
  parts.setOutput(0, joinHeads(parts, attend(parts, heads).output));
  if (node.isOutputUsed(1))
    parts.setOutput(1, parts.concat({parts.add("Unsqueeze", {heads.key, parts.integers(0)}),
                                     parts.add("Unsqueeze", {heads.value, parts.integers(0)})},
                                    0));
  return parts.getResult();
}

} // namespace tinyc::onnx

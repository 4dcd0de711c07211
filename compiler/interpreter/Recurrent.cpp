// recurrent.
#include "compiler/interpreter/Kernels.h"
#include "tinyc/kernels.h"
#include "tinyc/math.h"

using namespace mlir;

namespace tinyc::nn {

namespace {

/// An activation with its parameters and the bounds of its argument.
struct Activation {
  int32_t function;
  float alpha, beta, clip;

  float operator()(float x) const {
    x = tinyc_limit_f32(x, -clip, clip);
    switch (function) {
    case TINYC_RECURRENT_SIGMOID: return tinyc_logistic_f32(x);
    case TINYC_RECURRENT_TANH: return tinyc_math_tanh_f32(x);
    case TINYC_RECURRENT_RELU: return x < 0 ? 0 : x;
    case TINYC_RECURRENT_AFFINE: return alpha * x + beta;
    case TINYC_RECURRENT_ELU: return x < 0 ? alpha * (tinyc_exp_f32(x) - 1) : x;
    case TINYC_RECURRENT_HARD_SIGMOID: return tinyc_limit_f32(alpha * x + beta, 0, 1);
    case TINYC_RECURRENT_LEAKY_RELU: return x < 0 ? alpha * x : x;
    case TINYC_RECURRENT_SCALED_TANH: return alpha * tinyc_math_tanh_f32(beta * x);
    case TINYC_RECURRENT_SOFTPLUS: return (x > 0 ? x : 0) + tinyc_math_log1p_f32(tinyc_exp_f32(-std::abs(x)));
    case TINYC_RECURRENT_SOFTSIGN: return x / (1 + std::abs(x));
    default: return x < alpha ? 0 : x;
    }
  }
};

/// What belongs to one direction.
struct Direction {
  const float *weights, *recurrence, *bias, *peepholes;
  const Activation *activations;
};

class Recurrence {
public:
  explicit Recurrence(RecurrentOp op);
  void run(Operands operands, HostTensor &out) const;

private:
  /// start + the products of x and a row of a matrix, in order.
  static float addProducts(float start, ArrayRef<float> x, const float *matrix, int64_t row) {
    for (auto [column, value] : llvm::enumerate(x))
      start += value * matrix[row * static_cast<int64_t>(x.size()) + static_cast<int64_t>(column)];
    return start;
  }
  static float getBias(const Direction &direction, int64_t row) { return direction.bias ? direction.bias[row] : 0; }
  void step(const Direction &direction, ArrayRef<float> x, std::vector<float> &hidden, std::vector<float> &cell) const;

  int64_t steps, batch, inputs, size, directions, gates;
  bool isLstm, reverse, resetAfter, coupled, keepSequence, keepHidden, keepCell;
  size_t functionCount;
  std::vector<Activation> activations;
  /// Numbers of the optional operands; 0: absent.
  unsigned bias, lengths, initialHidden, initialCell, peepholes;
};

Recurrence::Recurrence(RecurrentOp op)
    : steps(op.getSteps()), batch(op.getInput().getType().getDimSize(1)), inputs(op.getInput().getType().getDimSize(2)),
      size(op.getHiddenSize()), directions(op.getDirections()), gates(op.getGates()), isLstm(op.getCell() == "lstm"),
      reverse(op.getReverse()), resetAfter(op.getResetAfter()), coupled(op.getCoupled()),
      keepSequence(op.getKeepSequence()), keepHidden(op.getKeepHidden()), keepCell(op.getKeepCell()),
      functionCount(op.getFunctionCount()) {
  const float clip = op.getClip() ? op.getClip()->convertToFloat() : std::numeric_limits<float>::infinity();
  for (auto [name, alpha, beta] : llvm::zip_equal(op.getFunctions().getAsRange<StringAttr>(), op.getAlphas(), op.getBetas()))
    activations.push_back({*findRecurrentFunction(name), alpha, beta, clip});
  unsigned next = 3;
  auto take = [&](Value operand) { return operand ? next++ : 0; };
  bias = take(op.getBias());
  lengths = take(op.getLengths());
  initialHidden = take(op.getInitialHidden());
  initialCell = take(op.getInitialCell());
  peepholes = take(op.getPeepholes());
}

void Recurrence::step(const Direction &direction, ArrayRef<float> x, std::vector<float> &hidden,
                      std::vector<float> &cell) const {
  const int64_t rows = gates * size;
  const Activation *f = direction.activations;
  auto getGate = [&](int64_t gate, int64_t j) {
    const int64_t row = gate * size + j;
    float sum = getBias(direction, row) + getBias(direction, rows + row);
    return addProducts(addProducts(sum, x, direction.weights, row), hidden, direction.recurrence, row);
  };
  const std::vector<float> before = hidden;
  std::vector<float> next(size);
  if (isLstm) {
    for (int64_t j = 0; j < size; ++j) {
      auto getPeephole = [&](int64_t number, float gate, float state) {
        return direction.peepholes ? gate + direction.peepholes[number * size + j] * state : gate;
      };
      const float i = f[0](getPeephole(0, getGate(0, j), cell[j]));
      const float forget = coupled ? 1 - i : f[0](getPeephole(2, getGate(2, j), cell[j]));
      cell[j] = forget * cell[j] + i * f[1](getGate(3, j));
      const float o = f[0](getPeephole(1, getGate(1, j), cell[j]));
      next[j] = o * f[2](cell[j]);
    }
  } else if (gates == 3) {
    std::vector<float> reset(size), resetHidden(size);
    for (int64_t j = 0; j < size; ++j) {
      reset[j] = f[0](getGate(1, j));
      resetHidden[j] = reset[j] * before[j];
    }
    for (int64_t j = 0; j < size; ++j) {
      const int64_t row = 2 * size + j;
      const float update = f[0](getGate(0, j));
      float sum;
      if (resetAfter) {
        sum = addProducts(getBias(direction, row), x, direction.weights, row);
        sum += reset[j] * addProducts(getBias(direction, rows + row), before, direction.recurrence, row);
      } else {
        sum = addProducts(getBias(direction, row) + getBias(direction, rows + row), x, direction.weights, row);
        sum = addProducts(sum, resetHidden, direction.recurrence, row);
      }
      next[j] = (1 - update) * f[1](sum) + update * before[j];
    }
  } else {
    for (int64_t j = 0; j < size; ++j)
      next[j] = f[0](getGate(0, j));
  }
  hidden = std::move(next);
}

void Recurrence::run(Operands operands, HostTensor &out) const {
  auto find = [&](unsigned number, int64_t offset) -> const float * {
    return number == 0 ? nullptr : operands[number]->get<float>().data() + offset;
  };
  MutableArrayRef<float> result = out.get<float>();
  for (int64_t d = 0; d < directions; ++d) {
    const Direction direction = {find(1, d * gates * size * inputs), find(2, d * gates * size * size),
                                 find(bias, d * 2 * gates * size), find(peepholes, d * 3 * size),
                                 activations.data() + d * functionCount};
    for (int64_t n = 0; n < batch; ++n) {
      auto getPlace = [&](int64_t row) { return ((row * directions + d) * batch + n) * size; };
      const int64_t length = lengths == 0 ? steps : std::clamp<int64_t>(operands[lengths]->get<int32_t>()[n], 0, steps);
      std::vector<float> hidden(size, 0.0f), cell(size, 0.0f);
      if (initialHidden)
        std::copy_n(find(initialHidden, getPlace(0)), size, hidden.begin());
      if (initialCell)
        std::copy_n(find(initialCell, getPlace(0)), size, cell.begin());
      for (int64_t s = 0; s < length; ++s) {
        const int64_t t = reverse || d == 1 ? length - 1 - s : s;
        step(direction, ArrayRef(operands[0]->get<float>()).slice((t * batch + n) * inputs, inputs), hidden, cell);
        if (keepSequence)
          llvm::copy(hidden, result.begin() + getPlace(t));
      }
      int64_t row = keepSequence ? steps : 0; // those behind the length stay 0
      if (keepHidden)
        llvm::copy(hidden, result.begin() + getPlace(row++));
      if (keepCell)
        llvm::copy(cell, result.begin() + getPlace(row));
    }
  }
}

} // namespace

FailureOr<Kernel> compileRecurrent(RecurrentOp op) {
  return Kernel([recurrence = Recurrence(op)](Operands operands, HostTensor &out) { recurrence.run(operands, out); });
}

} // namespace tinyc::nn

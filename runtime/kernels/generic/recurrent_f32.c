/* recurrent float: one step of one sample after the other, the state in scratch. */
#include <string.h>

#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/math.h"

enum { kBlock = 4 };

static float applyFunction(int32_t function, float alpha, float beta, float x) {
  switch (function) {
  case TINYC_RECURRENT_SIGMOID: return tinyc_logistic_f32(x);
  case TINYC_RECURRENT_TANH: return tinyc_math_tanh_f32(x);
  case TINYC_RECURRENT_RELU: return x < 0.0f ? 0.0f : x;
  case TINYC_RECURRENT_AFFINE: return alpha * x + beta;
  case TINYC_RECURRENT_ELU: return x < 0.0f ? alpha * (tinyc_exp_f32(x) - 1.0f) : x;
  case TINYC_RECURRENT_HARD_SIGMOID: return tinyc_limit_f32(alpha * x + beta, 0.0f, 1.0f);
  case TINYC_RECURRENT_LEAKY_RELU: return x < 0.0f ? alpha * x : x;
  case TINYC_RECURRENT_SCALED_TANH: return alpha * tinyc_math_tanh_f32(beta * x);
  case TINYC_RECURRENT_SOFTPLUS: /* log(1 + e^x) without overflow */
    return (x > 0.0f ? x : 0.0f) + tinyc_math_log1p_f32(tinyc_exp_f32(x > 0.0f ? -x : x));
  case TINYC_RECURRENT_SOFTSIGN: return x / (1.0f + (x < 0.0f ? -x : x));
  default: return x < alpha ? 0.0f : x; /* ThresholdedRelu; NaN stays NaN */
  }
}

/* Applies function `number`, of a direction's three, to what is clipped first. */
TINYC_CORE float activate(const tinyc_recurrent_f32_params *params, int32_t number, float x) {
  float limited = tinyc_limit_f32(x, -params->clip, params->clip);
  return applyFunction(params->functions[number], params->alphas[number], params->betas[number], limited);
}

/* sums[j] += the products of x and row j of the matrix, in order. */
TINYC_CORE void addBlock(const float *x, const float *matrix, int32_t length, const int32_t rows, float *sums) {
  float block[kBlock];
  for (int32_t j = 0; j < rows; j++)
    block[j] = sums[j];
  for (int32_t i = 0; i < length; i++)
    for (int32_t j = 0; j < rows; j++)
      block[j] += x[i] * matrix[j * length + i];
  for (int32_t j = 0; j < rows; j++)
    sums[j] = block[j];
}

static void addProducts(const float *x, const float *matrix, int32_t length, int32_t rows, float *sums) {
  int32_t row = 0;
  for (; row + kBlock <= rows; row += kBlock)
    addBlock(x, matrix + row * length, length, kBlock, sums + row);
  for (; row < rows; row++)
    addBlock(x, matrix + row * length, length, 1, sums + row);
}

typedef struct Direction {
  const tinyc_recurrent_f32_params *params;
  const float *weights, *recurrence, *bias, *peepholes; /* of this direction; bias and peepholes may be NULL */
  int32_t first;                                        /* number of its first function */
  int32_t gates;
  float *hidden, *cell, *candidate, *sums;
} Direction;

static void stepLstm(const Direction *direction) {
  const tinyc_recurrent_f32_params *params = direction->params;
  int32_t size = params->hidden, first = direction->first;
  const float *input = direction->sums, *out = input + size, *forget = out + size, *candidate = forget + size;
  const float *peepholes = direction->peepholes;
  for (int32_t j = 0; j < size; j++) {
    float cell = direction->cell[j];
    float i = activate(params, first, peepholes ? input[j] + peepholes[j] * cell : input[j]);
    float f = params->coupled ? 1.0f - i
                              : activate(params, first, peepholes ? forget[j] + peepholes[2 * size + j] * cell : forget[j]);
    cell = f * cell + i * activate(params, first + 1, candidate[j]);
    float o = activate(params, first, peepholes ? out[j] + peepholes[size + j] * cell : out[j]);
    direction->cell[j] = cell;
    direction->hidden[j] = o * activate(params, first + 2, cell);
  }
}

/* The gates' sums hold all of update and reset, and of the candidate what the recurrence does not add. */
static void stepGru(const Direction *direction) {
  const tinyc_recurrent_f32_params *params = direction->params;
  int32_t size = params->hidden, first = direction->first;
  float *update = direction->sums, *reset = update + size, *sums = reset + size, *candidate = direction->candidate;
  const float *recurrence = direction->recurrence + 2 * size * size;
  for (int32_t j = 0; j < size; j++) {
    update[j] = activate(params, first, update[j]);
    reset[j] = activate(params, first, reset[j]);
  }
  if (params->reset_after) {
    for (int32_t j = 0; j < size; j++)
      candidate[j] = direction->bias ? direction->bias[5 * size + j] : 0.0f;
    addProducts(direction->hidden, recurrence, size, size, candidate);
    for (int32_t j = 0; j < size; j++)
      sums[j] += reset[j] * candidate[j];
  } else {
    for (int32_t j = 0; j < size; j++)
      candidate[j] = reset[j] * direction->hidden[j];
    addProducts(candidate, recurrence, size, size, sums);
  }
  for (int32_t j = 0; j < size; j++)
    direction->hidden[j] = (1.0f - update[j]) * activate(params, first + 1, sums[j]) + update[j] * direction->hidden[j];
}

static void step(const Direction *direction, const float *x) {
  const tinyc_recurrent_f32_params *params = direction->params;
  int32_t rows = direction->gates * params->hidden;
  int32_t whole = params->cell == TINYC_RECURRENT_GRU ? 2 * params->hidden : rows; /* rows that get all products at once */
  const float *bias = direction->bias;
  for (int32_t row = 0; row < rows; row++)
    direction->sums[row] = !bias ? 0.0f : row >= whole && params->reset_after ? bias[row] : bias[row] + bias[rows + row];
  addProducts(x, direction->weights, params->inputs, rows, direction->sums);
  addProducts(direction->hidden, direction->recurrence, params->hidden, whole, direction->sums);
  if (params->cell == TINYC_RECURRENT_LSTM) {
    stepLstm(direction);
  } else if (params->cell == TINYC_RECURRENT_GRU) {
    stepGru(direction);
  } else {
    for (int32_t j = 0; j < params->hidden; j++)
      direction->hidden[j] = activate(params, direction->first, direction->sums[j]);
  }
}

static void begin(float *state, const float *initial, int32_t size) {
  if (initial)
    memcpy(state, initial, sizeof(float) * (size_t)size);
  else
    memset(state, 0, sizeof(float) * (size_t)size);
}

void tinyc_recurrent_f32(const tinyc_recurrent_f32_params *params, const float *input, const float *weights,
                         const float *recurrence, const float *bias, const int32_t *lengths, const float *hidden,
                         const float *cell, const float *peepholes, float *output, void *scratch, int32_t row_begin,
                         int32_t row_end) {
  int32_t size = params->hidden, batch = params->batch, pitch = params->directions * batch * size;
  int32_t gates = params->cell == TINYC_RECURRENT_LSTM ? 4 : params->cell == TINYC_RECURRENT_GRU ? 3 : 1;
  size_t bytes = sizeof(float) * (size_t)size;
  float *state = (float *)scratch;
  for (int32_t d = row_begin; d < row_end; d++) {
    const Direction direction = {params,
                                 weights + d * gates * size * params->inputs,
                                 recurrence + d * gates * size * size,
                                 bias ? bias + d * 2 * gates * size : bias,
                                 peepholes ? peepholes + d * 3 * size : peepholes,
                                 3 * d,
                                 gates,
                                 state,
                                 state + size,
                                 state + 2 * size,
                                 state + 3 * size};
    int backward = d == 1 || params->reverse;
    for (int32_t n = 0; n < batch; n++) {
      int32_t place = (d * batch + n) * size;
      int32_t steps = params->steps, length = lengths ? lengths[n] : steps;
      length = length < 0 ? 0 : length > steps ? steps : length;
      begin(direction.hidden, hidden ? hidden + place : hidden, size);
      begin(direction.cell, cell ? cell + place : cell, size);
      for (int32_t s = 0; s < length; s++) {
        int32_t t = backward ? length - 1 - s : s;
        step(&direction, input + (t * batch + n) * params->inputs);
        if (params->keep_sequence)
          memcpy(output + t * pitch + place, direction.hidden, bytes);
      }
      float *last = output;
      if (params->keep_sequence) {
        for (int32_t t = length; t < steps; t++)
          memset(output + t * pitch + place, 0, bytes);
        last += steps * pitch;
      }
      if (params->keep_hidden) {
        memcpy(last + place, direction.hidden, bytes);
        last += pitch;
      }
      if (params->keep_cell)
        memcpy(last + place, direction.cell, bytes);
    }
  }
}

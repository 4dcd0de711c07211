// Runs a package with a streamed input 0 and no other input on the samples of standard input, in every way that model.h
// offers, and writes output 0 of each sample to standard output. Fails if the ways differ, or if the network touches
// memory outside of the arena.
#include "model.h"

#include <stdio.h>
#include <string.h>

enum { GUARD = 64 };

static _Alignas(MODEL_ARENA_ALIGNMENT) uint8_t memory[MODEL_ARENA_BYTES + GUARD];
static uint8_t sample[MODEL_INPUT_0_BYTES], results[6][MODEL_OUTPUT_0_BYTES];

struct user {
  int32_t rows;        // read so far
  uint8_t *result;     // rows of output 0 go here
  int32_t failing_row; // read_rows fails when it is asked for it
};

static int read_rows(void *user, int input, int32_t row, int32_t count, void *rows) {
  struct user *self = (struct user *)user;
  if (input != 0 || row != self->rows || count < 1 || row + count > MODEL_INPUT_0_ROWS)
    return 100;
  if (row <= self->failing_row && self->failing_row < row + count)
    return 7;
  self->rows += count;
  memcpy(rows, sample + (size_t)row * MODEL_INPUT_0_ROW_BYTES, (size_t)count * MODEL_INPUT_0_ROW_BYTES);
  return 0;
}

#ifdef MODEL_OUTPUT_0_ROWS
static int write_rows(void *user, int output, int32_t row, int32_t count, const void *rows) {
  struct user *self = (struct user *)user;
  if (output != 0)
    return 100;
  memcpy(self->result + (size_t)row * MODEL_OUTPUT_0_ROW_BYTES, rows, (size_t)count * MODEL_OUTPUT_0_ROW_BYTES);
  return 0;
}
#endif

static void begin(model_context *model, struct user *user, uint8_t *result) {
  memset(user, 0, sizeof *user);
  memset(memory, 0x5a, sizeof memory);
  user->result = result;
  user->failing_row = -1;
  model->user = user;
  model->read_rows = read_rows;
#ifdef MODEL_OUTPUT_0_ROWS
  model->write_rows = write_rows;
#endif
}

static int end(const model_context *model, uint8_t *result) {
#ifdef MODEL_OUTPUT_0_ROWS
  (void)result;
  if (model_output(model, 0) != NULL)
    return 0;
#else
  memcpy(result, model_output(model, 0), MODEL_OUTPUT_0_BYTES);
#endif
  for (int i = 0; i < GUARD; ++i)
    if (memory[MODEL_ARENA_BYTES + i] != 0x5a)
      return 0;
  return model->state.stage == 0 && model->state.request == MODEL_DONE;
}

// Pushes `count` rows at a time; the number of rows still to come is known at each call.
static int push(model_context *model, int32_t count) {
  for (int32_t row = 0; row < MODEL_INPUT_0_ROWS; row += count) {
    const int32_t missing = MODEL_INPUT_0_ROWS - row;
    const int32_t now = count < missing ? count : missing;
    if (row > 0 && model_push_rows(model, sample, missing + 1) != -1) // more than there are
      return 0;
    if (model_push_rows(model, sample + (size_t)row * MODEL_INPUT_0_ROW_BYTES, now) != missing - now)
      return 0;
  }
  return 1;
}

static int in_place(model_context *model, uint8_t *result) {
  model_rows rows;
  int request;
  while ((request = model_next(model, &rows)) != MODEL_DONE) {
    uint8_t *data = (uint8_t *)rows.data;
    if (rows.index != 0 || data < memory || data + rows.bytes > memory + MODEL_ARENA_BYTES)
      return 0;
    if (request == MODEL_WANTS_ROWS)
      memcpy(data, sample + (size_t)rows.row * MODEL_INPUT_0_ROW_BYTES, rows.bytes);
#ifdef MODEL_OUTPUT_0_ROWS
    if (request == MODEL_HAS_ROWS)
      memcpy(result + (size_t)rows.row * MODEL_OUTPUT_0_ROW_BYTES, data, rows.bytes);
#endif
  }
  (void)result;
  return 1;
}

int main(void) {
  model_context model;
  struct user user;
  if (model_init(&model, memory, MODEL_ARENA_BYTES - 1) == 0 || model_init(&model, memory, MODEL_ARENA_BYTES) != 0)
    return 1;
  if (model_input(&model, 0) != NULL || model_input_bytes(0) != MODEL_INPUT_0_BYTES || MODEL_INPUT_COUNT != 1 ||
      (size_t)MODEL_INPUT_0_ROWS * MODEL_INPUT_0_ROW_BYTES != MODEL_INPUT_0_BYTES)
    return 2;
  if (model_invoke(&model) != -1) // no read_rows
    return 3;
  while (fread(sample, sizeof sample, 1, stdin) == 1) {
    const int32_t counts[] = {1, 3, MODEL_INPUT_0_ROWS};
    begin(&model, &user, results[0]);
    user.failing_row = MODEL_INPUT_0_ROWS / 2; // an inference that is given up
    if (model_invoke(&model) != 7)
      return 4;
    begin(&model, &user, results[0]);
    if (model_invoke(&model) != 0 || !end(&model, results[0]))
      return 5;
    for (int way = 0; way < 3; ++way) {
      begin(&model, &user, results[1 + way]);
      if (!push(&model, counts[way]) || !end(&model, results[1 + way]))
        return 6 + way;
    }
    begin(&model, &user, results[4]);
    if (!in_place(&model, results[4]) || !end(&model, results[4]))
      return 9;
    if (model_push_rows(&model, sample, 1) != MODEL_INPUT_0_ROWS - 1) // another one that is given up
      return 10;
    model_restart(&model);
    begin(&model, &user, results[5]);
    if (!push(&model, 2) || !end(&model, results[5]))
      return 11;
    for (int way = 1; way < 6; ++way)
      if (memcmp(results[0], results[way], MODEL_OUTPUT_0_BYTES) != 0)
        return 20 + way;
    fwrite(results[0], MODEL_OUTPUT_0_BYTES, 1, stdout);
  }
  return 0;
}

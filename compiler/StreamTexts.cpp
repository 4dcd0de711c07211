#include "compiler/StreamTexts.h"

using namespace llvm;

namespace tinyc {

static std::vector<size_t> findStreamed(ArrayRef<Port> ports) {
  std::vector<size_t> streamed;
  for (auto [index, port] : enumerate(ports))
    if (port.streamed)
      streamed.push_back(index);
  return streamed;
}

/// Rows can be pushed without a word on which input they are of.
static bool hasPush(const Ports &ports) { return findStreamed(ports.inputs).size() == 1; }

static std::string replaceAll(StringRef text, StringRef from, const Twine &to) {
  std::string result;
  for (size_t at; (at = text.find(from)) != StringRef::npos; text = text.drop_front(at + from.size()))
    result += (text.take_front(at) + to).str();
  return result + text.str();
}

std::string makeStreamUse(const Ports &ports) {
  std::string text = " *   ... set model.read_rows, model.write_rows ...\n"
                     " *   @PREFIX@_invoke(&model);\n";
  if (hasPush(ports))
    text += " *     or, for every row: @PREFIX@_push_rows(&model, row, 1);\n";
  return text;
}

std::string makeStreamTypes(const Ports &ports) {
  static const char text[] = R"(
/* Streamed inputs and outputs are nowhere in memory as a whole: they pass in rows, in ascending order. Row y of a
 * tensor of shape {1, ROWS, ...} is the part with index y of dimension 1, ROW_BYTES bytes. The network takes each row
 * when it needs it, and stops until it is there. */

/* What @PREFIX@_next returns: */
#define @MACRO@_DONE 0       /* all outputs are computed */
#define @MACRO@_WANTS_ROWS 1 /* it waits for rows of an input */
#define @MACRO@_HAS_ROWS 2   /* rows of an output are there to be taken */

/* Where a network stands that has stopped. All zero: at its beginning. */
typedef struct @PREFIX@_state {
  int32_t stage, step;
  int32_t request, port, row, count, offset; /* @MACRO@_WANTS_ROWS or _HAS_ROWS, and which rows */
  int32_t rows[@COUNTERS@]; /* done of each layer of the stage */
} @PREFIX@_state;

/* Rows [row, row + count) of input or output `index`, `bytes` bytes at `data` in the arena. */
typedef struct @PREFIX@_rows {
  int index;
  int32_t row, count;
  size_t bytes;
  void *data;
} @PREFIX@_rows;

/* Copies rows [row, row + count) of input `input` to `rows`. Returns 0, or an error, which @PREFIX@_invoke returns. */
typedef int (*@PREFIX@_read_rows)(void *user, int input, int32_t row, int32_t count, void *rows);
/* Takes rows [row, row + count) of output `output` from `rows`; the same results. */
typedef int (*@PREFIX@_write_rows)(void *user, int output, int32_t row, int32_t count, const void *rows);

typedef struct @PREFIX@_context {
  uint8_t *arena;
  @PREFIX@_read_rows read_rows;   /* both are the user's to set after @PREFIX@_init, where they are needed */
  @PREFIX@_write_rows write_rows;
  void *user; /* their first argument */
  @PREFIX@_state state;
} @PREFIX@_context;

/* The network alone, on an arena with the inputs that are not streamed: runs until it needs or has rows, or to its end,
 * and returns @MACRO@_WANTS_ROWS, _HAS_ROWS or _DONE. */
int32_t @PREFIX@_run(uint8_t *arena, @PREFIX@_state *state);
)";
  return replaceAll(text, "@COUNTERS@", Twine(std::max<int64_t>(ports.stateCounters, 1)));
}

std::string makeStreamFunctions(const Ports &ports) {
  static const char text[] = R"(
/* Forgets the rows passed so far: the next ones are those of a new inference. */
static inline void @PREFIX@_restart(@PREFIX@_context *context) {
  memset(&context->state, 0, sizeof context->state);
@RESET@}

/* Goes on until the network needs or has rows. @MACRO@_WANTS_ROWS: write them to rows->data, and call again. _HAS_ROWS:
 * take them from there, and call again. _DONE: the outputs are complete; the next call begins a new inference. */
static inline int @PREFIX@_next(@PREFIX@_context *context, @PREFIX@_rows *rows) {
  const int request = (int)@PREFIX@_run(context->arena, &context->state);
  if (request != @MACRO@_DONE) {
    const @PREFIX@_state *state = &context->state;
    rows->index = (int)state->port;
    rows->row = state->row;
    rows->count = state->count;
    rows->bytes = (size_t)state->count * @PREFIX@_row_bytes(request, rows->index);
    rows->data = context->arena + state->offset;
  }
  return request;
}

/* Computes the outputs of one inference from rows that context->read_rows copies, and gives those of streamed outputs
 * to context->write_rows. Returns 0, -1 if one of them is needed and NULL, or what is not 0 that one of them returns. */
static inline int @PREFIX@_invoke(@PREFIX@_context *context) {
  @PREFIX@_rows rows;
  int request;
  @PREFIX@_restart(context);
  while ((request = @PREFIX@_next(context, &rows)) != @MACRO@_DONE) {
    int error = -1;
    if (request == @MACRO@_WANTS_ROWS && context->read_rows != NULL)
      error = context->read_rows(context->user, rows.index, rows.row, rows.count, rows.data);
    else if (request == @MACRO@_HAS_ROWS && context->write_rows != NULL)
      error = context->write_rows(context->user, rows.index, rows.row, rows.count, rows.data);
    if (error != 0)
      return error;
  }
  return 0;
}
)";
  static const char push[] = R"(
/* Gives the next `count` rows of input @INPUT@, and computes what they allow; the first ones after @PREFIX@_init or the
 * end of an inference begin one. Returns the number of rows that are still to come, 0 when the outputs are complete, or
 * -1 if there are not as many to come as `count`: then none is taken. Rows of streamed outputs go to context->write_rows;
 * if it is NULL or does not return 0, the result is -2 and the inference is to be given up with @PREFIX@_restart. Of an
 * input that is taken several times, the rows to come are those of one pass. */
static inline int32_t @PREFIX@_push_rows(@PREFIX@_context *context, const void *rows, int32_t count) {
  @PREFIX@_state *state = &context->state;
  const uint8_t *from = (const uint8_t *)rows;
  int32_t request = state->request;
  for (;;) {
    if (request == @MACRO@_HAS_ROWS) {
      if (context->write_rows == NULL ||
          context->write_rows(context->user, (int)state->port, state->row, state->count,
                              context->arena + state->offset))
        return -2;
    } else if (request == @MACRO@_WANTS_ROWS) {
      const int32_t missing = @MACRO@_INPUT_@INPUT@_ROWS - state->row;
      const int32_t taken = count < state->count ? count : state->count;
      const size_t bytes = (size_t)taken * @MACRO@_INPUT_@INPUT@_ROW_BYTES;
      if (count < 0 || count > missing)
        return -1;
      memcpy(context->arena + state->offset, from, bytes);
      from += bytes;
      count -= taken;
      state->row += taken;
      state->count -= taken;
      state->offset += (int32_t)bytes;
      if (state->count > 0)
        return missing - taken;
    }
    request = @PREFIX@_run(context->arena, state);
    if (request == @MACRO@_DONE)
      return 0;
  }
}
)";
  std::string result;
  raw_string_ostream os(result);
  os << "\n/* Bytes of a row of input (@MACRO@_WANTS_ROWS) or output (_HAS_ROWS) `index`; 0 if it is not streamed. */\n"
        "static inline size_t @PREFIX@_row_bytes(int request, int index) {\n";
  for (auto [request, direction, list] : {std::tuple("WANTS", "INPUT", &ports.inputs),
                                          std::tuple("HAS", "OUTPUT", &ports.outputs)})
    for (size_t index : findStreamed(*list))
      os << "  if (request == @MACRO@_" << request << "_ROWS && index == " << index << ")\n    return @MACRO@_"
         << direction << "_" << index << "_ROW_BYTES;\n";
  os << "  return 0;\n}\n" << text;
  if (hasPush(ports))
    os << replaceAll(push, "@INPUT@", Twine(findStreamed(ports.inputs).front()));
  return result;
}

std::string makeStreamExample(const Ports &ports, StringRef outputType) {
  std::string result;
  raw_string_ostream os(result);
  os << R"(#include "model.h"
#include <string.h>

static _Alignas(@MACRO@_ARENA_ALIGNMENT) uint8_t arena[@MACRO@_ARENA_BYTES];
)";
  const std::vector<size_t> inputs = findStreamed(ports.inputs), outputs = findStreamed(ports.outputs);
  if (!inputs.empty())
    os << R"(
static int read_rows(void *user, int input, int32_t row, int32_t count, void *rows) {
  (void)user, (void)row;
  memset(rows, 0, (size_t)count * @PREFIX@_row_bytes(@MACRO@_WANTS_ROWS, input)); /* your rows here */
  return 0;
}
)";
  if (!outputs.empty())
    os << R"(
static int write_rows(void *user, int output, int32_t row, int32_t count, const void *rows) {
  (void)user, (void)output, (void)row, (void)count, (void)rows; /* your use of the rows here */
  return 0;
}
)";
  os << R"(
int main(void) {
  @PREFIX@_context model;
  if (@PREFIX@_init(&model, arena, sizeof arena) != 0)
    return 1;
)";
  if (!inputs.empty())
    os << "  model.read_rows = read_rows;\n";
  if (!outputs.empty())
    os << "  model.write_rows = write_rows;\n";
  for (auto [index, port] : enumerate(ports.inputs))
    if (!port.streamed)
      os << "  memset(@PREFIX@_input(&model, " << index << "), 0, @MACRO@_INPUT_" << index
         << "_BYTES); /* your input here */\n";
  os << "  if (@PREFIX@_invoke(&model) != 0)\n    return 1;\n";
  if (!ports.outputs.front().streamed)
    os << "  const " << outputType << " *output = (const " << outputType << " *)@PREFIX@_output(&model, 0);\n"
       << "  return output[0] != 0; /* your use of the output here */\n}\n";
  else
    os << "  return 0;\n}\n";
  return result;
}

std::string makeStreamCalls(const Ports &ports) {
  static const char text[] =
      R"(* `int @PREFIX@_invoke(@PREFIX@_context *context)`: one inference; the rows of streamed inputs come from
  `context->read_rows`, those of streamed outputs go to `context->write_rows`. It returns what one of them returns other
  than 0.
)";
  static const char push[] =
      R"(* `int32_t @PREFIX@_push_rows(@PREFIX@_context *context, const void *rows, int32_t count)`: the same by
  repeated calls, with the rows as they come. It returns how many are still to come, 0 when the outputs are there.
)";
  static const char next[] =
      R"(* `int @PREFIX@_next(@PREFIX@_context *context, @PREFIX@_rows *rows)`: goes on until rows are needed or
  there, and says which and where in the arena they belong, so that nobody has to copy them.
* `void @PREFIX@_restart(@PREFIX@_context *context)`: gives up an inference that has begun.
)";
  std::string result = text;
  if (hasPush(ports))
    result += push;
  return result + next;
}

std::string makeStreamNotes(const Ports &ports) {
  static const char camera[] = R"(
### Rows from a camera

A streamed input is never in memory as a whole.@PASSES@ The network asks for rows as it needs them, in ascending order, a
few at a time; between two requests it computes everything that the rows so far allow. `@PREFIX@_next` names the place of the
next rows, and a DMA controller can write them there:

```c
@PREFIX@_rows rows;
while (@PREFIX@_next(&model, &rows) == @MACRO@_WANTS_ROWS) {
  start_line_dma(rows.data, rows.bytes); /* your camera's: rows.count lines */
  wait_for_line_dma();
}
```

Where the camera does not wait, let it fill two line buffers of your own in turn, and push each line when it is complete
while the next one arrives:

```c
void on_line(const void *line) { /* of @MACRO@_INPUT_@INPUT@_ROW_BYTES bytes */
  if (@PREFIX@_push_rows(&model, line, 1) == 0)
    use(@PREFIX@_output(&model, 0));
}
```
)";
  if (!hasPush(ports) || !findStreamed(ports.outputs).empty())
    return "";
  size_t input = findStreamed(ports.inputs).front();
  int64_t passes = ports.inputs[input].passes;
  std::string note = passes == 1 ? std::string()
                                 : (" It is taken " + Twine(passes) + " times (@MACRO@_INPUT_@INPUT@_PASSES), each time from "
                                    "row 0 to the last: the same image again, pushed as a whole each time.").str();
  return replaceAll(replaceAll(camera, "@PASSES@", note), "@INPUT@", Twine(input));
}

} // namespace tinyc

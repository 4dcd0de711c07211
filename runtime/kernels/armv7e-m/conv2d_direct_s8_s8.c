/* conv2d int8 for Armv7E-M with hardly any scratch: windows of two pixels times pairs of filters, straight from the input
 * rows (tinyc/layouts.h).
 *
 * Weights are halfwords 256 * high + low as in conv2d_columns, but elements are widened where they are multiplied, again
 * for every pair of filters: for four elements 8 SMLAD, 6 SXTB16 and 4 loads. A Cortex-M7 pairs every SXTB16 and two of
 * the loads with an SMLAD (9 cycles for 16 products), a Cortex-M4 pipelines the loads (19 cycles). Scratch holds where
 * the windows lie and one pixel of padding. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"

/* Elements that lie together in the windows of both pixels; the assembly loads all three words at once. */
typedef struct Segment {
  uint32_t steps; /* bytes, and in the upper half where to enter a round of steps */
  const int8_t *second, *first;
} Segment;

/* What multiply2 and multiply1 read; the offsets are written in them as numbers. */
typedef struct Block {
  const Segment *last; /* 0: behind the last segment */
  const int8_t *end;   /* 4: of the weights */
  uint32_t pixel;      /* 8: bytes between the two pixels of the output */
  int32_t zero_point;  /* 12: of the output */
} Block;

enum { kRound = 16 /* steps */, kStepBytes = 72, kSingleStepBytes = 44 /* of code */ };

/* r0..r3 accumulators low, high of both pixels; r4, r6 words of weights and r5, r8 the same unpacked; r7, r9 four elements
 * of each pixel, then the odd ones of them, r8, r10 the even ones; lr, r11 elements, r12 weights. With one pixel r9 and r10
 * are its odd and even elements. On a Cortex-M7 a step begins with the last product of the step before, and with r4, r6
 * and r7 loaded; the last step stands apart, as it must not load elements ahead. */
#if TINYC_DUAL_ISSUE
enum { kStepsApart = 1 };
#define STEP2(load)                        \
  "sxtb16   r5, r4\n"                      \
  "smlad    r2, r9, r8, r2\n"              \
  "sxtb16   r8, r7\n"                      \
  "ldr.w    r9, [r11], #4\n"               \
  "sxtb16   r7, r7, ror #8\n"              \
  "smlad    r1, r8, r4, r1\n"              \
  "sxtb16   r10, r9\n"                     \
  "smlad    r0, r8, r5, r0\n"              \
  "sxtb16   r9, r9, ror #8\n"              \
  "smlad    r3, r10, r4, r3\n"             \
  "smlad    r2, r10, r5, r2\n"             \
  "ldr.w    r4, [r12], #4\n"               \
  "sxtb16   r8, r6\n"                      \
  "smlad    r1, r7, r6, r1\n"              \
  "smlad    r0, r7, r8, r0\n"              \
  load                                     \
  "smlad    r3, r9, r6, r3\n"              \
  "ldr.w    r6, [r12], #4\n"
#define STEP1(load)                        \
  "sxtb16   r5, r4\n"                      \
  "smlad    r0, r9, r8, r0\n"              \
  "sxtb16   r10, r7\n"                     \
  "sxtb16   r9, r7, ror #8\n"              \
  "smlad    r1, r10, r4, r1\n"             \
  "sxtb16   r8, r6\n"                      \
  "smlad    r0, r10, r5, r0\n"             \
  "ldr.w    r4, [r12], #4\n"               \
  "smlad    r1, r9, r6, r1\n"              \
  load                                     \
  "ldr.w    r6, [r12], #4\n"
#define BEGIN_FILTERS "ldr r4, [r12], #4\n" "ldr r6, [r12], #4\n"
#define BEGIN_SEGMENT "ldr r7, [lr], #4\n" "mov r8, #0\n"
#define LAST_STEP2 STEP2("") "smlad r2, r9, r8, r2\n"
#define LAST_STEP1 STEP1("") "smlad r0, r9, r8, r0\n"
#define END_FILTERS ""
#else
enum { kStepsApart = 0 };
#define STEP2(load)                        \
  load                                     \
  "ldr.w    r9, [r11], #4\n"               \
  "ldr.w    r4, [r12], #8\n"               \
  "ldr      r6, [r12, #-4]\n"              \
  "sxtb16   r8, r7\n"                      \
  "sxtb16   r5, r4\n"                      \
  "sxtb16   r10, r9\n"                     \
  "smlad    r1, r8, r4, r1\n"              \
  "smlad    r0, r8, r5, r0\n"              \
  "smlad    r3, r10, r4, r3\n"             \
  "smlad    r2, r10, r5, r2\n"             \
  "sxtb16   r7, r7, ror #8\n"              \
  "sxtb16   r8, r6\n"                      \
  "sxtb16   r9, r9, ror #8\n"              \
  "smlad    r1, r7, r6, r1\n"              \
  "smlad    r0, r7, r8, r0\n"              \
  "smlad    r3, r9, r6, r3\n"              \
  "smlad    r2, r9, r8, r2\n"
#define STEP1(load)                        \
  load                                     \
  "ldr.w    r4, [r12], #8\n"               \
  "ldr      r6, [r12, #-4]\n"              \
  "sxtb16   r10, r7\n"                     \
  "sxtb16   r5, r4\n"                      \
  "sxtb16   r9, r7, ror #8\n"              \
  "sxtb16   r8, r6\n"                      \
  "smlad    r1, r10, r4, r1\n"             \
  "smlad    r0, r10, r5, r0\n"             \
  "smlad    r1, r9, r6, r1\n"              \
  "smlad    r0, r9, r8, r0\n"
#define BEGIN_FILTERS ""
#define BEGIN_SEGMENT ""
#define LAST_STEP2 ""
#define LAST_STEP1 ""
#define END_FILTERS "ldrd r4, r6, [r12], #8\n"
#endif

#define REPEAT4(step) step step step step
#define ROUND(step) REPEAT4(REPEAT4(step("ldr.w r7, [lr], #4\n")))

/* Frame: 0 out, 4 next segment, 8 end of the elements of the first pixel, 12 segments, 16 behind the last, 20 end of the
 * weights, 24 pixel, 28 zero point. */
#define FILTERS(round, last_step, stage)   \
  "push     {r4-r11, lr}\n"                \
  "sub      sp, sp, #32\n"                 \
  "ldmia.w  r3, {r4, r5, r6, r7}\n"        \
  "mov      r12, r0\n"                     \
  "str      r2, [sp, #0]\n"                \
  "strd     r1, r4, [sp, #12]\n"           \
  "strd     r5, r6, [sp, #20]\n"           \
  "str      r7, [sp, #28]\n"               \
  "1:\n" /* a pair of filters */           \
  "ldr      r0, [r12], #4\n"               \
  "ldr      r5, [sp, #12]\n"               \
  "mov      r1, r0\n"                      \
  "mov      r2, r0\n"                      \
  BEGIN_FILTERS                            \
  "mov      r3, r0\n"                      \
  "2:\n" /* a segment */                   \
  "ldmia.w  r5!, {r8, r11, lr}\n"          \
  "str      r5, [sp, #4]\n"                \
  "adr.w    r5, 3f\n"                      \
  "uxtah    r10, lr, r8\n"                 \
  "add      r5, r5, r8, lsr #16\n"         \
  "str      r10, [sp, #8]\n"               \
  BEGIN_SEGMENT                            \
  "bx       r5\n"                          \
  ".balign  4\n"                           \
  "3:\n" round                             \
  "ldr.w    r10, [sp, #8]\n"               \
  "cmp      lr, r10\n"                     \
  "bne.w    3b\n"                          \
  last_step                                \
  "ldr      r5, [sp, #4]\n"                \
  "ldr      r10, [sp, #16]\n"              \
  "cmp      r5, r10\n"                     \
  "bne.w    2b\n"                          \
  END_FILTERS                              \
  "ldrd     r7, lr, [sp, #24]\n"           \
  "ldr      r10, [r12], #4\n"              \
  "sub.w    r1, r1, r0\n"                  \
  "smmlar   r0, r0, r4, lr\n"              \
  stage                                    \
  "ldr      r9, [sp, #20]\n"               \
  "strb     r1, [r8], #1\n"                \
  "str      r8, [sp, #0]\n"                \
  "cmp      r12, r9\n"                     \
  "bne.w    1b\n"                          \
  "add      sp, sp, #32\n"                 \
  "pop      {r4-r11, pc}\n"

/* Two pixels; out has two bytes for each pair of filters and pixel. */
TINYC_ASSEMBLY void multiply2(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const Segment *segments,
                              TINYC_IN_REGISTER int8_t *out, TINYC_IN_REGISTER const Block *block) {
  __asm__(FILTERS(ROUND(STEP2), LAST_STEP2,
          "sub.w    r3, r3, r2\n"
          "smmlar   r2, r2, r4, lr\n"
          "add.w    r1, r10, r1, asr #8\n"
          "ldr      r8, [sp, #0]\n"
          "add.w    r3, r10, r3, asr #8\n"
          "smmlar   r1, r1, r6, lr\n"
          "ssat     r2, #8, r2\n"
          "smmlar   r3, r3, r6, lr\n"
          "ssat     r0, #8, r0\n"
          "strb     r2, [r8, r7]\n"
          "ssat     r3, #8, r3\n"
          "strb     r0, [r8], #1\n"
          "ssat     r1, #8, r1\n"
          "strb     r3, [r8, r7]\n"));
}

/* The first pixel alone. */
TINYC_ASSEMBLY void multiply1(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const Segment *segments,
                              TINYC_IN_REGISTER int8_t *out, TINYC_IN_REGISTER const Block *block) {
  __asm__(FILTERS(ROUND(STEP1), LAST_STEP1,
          "add.w    r1, r10, r1, asr #8\n"
          "smmlar   r1, r1, r6, lr\n"
          "ldr      r8, [sp, #0]\n"
          "ssat     r0, #8, r0\n"
          "strb     r0, [r8], #1\n"
          "ssat     r1, #8, r1\n"));
}

/* All filters of one or two pixels. */
static void multiplyFilters(const int8_t *packed, const Segment *segments, int8_t *out, Block *block, int32_t pixels,
                            int32_t filters, int32_t bytes) {
  void (*multiply)(const int8_t *, const Segment *, int8_t *, const Block *) = pixels == 2 ? multiply2 : multiply1;
  block->pixel = (uint32_t)filters;
  block->end = packed + filters / 2 * bytes;
  if (filters > 1)
    multiply(packed, segments, out, block);
  if (filters & 1) {
    /* Through a buffer: the last filter has no partner to be stored with. */
    int8_t pair[4];
    packed = block->end;
    block->pixel = 2;
    block->end = packed + bytes;
    multiply(packed, segments, pair, block);
    out[filters - 1] = pair[0];
    if (pixels == 2)
      out[2 * filters - 1] = pair[2];
  }
}

/* The input rows of one row of windows: those of kernel rows begin .. end - 1 are inside the input. */
typedef struct Rows {
  const int8_t **row;
  int32_t begin, end;
  const int8_t *padding; /* a pixel of padding */
} Rows;

/* The address of tap (ky, column x) or of the padding. */
static inline const int8_t *findTap(const tinyc_window *window, const Rows *rows, int32_t ky, int32_t x) {
  int inside = ky >= rows->begin && ky < rows->end && x >= 0 && x < window->input_width;
  return inside ? rows->row[ky] + x * window->input_channels : rows->padding;
}

/* Makes the segments of two windows, or one, that begin in columns left and left + shift; returns behind the last. */
static Segment *findSegments(const tinyc_window *window, const Rows *rows, int32_t left, int32_t shift, int32_t pixels,
                             Segment *to) {
  int32_t channels = window->input_channels, width = window->kernel_width, dilation = window->dilation_width;
  int32_t step_bytes = pixels == 2 ? kStepBytes : kSingleStepBytes;
  /* Neighbouring kernel columns that lie inside the input for both pixels make one segment. */
  int32_t begin = tinyc_min_s32(tinyc_max_s32(-left, 0), width);
  int32_t end = dilation > 1 ? begin : tinyc_max_s32(tinyc_min_s32(width, window->input_width - left - shift), begin);
  for (int32_t ky = 0; ky < window->kernel_height; ky++) {
    int inside = ky >= rows->begin && ky < rows->end;
    for (int32_t kx = 0, columns; kx < width; kx += columns, to++) {
      columns = inside && kx == begin && end > begin ? end - begin : 1;
      int32_t x = left + kx * dilation, bytes = columns * channels, rest = (bytes / 4 - kStepsApart) % kRound;
      to->steps = (uint32_t)(((kRound - rest) * step_bytes + 1) << 16 | bytes); /* odd: an address of Thumb code */
      to->first = findTap(window, rows, ky, x);
      to->second = findTap(window, rows, ky, x + shift);
    }
  }
  return to;
}

void tinyc_conv2d_direct_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                        const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                        int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  const tinyc_window *window = &params->window;
  int32_t filters = window->output_channels, height = window->kernel_height, stride = window->stride_width;
  int32_t bytes = 16 + 2 * height * window->kernel_width * window->input_channels; /* of a pair of filters */
  Segment *segments = (Segment *)scratch;
  Rows rows = {(const int8_t **)(void *)(segments + height * window->kernel_width), 0, 0, NULL};
  if (tinyc_is_padded(window)) {
    rows.padding = (const int8_t *)(const void *)(rows.row + height);
    memset(rows.row + height, params->input_zero_point, (size_t)window->input_channels);
  }
  Block block = {NULL, NULL, 0, params->output.zero_point};
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top;
    tinyc_taps taps = tinyc_inner_taps(top, window->dilation_height, height, window->input_height);
    rows.begin = taps.begin;
    rows.end = taps.end;
    for (int32_t ky = rows.begin; ky < rows.end; ky++)
      rows.row[ky] = tinyc_input_row_s8(window, input, top + ky * window->dilation_height);
    for (int32_t x = 0; x < window->output_width; x += 2, out += 2 * filters) {
      int32_t pixels = tinyc_min_s32(2, window->output_width - x), first = x * stride - window->pad_left;
      block.last = findSegments(window, &rows, first, (pixels - 1) * stride, pixels, segments);
      multiplyFilters(weights, segments, out, &block, pixels, filters, bytes);
    }
  }
  tinyc_clamp_rows_s8(window, &params->output, output, row_begin, row_end);
}

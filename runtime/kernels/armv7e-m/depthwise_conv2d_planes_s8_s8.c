/* depthwise conv2d int8 for Armv7E-M: a channel at a time, two rows by three columns of output (tinyc/layouts.h).
 *
 * Pairs of rows as words make every product a SMLAD of two input rows: 36 of them for the 54 products of a block with a
 * 3x3 kernel. Along a kernel row the three words in registers slide by one load. On a Cortex-M7 every load pairs with an
 * SMLAD (6 cycles per kernel column), on a Cortex-M4 the loads pipeline (10 cycles). */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"

/* A column of blocks; the offsets are written in the assembly as numbers. */
typedef struct Task {
  int32_t bias;            /* 0 */
  const uint32_t *weights; /* 4 */
  int8_t *out;             /* 8 */
  int32_t blocks;          /* 12: one below the other, at least 1 */
  int32_t multiplier;      /* 16 */
  int32_t zero_point;      /* 20 */
  int32_t pixel;           /* 24: bytes between neighbouring pixels of the output */
  int32_t row;             /* 28: between the two rows of a block; with 0 the upper row is written last */
  int32_t step;            /* 32: between blocks */
  const uint32_t *end;     /* 36: of the weights, plus two words */
  int32_t kernel_width;    /* 40: 3, 5 or 7 */
  int32_t rewind;          /* 44: bytes from behind a block's rows of words back to the next block's first */
  int32_t last_row;        /* 48: `row` of the last block */
} Task;

/* r0..r2 accumulators of the upper row, r3..r5 of the lower; r6..r8 words of the strip, in turns; r9, r10 weights of the
 * upper and lower row; r11 bytes of a row of words, r12 weights, lr strip. */
#if TINYC_DUAL_ISSUE
#define STEP(v0, v1, v2, load)             \
  "smlad    r0, " v0 ", r9, r0\n"          \
  "smlad    r1, " v1 ", r9, r1\n"          \
  "smlad    r2, " v2 ", r9, r2\n"          \
  "smlad    r3, " v0 ", r10, r3\n"         \
  load                                     \
  "ldr.w    r9, [r12], #4\n"               \
  "smlad    r4, " v1 ", r10, r4\n"         \
  "smlad    r5, " v2 ", r10, r5\n"         \
  "ldr.w    r10, [r12], #4\n"
#else
#define STEP(v0, v1, v2, load)             \
  "smlad    r0, " v0 ", r9, r0\n"          \
  "smlad    r1, " v1 ", r9, r1\n"          \
  "smlad    r2, " v2 ", r9, r2\n"          \
  "smlad    r3, " v0 ", r10, r3\n"         \
  "smlad    r4, " v1 ", r10, r4\n"         \
  "smlad    r5, " v2 ", r10, r5\n"         \
  load                                     \
  "ldr.w    r9, [r12], #8\n"               \
  "ldr      r10, [r12, #-4]\n"
#endif

#define ENTER                              \
  "push     {r4-r11, lr}\n"                \
  "mov      lr, r1\n"                      \
  "mov      r11, r2\n"                     \
  "ldr      r3, [r0, #48]\n"               \
  "push     {r3}\n"                        \
  "ldm.w    r0, {r0-r10, r12}\n"           \
  "push     {r0-r10, r12}\n"

#define BEGIN_BLOCK                        \
  "1:\n"                                   \
  "ldrd     r0, r12, [sp, #0]\n"           \
  "mov      r1, r0\n"                      \
  "mov      r2, r0\n"                      \
  "ldrd     r9, r10, [r12], #8\n"          \
  "mov      r3, r0\n"                      \
  "mov      r4, r0\n"                      \
  "mov      r5, r0\n"

#define END_BLOCK                          \
  "ldrd     r9, r10, [sp, #16]\n"          \
  "ldrd     r7, r12, [sp, #24]\n"          \
  "ldrd     r8, r6, [sp, #8]\n"            \
  "cmp      r6, #1\n"                      \
  "it       eq\n"                          \
  "ldreq    r12, [sp, #48]\n"              \
  "smmlar   r3, r3, r9, r10\n"             \
  "smmlar   r4, r4, r9, r10\n"             \
  "add      r12, r8, r12\n"                \
  "smmlar   r5, r5, r9, r10\n"             \
  "ssat     r3, #8, r3\n"                  \
  "smmlar   r0, r0, r9, r10\n"             \
  "ssat     r4, #8, r4\n"                  \
  "smmlar   r1, r1, r9, r10\n"             \
  "ssat     r5, #8, r5\n"                  \
  "smmlar   r2, r2, r9, r10\n"             \
  "ldr      r9, [sp, #32]\n"               \
  "strb     r3, [r12]\n"                   \
  "ssat     r0, #8, r0\n"                  \
  "strb     r4, [r12, r7]\n"               \
  "ssat     r1, #8, r1\n"                  \
  "strb     r5, [r12, r7, lsl #1]\n"       \
  "ssat     r2, #8, r2\n"                  \
  "strb     r0, [r8]\n"                    \
  "strb     r1, [r8, r7]\n"                \
  "strb     r2, [r8, r7, lsl #1]\n"        \
  "add      r8, r8, r9\n"                  \
  "subs     r6, r6, #1\n"                  \
  "strd     r8, r6, [sp, #8]\n"            \
  "bne.w    1b\n"                          \
  "add      sp, sp, #52\n"                 \
  "pop      {r4-r11, pc}\n"

/* Leaves the row of words after 3 or 5 steps, or goes on to 7; then the next row. */
#define KERNEL_ROW(step, loads)            \
  "2:\n"                                   \
  "ldr      r6, [sp, #40]\n"               \
  "cmp      r6, #5\n"                      \
  loads                                    \
  step(0) step(1) step(2)                  \
  "blt.w    3f\n"                          \
  step(3) step(4)                          \
  "beq.w    3f\n"                          \
  step(5) step(6)                          \
  "3:\n"                                   \
  "ldr      r6, [sp, #36]\n"               \
  "add      lr, lr, r11\n"                 \
  "cmp      r12, r6\n"                     \
  "bne.w    2b\n"                          \
  "ldr      r6, [sp, #44]\n"               \
  "sub      lr, lr, r6\n"

#define STRIDE1_0 STEP("r6", "r7", "r8", "ldr.w r6, [lr, #12]\n")
#define STRIDE1_1 STEP("r7", "r8", "r6", "ldr.w r7, [lr, #16]\n")
#define STRIDE1_2 STEP("r8", "r6", "r7", "ldr.w r8, [lr, #20]\n")
#define STRIDE1_3 STEP("r6", "r7", "r8", "ldr.w r6, [lr, #24]\n")
#define STRIDE1_4 STEP("r7", "r8", "r6", "ldr.w r7, [lr, #28]\n")
#define STRIDE1_5 STEP("r8", "r6", "r7", "ldr.w r8, [lr, #32]\n")
#define STRIDE1_6 STEP("r6", "r7", "r8", "ldr.w r6, [lr, #36]\n")
#define STRIDE1(i) STRIDE1_##i

TINYC_ASSEMBLY void computeStride1(TINYC_IN_REGISTER const Task *task, TINYC_IN_REGISTER const uint32_t *strip,
                                   TINYC_IN_REGISTER int32_t pitch) {
  __asm__(ENTER BEGIN_BLOCK
          KERNEL_ROW(STRIDE1, "ldr.w r6, [lr]\n" "ldr.w r7, [lr, #4]\n" "ldr.w r8, [lr, #8]\n")
          END_BLOCK);
}

/* Here the words of the three columns lie two apart, and all three are loaded for each kernel column. */
#if TINYC_DUAL_ISSUE
#define STEP_STRIDE2(x0, x1, x2)           \
  "smlad    r0, r6, r9, r0\n"              \
  "smlad    r3, r6, r10, r3\n"             \
  "smlad    r1, r7, r9, r1\n"              \
  "ldr.w    r6, [lr, #" x0 "]\n"           \
  "smlad    r4, r7, r10, r4\n"             \
  "smlad    r2, r8, r9, r2\n"              \
  "ldr.w    r7, [lr, #" x1 "]\n"           \
  "ldr.w    r9, [r12], #4\n"               \
  "smlad    r5, r8, r10, r5\n"             \
  "ldr.w    r8, [lr, #" x2 "]\n"           \
  "ldr.w    r10, [r12], #4\n"
#else
#define STEP_STRIDE2(x0, x1, x2)           \
  "smlad    r0, r6, r9, r0\n"              \
  "smlad    r1, r7, r9, r1\n"              \
  "smlad    r2, r8, r9, r2\n"              \
  "smlad    r3, r6, r10, r3\n"             \
  "smlad    r4, r7, r10, r4\n"             \
  "smlad    r5, r8, r10, r5\n"             \
  "ldr.w    r6, [lr, #" x0 "]\n"           \
  "ldr.w    r7, [lr, #" x1 "]\n"           \
  "ldr.w    r8, [lr, #" x2 "]\n"           \
  "ldr.w    r9, [r12], #8\n"               \
  "ldr      r10, [r12, #-4]\n"
#endif

#define STRIDE2_0 STEP_STRIDE2("4", "12", "20")
#define STRIDE2_1 STEP_STRIDE2("8", "16", "24")
#define STRIDE2_2 STEP_STRIDE2("12", "20", "28")
#define STRIDE2_3 STEP_STRIDE2("16", "24", "32")
#define STRIDE2_4 STEP_STRIDE2("20", "28", "36")
#define STRIDE2_5 STEP_STRIDE2("24", "32", "40")
#define STRIDE2_6 STEP_STRIDE2("28", "36", "44")
#define STRIDE2(i) STRIDE2_##i

TINYC_ASSEMBLY void computeStride2(TINYC_IN_REGISTER const Task *task, TINYC_IN_REGISTER const uint32_t *strip,
                                   TINYC_IN_REGISTER int32_t pitch) {
  __asm__(ENTER BEGIN_BLOCK
          KERNEL_ROW(STRIDE2, "ldr.w r6, [lr]\n" "ldr.w r7, [lr, #8]\n" "ldr.w r8, [lr, #16]\n")
          END_BLOCK);
}

/* A single output row, five columns at a time: r0..r4 accumulators; r5..r9 words of the strip; r10, r11 weights in turns;
 * r12 weights (those of the lower row are passed over), lr strip. Loads are spread over the products for both cores: each
 * step has one or five of them beside that of a weight. */
#define ROW_STEP(v0, v1, v2, v3, v4, w, next, load) \
  "smlad    r0, " v0 ", " w ", r0\n"       \
  load                                     \
  "smlad    r1, " v1 ", " w ", r1\n"       \
  "ldr.w    " next ", [r12], #8\n"         \
  "smlad    r2, " v2 ", " w ", r2\n"       \
  "smlad    r3, " v3 ", " w ", r3\n"       \
  "smlad    r4, " v4 ", " w ", r4\n"
#define ROW_STRIDE1_0 ROW_STEP("r5", "r6", "r7", "r8", "r9", "r10", "r11", "ldr.w r5, [lr, #20]\n")
#define ROW_STRIDE1_1 ROW_STEP("r6", "r7", "r8", "r9", "r5", "r11", "r10", "ldr.w r6, [lr, #24]\n")
#define ROW_STRIDE1_2 ROW_STEP("r7", "r8", "r9", "r5", "r6", "r10", "r11", "ldr.w r7, [lr, #28]\n")
#define ROW_STRIDE1_3 ROW_STEP("r8", "r9", "r5", "r6", "r7", "r11", "r10", "ldr.w r8, [lr, #32]\n")
#define ROW_STRIDE1_4 ROW_STEP("r9", "r5", "r6", "r7", "r8", "r10", "r11", "ldr.w r9, [lr, #36]\n")
#define ROW_STRIDE1_5 ROW_STEP("r5", "r6", "r7", "r8", "r9", "r11", "r10", "ldr.w r5, [lr, #40]\n")
#define ROW_STRIDE1_6 ROW_STEP("r6", "r7", "r8", "r9", "r5", "r10", "r11", "ldr.w r6, [lr, #44]\n")
#define ROW_STRIDE1(i) ROW_STRIDE1_##i

#define ROW_STEP_STRIDE2(w, next, x0, x1, x2, x3, x4) \
  "smlad    r0, r5, " w ", r0\n"           \
  "ldr.w    r5, [lr, #" x0 "]\n"           \
  "smlad    r1, r6, " w ", r1\n"           \
  "ldr.w    r6, [lr, #" x1 "]\n"           \
  "smlad    r2, r7, " w ", r2\n"           \
  "ldr.w    r7, [lr, #" x2 "]\n"           \
  "smlad    r3, r8, " w ", r3\n"           \
  "ldr.w    r8, [lr, #" x3 "]\n"           \
  "smlad    r4, r9, " w ", r4\n"           \
  "ldr.w    r9, [lr, #" x4 "]\n"           \
  "ldr.w    " next ", [r12], #8\n"
#define ROW_STRIDE2_0 ROW_STEP_STRIDE2("r10", "r11", "4", "12", "20", "28", "36")
#define ROW_STRIDE2_1 ROW_STEP_STRIDE2("r11", "r10", "8", "16", "24", "32", "40")
#define ROW_STRIDE2_2 ROW_STEP_STRIDE2("r10", "r11", "12", "20", "28", "36", "44")
#define ROW_STRIDE2_3 ROW_STEP_STRIDE2("r11", "r10", "16", "24", "32", "40", "48")
#define ROW_STRIDE2_4 ROW_STEP_STRIDE2("r10", "r11", "20", "28", "36", "44", "52")
#define ROW_STRIDE2_5 ROW_STEP_STRIDE2("r11", "r10", "24", "32", "40", "48", "56")
#define ROW_STRIDE2_6 ROW_STEP_STRIDE2("r10", "r11", "28", "36", "44", "52", "60")
#define ROW_STRIDE2(i) ROW_STRIDE2_##i

/* Task as for two rows, but blocks stand side by side: `step` is between their outputs, `row` between their words, rewind
 * is all of the kernel's rows. After an odd number of steps the next weight is in r11. */
#define ROW(steps, loads)                  \
  "push     {r4-r11, lr}\n"                \
  "mov      lr, r1\n"                      \
  "mov      r11, r2\n"                     \
  "ldm.w    r0, {r0-r10, r12}\n"           \
  "push     {r0-r12}\n"                    \
  "1:\n"                                   \
  "ldrd     r0, r12, [sp, #0]\n"           \
  "mov      r1, r0\n"                      \
  "ldr      r11, [r12], #8\n"              \
  "mov      r2, r0\n"                      \
  "mov      r3, r0\n"                      \
  "mov      r4, r0\n"                      \
  "2:\n"                                   \
  "ldr      r5, [sp, #40]\n"               \
  "mov      r10, r11\n"                    \
  "cmp      r5, #5\n"                      \
  loads                                    \
  steps(0) steps(1) steps(2)               \
  "blt.w    3f\n"                          \
  steps(3) steps(4)                        \
  "beq.w    3f\n"                          \
  steps(5) steps(6)                        \
  "3:\n"                                   \
  "ldr      r5, [sp, #36]\n"               \
  "ldr      r6, [sp, #44]\n"               \
  "cmp      r12, r5\n"                     \
  "add      lr, lr, r6\n"                  \
  "bne.w    2b\n"                          \
  "ldrd     r9, r10, [sp, #16]\n"          \
  "ldrd     r8, r5, [sp, #8]\n"            \
  "ldrd     r7, r11, [sp, #24]\n"          \
  "smmlar   r0, r0, r9, r10\n"             \
  "ldr      r12, [sp, #48]\n"              \
  "smmlar   r1, r1, r9, r10\n"             \
  "add      r11, r11, lr\n"                \
  "smmlar   r2, r2, r9, r10\n"             \
  "sub      lr, r11, r12\n"                \
  "ssat     r0, #8, r0\n"                  \
  "smmlar   r3, r3, r9, r10\n"             \
  "ssat     r1, #8, r1\n"                  \
  "smmlar   r4, r4, r9, r10\n"             \
  "ssat     r2, #8, r2\n"                  \
  "strb     r0, [r8]\n"                    \
  "ssat     r3, #8, r3\n"                  \
  "strb     r1, [r8, r7]\n"                \
  "ssat     r4, #8, r4\n"                  \
  "add      r6, r8, r7\n"                  \
  "strb     r2, [r8, r7, lsl #1]\n"        \
  "ldr      r9, [sp, #32]\n"               \
  "strb     r3, [r6, r7, lsl #1]\n"        \
  "subs     r5, r5, #1\n"                  \
  "strb     r4, [r8, r7, lsl #2]\n"        \
  "add      r8, r8, r9\n"                  \
  "strd     r8, r5, [sp, #8]\n"            \
  "bne.w    1b\n"                          \
  "add      sp, sp, #52\n"                 \
  "pop      {r4-r11, pc}\n"

TINYC_ASSEMBLY void computeRowStride1(TINYC_IN_REGISTER const Task *task, TINYC_IN_REGISTER const uint32_t *strip,
                                      TINYC_IN_REGISTER int32_t pitch) {
  __asm__(ROW(ROW_STRIDE1, "ldr.w r5, [lr]\n" "ldr.w r6, [lr, #4]\n" "ldr.w r7, [lr, #8]\n" "ldr.w r8, [lr, #12]\n"
                           "ldr.w r9, [lr, #16]\n"));
}

TINYC_ASSEMBLY void computeRowStride2(TINYC_IN_REGISTER const Task *task, TINYC_IN_REGISTER const uint32_t *strip,
                                      TINYC_IN_REGISTER int32_t pitch) {
  __asm__(ROW(ROW_STRIDE2, "ldr.w r5, [lr]\n" "ldr.w r6, [lr, #8]\n" "ldr.w r7, [lr, #16]\n" "ldr.w r8, [lr, #24]\n"
                           "ldr.w r9, [lr, #32]\n"));
}

static inline uint32_t makePair(int32_t low, int32_t high) {
  uint32_t pair;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(low), "r"(high));
  return pair;
}

/* Rows of words that one output row reads, and that a pair does. */
static inline int32_t getKernelRows(const tinyc_window *window, int32_t output_rows) {
  return output_rows == 1 ? (window->kernel_height + 1) / 2 : tinyc_planes_kernel_rows(window);
}

/* The weights of a channel, kernel_height x kernel_width bytes at k, into scratch; those of the lower output row only if
 * there is one. */
static __attribute__((noinline)) void expandWeights(const tinyc_window *window, const int8_t *k, uint32_t *to,
                                                    int32_t output_rows) {
  static const int8_t zeros[7] = {0};
  int32_t height = window->kernel_height, width = window->kernel_width, rows = getKernelRows(window, output_rows);
  int32_t filled = tinyc_planes_kernel_width(window), stride = window->stride_height;
  for (int32_t y = 0; y < 2 * rows; y += 2) {
    /* Kernel rows y and y + 1 for the upper output row, `stride` rows before for the lower one. */
    const int8_t *a = y < height ? k + y * width : zeros, *b = y + 1 < height ? k + (y + 1) * width : zeros;
    if (output_rows == 1) {
      for (int32_t x = 0; x < width; x++, to += 2)
        to[0] = makePair(a[x], b[x]);
    } else {
      int32_t above = y - stride;
      const int8_t *c = above >= 0 && above < height ? k + above * width : zeros;
      const int8_t *d = above + 1 >= 0 && above + 1 < height ? k + (above + 1) * width : zeros;
      for (int32_t x = 0; x < width; x++, to += 2) {
        to[0] = makePair(a[x], b[x]);
        to[1] = makePair(c[x], d[x]);
      }
    }
    for (int32_t x = width; x < filled; x++, to += 2)
      to[0] = to[1] = 0;
  }
}

static inline uint32_t *fillWords(uint32_t *to, uint32_t word, int32_t count) {
  for (; count > 0; count--)
    *to++ = word;
  return to;
}

/* A strip of input, and what of it comes from the input and is not padding: the same for all channels. */
typedef struct Strip {
  uint32_t *words;
  int32_t width, rows;         /* words of a row; rows */
  int32_t channels, pitch;     /* bytes between pixels and between rows of the input */
  const uint32_t *offsets;     /* of the input's rows where they lie anywhere, else NULL */
  int32_t ring_rows, row;      /* the first input row; in a ring, where it lies */
  int32_t first, inside;       /* halfword where that row begins; words of a row */
  int32_t half_above, pairs, half_below; /* rows with input in the upper halves, in both, in the lower halves */
  int32_t output_ring_row, output_rows;
} Strip;

/* Output rows y .. y + rows - 1 of all channels. Fills the strip with padding. */
static void prepareStrip(const tinyc_conv2d_s8_params *params, Strip *strip, int32_t y, int32_t rows) {
  const tinyc_window *window = &params->window;
  int32_t top = y * window->stride_height - window->pad_top, zero = params->input_zero_point;
  strip->width = tinyc_planes_width(window);
  strip->rows = rows == 1 ? getKernelRows(window, 1) : tinyc_planes_rows(window, (rows + 1) / 2);
  strip->channels = window->input_channels;
  strip->pitch = window->input_width * strip->channels;
  strip->ring_rows = window->input_ring_rows;
  strip->inside = tinyc_min_s32(window->input_width, strip->width - window->pad_left);
  strip->output_ring_row = tinyc_ring_row(y, window->output_ring_rows);
  strip->output_rows = rows;
  int32_t reach = (rows - 1) * window->stride_height + window->kernel_height;
  int32_t begin = tinyc_max_s32(top, 0), end = tinyc_min_s32(top + reach, window->input_height);
  int32_t inside = tinyc_max_s32(end - begin, 0);
  strip->row = strip->offsets ? begin : tinyc_ring_row(begin, window->input_ring_rows);
  strip->half_above = inside > 0 && ((begin - top) & 1);
  strip->pairs = (inside - strip->half_above) / 2;
  strip->half_below = (inside - strip->half_above) & 1;
  strip->first = 2 * ((begin - top) / 2 * strip->width + window->pad_left);
  fillWords(strip->words, makePair(zero, zero), strip->rows * strip->width);
}

/* count words, from bytes `channels` apart at a and as many at a + below. */
TINYC_CORE void gatherPairs(const int8_t *a, int32_t below, int32_t channels, uint32_t *to, int32_t count) {
  if (count & 1) {
    *to++ = makePair(a[0], a[below]);
    a += channels;
  }
  for (uint32_t *end = to + (count & ~1); to != end; to += 2) {
    int32_t a0 = a[0], b0 = a[below];
    a += channels;
    int32_t a1 = a[0], b1 = a[below];
    a += channels;
    to[0] = makePair(a0, b0);
    to[1] = makePair(a1, b1);
  }
}

/* Input row `row`, and goes on to the next one. */
static inline const int8_t *takeRow(const Strip *strip, const int8_t *input, int32_t *row) {
  if (strip->offsets)
    return input + strip->offsets[(*row)++];
  const int8_t *from = input + *row * strip->pitch;
  if (++*row == strip->ring_rows)
    *row = 0;
  return from;
}

static void gatherHalf(const int8_t *from, int32_t channels, int16_t *to, int32_t count) {
  for (; count > 0; count--, from += channels, to += 2)
    *to = *from;
}

/* What is not padding; input is that of the channel. */
static __attribute__((noinline)) void gatherStrip(const Strip *strip, const int8_t *input) {
  int16_t *to = (int16_t *)(void *)strip->words + strip->first;
  int32_t row = strip->row, width = 2 * strip->width;
  if (strip->half_above) {
    gatherHalf(takeRow(strip, input, &row), strip->channels, to + 1, strip->inside);
    to += width;
  }
  int32_t pairs = strip->pairs, channels = strip->channels, inside = strip->inside, pitch = strip->pitch;
  if (row + 2 * pairs + strip->half_below <= strip->ring_rows) {
    const int8_t *from = input + row * pitch;
    row += 2 * pairs;
    for (; pairs > 0; pairs--, from += 2 * pitch, to += width)
      gatherPairs(from, pitch, channels, (uint32_t *)(void *)to, inside);
  }
  for (; pairs > 0; pairs--, to += width) {
    const int8_t *a = takeRow(strip, input, &row), *b = takeRow(strip, input, &row);
    gatherPairs(a, (int32_t)(b - a), channels, (uint32_t *)(void *)to, inside);
  }
  if (strip->half_below)
    gatherHalf(takeRow(strip, input, &row), strip->channels, to, strip->inside);
}

typedef void (*Compute)(const Task *task, const uint32_t *strip, int32_t pitch);

/* Whether all blocks of the strip are whole and the output rows lie one below the other. */
static int isPlain(const tinyc_window *window, const Strip *strip) {
  return window->output_width >= TINYC_PLANES_PIXELS &&
         strip->output_ring_row + strip->output_rows <= window->output_ring_rows;
}

/* The parts of the task that are the same for all channels. */
static void prepareTask(const tinyc_window *window, const Strip *strip, Task *task) {
  int32_t row = window->output_width * window->output_channels, stride = window->stride_height;
  int32_t kernel_rows = getKernelRows(window, strip->output_rows), pitch = 4 * strip->width;
  task->end = task->weights + 2 * (kernel_rows * task->kernel_width + 1);
  if (strip->output_rows == 1) {
    task->pixel = window->output_width < TINYC_PLANES_ROW_PIXELS ? 1 : window->output_channels;
    task->step = TINYC_PLANES_ROW_PIXELS * task->pixel;
    task->row = TINYC_PLANES_ROW_PIXELS * 4 * stride;
    task->rewind = kernel_rows * pitch;
    return;
  }
  task->rewind = (kernel_rows - stride) * pitch;
  if (isPlain(window, strip)) {
    task->pixel = window->output_channels;
    task->step = 2 * row;
    task->row = row;
    task->last_row = strip->output_rows & 1 ? 0 : row;
    task->blocks = (strip->output_rows + 1) / 2;
  } else {
    task->pixel = 1;
    task->step = 0;
    task->row = task->last_row = TINYC_PLANES_PIXELS;
    task->blocks = 1;
  }
}

/* One channel of a single output row. */
static void computeRow(const tinyc_window *window, const Strip *strip, Task *task, int8_t *out) {
  int32_t width = window->output_width, stride = window->stride_width, pitch = 4 * strip->width;
  Compute compute = stride == 1 ? computeRowStride1 : computeRowStride2;
  if (width < TINYC_PLANES_ROW_PIXELS) {
    int8_t block[TINYC_PLANES_ROW_PIXELS];
    task->out = block;
    task->blocks = 1;
    compute(task, strip->words, pitch);
    for (int32_t x = 0; x < width; x++)
      out[x * window->output_channels] = block[x];
    return;
  }
  task->out = out;
  task->blocks = width / TINYC_PLANES_ROW_PIXELS;
  compute(task, strip->words, pitch);
  if (task->blocks * TINYC_PLANES_ROW_PIXELS < width) {
    /* The last block ends with the row, over pixels that are done already. */
    int32_t first = width - TINYC_PLANES_ROW_PIXELS;
    task->out = out + first * task->pixel;
    task->blocks = 1;
    compute(task, strip->words + first * stride, pitch);
  }
}

/* One channel of a plain strip; out is the channel's first output. */
static void computePlain(const Strip *strip, Compute compute, Task *task, int8_t *out, int32_t width, int32_t stride) {
  /* The last block ends with the row, over pixels that are done already if need be. */
  for (int32_t x = 0, last = width - TINYC_PLANES_PIXELS; x < width; x += TINYC_PLANES_PIXELS) {
    int32_t first = tinyc_min_s32(x, last);
    task->out = out + first * task->pixel;
    compute(task, strip->words + first * stride, 4 * strip->width);
  }
}

/* One channel where rings wrap around, and of narrow outputs: through a buffer. y is the strip's first output row. */
static void computeBuffered(const tinyc_window *window, const Strip *strip, Compute compute, const Task *task,
                            int8_t *output, int32_t y) {
  int8_t block[2 * TINYC_PLANES_PIXELS];
  const uint32_t *words = strip->words;
  int32_t width = window->output_width, rows = strip->output_rows;
  Task buffered = *task;
  buffered.out = block;
  for (int32_t i = 0; i < rows; i += 2, words += window->stride_height * strip->width)
    for (int32_t x = 0; x < width; x += TINYC_PLANES_PIXELS) {
      int32_t first = tinyc_max_s32(tinyc_min_s32(x, width - TINYC_PLANES_PIXELS), 0);
      compute(&buffered, words + first * window->stride_width, 4 * strip->width);
      for (int32_t j = 0; j < tinyc_min_s32(2, rows - i); j++) {
        int8_t *out = output + tinyc_output_offset(window, y + i + j) + first * window->output_channels;
        for (int32_t k = 0; k < tinyc_min_s32(TINYC_PLANES_PIXELS, width); k++)
          out[k * window->output_channels] = block[j * TINYC_PLANES_PIXELS + k];
      }
    }
}

void tinyc_depthwise_conv2d_planes_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                                  const int8_t *weights, const int32_t *bias,
                                                  const int32_t *multipliers, int8_t *output, void *scratch,
                                                  int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  const tinyc_window *window = &params->window;
  int32_t channels = window->output_channels, strip_rows = 2 * tinyc_planes_pairs(window);
  int32_t bytes = window->kernel_height * window->kernel_width;
  const int32_t *constants = (const int32_t *)(const void *)weights;
  Task task;
  task.zero_point = params->output.zero_point;
  task.kernel_width = tinyc_planes_kernel_width(window);
  task.weights = (const uint32_t *)scratch;
  Compute compute = window->stride_height == 1 ? computeStride1 : computeStride2;
  Strip strip;
  strip.words = (uint32_t *)scratch + 2 * tinyc_planes_kernel_rows(window) * task.kernel_width;
  strip.offsets = NULL;
  if (window->input_ring_rows == 0) {
    const tinyc_rows *rows = (const tinyc_rows *)(const void *)input;
    strip.offsets = rows->offsets;
    input = (const int8_t *)rows->base;
  }
  for (int32_t y = row_begin; y < row_end; y += strip_rows) {
    const int8_t *taps = weights + 8 * channels;
    prepareStrip(params, &strip, y, tinyc_min_s32(strip_rows, row_end - y));
    prepareTask(window, &strip, &task);
    int plain = isPlain(window, &strip);
    int8_t *out = output + tinyc_output_offset(window, y);
    for (int32_t c = 0; c < channels; c++, taps += bytes) {
      expandWeights(window, taps, (uint32_t *)scratch, strip.output_rows);
      task.bias = constants[2 * c];
      task.multiplier = constants[2 * c + 1];
      gatherStrip(&strip, input + c);
      if (strip.output_rows == 1)
        computeRow(window, &strip, &task, out + c);
      else if (plain)
        computePlain(&strip, compute, &task, out + c, window->output_width, window->stride_width);
      else
        computeBuffered(window, &strip, compute, &task, output + c, y);
    }
  }
}

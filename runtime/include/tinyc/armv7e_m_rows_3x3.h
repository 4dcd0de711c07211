/* tinyc/armv7e_m_rows_3x3.h - depthwise conv2d of Armv7E-M with a 3x3 kernel, row by row, for weights of 8 or 4 bits
 * (tinyc/layouts.h). */
#ifndef TINYC_ARMV7E_M_ROWS_3X3_H
#define TINYC_ARMV7E_M_ROWS_3X3_H

#include "tinyc/armv7e_m.h"
#include "tinyc/layouts.h"
#include "tinyc/narrow.h"
#include "tinyc/window.h"

enum { kTop = 1, kBottom = 2, kLeft = 4, kRight = 8 };

/* One row of outputs; the assembly's frame, where the offsets are written as numbers. */
typedef struct Task {
  int32_t multiplier; /* 0: of the channel, as are the next four */
  int32_t zero_point; /* 4: of the output */
  int32_t bias;       /* 8 */
  int32_t last;       /* 12: weight in the lower right corner */
  union {
    uint32_t below; /* 16: stride 1: the other two weights of the lower row */
    int8_t *out;    /* 16: stride 2: the channel's first output */
  } at16;
  const int8_t *inside;      /* 20: behind the last column inside the input, in the middle row */
  int32_t span;              /* 24: from x to there */
  int32_t entry;             /* 28: of the steps of a round, which is the first */
  const int8_t *packed;      /* 32: of the next channel */
  const int8_t *end;         /* 36: of the packed constants */
  const int8_t *x;           /* 40: next channel's first element in the middle row */
  int32_t padding;           /* 44: kTop and so on: sides where the windows reach beyond the input */
  uint32_t input_zero_point; /* 48: twice */
  int32_t out;               /* stride 1: from a column to the output finished two columns before */
  int32_t above, under;      /* from the middle row to the others */
  int32_t channels;
} Task;

/* r0..r2 accumulators; r3..r5 weights of the upper two rows, by column; r6 task.out; r7 elements of the middle row; r8,
 * r9 above, under; r10 channels; r11, r12, lr for the moment. */
#define ENTER                              \
  "push     {r4-r11, lr}\n"                \
  "sub      sp, sp, #52\n"                 \
  "ldmia.w  r0!, {r1-r12, lr}\n"           \
  "stmia.w  sp, {r1-r12, lr}\n"            \
  "ldmia.w  r0, {r6, r8, r9, r10}\n"

/* The weights of the next channel; r11 and r12 are those of the lower row, r0 is the bias with the padding of rows, r1
 * the padding's flags, lr the input's zero point. */
#define BEGIN_CHANNEL                      \
  "1:\n"                                   \
  "ldr      r11, [sp, #32]\n"              \
  "ldr      r7, [sp, #40]\n"               \
  "ldr      r1, [sp, #44]\n"               \
  "ldmia.w  r11!, {r0, r2, r3, r5, r12}\n" \
  "str      r2, [sp, #0]\n"                \
  "add      r2, r7, #1\n"                  \
  "str      r11, [sp, #32]\n"              \
  "sxtb16   r4, r3, ror #8\n"              \
  "str      r2, [sp, #40]\n"               \
  "sxtb16   r3, r3\n"                      \
  "ldr      lr, [sp, #48]\n"               \
  "sxtb16   r11, r5, ror #8\n"             \
  "ldr      r2, [sp, #24]\n"               \
  "sxtb16   r5, r5\n"                      \
  "tst      r1, #3\n"                      \
  "add      r2, r2, r7\n"                  \
  "str      r2, [sp, #20]\n"               \
  "bne      12f\n"                         \
  "4:\n"                                   \
  "tst      r1, #4\n"                      \
  "str      r12, [sp, #12]\n"              \
  "str      r0, [sp, #8]\n"

/* Rows of padding. */
#define PAD_ROWS                           \
  "12:\n"                                  \
  "tst      r1, #1\n"                      \
  "beq      13f\n"                         \
  "smlabb   r0, r3, lr, r0\n"              \
  "smlabb   r0, r4, lr, r0\n"              \
  "smlabb   r0, r5, lr, r0\n"              \
  "bfc      r3, #0, #16\n"                 \
  "bfc      r4, #0, #16\n"                 \
  "bfc      r5, #0, #16\n"                 \
  "13:\n"                                  \
  "tst      r1, #2\n"                      \
  "beq      4b\n"                          \
  "smlad    r0, r11, lr, r0\n"             \
  "smlabb   r0, r12, lr, r0\n"             \
  "mov      r11, #0\n"                     \
  "mov      r12, #0\n"                     \
  "b        4b\n"

#define LOAD_COLUMN                        \
  "ldrsb    r12, [r7]\n"                   \
  "ldrsb    r11, [r7, r8]\n"               \
  "ldrsb    lr, [r7, r9]\n"                \
  "pkhbt    r11, r11, r12, lsl #16\n"      \
  "add      r7, r7, r10\n"

#define END_CHANNEL                        \
  "ldr      r11, [sp, #32]\n"              \
  "ldr      r12, [sp, #36]\n"              \
  "cmp      r11, r12\n"                    \
  "bne.w    1b\n"                          \
  "add      sp, sp, #52\n"                 \
  "pop      {r4-r11, pc}\n"

/* A column is the right one of output p, the middle one of q, the left one of n. The output before p, if any, waits in n
 * for its output stage: `multiply`, `saturate` and `store`. */
#if TINYC_DUAL_ISSUE
#define COLUMN(p, q, n, multiply, saturate, store) \
  multiply                                 \
  "ldrsb.w  r12, [r7]\n"                   \
  "ldrsb.w  r11, [r7, r8]\n"               \
  "pkhbt    r11, r11, r12, lsl #16\n"      \
  "ldrsb.w  lr, [r7, r9]\n"                \
  saturate                                 \
  "smlad    " p ", r11, r5, " p "\n"       \
  store                                    \
  "ldr.w    r12, [sp, #12]\n"              \
  "smlad    " q ", r11, r4, " q "\n"       \
  "ldr.w    " n ", [sp, #8]\n"             \
  "smlabb   " p ", lr, r12, " p "\n"       \
  "ldr.w    r12, [sp, #16]\n"              \
  "smlad    " n ", r11, r3, " n "\n"       \
  "ldr.w    r11, [sp, #0]\n"               \
  "smlabt   " q ", lr, r12, " q "\n"       \
  "add.w    r7, r7, r10\n"                 \
  "smlabb   " n ", lr, r12, " n "\n"       \
  "ldr.w    lr, [sp, #4]\n"
#define MULTIPLY(n) "smmlar " n ", " n ", r11, lr\n"
#define LOAD_STAGE ""
#else
#define COLUMN(p, q, n, multiply, saturate, store) \
  multiply saturate store                  \
  "ldr.w    " n ", [sp, #8]\n"             \
  "ldrsb.w  r12, [r7]\n"                   \
  "ldrsb.w  r11, [r7, r8]\n"               \
  "ldrsb.w  lr, [r7, r9]\n"                \
  "pkhbt    r11, r11, r12, lsl #16\n"      \
  "smlad    " p ", r11, r5, " p "\n"       \
  "smlad    " q ", r11, r4, " q "\n"       \
  "smlad    " n ", r11, r3, " n "\n"       \
  "ldr.w    r11, [sp, #12]\n"              \
  "ldr.w    r12, [sp, #16]\n"              \
  "smlabb   " p ", lr, r11, " p "\n"       \
  "smlabt   " q ", lr, r12, " q "\n"       \
  "smlabb   " n ", lr, r12, " n "\n"       \
  "add.w    r7, r7, r10\n"
#define LOAD_STAGE "ldr r11, [sp, #0]\n" "ldr lr, [sp, #4]\n"
#define MULTIPLY(n) LOAD_STAGE "smmlar " n ", " n ", r11, lr\n"
#endif

#define NEXT_COLUMN(p, q, n) \
  COLUMN(p, q, n, MULTIPLY(n), "ssat " n ", #8, " n "\n", "strb " n ", [r7, r6]\n")

/* Stride 1. The first two columns (one of them may be padding) and the third stand apart; then rounds of three, the last
 * of which ends with the last column inside the input. */
TINYC_ASSEMBLY void computeStride1(TINYC_IN_REGISTER const Task *task) {
  __asm__(ENTER BEGIN_CHANNEL
          "str      r11, [sp, #16]\n"
          "mov      r1, r0\n"
          "beq      5f\n"
          "smlad    r0, r3, lr, r0\n"
          "smlabb   r0, r11, lr, r0\n"
          "6:\n"
          LOAD_COLUMN
          "ldr      r12, [sp, #16]\n"
          "smlad    r0, r11, r4, r0\n"
          "smlad    r1, r11, r3, r1\n"
          "smlabt   r0, lr, r12, r0\n"
          "smlabb   r1, lr, r12, r1\n"
          COLUMN("r0", "r1", "r2", "", "", "")
          "ldr      r12, [sp, #28]\n"
          "cmp      r12, #1\n"
          "beq      8f\n"
          "mov      r12, r2\n"
          "bhi      7f\n"
          "mov      r2, r0\n"
          "mov      r0, r1\n"
          "mov      r1, r12\n"
          "ldr      r12, [sp, #20]\n"
          "cmp      r12, r7\n"
          "bne      2f\n"
          "b        10f\n"
          "5:\n"
          LOAD_COLUMN
          "ldr      r12, [sp, #16]\n"
          "smlad    r0, r11, r3, r0\n"
          "smlabb   r0, lr, r12, r0\n"
          "b        6b\n"
          PAD_ROWS
          "7:\n"
          "mov      r2, r1\n"
          "mov      r1, r0\n"
          "mov      r0, r12\n"
          "b        9f\n"
          "2:\n"
          NEXT_COLUMN("r0", "r1", "r2")
          "8:\n"
          NEXT_COLUMN("r1", "r2", "r0")
          "9:\n"
          NEXT_COLUMN("r2", "r0", "r1")
          "ldr      r12, [sp, #20]\n"
          "cmp      r12, r7\n"
          "bne.w    2b\n"
          "10:\n"
          LOAD_STAGE
          "ldr      r1, [sp, #48]\n"
          "smmlar   r2, r2, r11, lr\n"
          "ldr      r12, [sp, #12]\n"
          "smlad    r0, r5, r1, r0\n"
          "ldr      r3, [sp, #44]\n"
          "smlabb   r0, r12, r1, r0\n"
          "ssat     r2, #8, r2\n"
          "strb     r2, [r7, r6]\n"
          "add      r7, r7, r10\n"
          "smmlar   r0, r0, r11, lr\n"
          "tst      r3, #8\n"
          "ssat     r0, #8, r0\n"
          "it       ne\n"
          "strbne   r0, [r7, r6]\n"
          END_CHANNEL);
}

/* Stride 2: the middle and the right column of output p; the right one is the left one of the next output, n. */
#if TINYC_DUAL_ISSUE
#define COLUMNS(p, n, multiply, saturate, store, advance) \
  multiply                                 \
  "ldrsb.w  r12, [r7]\n"                   \
  "ldrsb.w  r11, [r7, r8]\n"               \
  "pkhbt    r11, r11, r12, lsl #16\n"      \
  "ldrsb.w  lr, [r7, r9]\n"                \
  saturate                                 \
  "add.w    r7, r7, r10\n"                 \
  "smlad    " p ", r11, r4, " p "\n"       \
  "ldrsb.w  r12, [r7]\n"                   \
  store                                    \
  "ldrsb.w  r11, [r7, r8]\n"               \
  "smlabt   " p ", lr, r2, " p "\n"        \
  "ldr.w    " n ", [sp, #8]\n"             \
  advance                                  \
  "pkhbt    r11, r11, r12, lsl #16\n"      \
  "ldrsb.w  lr, [r7, r9]\n"                \
  "smlad    " p ", r11, r5, " p "\n"       \
  "ldr.w    r12, [sp, #12]\n"              \
  "smlad    " n ", r11, r3, " n "\n"       \
  "ldr.w    r11, [sp, #0]\n"               \
  "smlabb   " p ", lr, r12, " p "\n"       \
  "add.w    r7, r7, r10\n"                 \
  "smlabb   " n ", lr, r2, " n "\n"        \
  "ldr.w    lr, [sp, #4]\n"
#else
#define COLUMNS(p, n, multiply, saturate, store, advance) \
  multiply saturate store                  \
  "ldr.w    " n ", [sp, #8]\n"             \
  "ldrsb.w  r12, [r7]\n"                   \
  "ldrsb.w  r11, [r7, r8]\n"               \
  "ldrsb.w  lr, [r7, r9]\n"                \
  advance                                  \
  "add.w    r7, r7, r10\n"                 \
  "pkhbt    r11, r11, r12, lsl #16\n"      \
  "smlabt   " p ", lr, r2, " p "\n"        \
  "smlad    " p ", r11, r4, " p "\n"       \
  "ldrsb.w  r12, [r7]\n"                   \
  "ldrsb.w  r11, [r7, r8]\n"               \
  "ldrsb.w  lr, [r7, r9]\n"                \
  "pkhbt    r11, r11, r12, lsl #16\n"      \
  "ldr.w    r12, [sp, #12]\n"              \
  "smlad    " p ", r11, r5, " p "\n"       \
  "smlad    " n ", r11, r3, " n "\n"       \
  "smlabb   " p ", lr, r12, " p "\n"       \
  "smlabb   " n ", lr, r2, " n "\n"        \
  "add.w    r7, r7, r10\n"
#endif

#define NEXT_COLUMNS(p, n) \
  COLUMNS(p, n, MULTIPLY(n), "ssat " n ", #8, " n "\n", "strb " n ", [r6]\n", "add.w r6, r6, r10\n")

/* Stride 2. The first output stands apart; then rounds of two. */
TINYC_ASSEMBLY void computeStride2(TINYC_IN_REGISTER const Task *task) {
  __asm__(ENTER BEGIN_CHANNEL
          "ldr      r6, [sp, #16]\n"
          "mov      r2, r11\n"
          "add      r12, r6, #1\n"
          "str      r12, [sp, #16]\n"
          "beq      5f\n"
          "smlad    r0, r3, lr, r0\n"
          "smlabb   r0, r2, lr, r0\n"
          "6:\n"
          COLUMNS("r0", "r1", "", "", "", "")
          "ldr      r12, [sp, #28]\n"
          "cmp      r12, #0\n"
          "bne      8f\n"
          "mov      r12, r0\n"
          "mov      r0, r1\n"
          "mov      r1, r12\n"
          "ldr      r12, [sp, #20]\n"
          "cmp      r12, r7\n"
          "beq      10f\n"
          "2:\n"
          NEXT_COLUMNS("r0", "r1")
          "8:\n"
          NEXT_COLUMNS("r1", "r0")
          "ldr      r12, [sp, #20]\n"
          "cmp      r12, r7\n"
          "bne.w    2b\n"
          "10:\n"
          LOAD_STAGE
          "ldr      r3, [sp, #44]\n"
          "smmlar   r1, r1, r11, lr\n"
          "tst      r3, #8\n"
          "ssat     r1, #8, r1\n"
          "strb     r1, [r6]\n"
          "beq      11f\n"
          LOAD_COLUMN
          "ldr      r3, [sp, #48]\n"
          "ldr      r12, [sp, #12]\n"
          "smlad    r0, r11, r4, r0\n"
          "smlabt   r0, lr, r2, r0\n"
          "ldr      r11, [sp, #0]\n"
          "smlad    r0, r5, r3, r0\n"
          "ldr      lr, [sp, #4]\n"
          "smlabb   r0, r12, r3, r0\n"
          "smmlar   r0, r0, r11, lr\n"
          "ssat     r0, #8, r0\n"
          "strb     r0, [r6, r10]\n"
          "11:\n"
          END_CHANNEL
          "5:\n"
          LOAD_COLUMN
          "smlad    r0, r11, r3, r0\n"
          "smlabb   r0, lr, r2, r0\n"
          "b        6b\n"
          PAD_ROWS);
}

/* Channels whose narrow weights are unpacked at a time. */
enum { kNarrowBlock = 8 };

/* The constants of channels first .. first + count - 1 with int4 weights, in the layout of int8 ones. */
static inline void unpackChannels(const int8_t *weights, int32_t channels, int32_t first, int32_t count, uint32_t *to) {
  const uint32_t *words = (const uint32_t *)(const void *)weights + 3 * first;
  const int8_t *ninths = weights + 12 * channels;
  for (int32_t c = first; c < first + count; c++, words += 3, to += 5) {
    to[0] = words[0];
    to[1] = words[1];
    to[2] = (uint32_t)__ssub8((int8x4_t)(words[2] & 0x0f0f0f0fu), (int8x4_t)0x08080808u);
    to[3] = (uint32_t)__ssub8((int8x4_t)(words[2] >> 4 & 0x0f0f0f0fu), (int8x4_t)0x08080808u);
    to[4] = (uint32_t)tinyc_element(ninths, c, 4);
  }
}

/* The whole kernel, for weights of so many bits. */
TINYC_CORE void convolveRows3x3(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *weights,
                                int8_t *output, int32_t row_begin, int32_t row_end, const int32_t bits) {
  const tinyc_window *window = &params->window;
  int32_t stride = window->stride_width, channels = window->input_channels;
  int32_t zero = params->input_zero_point;
  Task task;
  memset(&task, 0, sizeof task);
  task.zero_point = params->output.zero_point;
  task.input_zero_point = ((uint32_t)zero & 0xffffu) * 0x10001u;
  task.channels = channels;
  int32_t is_right = (window->output_width - 1) * stride - window->pad_left + 2 == window->input_width;
  int32_t sides = (window->pad_left ? kLeft : 0) | (is_right ? kRight : 0);
  /* Outputs with their right column inside the input, without the first. */
  int32_t steps = window->output_width - is_right - 1, round = stride == 1 ? 3 : 2;
  task.entry = (round - steps % round) % round;
  /* Beside those of the outputs' right columns the first one or two, and with stride 2 the middle ones. */
  int32_t columns = stride * (steps + 1) + (window->pad_left ? 0 : 1) + (stride == 1 ? 1 : 0);
  task.span = columns * channels;
  int32_t block = bits < 8 ? kNarrowBlock : channels;
  for (int32_t first = 0; first < channels; first += block) {
    int8_t unpacked[20 * kNarrowBlock] __attribute__((aligned(4)));
    const int8_t *packed = weights;
    int32_t count = tinyc_min_s32(block, channels - first);
    if (bits < 8) {
      unpackChannels(weights, channels, first, count, (uint32_t *)(void *)unpacked);
      packed = unpacked;
    }
    task.end = packed + 20 * count;
    for (int32_t y = row_begin; y < row_end; y++) {
      int32_t top = y * stride - window->pad_top;
      int8_t *out = output + tinyc_output_offset(window, y);
      const int8_t *middle = tinyc_input_row_s8(window, input, top + 1);
      task.padding = sides;
      task.above = task.under = 0;
      if (top < 0)
        task.padding |= kTop;
      else
        task.above = (int32_t)(tinyc_input_row_s8(window, input, top) - middle);
      if (top + 2 >= window->input_height)
        task.padding |= kBottom;
      else
        task.under = (int32_t)(tinyc_input_row_s8(window, input, top + 2) - middle);
      task.packed = packed;
      task.x = middle + first;
      task.out = (int32_t)(out - middle) - (window->pad_left ? 2 : 3) * channels;
      if (stride == 2)
        task.at16.out = out + first;
      (stride == 1 ? computeStride1 : computeStride2)(&task);
    }
  }
  tinyc_clamp_rows_s8(window, &params->output, output, row_begin, row_end);
}

#endif /* TINYC_ARMV7E_M_ROWS_3X3_H */

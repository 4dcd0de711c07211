/* tinyc/check.h - what a package compiled with --check does around each kernel call.
 *
 * Every byte of the arena that holds nothing a later kernel reads is filled with poison, and so are guards before and
 * after the arena. A copy of all of it is compared with the arena after each call: a kernel may change its output and
 * its scratch buffer, nothing else. The network runs twice, with different poison: an output that differs depends on
 * bytes that hold nothing, or was not written. A network that stops for rows of its inputs and outputs runs once.
 *
 * Memory of one context, from `memory` on (all parts have a multiple of 4 bytes):
 *   guard | arena | guard | copy of these three | inputs | hash of each step's output | tinyc_check_state
 */
#ifndef TINYC_CHECK_H
#define TINYC_CHECK_H

#include <stddef.h>
#include <stdint.h>

enum { TINYC_CHECK_GUARD_BYTES = 64 };

/* `count` times `bytes` bytes of the arena, `stride` apart. */
typedef struct tinyc_check_range {
  uint32_t begin, bytes, count, stride;
} tinyc_check_range;

/* A kernel call, or rows passed by the user. The ranges follow each other in the plan's list from `first` on: output,
 * scratch, then what is read no more after it. */
typedef struct tinyc_check_step {
  uint32_t first;
  uint16_t outputs, scratches, dead;
  uint16_t op;
  int32_t row; /* first row that is computed; -1: all rows are */
} tinyc_check_step;

typedef struct tinyc_check_op {
  const char *node;
  const char *kernel; /* NULL: the user writes or takes rows */
} tinyc_check_op;

typedef struct tinyc_check_plan {
  uint32_t arena_bytes; /* multiple of 4 */
  uint32_t input_bytes; /* of the ranges that hold inputs, rounded up to a multiple of 4 */
  uint32_t inputs;      /* the first ranges of the list are what is read of the inputs */
  uint32_t step_count;
  uint32_t stops;       /* 1: the network stops for rows of its inputs and outputs, and runs once */
  const tinyc_check_range *ranges;
  const tinyc_check_step *steps;
  const tinyc_check_op *ops;
} tinyc_check_plan;

enum { TINYC_CHECK_OK, TINYC_CHECK_WROTE_OUTSIDE, TINYC_CHECK_READ_NOTHING };

typedef struct tinyc_check_state {
  uint32_t round; /* 0 or 1 */
  uint32_t next;  /* step */
  int32_t kind;   /* of the first violation */
  uint32_t step;  /* that made it */
  int32_t byte;   /* wrote outside: offset in the arena, below 0 in the guard before it */
} tinyc_check_state;

/* For a new context: nothing is known of its memory. */
void tinyc_check_reset(const tinyc_check_plan *plan, uint8_t *arena);

/* Prepares the arena for round 0 or 1 of an invocation. Before round 0 it holds the inputs. */
void tinyc_check_begin(const tinyc_check_plan *plan, uint8_t *arena, uint32_t round);

/* Stand around each kernel call, in the order of execution. */
void tinyc_check_before(const tinyc_check_plan *plan, uint8_t *arena);
void tinyc_check_after(const tinyc_check_plan *plan, uint8_t *arena);

const tinyc_check_state *tinyc_check_result(const tinyc_check_plan *plan, const uint8_t *arena);

#endif /* TINYC_CHECK_H */

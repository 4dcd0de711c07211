/* check.c - the checks of a package compiled with --check, see tinyc/check.h. */
#include "tinyc/check.h"

#include <string.h>

/* Bytes of guards and arena. */
static uint32_t checked_bytes(const tinyc_check_plan *plan) { return plan->arena_bytes + 2 * TINYC_CHECK_GUARD_BYTES; }

/* The parts of the memory, in bytes from the arena on. */
static uint32_t copy_offset(const tinyc_check_plan *plan) { return plan->arena_bytes + TINYC_CHECK_GUARD_BYTES; }
static uint32_t inputs_offset(const tinyc_check_plan *plan) { return copy_offset(plan) + checked_bytes(plan); }
static uint32_t hashes_offset(const tinyc_check_plan *plan) { return inputs_offset(plan) + plan->input_bytes; }
static uint32_t state_offset(const tinyc_check_plan *plan) { return hashes_offset(plan) + 4 * plan->step_count; }

static tinyc_check_state *get_state(const tinyc_check_plan *plan, uint8_t *arena) {
  return (tinyc_check_state *)(void *)(arena + state_offset(plan));
}

const tinyc_check_state *tinyc_check_result(const tinyc_check_plan *plan, const uint8_t *arena) {
  return (const tinyc_check_state *)(const void *)(arena + state_offset(plan));
}

/* The copy of the arena's byte at offset `at`. */
static uint8_t *copy_of(const tinyc_check_plan *plan, uint8_t *arena, uint32_t at) {
  return arena + copy_offset(plan) + TINYC_CHECK_GUARD_BYTES + at;
}

/* A byte that differs between neighbours and, at every place, between the rounds. */
static uint8_t poison(uint32_t at, uint32_t round) {
  const uint32_t mixed = (at + 1u) * 2654435761u; /* Knuth's multiplicative hash */
  return (uint8_t)((mixed >> 24) ^ (round == 0 ? 0x00u : 0xA5u));
}

/* What is to be done with bytes of the arena. */
typedef enum Action { ACTION_SAVE, ACTION_RESTORE, ACTION_ACCEPT, ACTION_HASH, ACTION_POISON } Action;

/* Applies `action` to `count` ranges. `other` are the bytes to save to or restore from. */
static uint32_t apply(const tinyc_check_plan *plan, uint8_t *arena, uint32_t first, uint32_t count, Action action,
                      uint8_t *other, uint32_t hash) {
  const uint32_t round = get_state(plan, arena)->round;
  for (const tinyc_check_range *range = plan->ranges + first; range < plan->ranges + first + count; ++range)
    for (uint32_t i = 0; i < range->count; ++i) {
      const uint32_t begin = range->begin + i * range->stride, end = begin + range->bytes;
      switch (action) {
      case ACTION_SAVE:
        memcpy(other, arena + begin, range->bytes);
        other += range->bytes;
        break;
      case ACTION_RESTORE:
        memcpy(arena + begin, other, range->bytes);
        other += range->bytes;
        break;
      case ACTION_ACCEPT:
        memcpy(copy_of(plan, arena, begin), arena + begin, range->bytes);
        break;
      case ACTION_HASH: /* FNV-1a, 32 bits */
        for (uint32_t at = begin; at < end; ++at)
          hash = (hash ^ arena[at]) * 16777619u;
        break;
      case ACTION_POISON:
        for (uint32_t at = begin; at < end; ++at)
          arena[at] = *copy_of(plan, arena, at) = poison(at, round);
        break;
      }
    }
  return hash;
}

void tinyc_check_reset(const tinyc_check_plan *plan, uint8_t *arena) {
  memset(get_state(plan, arena), 0, sizeof(tinyc_check_state));
}

/* Poison everywhere but in the inputs and in the rows that the user has written before the first kernel call. */
void tinyc_check_begin(const tinyc_check_plan *plan, uint8_t *arena, uint32_t round) {
  if (round == 0) {
    tinyc_check_reset(plan, arena);
    apply(plan, arena, 0, plan->inputs, ACTION_SAVE, arena + inputs_offset(plan), 0);
  }
  tinyc_check_state *state = get_state(plan, arena);
  state->round = round;
  state->next = 0;
  uint8_t *first = arena - TINYC_CHECK_GUARD_BYTES;
  memcpy(arena + copy_offset(plan), first, checked_bytes(plan));
  for (uint32_t i = 0; i < checked_bytes(plan); ++i)
    first[i] = poison(i - TINYC_CHECK_GUARD_BYTES, round);
  apply(plan, arena, 0, plan->inputs, ACTION_RESTORE, arena + inputs_offset(plan), 0);
  for (uint32_t i = 0; i < plan->step_count && plan->ops[plan->steps[i].op].kernel == NULL; ++i)
    for (uint32_t k = 0; k < plan->steps[i].outputs; ++k) {
      const tinyc_check_range *range = &plan->ranges[plan->steps[i].first + k];
      memcpy(arena + range->begin, copy_of(plan, arena, range->begin), range->bytes);
    }
  memcpy(arena + copy_offset(plan), first, checked_bytes(plan));
}

/* Whether no kernel call follows the first `step` steps. */
static int is_end(const tinyc_check_plan *plan, uint32_t step) {
  while (step < plan->step_count && plan->ops[plan->steps[step].op].kernel == NULL)
    ++step;
  return step == plan->step_count;
}

static void report(tinyc_check_state *state, int32_t kind, uint32_t step, int32_t byte) {
  state->kind = kind;
  state->step = step;
  state->byte = byte;
}

void tinyc_check_before(const tinyc_check_plan *plan, uint8_t *arena) {
  tinyc_check_state *state = get_state(plan, arena);
  if (plan->stops && state->next == 0)
    tinyc_check_begin(plan, arena, 0);
  while (state->next < plan->step_count && plan->ops[plan->steps[state->next].op].kernel == NULL) {
    const tinyc_check_step *rows = &plan->steps[state->next++];
    apply(plan, arena, rows->first, rows->outputs, ACTION_ACCEPT, NULL, 0);
    apply(plan, arena, rows->first + rows->outputs, rows->dead, ACTION_POISON, NULL, 0);
  }
}

/* The first byte that differs from the copy, the guards included, or their number. */
static uint32_t find_difference(const tinyc_check_plan *plan, const uint8_t *arena) {
  const uint32_t words = checked_bytes(plan) / 4;
  const uint32_t *now = (const uint32_t *)(const void *)(arena - TINYC_CHECK_GUARD_BYTES);
  const uint32_t *before = (const uint32_t *)(const void *)(arena + copy_offset(plan));
  uint32_t word = 0;
  while (word < words && now[word] == before[word])
    ++word;
  uint32_t byte = 4 * word;
  while (byte < 4 * words && ((const uint8_t *)now)[byte] == ((const uint8_t *)before)[byte])
    ++byte;
  return byte;
}

void tinyc_check_after(const tinyc_check_plan *plan, uint8_t *arena) {
  tinyc_check_state *state = get_state(plan, arena);
  const uint32_t step = state->next++;
  if (plan->stops && is_end(plan, state->next))
    state->next = 0; /* of the next inference */
  if (state->kind != TINYC_CHECK_OK || step >= plan->step_count)
    return;
  const tinyc_check_step *call = &plan->steps[step];
  const uint32_t written = (uint32_t)call->outputs + call->scratches;
  apply(plan, arena, call->first, written, ACTION_ACCEPT, NULL, 0);
  const uint32_t byte = find_difference(plan, arena);
  if (byte < checked_bytes(plan)) {
    report(state, TINYC_CHECK_WROTE_OUTSIDE, step, (int32_t)byte - TINYC_CHECK_GUARD_BYTES);
    return;
  }
  const uint32_t hash = apply(plan, arena, call->first, call->outputs, ACTION_HASH, NULL, 2166136261u);
  uint32_t *hashes = (uint32_t *)(void *)(arena + hashes_offset(plan));
  if (state->round == 0)
    hashes[step] = hash;
  if (hashes[step] != hash)
    report(state, TINYC_CHECK_READ_NOTHING, step, 0);
  apply(plan, arena, call->first + written, call->dead, ACTION_POISON, NULL, 0);
}

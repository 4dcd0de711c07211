/* check.c - the checks of a package compiled with --check, see tinyc/check.h. */
#include "tinyc/check.h"

#include <string.h>

/* Bytes of guards and arena. */
static uint32_t checked_bytes(const tinyc_check_plan *plan) { return plan->arena_bytes + 2 * TINYC_CHECK_GUARD_BYTES; }

/* The parts of the memory, from the address of the arena. */
static uint32_t copy_offset(const tinyc_check_plan *plan) { return plan->arena_bytes + TINYC_CHECK_GUARD_BYTES; }
static uint32_t inputs_offset(const tinyc_check_plan *plan) { return copy_offset(plan) + checked_bytes(plan); }
static uint32_t hashes_offset(const tinyc_check_plan *plan) { return inputs_offset(plan) + plan->input_bytes; }
static uint32_t state_offset(const tinyc_check_plan *plan) { return hashes_offset(plan) + 4 * plan->steps_count; }

/* A byte that differs between neighbours and, at every place, between the rounds. */
static uint8_t poison(uint32_t at, uint32_t round) {
  const uint32_t mixed = (at + 1u) * 2654435761u; /* Knuth's multiplicative hash */
  return (uint8_t)((mixed >> 24) ^ (round == 0 ? 0x00u : 0xA5u));
}

static void poison_bytes(uint8_t *arena, uint32_t copy, uint32_t begin, uint32_t bytes, uint32_t round) {
  for (uint32_t i = begin; i < begin + bytes; ++i)
    arena[i] = arena[copy + TINYC_CHECK_GUARD_BYTES + i] = poison(i, round);
}

void tinyc_check_begin(const tinyc_check_plan *plan, uint8_t *arena, uint32_t round) {
  const uint32_t copy = copy_offset(plan);
  tinyc_check_state *state = (tinyc_check_state *)(void *)(arena + state_offset(plan));
  uint8_t *saved = arena + inputs_offset(plan);
  if (round == 0) {
    memset(state, 0, sizeof(*state));
    for (uint32_t i = 0; i < plan->inputs; ++i)
      for (uint32_t k = 0; k < plan->ranges[i].count; ++k) {
        memcpy(saved, arena + plan->ranges[i].begin + k * plan->ranges[i].stride, plan->ranges[i].bytes);
        saved += plan->ranges[i].bytes;
      }
    saved = arena + inputs_offset(plan);
  }
  state->round = round;
  uint8_t *first = arena - TINYC_CHECK_GUARD_BYTES;
  for (uint32_t i = 0; i < checked_bytes(plan); ++i)
    first[i] = poison(i - TINYC_CHECK_GUARD_BYTES, round);
  for (uint32_t i = 0; i < plan->inputs; ++i)
    for (uint32_t k = 0; k < plan->ranges[i].count; ++k) {
      memcpy(arena + plan->ranges[i].begin + k * plan->ranges[i].stride, saved, plan->ranges[i].bytes);
      saved += plan->ranges[i].bytes;
    }
  memcpy(arena + copy, first, checked_bytes(plan));
}

static void report(tinyc_check_state *state, int32_t kind, uint32_t step, int32_t byte) {
  state->kind = kind;
  state->step = step;
  state->byte = byte;
}

void tinyc_check_after(const tinyc_check_plan *plan, uint8_t *arena, uint32_t step) {
  tinyc_check_state *state = (tinyc_check_state *)(void *)(arena + state_offset(plan));
  if (state->kind != TINYC_CHECK_OK)
    return;
  const uint32_t copy = copy_offset(plan);
  const tinyc_check_step *call = &plan->steps[step];
  const tinyc_check_range *range = &plan->ranges[call->first];

  uint32_t hash = 2166136261u; /* FNV-1a, 32 bits */
  for (uint32_t i = 0; i < (uint32_t)call->outputs + call->scratches; ++i, ++range)
    for (uint32_t k = 0; k < range->count; ++k) {
      const uint32_t begin = range->begin + k * range->stride;
      memcpy(arena + copy + TINYC_CHECK_GUARD_BYTES + begin, arena + begin, range->bytes);
      for (uint32_t at = begin; i < call->outputs && at < begin + range->bytes; ++at)
        hash = (hash ^ arena[at]) * 16777619u;
    }

  /* Words first: the memory and its parts are aligned to 4. */
  const uint32_t words = checked_bytes(plan) / 4;
  const uint32_t *now = (const uint32_t *)(const void *)(arena - TINYC_CHECK_GUARD_BYTES);
  const uint32_t *before = (const uint32_t *)(const void *)(arena + copy);
  uint32_t word = 0;
  while (word < words && now[word] == before[word])
    ++word;
  if (word < words) {
    uint32_t byte = 4 * word;
    while (((const uint8_t *)now)[byte] == ((const uint8_t *)before)[byte])
      ++byte;
    report(state, TINYC_CHECK_WROTE_OUTSIDE, step, (int32_t)byte - TINYC_CHECK_GUARD_BYTES);
    return;
  }

  uint32_t *hashes = (uint32_t *)(void *)(arena + hashes_offset(plan));
  if (state->round == 0) {
    hashes[step] = hash;
  } else if (hashes[step] != hash) {
    report(state, TINYC_CHECK_READ_NOTHING, step, 0);
    return;
  }
  for (uint32_t i = 0; i < call->dead; ++i, ++range)
    for (uint32_t k = 0; k < range->count; ++k)
      poison_bytes(arena, copy, range->begin + k * range->stride, range->bytes, state->round);
}

const tinyc_check_state *tinyc_check_result(const tinyc_check_plan *plan, const uint8_t *arena) {
  return (const tinyc_check_state *)(const void *)(arena + state_offset(plan));
}

// Cortex-M7: in-order, two instructions per cycle. Arm publishes no table of its timing. Latencies and pairing are those
// of Arm's scheduling model in LLVM (ARMScheduleM7.td) and, where that is silent, of published measurements with the cycle
// counter of an STM32H7.
#include "targets/cortex-m/cycles/pipeline.h"

#include <string.h>

enum { MISPREDICTED = 8, MISPREDICTED_EARLY = 6, EARLY_FLAGS = 3, DIVIDE = 7, FLOAT = 3, FUSED = 5, FLOAT_DIVIDE = 16, FLOAT_ROOT = 14, UNALIGNED = 3 };

// Cycles from the issue of a producer until each use: address, early, factor, ALU, accumulator.
static const uint8_t EARLY_RESULT[USES] = {1, 1, 0, 0, 0};
static const uint8_t LATE_RESULT[USES] = {2, 2, 1, 1, 0};
static const uint8_t REVERSED[USES] = {2, 2, 0, 0, 0};
static const uint8_t LOADED_WORD[USES] = {2, 2, 2, 1, 0};
static const uint8_t LOADED_PART[USES] = {3, 3, 2, 2, 1};
static const uint8_t PRODUCT[USES] = {3, 3, 2, 2, 1};
static const uint8_t BASE[USES] = {1, 2, 0, 0, 0};

void init_m7(CortexM7 *core) {
  memset(core, 0, sizeof(*core));
  memset(core->taken, 4, sizeof(core->taken));
}

static uint64_t later(uint64_t a, uint64_t b) { return a > b ? a : b; }

static uint64_t wait_for(const CortexM7 *core, uint16_t registers, int use, uint64_t cycle) {
  for (unsigned reg = 0; registers; registers >>= 1, reg++)
    if (registers & 1)
      cycle = later(cycle, core->ready[reg][use]);
  return cycle;
}

static uint64_t wait_for_floats(const uint64_t *ready, uint32_t registers, uint64_t cycle) {
  for (unsigned reg = 0; registers; registers >>= 1, reg++)
    if (registers & 1)
      cycle = later(cycle, ready[reg]);
  return cycle;
}

static bool is_load(const Instruction *it) { return it->kind == KIND_LOAD || it->kind == KIND_FLOAT_LOAD; }
static bool is_store(const Instruction *it) { return it->kind == KIND_STORE || it->kind == KIND_FLOAT_STORE; }
static bool is_branch(const Instruction *it) { return it->kind == KIND_BRANCH || it->kind == KIND_INDIRECT; }
static bool is_float(const Instruction *it) {
  return it->kind == KIND_FLOAT || it->kind == KIND_FUSED || it->kind == KIND_FLOAT_MOVE ||
         it->kind == KIND_FLOAT_DIVIDE || it->kind == KIND_FLOAT_ROOT;
}

static bool is_alone(const Instruction *it) {
  switch (it->kind) {
  case KIND_LOAD_MANY: case KIND_STORE_MANY: case KIND_DIVIDE: case KIND_TABLE: case KIND_SYSTEM: case KIND_VECTOR:
  case KIND_UNKNOWN: case KIND_FLOAT_DIVIDE: case KIND_FLOAT_ROOT:
    return true;
  default:
    return false;
  }
}

static bool can_pair(const Instruction *older, uint32_t older_data, const Instruction *younger, uint32_t data) {
  if (is_alone(older) || is_alone(younger) || (is_branch(older) && is_branch(younger)))
    return false;
  if (younger->kind == KIND_FIELD || younger->kind == KIND_SATURATE)
    return false;
  bool multiplies = older->kind == KIND_MULTIPLY;
  if (younger->kind == KIND_MULTIPLY ? multiplies || is_store(older) : multiplies && is_store(younger))
    return false;
  if (older->shifts && younger->shifts)
    return false;
  if ((is_store(older) && is_store(younger)) ||
      (is_load(older) && is_load(younger) && ((older_data ^ data) & 4) == 0))
    return false;
  if (is_float(older) && is_float(younger))
    return false;
  bool float_memory = older->kind == KIND_FLOAT_LOAD || older->kind == KIND_FLOAT_STORE ||
                      younger->kind == KIND_FLOAT_LOAD || younger->kind == KIND_FLOAT_STORE;
  if ((older->kind == KIND_FUSED || younger->kind == KIND_FUSED) && float_memory)
    return false;
  uint16_t results = older->results | older->base_results;
  return (results & (younger->results | younger->base_results)) == 0 &&
         (older->float_results & younger->float_results) == 0;
}

// The first cycle in which all operands are there.
static uint64_t get_earliest(const CortexM7 *core, const Instruction *it) {
  uint64_t cycle = 0;
  cycle = wait_for(core, it->addresses, USE_ADDRESS, cycle);
  cycle = wait_for(core, it->early_operands, USE_EARLY, cycle);
  cycle = wait_for(core, it->factors, USE_FACTOR, cycle);
  cycle = wait_for(core, it->accumulators, USE_ACCUMULATOR, cycle);
  cycle = wait_for(core, it->operands, it->shifts ? USE_FACTOR : USE_ALU, cycle);
  cycle = wait_for_floats(core->float_ready, it->float_operands & ~it->float_accumulators, cycle);
  cycle = wait_for_floats(core->float_accumulator_ready, it->float_accumulators, cycle);
  if (it->reads_flags && !is_branch(it))
    cycle = later(cycle, core->flags_ready);
  return cycle;
}

static void set_ready(CortexM7 *core, uint16_t registers, uint64_t cycle, const uint8_t *latencies) {
  for (unsigned reg = 0; registers; registers >>= 1, reg++)
    if (registers & 1)
      for (int use = 0; use < USES; use++)
        core->ready[reg][use] = cycle + latencies[use];
}

static void set_results(CortexM7 *core, const Instruction *it, uint64_t cycle, bool is_older) {
  const uint8_t *latencies = LATE_RESULT;
  uint64_t floats = cycle + FLOAT, accumulators = floats;
  switch (it->kind) {
  case KIND_MOVE_ADD:
    // In the older slot, and with operands that are there early enough, in the ALU one stage before.
    if (is_older && !it->shifts && wait_for(core, it->operands, USE_EARLY, cycle) == cycle)
      latencies = EARLY_RESULT;
    break;
  case KIND_SHIFT: latencies = EARLY_RESULT; break;
  case KIND_REVERSE: latencies = REVERSED; break;
  case KIND_LOAD: latencies = it->sub_word ? LOADED_PART : LOADED_WORD; break;
  case KIND_MULTIPLY: case KIND_SATURATE: latencies = PRODUCT; break;
  case KIND_DIVIDE: cycle += DIVIDE - 1; break;
  case KIND_FUSED: floats = cycle + FUSED; break;
  case KIND_FLOAT_DIVIDE: floats = accumulators = cycle + FLOAT_DIVIDE; break;
  case KIND_FLOAT_ROOT: floats = accumulators = cycle + FLOAT_ROOT; break;
  case KIND_FLOAT_LOAD: case KIND_FLOAT_MOVE: case KIND_LOAD_MANY: floats = accumulators = cycle + 1; break;
  default: break;
  }
  if (it->kind == KIND_LOAD_MANY) {
    // Two words a cycle.
    int done = 0;
    for (unsigned reg = 0; reg < 16; reg++)
      if (it->results >> reg & 1)
        set_ready(core, (uint16_t)(1u << reg), cycle + (uint64_t)(done++ / 2), LOADED_WORD);
  } else {
    set_ready(core, it->results, cycle, latencies);
  }
  set_ready(core, it->base_results, cycle, BASE);
  if (it->sets_flags)
    core->flags_ready = cycle + (latencies == EARLY_RESULT ? 0 : 1);
  for (unsigned reg = 0; reg < 32; reg++)
    if (it->float_results >> reg & 1) {
      core->float_ready[reg] = floats;
      core->float_accumulator_ready[reg] = accumulators;
    }
}

// Whether the core expects what happens; learns from it.
static bool predict(CortexM7 *core, const Execution *execution, bool taken) {
  const Instruction *it = execution->instruction;
  unsigned slot = (it->address >> 1) % BRANCH_SLOTS;
  if (it->kind != KIND_BRANCH) {
    bool expected = core->target[slot] == execution->next || core->target[slot] == 0;
    core->target[slot] = execution->next;
    return expected;
  }
  if (!it->conditional)
    return true;
  uint8_t counter = core->taken[slot];
  if (counter == 4) // loops go backwards
    counter = it->backward ? 2 : 1;
  bool expected = (counter >= 2) == taken;
  core->taken[slot] = taken ? (uint8_t)(counter < 3 ? counter + 1 : 3) : (uint8_t)(counter > 0 ? counter - 1 : 0);
  return expected;
}

void step_m7(CortexM7 *core, const Execution *execution) {
  const Instruction *it = execution->instruction;
  uint64_t earliest = get_earliest(core, it);
  bool joins = core->older && earliest <= core->cycle && can_pair(core->older, core->older_data, it, execution->data);
  uint64_t issued = joins ? core->cycle : later(core->cycle + 1, earliest);
  set_results(core, it, issued, !joins);

  uint64_t busy = issued; // the last cycle that the instruction takes
  if (it->kind == KIND_LOAD_MANY || it->kind == KIND_STORE_MANY)
    busy += (uint64_t)(it->transfers + 1) / 2 - 1;
  else if (it->kind == KIND_DIVIDE)
    busy += DIVIDE - 1;
  else if ((it->kind == KIND_LOAD || it->kind == KIND_STORE) && !it->sub_word && (execution->data & 3))
    busy += UNALIGNED + joins;
  core->cycle = busy;
  core->older = joins || is_alone(it) || busy != issued ? NULL : it;
  core->older_data = execution->data;

  if (!it->jumps)
    return;
  bool taken = execution->next != it->address + it->bytes;
  if (!predict(core, execution, taken)) {
    bool early = core->flags_ready + EARLY_FLAGS <= issued;
    core->cycle += (early && it->kind == KIND_BRANCH ? MISPREDICTED_EARLY : MISPREDICTED) - 1;
    core->mispredicted++;
    core->older = NULL;
  } else if (taken) {
    core->older = NULL;
  }
}

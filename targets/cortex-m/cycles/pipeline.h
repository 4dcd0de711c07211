// Cycle models of Cortex-M cores for memory without wait states. Estimates: see docs/Kernels.md.
#ifndef TINYC_CYCLES_PIPELINE_H
#define TINYC_CYCLES_PIPELINE_H

#include "targets/cortex-m/cycles/decode.h"

// What an instruction did when it was executed.
typedef struct Execution {
  const Instruction *instruction;
  bool accesses;    // memory: the first access is at `data`
  uint32_t data;
  uint32_t next;    // address of the instruction executed next
} Execution;

// The uses of a register's value, from the earliest that it may be waited for to the latest.
enum { USE_ADDRESS, USE_EARLY, USE_FACTOR, USE_ALU, USE_ACCUMULATOR, USES };

enum { BRANCH_SLOTS = 1 << 14 };

// A dual-issue, in-order core with branch prediction.
typedef struct CortexM7 {
  uint64_t cycle;              // in which the last instruction was issued
  const Instruction *older;    // the first of that cycle; null where no second may join it
  uint32_t older_data;
  uint64_t ready[16][USES];    // the first cycle in which each use gets the register's value
  uint64_t float_ready[32], float_accumulator_ready[32];
  uint64_t flags_ready;
  uint64_t mispredicted;       // branches
  uint8_t taken[BRANCH_SLOTS]; // 2-bit counters by address, 4 where there is none yet
  uint32_t target[BRANCH_SLOTS];
} CortexM7;

// A single-issue core of three stages: Cortex-M4, and with other latencies M0+, M3 and M33.
typedef struct Latencies {
  uint8_t load, store, taken, divide, multiply_add, wide_multiply;
  bool pipelines_loads; // a load or store right after another takes a cycle less
} Latencies;

typedef struct CortexM4 {
  Latencies latencies;
  uint64_t cycle;
  const Instruction *previous;
} CortexM4;

void init_m7(CortexM7 *core);
void step_m7(CortexM7 *core, const Execution *execution);

// name: "m0plus", "m3", "m4", "m33" or "m55". Returns false if it is none of these.
bool init_m4(CortexM4 *core, const char *name);
void step_m4(CortexM4 *core, const Execution *execution);

#endif // TINYC_CYCLES_PIPELINE_H

// Single-issue cores. Cortex-M4: instruction timing of its Technical Reference Manual (DDI 0439), table 3-1, and the rules
// on pairs of loads and stores below it. The other cores have the same rules with the latencies of their own manuals
// (M0+ DDI 0484, M3 DDI 0337, M33 100230), which is rough.
#include "targets/cortex-m/cycles/pipeline.h"

#include <string.h>

static const struct {
  const char *name;
  Latencies latencies;
} CORES[] = {
    // load, store, taken, divide, multiply_add, wide_multiply, pipelines_loads
    {"m0plus", {2, 2, 2, 20, 1, 1, false}},
    {"m3", {2, 1, 3, 6, 2, 4, true}},
    {"m4", {2, 1, 3, 6, 1, 1, true}},
    {"m33", {2, 1, 3, 6, 1, 1, true}},
    {"m55", {1, 1, 2, 6, 1, 1, true}},
};

bool init_m4(CortexM4 *core, const char *name) {
  memset(core, 0, sizeof(*core));
  for (unsigned i = 0; i < sizeof(CORES) / sizeof(CORES[0]); i++)
    if (strcmp(CORES[i].name, name) == 0) {
      core->latencies = CORES[i].latencies;
      return true;
    }
  return false;
}

static bool is_single(const Instruction *it) {
  return it->kind == KIND_LOAD || it->kind == KIND_STORE || it->kind == KIND_FLOAT_LOAD || it->kind == KIND_FLOAT_STORE;
}

static bool is_load(const Instruction *it) { return it->kind == KIND_LOAD || it->kind == KIND_FLOAT_LOAD; }

static unsigned count_access(const CortexM4 *core, const Execution *execution) {
  const Instruction *it = execution->instruction, *previous = core->previous;
  const Latencies *latencies = &core->latencies;
  unsigned cycles = is_load(it) ? latencies->load : latencies->store + (it->register_offset && latencies->store == 1);
  // Behind another load the address phase overlaps, unless it waits for what that load brings.
  if (latencies->pipelines_loads && previous && is_load(previous) && cycles > 1 &&
      !(it->addresses & previous->results) && !(it->base_results & previous->base_results))
    cycles--;
  if (!it->sub_word && execution->accesses)
    cycles += execution->data & 1 ? 2 : execution->data & 2 ? 1 : 0;
  return cycles;
}

void step_m4(CortexM4 *core, const Execution *execution) {
  const Instruction *it = execution->instruction, *previous = core->previous;
  const Latencies *latencies = &core->latencies;
  unsigned cycles = 1;
  switch (it->kind) {
  case KIND_LOAD: case KIND_STORE: case KIND_FLOAT_LOAD: case KIND_FLOAT_STORE:
    cycles = count_access(core, execution);
    break;
  case KIND_LOAD_MANY: case KIND_STORE_MANY:
    cycles = 1u + it->transfers;
    break;
  case KIND_MULTIPLY:
    cycles = it->wide_product ? latencies->wide_multiply : it->accumulators ? latencies->multiply_add : 1;
    break;
  case KIND_DIVIDE:
    cycles = latencies->divide;
    break;
  case KIND_IT:
    cycles = previous && previous->bytes == 2 ? 0 : 1;
    break;
  case KIND_TABLE:
    cycles = 2;
    break;
  case KIND_FUSED:
    cycles = 3;
    break;
  case KIND_FLOAT_DIVIDE: case KIND_FLOAT_ROOT:
    cycles = 14;
    break;
  case KIND_VECTOR:
    cycles = 2;
    break;
  default:
    break;
  }
  // An address made by the instruction before.
  bool computed = previous && !is_single(previous) && previous->kind != KIND_LOAD_MANY;
  if (computed && (it->addresses & previous->results))
    cycles++;
  if (it->jumps && execution->next != it->address + it->bytes)
    cycles += latencies->taken - 1u;
  core->cycle += cycles;
  core->previous = it;
}

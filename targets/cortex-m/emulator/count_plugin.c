// QEMU TCG plugin: the exact number of instructions executed between two marker instructions, and their cycles on a core.
//
//   qemu-system-arm ... -plugin tinyc_count.so,out=count.json[,core=m7][,marks=ADDRESS,layers=N]
//
// `mov r10, r10` begins and `mov r11, r11` ends a measured interval; neither is counted. Both are 16-bit
// instructions of every M profile core that no compiler emits, so no symbol table is needed. Instructions of an IT
// block count whether their condition holds or not: the core issues them either way. At exit, `out` receives
//   {"instructions": 123, "invocations": 1}
// with the sum over all intervals.
//
// With core (m0plus, m3, m4, m7, m33, m55) every instruction also passes through the model of that core's pipeline
// (targets/cortex-m/cycles), and "cycles" and "unknown", the number of instructions not decoded, are added. With marks a
// store to ADDRESS + 2 * i inside an interval begins layer i, one to the byte behind it ends it; "layers" then holds
// instructions, cycles and calls of each. Layers do not nest.
//
// Without core each translation block adds its length to a counter when it is entered, by inline code without a
// callback. That is exact as long as a measured block runs to its end, that is, without interrupts, faults and semihosting
// calls inside.

#include "targets/cortex-m/cycles/pipeline.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Debian ships no qemu-plugin.h. These are the declarations used here of version 1 of the plugin interface, as
// documented at https://www.qemu.org/docs/master/devel/tcg-plugins.html.
typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };
typedef void (*qemu_plugin_vcpu_tb_trans_cb_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void (*qemu_plugin_vcpu_udata_cb_t)(unsigned int cpu, void *userdata);
typedef void (*qemu_plugin_vcpu_mem_cb_t)(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address,
                                          void *userdata);
typedef void (*qemu_plugin_udata_cb_t)(qemu_plugin_id_t id, void *userdata);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t callback);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, enum qemu_plugin_op op, void *address,
                                              uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction, qemu_plugin_vcpu_udata_cb_t callback,
                                            enum qemu_plugin_cb_flags flags, void *userdata);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *instruction, qemu_plugin_vcpu_mem_cb_t callback,
                                      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw, void *userdata);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_udata_cb_t callback, void *userdata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

typedef enum Marker { MARKER_NONE, MARKER_BEGIN, MARKER_END } Marker;

// What has been counted up to some moment, or over some time.
typedef struct Count {
  uint64_t instructions, cycles;
} Count;

typedef struct Layer {
  Count sum;
  uint64_t calls;
} Layer;

// An instruction as translated; stays until the end, its block may run again.
typedef struct Translated {
  Instruction instruction;
  Marker marker;
} Translated;

// The plugin interface passes no state to inline operations and translation callbacks: it has to be static.
static struct {
  FILE *out;
  uint64_t executed; // instructions of all blocks entered so far; with a core: of those executed
  bool measuring;
  Count begin; // of the interval
  Count sum;
  uint64_t invocations;

  bool has_core, is_m7;
  CortexM7 m7;
  CortexM4 m4;
  uint64_t unknown;
  const Translated *pending; // executed, but where it goes on is not known yet
  Execution execution;       // of it

  uint32_t marks, layer_count;
  Layer *layers;
  Count layer_begin;
  bool in_layer;
} state;

// ---- counting alone ------------------------------------------------------------------------------------------------

// `rest` is the number of instructions after the marker in its block: counted on entry, not executed yet.
static void begin_interval(unsigned int cpu, void *rest) {
  (void)cpu;
  state.begin.instructions = state.executed - (uintptr_t)rest;
  state.measuring = true;
}

static void end_interval(unsigned int cpu, void *rest) {
  (void)cpu;
  if (!state.measuring)
    return;
  const uint64_t markerItself = 1;
  state.sum.instructions += state.executed - (uintptr_t)rest - markerItself - state.begin.instructions;
  state.invocations += 1;
  state.measuring = false;
}

// The halfwords of an instruction; the second is 0 for a short one. QEMU's size is not reliable: at the end of a page it
// includes the halfword behind, at which the translator has looked already.
typedef struct Halfwords {
  uint16_t first, second;
  bool wide;
} Halfwords;

static Halfwords get_halfwords(const struct qemu_plugin_insn *instruction) {
  const uint8_t *bytes = qemu_plugin_insn_data(instruction);
  Halfwords halfwords = {(uint16_t)(bytes[0] | bytes[1] << 8), 0, false};
  halfwords.wide = halfwords.first >= 0xE800 && qemu_plugin_insn_size(instruction) >= 4;
  if (halfwords.wide)
    halfwords.second = (uint16_t)(bytes[2] | bytes[3] << 8);
  return halfwords;
}

static Marker find_marker(Halfwords halfwords) {
  return halfwords.first == 0x46D2 ? MARKER_BEGIN : halfwords.first == 0x46DB ? MARKER_END : MARKER_NONE;
}

static void instrument_blocks(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  const size_t count = qemu_plugin_tb_n_insns(block);
  qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &state.executed, count);
  for (size_t i = 0; i < count; ++i) {
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
    Marker marker = find_marker(get_halfwords(instruction));
    if (marker != MARKER_NONE)
      qemu_plugin_register_vcpu_insn_exec_cb(instruction, marker == MARKER_BEGIN ? begin_interval : end_interval,
                                             QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)(count - 1 - i));
  }
}

// ---- cycles --------------------------------------------------------------------------------------------------------

static Count get_count(void) {
  Count count = {state.executed, state.is_m7 ? state.m7.cycle : state.m4.cycle};
  return count;
}

static void add_since(Count *sum, Count begin, Count now) {
  sum->instructions += now.instructions - begin.instructions;
  sum->cycles += now.cycles - begin.cycles;
}

// The stores that begin and end layers; `before` is the count without the store.
static void follow_layers(Count before) {
  uint32_t offset = state.execution.data - state.marks;
  if (!state.execution.accesses || state.execution.instruction->kind != KIND_STORE || offset >= 2 * state.layer_count)
    return;
  if (!(offset & 1)) {
    state.layer_begin = get_count();
    state.in_layer = true;
  } else if (state.in_layer) {
    Layer *layer = &state.layers[offset / 2];
    add_since(&layer->sum, state.layer_begin, before);
    layer->calls += 1;
    state.in_layer = false;
  }
}

static void step(uint32_t next) {
  Count before = get_count();
  if (state.pending->marker == MARKER_END && state.measuring) {
    add_since(&state.sum, state.begin, before);
    state.invocations += 1;
    state.measuring = false;
  }
  state.execution.next = next;
  if (state.is_m7)
    step_m7(&state.m7, &state.execution);
  else
    step_m4(&state.m4, &state.execution);
  state.executed += 1;
  if (state.pending->marker == MARKER_BEGIN) {
    state.begin = get_count();
    state.measuring = true;
  }
  if (state.measuring) {
    state.unknown += state.execution.instruction->kind == KIND_UNKNOWN;
    follow_layers(before);
  }
}

static void execute(unsigned int cpu, void *userdata) {
  (void)cpu;
  const Translated *translated = userdata;
  if (state.pending)
    step(translated->instruction.address);
  state.pending = translated;
  state.execution.instruction = &translated->instruction;
  state.execution.accesses = false;
  state.execution.data = 0;
}

// Called after execute(), while the instruction executes.
static void access_memory(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *userdata) {
  (void)cpu;
  (void)info;
  (void)userdata;
  if (state.execution.accesses)
    return;
  state.execution.accesses = true;
  state.execution.data = (uint32_t)address;
}

static void instrument_instructions(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  const size_t count = qemu_plugin_tb_n_insns(block);
  Translated *all = calloc(count, sizeof(Translated));
  if (!all) {
    fprintf(stderr, "tinyc_count: error: out of memory\n");
    abort();
  }
  unsigned conditional = 0; // instructions left of an IT block
  for (size_t i = 0; i < count; ++i) {
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
    const Halfwords code = get_halfwords(instruction);
    Translated *translated = &all[i];
    translated->instruction = decode_instruction((uint32_t)qemu_plugin_insn_vaddr(instruction), code.first, code.second,
                                                 code.wide, conditional > 0);
    translated->marker = find_marker(code);
    if (conditional > 0)
      conditional--;
    else if (translated->instruction.kind == KIND_IT)
      conditional = 4u - (unsigned)__builtin_ctz(code.first);
    qemu_plugin_register_vcpu_insn_exec_cb(instruction, execute, QEMU_PLUGIN_CB_NO_REGS, translated);
    qemu_plugin_register_vcpu_mem_cb(instruction, access_memory, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
  }
}

// ---- options and result --------------------------------------------------------------------------------------------

static void write_result(qemu_plugin_id_t id, void *userdata) {
  (void)id;
  (void)userdata;
  fprintf(state.out, "{\"instructions\": %" PRIu64 ", \"invocations\": %" PRIu64, state.sum.instructions,
          state.invocations);
  if (state.has_core)
    fprintf(state.out, ", \"cycles\": %" PRIu64 ", \"unknown\": %" PRIu64, state.sum.cycles, state.unknown);
  if (state.layers) {
    fprintf(state.out, ",\n \"layers\": [");
    for (uint32_t i = 0; i < state.layer_count; ++i)
      fprintf(state.out, "%s\n  {\"instructions\": %" PRIu64 ", \"cycles\": %" PRIu64 ", \"calls\": %" PRIu64 "}",
              i ? "," : "", state.layers[i].sum.instructions, state.layers[i].sum.cycles, state.layers[i].calls);
    fprintf(state.out, "]");
  }
  fprintf(state.out, "}\n");
  if (fclose(state.out) != 0)
    perror("tinyc_count: error: cannot write the result");
}

// The text behind `name`, or null.
static const char *get_value(const char *option, const char *name) {
  const size_t length = strlen(name);
  return strncmp(option, name, length) == 0 ? option + length : NULL;
}

static bool set_core(const char *name) {
  state.has_core = true;
  state.is_m7 = strcmp(name, "m7") == 0;
  if (state.is_m7)
    init_m7(&state.m7);
  return state.is_m7 || init_m4(&state.m4, name);
}

static int fail(const char *message, const char *what) {
  fprintf(stderr, "tinyc_count: error: %s%s\n", message, what);
  return -1;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv) {
  (void)info;
  const char *name = NULL;
  for (int i = 0; i < argc; ++i) {
    const char *value;
    if ((value = get_value(argv[i], "out="))) {
      name = value;
    } else if ((value = get_value(argv[i], "core="))) {
      if (!set_core(value))
        return fail("expects m0plus, m3, m4, m7, m33 or m55, got core=", value);
    } else if ((value = get_value(argv[i], "marks="))) {
      state.marks = (uint32_t)strtoul(value, NULL, 0);
    } else if ((value = get_value(argv[i], "layers="))) {
      state.layer_count = (uint32_t)strtoul(value, NULL, 10);
    } else {
      return fail("unknown option ", argv[i]);
    }
  }
  if (!name)
    return fail("expects out=FILE", "");
  if (state.layer_count > 0) {
    if (!state.has_core)
      return fail("layers= expects core=", "");
    state.layers = calloc(state.layer_count, sizeof(Layer));
    if (!state.layers)
      return fail("out of memory", "");
  }
  state.out = fopen(name, "w");
  if (!state.out)
    return fail("cannot write ", name);
  qemu_plugin_register_vcpu_tb_trans_cb(id, state.has_core ? instrument_instructions : instrument_blocks);
  qemu_plugin_register_atexit_cb(id, write_result, NULL);
  return 0;
}

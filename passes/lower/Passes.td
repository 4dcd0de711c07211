//===- Passes of phase Lower -----------------------------------------------===//

#ifndef TINYC_PASSES_LOWER_PASSES_TD
#define TINYC_PASSES_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertNNToKernelPass : Pass<"lower-convert-nn-to-kernel", "::mlir::ModuleOp"> {
  let summary = "Turn a function of nn ops on tensors into kernel ops on buffers";
  let description = [{
    The function's tensors become buffers of their storage type: arguments first, then one argument for each result,
    marked `kernel.output`; `kernel.type` keeps each tensor type, with its quantization. Intermediates become
    `memref.alloc`, constants `memref.global` named after the node that reads them, equal ones shared. Scales and zero
    points become the integer properties of the kernel ops (dialects/nn/QuantizedArithmetic.h).

    Reshapes, and transposes that move dimensions of size 1 alone, are views. The operands of a concatenation that end
    up contiguous are computed in place; the others are copied. A batch is unrolled, one kernel per sample, where the
    contract has batch 1; so are the outer dimensions of a broadcast over more than four. Quantized unary ops become
    table lookups.
  }];
  let dependentDialects = ["::tinyc::kernel::KernelDialect", "::mlir::memref::MemRefDialect"];
}

def StreamPortsPass : Pass<"lower-stream-ports", "::mlir::ModuleOp"> {
  let summary = "Take inputs, hand out outputs in rows, so that they are never in memory as a whole";
  let description = [{
    The arguments that hold images [1, height, width, channels] become intermediate buffers which kernel.receive fills or
    kernel.send reads; lower-stream-rows then executes these by rows, too. Other arguments stay. Fails if there is no image,
    or if an op needs one as a whole.
  }];
  let options = [
    Option<"inputs", "inputs", "bool", /*default=*/"true", "Stream the inputs">,
    Option<"outputs", "outputs", "bool", /*default=*/"false", "Stream the outputs">,
  ];
  let dependentDialects = ["::tinyc::kernel::KernelDialect", "::mlir::memref::MemRefDialect"];
}

def SelectKernelsPass : Pass<"lower-select-kernels", "::mlir::ModuleOp"> {
  let summary = "Choose the target's kernel for every kernel op, and give it its scratch buffer";
  let description = [{
    The first row of runtime/kernels.def that works, of the most preferred ISA; or one that skips zeros (tinyc/sparse.h), where the
    weights are such that it works and its estimated cycles are fewer: a remark gives the cycles and bytes of both. With `optimize` = `size` the rows, of any ISA
    of the target, for which code and constants together take the least flash: the code of a kernel counts once however many ops
    use it (targets/cortex-m/CodeBytes.inc), and the estimated cycles are at most 1.5 times those of the fastest rows.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"cortex-m7\"", "Name of the target">,
    Option<"optimize", "optimize", "std::string", /*default=*/"\"balanced\"", "ram, balanced, speed or size">,
  ];
  let dependentDialects = ["::tinyc::kernel::KernelDialect", "::mlir::memref::MemRefDialect"];
}

def StreamRowsPass : Pass<"lower-stream-rows", "::mlir::ModuleOp"> {
  let summary = "Execute neighbouring ops row by row where that saves memory";
  let description = [{
    Needs lower-select-kernels. Chooses a partition of the ops into streams (kernel.stream) and ops that run whole, and how
    many rows each op of a stream computes at a time: docs/Memory.md. Each step reads the constants of its op again, at the cost of
    `flash-read`. `optimize` is what is made least: `ram` the peak
    of live bytes, `speed` the estimated cycles, `balanced` the peak of those partitions whose cycles are within 5 % of the
    fastest's, where a percent more cycles has to save a quarter of a percent of the bytes. With `size` the ops keep the kernels that lower-select-kernels chose and run whole, because the steps of a
    stream are code and tables too. Where the peak exceeds the budget `sram`, the fastest partition within the budget is
    taken.

    With `decoded` the constants of an op count as live bytes while it runs, and in a stream those of all its ops.

    The average over a whole image becomes kernel.sum_rows in the stream and kernel.average behind it.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"cortex-m7\"", "Name of the target">,
    Option<"optimize", "optimize", "std::string", /*default=*/"\"balanced\"", "ram, balanced, speed or size">,
    Option<"sram", "sram", "int64_t", /*default=*/"0", "Budget in bytes, 0 for none">,
    Option<"flashRead", "flash-read", "double", /*default=*/"1.0", "Cycles of reading a word of constants; 1: no wait states">,
    Option<"decoded", "decoded", "bool", /*default=*/"false",
           "Constants of weighted ops take bytes while the op, or its stream, runs: lower-encode-weights follows">,
  ];
  let dependentDialects = ["::tinyc::kernel::KernelDialect", "::mlir::memref::MemRefDialect"];
}

def SplitLayersPass : Pass<"lower-split-layers", "::mlir::ModuleOp"> {
  let summary = "Execute layers in stripes of columns or slices of channels where that saves memory";
  let description = [{
    Runs before lower-select-kernels. Neighbouring ops with one result, an image, are executed once for each of several
    stripes of its columns: every stripe computes the columns that its part of the result needs, so that rows are short. What
    two stripes need is computed twice. Of several such intervals, one after the other, the stripes are executed interleaved:
    docs/Memory.md, "Column stripes". A convolution and ops behind it that keep channels apart are executed once for
    each of several slices of channels; nothing is computed twice then.

    The multiply-accumulate operations of the function become at most `max-recompute` times as many. `optimize` and `sram`
    are those of lower-stream-rows, whose result is foreseen to choose the ops and the parts. `columns` and `channels` name
    them instead: first op, op behind the last, sizes of the parts.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"cortex-m7\"", "Name of the target">,
    Option<"optimize", "optimize", "std::string", /*default=*/"\"balanced\"", "ram, balanced or speed">,
    Option<"sram", "sram", "int64_t", /*default=*/"0", "Budget in bytes, 0 for none">,
    Option<"maxRecompute", "max-recompute", "double", /*default=*/"1.0", "Operations executed over those of the model, at most">,
    ListOption<"columns", "columns", "std::string", "Ops and widths of stripes, each first:last:width:width...">,
    ListOption<"channels", "channels", "std::string", "Ops and sizes of slices, each first:last:channels:channels...">,
  ];
  let dependentDialects = ["::tinyc::kernel::KernelDialect", "::mlir::memref::MemRefDialect"];
}

def PackWeightsPass : Pass<"lower-pack-weights", "::mlir::ModuleOp"> {
  let summary = "Store weights in the layout that the kernels read";
  let description = [{
    Weights, bias and multipliers of a kernel with a packing of its own (tinyc/pack.h) become one constant of bytes;
    other depthwise weights [channels, height, width, 1] become [height, width, channels]. A constant that other ops read
    as well is kept for those.

    With `word-kinds` each packed constant notes which of its words are biases and multipliers (`kernel.word_kinds`): those that
    change where these do.
  }];
  let options = [
    Option<"wordKinds", "word-kinds", "bool", /*default=*/"false", "Note what the words of packed constants are">,
  ];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def EncodeWeightsPass : Pass<"lower-encode-weights", "::mlir::ModuleOp"> {
  let summary = "Store weights entropy coded, and decode them before they are used";
  let description = [{
    A constant of bytes that convolutions or fully connected ops read becomes a coded string (runtime/include/tinyc/decode.h), and
    before each op, or stream of ops, that reads it kernel.decode writes its bytes to a buffer, if that saves flash: the string and a
    call of the decoder are less than the bytes. Needs lower-pack-weights, whose `word-kinds` make biases and multipliers smaller.

    With `most-cycles` those constants stay as they are that save least for a cycle, until decoding takes that share of the other
    cycles. With `sram`, those that save least for a byte, until no more bytes than that are live at once.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"cortex-m7\"", "Name of the target">,
    Option<"sram", "sram", "int64_t", /*default=*/"0", "Budget in bytes, 0 for none">,
    Option<"mostCycles", "most-cycles", "double", /*default=*/"0.0",
           "Cycles of decoding in percent of the others', at most; 0: any">,
    Option<"tableLog", "table-log", "int32_t", /*default=*/"9", "Tables of the decoder have 2^table-log entries at most; 5 to 11">,
  ];
  let dependentDialects = ["::tinyc::kernel::KernelDialect", "::mlir::memref::MemRefDialect"];
}

def PlaceConstantsPass : Pass<"lower-place-constants", "::mlir::ModuleOp"> {
  let summary = "Choose the flash memory of each constant";
  let description = [{
    Each constant that a kernel reads gets the attribute `kernel.memory`: the fastest of the memories for those that are read
    most for their size, while it has room. Without memories nothing changes.
  }];
  let options = [
    ListOption<"flash", "flash", "std::string", "Memories for constants, each name:bytes:read:write, the last two in "
                                                "cycles for a word">,
  ];
}

def PlanMemoryPass : Pass<"lower-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Place all buffers of the model function in one arena";
  let description = [{
    A buffer lives from its first to its last access, an input from the start, an output to the end. The output of an
    elementwise op is placed over an operand that is needed no more (KernelOpInterface::getInPlaceOperands). Offsets are
    assigned by best fit over lifetimes, in several orders of the buffers that a local search improves until the sum of
    the live bytes is reached or its rounds are used up.

    The function becomes `@model_run(%arena: memref<Nxi8>)`; every buffer becomes a `memref.view` at a constant offset.
    With `ram` the arena is divided where that saves cycles or is needed: `kernel.regions` says which bytes of it lie in
    which memory. The buffers that are read and written most for their size lie in the fastest; no buffer crosses a border.

    `kernel.inputs` and `kernel.outputs` say where the model's inputs and outputs lie, `kernel.plan` holds all buffers
    and the peak: see passes/lower/Plan.h.
  }];
  let options = [
    Option<"alignment", "alignment", "int64_t", /*default=*/"4", "Alignment of every buffer in bytes">,
    Option<"rounds", "rounds", "int64_t", /*default=*/"2000", "Rounds of the local search">,
    ListOption<"ram", "ram", "std::string", "Memories for the arena, each name:bytes:read:write, the last two in cycles "
                                            "for a word; none: one without limit">,
    Option<"whole", "whole", "bool", /*default=*/"false", "Divide the arena only if no memory has room for all of it">,
  ];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

def VerifyPlanPass : Pass<"lower-verify-plan", "::mlir::ModuleOp"> {
  let summary = "Check a memory plan, independently of the planner, and the memory budgets";
  let description = [{
    Follows the bytes of the arena through the steps of the planned function, those of streams too: every byte that a
    step reads must have been written as that row of that buffer, and by nothing else since. The output of a step may
    overlap an operand only where the op declares it, and at the same address; its scratch buffer overlaps nothing of
    the step. Checks alignment and bounds, and that inputs and outputs survive. Shares no code with the planner.
    `sram` and `flash` are budgets in bytes, 0 for none; flash counts the constants.
  }];
  let options = [
    Option<"sram", "sram", "int64_t", /*default=*/"0", "Budget for the arena in bytes">,
    Option<"flash", "flash", "int64_t", /*default=*/"0", "Budget for constants in bytes">,
    Option<"alignment", "alignment", "int64_t", /*default=*/"4", "Alignment every buffer must have, in bytes">,
    ListOption<"ram", "ram", "std::string", "Memories for the arena, see lower-plan-memory">,
  ];
}

def SplitArenaPass : Pass<"lower-split-arena", "::mlir::ModuleOp"> {
  let summary = "Give the program one argument for each region of its arena";
  let description = [{
    Of a planned function with several regions (`kernel.regions`): offsets count from the region's begin then. The emitted
    program takes an array of pointers, one to each region.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

def KernelsToCallsPass : Pass<"lower-kernels-to-calls", "::mlir::ModuleOp"> {
  let summary = "Turn kernel ops into calls of their C functions";
  let description = [{
    Needs lower-select-kernels. The parameter block becomes an attribute, a missing pointer `null`. kernel.receive and
    kernel.send stay: the program stops there.
  }];
  let dependentDialects = ["::tinyc::kernel::KernelDialect"];
}

def ConvertKernelToEmitCPass : Pass<"lower-convert-kernel-to-emitc", "::mlir::ModuleOp"> {
  let summary = "Turn a lowered program into EmitC, for C output";
  let description = [{
    Constants become `static const` arrays, parameter blocks `static const` structs, and every `kernel.call` a call with
    the ONNX node's name in a comment above it. Names are C identifiers made of the ONNX names. The literal `arena` in
    addresses stands for the function's argument: EmitC cannot name it, so printing the C text does.
  }];
  let dependentDialects = ["::mlir::emitc::EmitCDialect"];
}

def ConvertKernelToLLVMPass : Pass<"lower-convert-kernel-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Turn a lowered program into the LLVM dialect, for object files and the host";
  let description = [{
    Constants and parameter blocks (as words) become internal constant globals, and every `kernel.call` a call of the
    kernel's C function, declared outside. Addresses in the arena are byte offsets, so no index type is left and
    one conversion serves 32-bit and 64-bit targets.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // TINYC_PASSES_LOWER_PASSES_TD

//===- Passes of phase Schedule --------------------------------------------===//

#ifndef TINYC_PASSES_SCHEDULE_PASSES_TD
#define TINYC_PASSES_SCHEDULE_PASSES_TD

include "mlir/Pass/PassBase.td"

def OrderOperatorsPass : Pass<"schedule-order-operators", "::mlir::func::FuncOp"> {
  let summary = "Order the ops of a function so that the peak of live activations is least";
  let description = [{
    The bytes live while an op runs are those of every activation that is defined and still needed, and of its result,
    unless that can be written over an operand needed no more (elementwise ops) or is a view (reshape). The least peak
    over all topological orders is found exactly, as a shortest path of least maximum through the sets of executed ops
    (Liberis and Lane, "Neural networks on microcontrollers: saving memory at inference via operator reordering", 2019,
    section 3), while at most `limit` sets are visited; beyond that greedily, by the bytes an op adds. Among orders of
    least peak the one closest to the original is taken; a function that is at the least peak already is left alone.
  }];
  let options = [
    Option<"limit", "limit", "int64_t", /*default=*/"20000", "Sets of executed ops that the exact search may visit">,
  ];
}

#endif // TINYC_PASSES_SCHEDULE_PASSES_TD

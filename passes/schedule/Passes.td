//===- Passes of phase Schedule --------------------------------------------===//

#ifndef TINYC_PASSES_SCHEDULE_PASSES_TD
#define TINYC_PASSES_SCHEDULE_PASSES_TD

include "mlir/Pass/PassBase.td"

def OrderOperatorsPass : Pass<"schedule-order-operators", "::mlir::func::FuncOp"> {
  let summary = "Order the ops of a function so that the peak of live activations is least";
  let description = [{
    The bytes live while an op runs are those of every activation that is defined and still needed, and of its result,
    unless that can be written over an operand needed no more (elementwise ops; rows of a convolution's or pooling's
    result over rows of the input that it has read) or is a view (reshape).

    The least peak over all topological orders is found exactly. A lower bound comes from a minimum cut for each op; a
    peak is then tried by a search through the sets of executed ops (Liberis and Lane, "Neural networks on
    microcontrollers: saving memory at inference via operator reordering", 2019, section 3) that is cut where the fewest
    bytes are live and goes from valley to valley of the live bytes, as Liu's algorithm for trees does ("An application of
    generalized tree pebbling to sparse matrix factorization", 1987). Beyond `limit` sets it goes on from the best set
    seen, and the peak is that of the best order found. Among orders of least peak the one closest to the original is
    taken; a function that is at the least peak already is left alone. See docs/Memory.md.
  }];
  let options = [
    Option<"limit", "limit", "int64_t", /*default=*/"5000", "Sets of executed ops that the search may visit for each peak it tries">,
    Option<"overlap", "overlap", "bool", /*default=*/"true",
           "Count on rows of a convolution's or pooling's result lying over rows of the input that it has read">,
  ];
}

#endif // TINYC_PASSES_SCHEDULE_PASSES_TD

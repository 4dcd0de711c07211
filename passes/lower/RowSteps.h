// The order of the steps of a stream.
#ifndef TINYC_PASSES_LOWER_ROWSTEPS_H
#define TINYC_PASSES_LOWER_ROWSTEPS_H

#include "passes/lower/BufferGraph.h"
#include "passes/lower/RowLifetimes.h"

namespace tinyc::lower {

/// The steps that execute the ops [firstOp, lastOp) as one stream, each row as late as those that need it allow: the
/// last ops (those nothing in the stream reads) advance evenly, and pull the rows they need out of the others. All ops
/// can run by rows, all entries of `rowsPerStep` for them are at least 1.
std::vector<Step> makeStreamSteps(const BufferGraph &graph, size_t firstOp, size_t lastOp, RowsPerStep rowsPerStep);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_ROWSTEPS_H

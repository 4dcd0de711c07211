#include "passes/lower/RowSteps.h"

#include "llvm/ADT/SmallVector.h"

#include <algorithm>

using namespace llvm;

namespace tinyc::lower {

using kernel::RowAccess;

namespace {

class StepMaker {
public:
  StepMaker(const BufferGraph &graph, size_t firstOp, size_t lastOp, RowsPerStep rowsPerStep)
      : graph(graph), firstOp(firstOp), lastOp(lastOp), rowsPerStep(rowsPerStep), done(lastOp - firstOp, 0) {
    for (size_t number = firstOp; number < lastOp; ++number)
      for (const GraphAccess &access : graph.ops[number].accesses)
        if (access.isWrite && !graph.buffers[access.buffer].isScratch)
          writers[access.buffer].push_back(number);
  }

  std::vector<Step> run() {
    SmallVector<size_t> sinks;
    for (size_t number = firstOp; number < lastOp; ++number)
      if (!isRead(number))
        sinks.push_back(number);
    // The one furthest behind, as a share of its rows, goes first.
    while (!sinks.empty()) {
      auto progress = [&](size_t number) {
        return static_cast<double>(done[number - firstOp]) / graph.ops[number].rows;
      };
      size_t next =
          *std::min_element(sinks.begin(), sinks.end(), [&](size_t a, size_t b) { return progress(a) < progress(b); });
      advance(next, done[next - firstOp] + 1);
      erase_if(sinks, [&](size_t number) { return done[number - firstOp] == graph.ops[number].rows; });
    }
    // Rows that no window covers.
    for (size_t number = firstOp; number < lastOp; ++number)
      advance(number, graph.ops[number].rows);
    return std::move(steps);
  }

private:
  bool isRead(size_t writer) const {
    for (const GraphAccess &output : graph.ops[writer].accesses)
      if (output.isWrite)
        for (size_t number = writer + 1; number < lastOp; ++number)
          for (const GraphAccess &access : graph.ops[number].accesses)
            if (access.buffer == output.buffer && !access.isWrite)
              return true;
    return false;
  }

  // Computes rows of an op until `rows` of them are there.
  void advance(size_t number, int32_t rows) {
    const GraphOp &op = graph.ops[number];
    int32_t &next = done[number - firstOp];
    while (next < rows) {
      int32_t end = std::min(next + rowsPerStep[number], op.rows);
      for (const GraphAccess &access : op.accesses)
        if (!access.isWrite)
          require(number, access, next, end);
      steps.push_back({number, next, end});
      next = end;
    }
  }

  // Computes the rows of a buffer that rows [begin, end) of an op read.
  void require(size_t reader, const GraphAccess &access, int32_t begin, int32_t end) {
    auto found = writers.find(access.buffer);
    if (found == writers.end())
      return;
    int32_t height = graph.buffers[access.buffer].rows;
    int32_t last = access.rows.getRows(begin, end, height).second;
    for (size_t writer : found->second) {
      if (writer >= reader)
        continue;
      const GraphOp &op = graph.ops[writer];
      bool byRow = any_of(op.accesses, [&](const GraphAccess &output) {
        return output.buffer == access.buffer && output.isWrite && output.rows.kind == RowAccess::Kind::Same;
      });
      advance(writer, byRow ? last : op.rows);
    }
  }

  const BufferGraph &graph;
  size_t firstOp, lastOp;
  RowsPerStep rowsPerStep;
  std::vector<int32_t> done;                        // rows of each op
  DenseMap<size_t, SmallVector<size_t, 2>> writers; // of each buffer, in order
  std::vector<Step> steps;
};

} // namespace

std::vector<Step> makeStreamSteps(const BufferGraph &graph, size_t firstOp, size_t lastOp, RowsPerStep rowsPerStep) {
  return StepMaker(graph, firstOp, lastOp, rowsPerStep).run();
}

} // namespace tinyc::lower

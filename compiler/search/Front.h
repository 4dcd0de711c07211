// The points of a search as files: which of them no other one beats.
#ifndef TINYC_COMPILER_SEARCH_FRONT_H
#define TINYC_COMPILER_SEARCH_FRONT_H

#include "compiler/search/Record.h"

#include "llvm/Support/JSON.h"

namespace tinyc::search {

/// For each point whether it is on the Pareto front of distortion against that cost: no other has at most both, and one
/// of them less. Of equal points the first.
std::vector<bool> findFront(llvm::ArrayRef<Record::Point> points, Cost cost);

/// How to tell of the points.
struct FrontText {
  std::string title;
  std::optional<Assignment> chosen;
};

/// {"title", "steps": [names], "points": [{"costs": {...}, "distortion", "drop", "front": [costs on whose front it is],
/// "chosen", "actions": [names]}]}. Only points of some front and the chosen one.
llvm::json::Value toJson(const Record &record, const FrontText &text);
/// The same points, one a line: costs, distortion, drop, fronts, a column for each step.
std::string toCsv(const Record &record, const FrontText &text);
/// Distortion against each cost: all points, the front as a line, the chosen point.
std::string toSvg(const Record &record, const FrontText &text);

} // namespace tinyc::search

#endif // TINYC_COMPILER_SEARCH_FRONT_H

// What a search has measured so far, kept in a file so that it can be stopped and resumed.
#ifndef TINYC_COMPILER_SEARCH_RECORD_H
#define TINYC_COMPILER_SEARCH_RECORD_H

#include "compiler/search/Environment.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <map>

namespace tinyc::search {

/// Measures assignments of an environment, each once. The searches are deterministic, so that one that starts anew with
/// the measurements of another goes the same way, and on from where that one ended.
class Record {
public:
  /// `fingerprint` stands for all that the measurements depend on. `shouldStop` is asked before each measurement.
  Record(Environment &environment, std::string fingerprint, std::function<bool()> shouldStop = nullptr);

  /// Takes the measurements of `path` and from now on writes them there, at the latest after `kPeriod` new ones. A file
  /// of another fingerprint, or none of ours, is an error; one that does not exist is not.
  llvm::Error keepIn(llvm::StringRef path);
  /// Writes the file, if there is one.
  llvm::Error save() const;

  /// Called after each new measurement.
  std::function<void(const Record &)> onMeasured;

  struct Point {
    Assignment assignment;
    Quality quality;
    Costs costs;
  };
  /// The quality and the costs of an assignment; nothing if it cannot be compiled, or if the search has to stop.
  std::optional<Point> measure(llvm::ArrayRef<uint8_t> assignment);

  /// In the order in which they were asked for; those of the file only once they are.
  llvm::ArrayRef<Point> getPoints() const { return points; }
  Environment &getEnvironment() const { return environment; }
  /// True from the moment at which the search had to stop, or the file could not be written.
  bool isStopped() const { return stopped; }
  /// Measurements made by this process.
  size_t getNewCount() const { return newCount; }

  static constexpr size_t kPeriod = 20;

private:
  Environment &environment;
  std::string fingerprint, path;
  std::function<bool()> shouldStop;
  std::map<Assignment, Quality> known;  // of the file, too
  std::map<Assignment, size_t> numbers; // in `points`
  std::vector<Point> points;
  size_t newCount = 0;
  bool stopped = false;
};

} // namespace tinyc::search

#endif // TINYC_COMPILER_SEARCH_RECORD_H

#include "compiler/search/Record.h"

#include "compiler/Files.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace tinyc::search {

static constexpr StringLiteral kFormat = "tinyc-search-1";

Record::Record(Environment &environment, std::string fingerprint, std::function<bool()> shouldStop)
    : environment(environment), fingerprint(std::move(fingerprint)), shouldStop(std::move(shouldStop)) {}

/// One digit a step: "0120".
static std::string toText(ArrayRef<uint8_t> assignment) {
  std::string text;
  for (uint8_t action : assignment)
    text += static_cast<char>('0' + action);
  return text;
}

Error Record::keepIn(StringRef file) {
  path = file.str();
  if (!sys::fs::exists(file))
    return Error::success();
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(file);
  if (!buffer)
    return makeFileError(path, buffer.getError().message());
  Expected<json::Value> parsed = json::parse((*buffer)->getBuffer());
  if (!parsed)
    return makeFileError(path, "not JSON: " + toString(parsed.takeError()));
  const json::Object *object = parsed->getAsObject();
  const json::Array *measurements = object ? object->getArray("measurements") : nullptr;
  if (!measurements || object->getString("format") != StringRef(kFormat))
    return makeFileError(path, "expected the record of a search, format " + kFormat);
  if (object->getString("fingerprint") != StringRef(fingerprint))
    return makeFileError(path, "is the record of another search: another model, other samples, another target or other "
                               "options; remove it to start anew");
  for (const json::Value &value : *measurements) {
    const json::Object *entry = value.getAsObject();
    std::optional<StringRef> actions = entry ? entry->getString("actions") : std::nullopt;
    std::optional<double> distortion = entry ? entry->getNumber("distortion") : std::nullopt;
    std::optional<double> drop = entry ? entry->getNumber("drop") : std::nullopt;
    bool isValid = actions && distortion && drop && actions->size() == environment.getStepCount();
    Assignment assignment;
    for (size_t step = 0; isValid && step < actions->size(); ++step) {
      assignment.push_back(static_cast<uint8_t>((*actions)[step] - '0'));
      isValid = assignment.back() < environment.getActionCount(step);
    }
    if (!isValid)
      return makeFileError(path, "measurement " + Twine(known.size()) + " is malformed");
    known[assignment] = {*distortion, *drop};
  }
  return Error::success();
}

Error Record::save() const {
  if (path.empty())
    return Error::success();
  json::Array measurements;
  for (const auto &[assignment, quality] : known)
    measurements.push_back(
        json::Object{{"actions", toText(assignment)}, {"distortion", quality.distortion}, {"drop", quality.drop}});
  json::Value value =
      json::Object{{"format", kFormat}, {"fingerprint", fingerprint}, {"measurements", std::move(measurements)}};
  return writeFile(path, formatv("{0:1}\n", value).str());
}

std::optional<Record::Point> Record::measure(ArrayRef<uint8_t> actions) {
  if (stopped)
    return std::nullopt;
  Assignment assignment(actions);
  if (auto found = numbers.find(assignment); found != numbers.end())
    return points[found->second];
  std::optional<Costs> costs = environment.getCosts(assignment);
  if (!costs)
    return std::nullopt;
  auto found = known.find(assignment);
  bool isNew = found == known.end();
  if (isNew) {
    if (shouldStop && shouldStop()) {
      stopped = true;
      return std::nullopt;
    }
    std::optional<Quality> quality = environment.getQuality(assignment);
    if (!quality)
      return std::nullopt;
    found = known.emplace(assignment, *quality).first;
    ++newCount;
  }
  numbers.emplace(assignment, points.size());
  points.push_back({assignment, found->second, *costs});
  if (isNew && newCount % kPeriod == 0)
    if (Error error = save()) {
      consumeError(std::move(error)); // save() at the end says it
      stopped = true;
    }
  if (onMeasured)
    onMeasured(*this);
  return points.back();
}

} // namespace tinyc::search

#include "compiler/search/Search.h"
#include "compiler/search/Front.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace tinyc::search;

namespace {

/// Steps of three actions: weights of 8, 4 and 2 bits. The distortion is not the sum of the single ones: neighbours
/// amplify each other.
class Chain : public Environment {
public:
  explicit Chain(size_t steps, double coupling = 0.5) : steps(steps), coupling(coupling) {}

  size_t getStepCount() const override { return steps; }
  std::string getStepName(size_t step) const override { return "layer," + std::to_string(step); }
  size_t getActionCount(size_t) const override { return 3; }
  std::string getActionName(size_t, uint8_t action) const override { return std::to_string(8 >> action); }
  std::vector<double> observe(llvm::ArrayRef<uint8_t> actions) const override {
    return {static_cast<double>(actions.size()) / steps};
  }
  std::optional<Costs> getCosts(llvm::ArrayRef<uint8_t> assignment) override {
    Costs costs;
    for (size_t step = 0; step < steps; ++step) {
      costs[Cost::Flash] += getSize(step) / (1 << assignment[step]);
      costs[Cost::Latency] += getSize(step) * (1 + 0.2 * assignment[step]);
    }
    return costs;
  }
  std::optional<Quality> getQuality(llvm::ArrayRef<uint8_t> assignment) override {
    ++runs;
    double sum = 0, before = 0;
    for (size_t step = 0; step < steps; ++step) {
      double own = assignment[step] == 0 ? 0 : (1 + (step * 7) % 5) * std::pow(4, assignment[step]);
      sum += own + coupling * std::sqrt(own * before);
      before = own;
    }
    return Quality{sum, sum / 1000};
  }
  static double getSize(size_t step) { return 100.0 * (1 + (step * 5) % 7); }

  size_t runs = 0;

private:
  size_t steps;
  double coupling;
};

Goal makeFlashGoal(double share, Environment &environment, size_t steps) {
  Goal goal;
  goal.limits[static_cast<size_t>(Cost::Flash)] = share * (*environment.getCosts(Assignment(steps, 0)))[Cost::Flash];
  return goal;
}

/// A chain, and behind it a step for each result: without more bits it adds 3 to the distortion, with them 40 to the
/// latency.
class ChainOfResults : public Chain {
public:
  explicit ChainOfResults(size_t layers) : Chain(layers), layers(layers) {}

  size_t getStepCount() const override { return 2 * layers; }
  size_t getActionCount(size_t step) const override { return step < layers ? 3 : 2; }
  bool isMoreFaithful(size_t step, uint8_t action) const override { return step >= layers && action > 0; }
  std::optional<Costs> getCosts(llvm::ArrayRef<uint8_t> assignment) override {
    std::optional<Costs> costs = Chain::getCosts(assignment.take_front(layers));
    for (uint8_t action : assignment.drop_front(layers))
      (*costs)[Cost::Latency] += 40 * action;
    return costs;
  }
  std::optional<Quality> getQuality(llvm::ArrayRef<uint8_t> assignment) override {
    double sum = Chain::getQuality(assignment.take_front(layers))->distortion;
    for (uint8_t action : assignment.drop_front(layers))
      sum += 3 * (1 - action);
    return Quality{sum, sum / 1000};
  }

private:
  size_t layers;
};

/// The least distortion of all assignments that the goal accepts.
double tryEverything(Environment &chain, const Goal &goal) {
  double least = std::numeric_limits<double>::infinity();
  Assignment assignment(chain.getStepCount(), 0);
  while (true) {
    Record::Point point = {assignment, *chain.getQuality(assignment), *chain.getCosts(assignment)};
    if (goal.accepts(point))
      least = std::min(least, goal.maxDrop ? point.costs[goal.least] : point.quality.distortion);
    size_t step = 0;
    while (step < assignment.size() && ++assignment[step] == chain.getActionCount(step))
      assignment[step++] = 0;
    if (step == assignment.size())
      return least;
  }
}

std::optional<Record::Point> run(Record &record, const Goal &goal, size_t measurements = 300) {
  std::optional<Sensitivity> sensitivity = Sensitivity::measure(record);
  if (!sensitivity)
    return std::nullopt;
  return search(record, *sensitivity, goal, {measurements, 1});
}

} // namespace

TEST(Search, FindsTheBestOfAFewSteps) {
  Chain chain(7);
  for (double share : {0.3, 0.5, 0.55, 0.8}) {
    Goal goal = makeFlashGoal(share, chain, 7);
    Record record(chain, "");
    std::optional<Record::Point> found = run(record, goal);
    ASSERT_TRUE(found);
    EXPECT_TRUE(goal.accepts(*found));
    EXPECT_DOUBLE_EQ(found->quality.distortion, tryEverything(chain, goal)) << share;
  }
}

TEST(Search, FindsTheCheapestWithinADrop) {
  Chain chain(7);
  for (double drop : {0.01, 0.05, 0.2}) {
    Goal goal;
    goal.maxDrop = drop;
    Record record(chain, "");
    std::optional<Record::Point> found = run(record, goal);
    ASSERT_TRUE(found);
    EXPECT_DOUBLE_EQ(found->costs[Cost::Flash], tryEverything(chain, goal)) << drop;
  }
}

TEST(Search, WidensResultsWhereTheBoundAsksForIt) {
  ChainOfResults chain(4);
  Goal goal;
  goal.maxDrop = 0.009; // 12 results' worth of distortion, 0.012, is there from the beginning
  goal.least = Cost::Latency;
  Record record(chain, "");
  std::optional<Sensitivity> layersAlone = Sensitivity::measure(record, 4);
  ASSERT_TRUE(layersAlone);
  EXPECT_EQ(layersAlone->getFreeSteps(), (std::vector<size_t>{0, 1, 2, 3}));
  EXPECT_FALSE(search(record, *layersAlone, goal, {100, 1}));
  for (const Record::Point &point : record.getPoints())
    for (size_t step = 4; step < 8; ++step)
      EXPECT_EQ(point.assignment[step], 0);
  std::optional<Sensitivity> sensitivity = Sensitivity::measure(record);
  ASSERT_TRUE(sensitivity);
  EXPECT_DOUBLE_EQ(sensitivity->get(5, 1).loss, -3);
  std::optional<Record::Point> found = search(record, *sensitivity, goal, {100, 1});
  ASSERT_TRUE(found);
  EXPECT_TRUE(goal.accepts(*found));
  EXPECT_DOUBLE_EQ(found->costs[Cost::Latency], tryEverything(chain, goal));
}

TEST(Search, IsBetterThanTheIntegerProgramWhereErrorsAreCoupled) {
  Chain chain(30, 2.0);
  Goal goal = makeFlashGoal(0.5, chain, 30);
  Record record(chain, "");
  std::optional<Sensitivity> sensitivity = Sensitivity::measure(record);
  ASSERT_TRUE(sensitivity);
  std::optional<Assignment> program = sensitivity->solveWithin(goal.limits);
  std::optional<Record::Point> found = search(record, *sensitivity, goal, {400, 1});
  ASSERT_TRUE(program && found);
  EXPECT_LT(found->quality.distortion, chain.getQuality(*program)->distortion);
}

TEST(Search, SaysThatNothingKeepsALimit) {
  Chain chain(5);
  Record record(chain, "");
  EXPECT_FALSE(run(record, makeFlashGoal(0.24, chain, 5)));
  EXPECT_FALSE(record.isStopped());
}

TEST(Search, GoesOnWhereItWasStopped) {
  llvm::SmallString<128> path;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("search", path));
  llvm::sys::path::append(path, "record.json");
  Chain whole(12), parts(12);
  Goal goal = makeFlashGoal(0.5, whole, 12);
  Record uninterrupted(whole, "x");
  std::optional<Record::Point> wanted = run(uninterrupted, goal, 80);
  ASSERT_TRUE(wanted);

  std::optional<Record::Point> found;
  for (int start = 0; start < 20 && !found; ++start) {
    size_t measured = 0; // the user stops after 15 measurements
    Record record(parts, "x", [&] { return ++measured > 15; });
    ASSERT_FALSE(llvm::errorToBool(record.keepIn(path)));
    found = run(record, goal, 80);
    EXPECT_EQ(record.isStopped(), !found);
    ASSERT_FALSE(llvm::errorToBool(record.save()));
  }
  ASSERT_TRUE(found);
  EXPECT_EQ(found->assignment, wanted->assignment);
  EXPECT_EQ(found->quality.distortion, wanted->quality.distortion);
  EXPECT_EQ(parts.runs, whole.runs); // nothing is measured twice

  Record other(parts, "y");
  std::string message = llvm::toString(other.keepIn(path));
  EXPECT_NE(message.find("record of another search"), std::string::npos) << message;
  llvm::sys::fs::remove(path);
}

TEST(Front, HoldsWhatNothingBeats) {
  auto make = [](double flash, double distortion) {
    Record::Point point;
    point.costs[Cost::Flash] = flash;
    point.quality.distortion = distortion;
    return point;
  };
  //                                    front      beaten     front     equal      beaten
  std::vector<Record::Point> points = {make(1, 9), make(2, 9), make(2, 5), make(2, 5), make(3, 6)};
  EXPECT_EQ(findFront(points, Cost::Flash), (std::vector<bool>{true, false, true, false, false}));
}

TEST(Front, IsWrittenInThreeForms) {
  Chain chain(2);
  Record record(chain, "");
  ASSERT_TRUE(record.measure({0, 0}) && record.measure({1, 1}) && record.measure({2, 1}));
  FrontText text = {"a <title>", Assignment{1, 1}};
  std::string csv = toCsv(record, text);
  // Sizes 100 and 600: 700 bytes and cycles; 350 bytes and 840 cycles with 4 bits, where the losses are 4 and 12,
  // coupled by sqrt(4 * 12) / 2.
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "latency,flash,sram,energy,weights,distortion,drop,front,chosen,\"layer,0\",\"layer,1\"");
  EXPECT_NE(csv.find("840.00,350.00,0.00,0.00,0.00,1.946410e+01,0.019464,flash,1,4,4"), std::string::npos) << csv;
  std::string json = llvm::formatv("{0}", toJson(record, text)).str();
  EXPECT_NE(json.find("\"actions\":[\"4\",\"4\"],\"chosen\":true"), std::string::npos) << json;
  std::string svg = toSvg(record, text);
  EXPECT_NE(svg.find("a &lt;title&gt;"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

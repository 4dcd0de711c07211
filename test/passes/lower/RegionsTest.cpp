#include "passes/lower/Regions.h"

#include "gtest/gtest.h"

#include <limits>
#include <random>

using namespace tinyc::lower;

static Group makeBuffer(int64_t bytes, int64_t first, int64_t last) {
  return {bytes, {{0, bytes, first, last}}};
}

static std::vector<Resident> makeResidents(llvm::ArrayRef<double> readBytes) {
  std::vector<Resident> residents;
  for (auto [group, bytes] : llvm::enumerate(readBytes))
    residents.push_back({{group}, bytes, 0});
  return residents;
}

/// Groups that conflict in time overlap in no byte of their region, and no region is larger than the plan says.
static void checkPlan(const RegionPlan &plan, llvm::ArrayRef<Group> groups, llvm::ArrayRef<Resident> residents,
                      llvm::ArrayRef<Region> regions, int64_t alignment) {
  std::vector<size_t> regionOf(groups.size());
  double cycles = 0;
  for (auto [resident, region] : llvm::zip_equal(residents, plan.regions)) {
    cycles += resident.getCycles(regions[region]);
    for (size_t group : resident.groups)
      regionOf[group] = region;
  }
  EXPECT_NEAR(plan.cycles, cycles, 1e-6 * cycles);
  for (size_t i = 0; i < groups.size(); ++i) {
    EXPECT_EQ(plan.offsets[i] % alignment, 0);
    for (const Piece &a : groups[i].pieces) {
      EXPECT_LE(plan.offsets[i] + a.end, plan.bytes[regionOf[i]]);
      for (size_t j = 0; j < i; ++j)
        for (const Piece &b : groups[j].pieces) {
          bool sameTime = a.first <= b.last && b.first <= a.last;
          bool sameBytes = plan.offsets[i] + a.begin < plan.offsets[j] + b.end &&
                           plan.offsets[j] + b.begin < plan.offsets[i] + a.end;
          EXPECT_FALSE(regionOf[i] == regionOf[j] && sameTime && sameBytes) << i << " " << j;
        }
    }
  }
  for (auto [bytes, region] : llvm::zip_equal(plan.bytes, regions))
    EXPECT_TRUE(!plan.fits || bytes <= region.bytes);
}

TEST(Regions, ParsesText) {
  std::optional<Region> region = Region::parse("dtcm:65536:1:1.5");
  ASSERT_TRUE(region);
  EXPECT_EQ(region->name, "dtcm");
  EXPECT_EQ(region->bytes, 65536);
  EXPECT_EQ(region->write, 1.5);
  EXPECT_EQ(Region::parse(region->toString())->toString(), "dtcm:65536:1:1.5");
  for (llvm::StringRef text : {"", "dtcm", "dtcm:1:1", ":1:1:1", "dtcm:x:1:1", "dtcm:-1:1:1", "dtcm:1:0:1", "a:1:1:1:1"})
    EXPECT_FALSE(Region::parse(text)) << text.str();
}

TEST(Regions, TakesTheBestRegionIfItHoldsAll) {
  std::vector<Group> groups = {makeBuffer(64, 0, 1), makeBuffer(64, 1, 2), makeBuffer(64, 2, 3)};
  std::vector<Region> regions = {{"slow", 1000, 2, 2}, {"fast", 128, 1, 1}};
  RegionPlan plan = assignRegions(groups, makeResidents({100, 100, 100}), regions, 16, 100);
  EXPECT_TRUE(plan.fits && plan.isOptimal);
  EXPECT_EQ(plan.regions, (std::vector<size_t>{1, 1, 1}));
  EXPECT_EQ(plan.bytes, (std::vector<int64_t>{0, 128}));
  EXPECT_EQ(plan.cycles, 75); // 300 bytes are 75 words of 1 cycle
}

TEST(Regions, KeepsTheMostReadInTheFastRegion) {
  // All live at once; the fast region holds 96 bytes. Best: the two of 48 bytes save 40 + 30 words * 1 cycle; the one of
  // 96 bytes alone saves 60.
  std::vector<Group> groups = {makeBuffer(96, 0, 3), makeBuffer(48, 0, 3), makeBuffer(48, 0, 3)};
  std::vector<Region> regions = {{"fast", 96, 1, 1}, {"slow", 1000, 2, 2}};
  std::vector<Resident> residents = makeResidents({240, 160, 120});
  RegionPlan plan = assignRegions(groups, residents, regions, 16, 100);
  checkPlan(plan, groups, residents, regions, 16);
  EXPECT_TRUE(plan.fits && plan.isOptimal);
  EXPECT_EQ(plan.regions, (std::vector<size_t>{1, 0, 0}));
  EXPECT_EQ(plan.cycles, 190); // 60 * 2 + 40 + 30
}

TEST(Regions, GivesLargeBuffersTheOnlyRegionThatHoldsThem) {
  // The 64 bytes are read most and would fit anywhere; the 100 fit only the first region.
  std::vector<Group> groups = {makeBuffer(64, 0, 1), makeBuffer(100, 0, 1)};
  std::vector<Region> regions = {{"large", 112, 1, 1}, {"small", 64, 3, 3}};
  std::vector<Resident> residents = makeResidents({1000, 10});
  RegionPlan plan = assignRegions(groups, residents, regions, 16, 100);
  checkPlan(plan, groups, residents, regions, 16);
  EXPECT_TRUE(plan.fits);
  EXPECT_EQ(plan.regions, (std::vector<size_t>{1, 0}));
}

TEST(Regions, SaysWhatDoesNotFit) {
  std::vector<Group> groups = {makeBuffer(64, 0, 1), makeBuffer(100, 0, 1)};
  std::vector<Region> regions = {{"a", 80, 1, 1}, {"b", 64, 3, 3}};
  std::vector<Resident> residents = makeResidents({1000, 10});
  RegionPlan plan = assignRegions(groups, residents, regions, 16, 100);
  checkPlan(plan, groups, residents, regions, 16);
  EXPECT_FALSE(plan.fits || plan.isOptimal);
}

TEST(Regions, KeepsTheGroupsOfAResidentTogether) {
  std::vector<Group> groups = {makeBuffer(32, 0, 1), makeBuffer(32, 1, 2), makeBuffer(64, 0, 2)};
  std::vector<Region> regions = {{"fast", 64, 1, 1}, {"slow", 64, 2, 2}};
  std::vector<Resident> residents = {{{0, 1}, 100, 100}, {{2}, 1000, 0}};
  RegionPlan plan = assignRegions(groups, residents, regions, 16, 100);
  checkPlan(plan, groups, residents, regions, 16);
  EXPECT_TRUE(plan.fits && plan.isOptimal);
  EXPECT_EQ(plan.regions, (std::vector<size_t>{1, 0}));
}

/// The fewest cycles of all assignments that placeGroups() can place; infinite if there is none.
static double findLeastCycles(llvm::ArrayRef<Group> groups, llvm::ArrayRef<Resident> residents,
                              llvm::ArrayRef<Region> regions) {
  size_t count = 1;
  for (size_t i = 0; i < residents.size(); ++i)
    count *= regions.size();
  double best = std::numeric_limits<double>::infinity();
  for (size_t code = 0; code < count; ++code) {
    std::vector<std::vector<Group>> parts(regions.size());
    double cycles = 0;
    size_t rest = code;
    for (const Resident &resident : residents) {
      cycles += resident.getCycles(regions[rest % regions.size()]);
      for (size_t group : resident.groups)
        parts[rest % regions.size()].push_back(groups[group]);
      rest /= regions.size();
    }
    bool fits = true;
    for (auto [part, region] : llvm::zip_equal(parts, regions))
      fits = fits && placeGroups(part, 4, 200).bytes <= region.bytes;
    if (fits)
      best = std::min(best, cycles);
  }
  return best;
}

struct RandomProblem {
  std::vector<Group> groups;
  std::vector<Resident> residents;
  std::vector<Region> regions;
};

static RandomProblem makeRandomProblem(std::mt19937 &random, size_t count, size_t regionCount) {
  auto draw = [&](int64_t low, int64_t high) { return low + static_cast<int64_t>(random() % (high - low + 1)); };
  RandomProblem problem;
  for (size_t i = 0; i < count; ++i) {
    Resident resident;
    int64_t parts = draw(0, 3) == 0 ? 2 : 1;
    for (int64_t part = 0; part < parts; ++part) {
      int64_t first = draw(0, 9), bytes = 4 * draw(1, 40);
      resident.groups.push_back(problem.groups.size());
      Group group = {bytes, {{0, bytes, first, first + draw(0, 3)}}};
      if (draw(0, 3) == 0 && bytes > 4) // the second half is needed longer
        group.pieces = {{0, bytes / 2, first, first}, {bytes / 2, bytes, first, first + 2}};
      problem.groups.push_back(group);
    }
    resident.readBytes = static_cast<double>(draw(0, 2000));
    resident.writtenBytes = static_cast<double>(draw(0, 500));
    problem.residents.push_back(resident);
  }
  for (size_t i = 0; i < regionCount; ++i)
    problem.regions.push_back({"r" + std::to_string(i), 4 * draw(20, 120), static_cast<double>(draw(2, 12)) / 2,
                               static_cast<double>(draw(2, 12)) / 2});
  return problem;
}

TEST(Regions, IsAsGoodAsBruteForce) {
  std::mt19937 random(1);
  int fitting = 0;
  for (int round = 0; round < 200; ++round) {
    RandomProblem problem = makeRandomProblem(random, 2 + round % 5, 2 + round % 2);
    RegionPlan plan = assignRegions(problem.groups, problem.residents, problem.regions, 4, 200);
    checkPlan(plan, problem.groups, problem.residents, problem.regions, 4);
    double least = findLeastCycles(problem.groups, problem.residents, problem.regions);
    EXPECT_EQ(plan.fits, least != std::numeric_limits<double>::infinity()) << round;
    if (!plan.fits)
      continue;
    ++fitting;
    EXPECT_TRUE(plan.isOptimal);
    EXPECT_NEAR(plan.cycles, least, 1e-6 * least) << round;
  }
  EXPECT_GT(fitting, 50); // the problems are not all hopeless
}

TEST(Regions, IsCloseToTheBoundOnLargeProblems) {
  std::mt19937 random(2);
  for (int round = 0; round < 5; ++round) {
    RandomProblem problem = makeRandomProblem(random, 150, 2);
    for (Group &group : problem.groups)
      for (Piece &piece : group.pieces) {
        int64_t shift = 3 * (&group - problem.groups.data());
        piece.first += shift;
        piece.last += shift;
      }
    // A fast region for about a third of what is live.
    int64_t live = getLiveBytes(problem.groups);
    problem.regions = {{"fast", live / 3, 1, 1}, {"slow", 2 * live, 2, 2}};
    RegionPlan plan = assignRegions(problem.groups, problem.residents, problem.regions, 4, 200);
    checkPlan(plan, problem.groups, problem.residents, problem.regions, 4);
    EXPECT_TRUE(plan.fits);
    double all = 0;
    for (const Resident &resident : problem.residents)
      all += resident.getCycles(problem.regions[0]);
    EXPECT_LT(plan.cycles, 1.9 * all); // 2: everything in the slow region
  }
}

TEST(Regions, PutsConstantsReadMostIntoTheFastestFlash) {
  std::vector<Region> regions = {{"external", 1 << 20, 25, 25}, {"internal", 160, 2, 2}};
  // Reads for each byte: 1, 50, 10, 2. The internal flash holds 160 bytes: 48 + 64, and then 32.
  std::vector<size_t> assigned = assignConstants({100, 48, 64, 32}, {100, 2400, 640, 64}, regions);
  EXPECT_EQ(assigned, (std::vector<size_t>{0, 1, 1, 1}));
}

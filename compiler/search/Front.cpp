#include "compiler/search/Front.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>

using namespace llvm;

namespace tinyc::search {

static StringRef getUnit(Cost cost) {
  return cost == Cost::Latency ? "cycles" : cost == Cost::Energy ? "microjoules" : "bytes";
}

std::vector<bool> findFront(ArrayRef<Record::Point> points, Cost cost) {
  std::vector<size_t> order(points.size());
  for (size_t number = 0; number < order.size(); ++number)
    order[number] = number;
  llvm::sort(order, [&](size_t one, size_t other) {
    return std::tuple(points[one].costs[cost], points[one].quality.distortion, one) <
           std::tuple(points[other].costs[cost], points[other].quality.distortion, other);
  });
  std::vector<bool> isOnFront(points.size(), false);
  double least = std::numeric_limits<double>::infinity();
  for (size_t number : order)
    if (points[number].quality.distortion < least) {
      least = points[number].quality.distortion;
      isOnFront[number] = true;
    }
  return isOnFront;
}

namespace {

/// A point of a front, or the chosen one.
struct Row {
  const Record::Point *point;
  std::vector<Cost> fronts;
  bool isChosen;
};

std::vector<Row> selectRows(const Record &record, const FrontText &text) {
  std::vector<std::vector<bool>> fronts;
  for (Cost cost : kAllCosts)
    fronts.push_back(findFront(record.getPoints(), cost));
  std::vector<Row> rows;
  for (auto [number, point] : enumerate(record.getPoints())) {
    Row row = {&point, {}, text.chosen == point.assignment};
    for (auto [cost, isOnFront] : zip_equal(kAllCosts, fronts))
      if (isOnFront[number])
        row.fronts.push_back(cost);
    if (!row.fronts.empty() || row.isChosen)
      rows.push_back(std::move(row));
  }
  llvm::sort(rows, [](const Row &one, const Row &other) { // of equal ones the first measured
    return std::pair(one.point->quality.distortion, one.point) <
           std::pair(other.point->quality.distortion, other.point);
  });
  return rows;
}

std::vector<std::string> getActionNames(const Record &record, ArrayRef<uint8_t> assignment) {
  std::vector<std::string> names;
  for (auto [step, action] : enumerate(assignment))
    names.push_back(record.getEnvironment().getActionName(step, action));
  return names;
}

std::string escape(StringRef text) {
  std::string result;
  for (char c : text)
    result += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  return result;
}

std::string quote(StringRef field) {
  if (field.find_first_of(",\"\n") == StringRef::npos)
    return field.str();
  std::string result = "\"";
  for (char c : field)
    result += c == '"' ? "\"\"" : std::string(1, c);
  return result + "\"";
}

} // namespace

json::Value toJson(const Record &record, const FrontText &text) {
  json::Array steps, points;
  for (size_t step = 0; step < record.getEnvironment().getStepCount(); ++step)
    steps.push_back(record.getEnvironment().getStepName(step));
  for (const Row &row : selectRows(record, text)) {
    json::Object costs;
    for (Cost cost : kAllCosts)
      costs[getName(cost)] = row.point->costs[cost];
    json::Array fronts;
    for (Cost cost : row.fronts)
      fronts.push_back(getName(cost));
    points.push_back(json::Object{{"costs", std::move(costs)},
                                  {"distortion", row.point->quality.distortion},
                                  {"drop", row.point->quality.drop},
                                  {"front", std::move(fronts)},
                                  {"chosen", row.isChosen},
                                  {"actions", json::Array(getActionNames(record, row.point->assignment))}});
  }
  return json::Object{{"title", text.title}, {"steps", std::move(steps)}, {"points", std::move(points)}};
}

std::string toCsv(const Record &record, const FrontText &text) {
  std::string result;
  for (Cost cost : kAllCosts)
    result += (getName(cost) + ",").str();
  result += "distortion,drop,front,chosen";
  for (size_t step = 0; step < record.getEnvironment().getStepCount(); ++step)
    result += "," + quote(record.getEnvironment().getStepName(step));
  result += "\n";
  for (const Row &row : selectRows(record, text)) {
    for (Cost cost : kAllCosts)
      result += formatv("{0},", row.point->costs[cost]).str();
    std::vector<std::string> fronts;
    for (Cost cost : row.fronts)
      fronts.push_back(getName(cost).str());
    result += formatv("{0:e6},{1:f6},{2},{3}", row.point->quality.distortion, row.point->quality.drop,
                      join(fronts, " "), row.isChosen ? 1 : 0)
                  .str();
    for (const std::string &name : getActionNames(record, row.point->assignment))
      result += "," + quote(name);
    result += "\n";
  }
  return result;
}

std::string toSvg(const Record &record, const FrontText &text) {
  constexpr double kWidth = 360, kHeight = 260, kMargin = 60, kTop = 50;
  ArrayRef<Record::Point> points = record.getPoints();
  // Distortions span orders of magnitude: their axis is logarithmic, from the least above zero.
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const Record::Point &point : points)
    if (point.quality.distortion > 0) {
      low = std::min(low, point.quality.distortion);
      high = std::max(high, point.quality.distortion);
    }
  if (high == 0)
    low = high = 1;
  low = std::pow(10, std::floor(std::log10(low)));
  high = std::max(std::pow(10, std::ceil(std::log10(high))), 10 * low);
  auto getY = [&](double distortion) {
    double share = std::log(std::max(distortion, low) / low) / std::log(high / low);
    return kTop + kHeight * (1 - share);
  };
  std::string svg =
      formatv("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:f0}\" height=\"{1:f0}\" font-family=\"sans-serif\" "
              "font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{2}\" y=\"20\" "
              "font-size=\"14\">{3}</text>\n",
              kAllCosts.size() * (kWidth + kMargin) + kMargin, kTop + kHeight + 60, kMargin, escape(text.title))
          .str();
  for (auto [panel, cost] : enumerate(kAllCosts)) {
    double left = kMargin + panel * (kWidth + kMargin), least = std::numeric_limits<double>::infinity(), most = 0;
    for (const Record::Point &point : points) {
      least = std::min(least, point.costs[cost]);
      most = std::max(most, point.costs[cost]);
    }
    if (!(most > least)) {
      most = std::max(most, 1.0);
      least = 0;
    }
    auto getX = [&](double value) { return left + kWidth * (value - least) / (most - least); };
    svg +=
        formatv("<rect x=\"{0:f1}\" y=\"{1:f1}\" width=\"{2:f1}\" height=\"{3:f1}\" fill=\"none\" stroke=\"#999\"/>\n",
                left, kTop, kWidth, kHeight)
            .str();
    for (double tick = low; tick <= high * 1.001; tick *= 10)
      svg +=
          formatv("<text x=\"{0:f1}\" y=\"{1:f1}\" text-anchor=\"end\">{2:e0}</text>\n", left - 4, getY(tick) + 4, tick)
              .str();
    for (int tick = 0; tick <= 2; ++tick) {
      double value = least + (most - least) * tick / 2;
      svg += formatv("<text x=\"{0:f1}\" y=\"{1:f1}\" text-anchor=\"middle\">{2:f0}</text>\n", getX(value),
                     kTop + kHeight + 16, value)
                 .str();
    }
    svg += formatv("<text x=\"{0:f1}\" y=\"{1:f1}\" text-anchor=\"middle\">{2}, {3}</text>\n", left + kWidth / 2,
                   kTop + kHeight + 34, getName(cost), getUnit(cost))
               .str();
    std::vector<bool> isOnFront = findFront(points, cost);
    std::vector<const Record::Point *> front;
    for (auto [number, point] : enumerate(points)) {
      if (isOnFront[number])
        front.push_back(&point);
      svg += formatv("<circle cx=\"{0:f1}\" cy=\"{1:f1}\" r=\"2\" fill=\"#bbb\"/>\n", getX(point.costs[cost]),
                     getY(point.quality.distortion))
                 .str();
    }
    llvm::sort(front, [&](const Record::Point *one, const Record::Point *other) {
      return one->costs[cost] < other->costs[cost];
    });
    svg += "<polyline fill=\"none\" stroke=\"#c33\" stroke-width=\"1.5\" points=\"";
    for (const Record::Point *point : front)
      svg += formatv("{0:f1},{1:f1} ", getX(point->costs[cost]), getY(point->quality.distortion)).str();
    svg += "\"/>\n";
    for (const Record::Point &point : points)
      if (text.chosen == point.assignment)
        svg +=
            formatv("<circle cx=\"{0:f1}\" cy=\"{1:f1}\" r=\"4\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>\n",
                    getX(point.costs[cost]), getY(point.quality.distortion))
                .str();
  }
  return svg + "</svg>\n";
}

} // namespace tinyc::search

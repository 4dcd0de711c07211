#include "compiler/ExplainMemory.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace tinyc {

using lower::MemoryPlan;
using lower::OpMemory;
using lower::PlannedBuffer;
using lower::PlannedPiece;

//===----------------------------------------------------------------------===//
// Table
//===----------------------------------------------------------------------===//

// A name in at most `width` bytes: its end tells more than its beginning.
static std::string shorten(StringRef name, size_t width) {
  return name.size() <= width ? name.str() : ".." + name.take_back(width - 2).str();
}

void printMemoryTable(const Report &report, raw_ostream &stream) {
  const MemoryPlan &plan = report.plan;
  const size_t nodeWidth = 40;
  const int64_t barWidth = 32;
  stream << "Memory of " << report.modelFile << " for " << report.target << ": " << groupDigits(plan.bytes)
         << " B, lower bound " << groupDigits(plan.bound) << " B, gap " << format("%.1f", plan.getGap()) << " %\n"
         << formatv("{0,4}  {1,-20} {2,-40} {3,6} {4,5} {5,11}\n", "", "op", "node", "stream", "rows", "live, B");
  for (auto [number, op] : enumerate(plan.ops)) {
    bool streamed = op.stream >= 0;
    bool isPeak = op.first <= plan.peakPosition && plan.peakPosition <= op.last && op.liveBytes == plan.peakBytes &&
                  op.op == plan.peakOp && op.node == plan.peakNode;
    int64_t filled = divideCeil(op.liveBytes * barWidth, std::max<int64_t>(plan.bytes, 1));
    stream << formatv("{0,4}  {1,-20} {2,-40} {3,6} {4,5} {5,11}  {6}{7}\n", number, op.op,
                      shorten(op.node, nodeWidth), streamed ? std::to_string(op.stream) : "",
                      streamed ? std::to_string(op.rowsPerStep) : "all", groupDigits(op.liveBytes),
                      std::string(filled, '#'), isPeak ? " peak" : "");
  }
  stream << "Live at the peak, " << groupDigits(plan.peakBytes) << " B at " << plan.peakOp << " '" << plan.peakNode
         << "':\n";
  for (const lower::PeakBuffer &buffer : plan.peakLive)
    stream << "  " << describe(buffer) << "\n";
  if (plan.savings.empty())
    return;
  stream << "Without a technique there would be live at the peak, in addition:\n";
  for (const lower::Saving &saving : plan.savings)
    stream << formatv("  {0,-16} {1,11} B\n", saving.technique, groupDigits(saving.bytes));
}

//===----------------------------------------------------------------------===//
// Picture
//===----------------------------------------------------------------------===//

namespace {

// The columns of the picture. An op that runs as a whole has a column; a stream has one for each of its ops, shared by
// its steps.
class TimeAxis {
public:
  TimeAxis(const MemoryPlan &plan, double left, double width) {
    int64_t end = 1;
    for (const OpMemory &op : plan.ops)
      end = std::max(end, op.last + 1);
    for (const PlannedBuffer &buffer : plan.buffers)
      end = std::max(end, buffer.last + 1);
    std::vector<double> weights(end, 1.0);
    MapVector<int64_t, Stretch> streams;
    for (const OpMemory &op : plan.ops)
      if (op.stream >= 0) {
        Stretch &stretch = streams.insert({op.stream, {op.first, op.last, 0}}).first->second;
        stretch = {std::min(stretch.first, op.first), std::max(stretch.last, op.last), stretch.ops + 1};
      }
    for (auto &[number, stretch] : streams)
      for (int64_t position = stretch.first; position <= stretch.last; ++position)
        weights[position] =
            2.0 * static_cast<double>(stretch.ops) / static_cast<double>(stretch.last - stretch.first + 1);
    double sum = 0;
    for (double weight : weights)
      sum += weight;
    begins.push_back(left);
    for (double weight : weights)
      begins.push_back(begins.back() + weight / sum * width);
  }

  double getBegin(int64_t position) const { return begins[std::clamp<int64_t>(position, 0, begins.size() - 1)]; }
  double getEnd(int64_t position) const { return getBegin(position + 1); }

private:
  struct Stretch {
    int64_t first, last, ops;
  };
  std::vector<double> begins;
};

class Picture {
public:
  explicit Picture(const Report &report)
      : report(report), plan(report.plan), time(plan, left, width), out(text) {}

  std::string draw() {
    out << formatv("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
                   "font-family=\"sans-serif\" font-size=\"11\">\n",
                   pixels(left + width + right), pixels(top + height + bottom + getLegendHeight()))
        << "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
    out << formatv("<text x=\"{0}\" y=\"18\" font-size=\"14\">{1} for {2}: {3} B, lower bound {4} B</text>\n",
                   pixels(left), escape(report.modelFile), report.target, groupDigits(plan.bytes),
                   groupDigits(plan.bound));
    drawStreams();
    drawBuffers();
    drawAddresses();
    drawOps();
    drawPeak();
    drawLegend();
    out << "</svg>\n";
    return text;
  }

private:
  static constexpr double left = 70, width = 1000, right = 20, top = 40, height = 480, bottom = 130;
  static constexpr size_t legendColumns = 4;
  static constexpr double legendLine = 15;

  double getLegendHeight() const { return legendLine * divideCeil(plan.buffers.size(), legendColumns); }

  // At most one decimal: an SVG of thousands of rows stays small.
  static std::string pixels(double value) {
    std::string digits;
    raw_string_ostream(digits) << format("%.1f", value);
    return StringRef(digits).ends_with(".0") ? digits.substr(0, digits.size() - 2) : digits;
  }

  // XML text of any bytes.
  static std::string escape(StringRef name) {
    std::string escaped;
    for (char character : json::fixUTF8(name))
      switch (character) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += static_cast<unsigned char>(character) < ' ' ? ' ' : character;
      }
    return escaped;
  }

  double getY(int64_t address) const {
    return top + height * static_cast<double>(address) / static_cast<double>(std::max<int64_t>(plan.bytes, 1));
  }

  void drawStreams() {
    MapVector<int64_t, std::pair<int64_t, int64_t>> streams;
    for (const OpMemory &op : plan.ops)
      if (op.stream >= 0) {
        auto &range = streams.insert({op.stream, {op.first, op.last}}).first->second;
        range = {std::min(range.first, op.first), std::max(range.second, op.last)};
      }
    for (auto &[number, range] : streams) {
      double begin = time.getBegin(range.first), end = time.getEnd(range.second);
      out << formatv("<rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" fill=\"#eef2f7\"/>\n", pixels(begin),
                     pixels(top), pixels(end - begin), pixels(height));
      out << formatv("<text x=\"{0}\" y=\"{1}\" text-anchor=\"middle\">stream {2}</text>\n", pixels((begin + end) / 2),
                     pixels(top + height + 14), number);
    }
  }

  void drawBuffers() {
    for (auto [number, buffer] : enumerate(plan.buffers)) {
      std::string path;
      auto add = [&](const PlannedPiece &piece) {
        double x = time.getBegin(piece.first), y = getY(piece.offset);
        path += "M" + pixels(x) + " " + pixels(y) + "H" + pixels(time.getEnd(piece.last)) + "V" +
                pixels(getY(piece.offset + piece.bytes)) + "H" + pixels(x) + "Z";
      };
      for (const PlannedPiece &piece : buffer.pieces)
        add(piece);
      if (buffer.pieces.empty())
        add({buffer.offset, buffer.bytes, buffer.first, buffer.last});
      out << formatv("<path fill=\"{0}\" stroke=\"white\" stroke-width=\"0.3\" d=\"{1}\"><title>{2} ({3})</title>"
                     "</path>\n",
                     getColour(buffer, number), path, escape(buffer.name), buffer.kind);
    }
  }

  // Neighbours in the list differ most in hue: steps of the golden angle.
  static std::string getColour(const PlannedBuffer &buffer, size_t number) {
    if (buffer.kind == "scratch")
      return "#9e9e9e";
    if (buffer.kind == "input")
      return "#37474f";
    if (buffer.kind == "output")
      return "#b71c1c";
    double hue = static_cast<double>(number * 137 % 360) / 60;
    auto getLevel = [&](double peak) { // the hue's share of one colour, 60 % saturated and light
      double distance = std::abs(std::remainder(hue - peak, 6.0));
      return static_cast<unsigned>(255 * (0.36 + 0.48 * std::clamp(2.0 - distance, 0.0, 1.0)));
    };
    return formatv("#{0:x-2}{1:x-2}{2:x-2}", getLevel(0), getLevel(2), getLevel(4)).str();
  }

  void drawAddresses() {
    out << formatv("<rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" fill=\"none\" stroke=\"black\"/>\n",
                   pixels(left), pixels(top), pixels(width), pixels(height));
    const int64_t parts = 8;
    for (int64_t i = 0; i <= parts; ++i) {
      int64_t address = plan.bytes * i / parts;
      out << formatv("<text x=\"{0}\" y=\"{1}\" text-anchor=\"end\">{2}</text>\n", pixels(left - 6),
                     pixels(getY(address) + 4), groupDigits(address));
    }
  }

  void drawOps() {
    double next = 0; // labels keep their distance
    for (const OpMemory &op : plan.ops) {
      double x = (time.getBegin(op.first) + time.getEnd(op.last)) / 2 + 4;
      if (op.stream >= 0 || x < next)
        continue;
      next = x + 9;
      std::string label = shorten(op.node.empty() ? op.op : op.node, 26);
      out << formatv("<text transform=\"translate({0} {1}) rotate(-60)\" text-anchor=\"end\" font-size=\"9\">{2}</text>\n",
                     pixels(x), pixels(top + height + 10), escape(label));
    }
  }

  void drawPeak() {
    double x = (time.getBegin(plan.peakPosition) + time.getEnd(plan.peakPosition)) / 2;
    bool isRight = x > left + width / 2;
    out << formatv("<path stroke=\"black\" stroke-dasharray=\"4 3\" d=\"M{0} {1}V{2}\"/>\n", pixels(x), pixels(top - 6),
                   pixels(top + height));
    out << formatv("<text x=\"{0}\" y=\"{1}\" text-anchor=\"{2}\">peak {3} B</text>\n", pixels(isRight ? x - 4 : x + 4),
                   pixels(top - 1), isRight ? "end" : "start", groupDigits(plan.peakBytes));
  }

  void drawLegend() {
    size_t lines = divideCeil(plan.buffers.size(), legendColumns);
    for (auto [number, buffer] : enumerate(plan.buffers)) {
      double x = left + width / legendColumns * static_cast<double>(number / lines);
      double y = top + height + bottom + legendLine * static_cast<double>(number % lines);
      out << formatv("<rect x=\"{0}\" y=\"{1}\" width=\"10\" height=\"10\" fill=\"{2}\"/>", pixels(x), pixels(y - 9),
                     getColour(buffer, number));
      std::string kind = buffer.kind == "activation" ? "" : " (" + buffer.kind + ")";
      out << formatv("<text x=\"{0}\" y=\"{1}\" font-size=\"10\">{2}</text>\n", pixels(x + 14), pixels(y),
                     escape(shorten(buffer.name, 36) + kind));
    }
  }

  const Report &report;
  const MemoryPlan &plan;
  TimeAxis time;
  std::string text;
  raw_string_ostream out;
};

} // namespace

std::string drawMemoryPlan(const Report &report) { return Picture(report).draw(); }

} // namespace tinyc

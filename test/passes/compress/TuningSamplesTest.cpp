// Samples that a pruned network is tuned on: mirrored, and drawn at random.
#include "passes/compress/TuningSamples.h"

#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

#include <set>

using namespace mlir;
using namespace tinyc;

namespace {

class TuningSamplesTest : public testing::Test {
protected:
  /// Images of 1 x 2 rows x 3 columns x 2 channels: sample s holds 100 s + 0 .. 11.
  compress::CalibrationData makeImages(int64_t count) {
    auto type = RankedTensorType::get({1, 2, 3, 2}, Float32Type::get(&context));
    return {[type](int64_t sample) {
              nn::HostTensor tensor(type);
              for (auto [index, value] : llvm::enumerate(tensor.get<float>()))
                value = static_cast<float>(100 * sample + static_cast<int64_t>(index));
              return std::vector<nn::HostTensor>{tensor};
            },
            count};
  }

  static std::vector<float> getValues(const compress::CalibrationData &data, int64_t sample) {
    return data.getInputs(sample)[0].get<float>().vec();
  }

  MLIRContext context;
};

TEST_F(TuningSamplesTest, columnsAreMirrored) {
  compress::CalibrationData mirrored = compress::mirrorSamples(makeImages(2));
  EXPECT_EQ(mirrored.count, 2);
  EXPECT_EQ(getValues(mirrored, 0), (std::vector<float>{4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7}));
  EXPECT_EQ(getValues(mirrored, 1)[0], 104.0f);
}

TEST_F(TuningSamplesTest, drawsSamplesAndMixtures) {
  compress::CalibrationData images = makeImages(5), drawn = compress::drawSamples(images, 400, /*mirrors=*/false, 3);
  ASSERT_EQ(drawn.count, 400);
  std::set<float> seen;
  int mixed = 0;
  for (int64_t sample = 0; sample < drawn.count; ++sample) {
    std::vector<float> values = getValues(drawn, sample);
    EXPECT_EQ(values, getValues(drawn, sample)); // the same each time
    // The elements of an image, and so of a mixture of images, count up by one.
    for (size_t i = 1; i < values.size(); ++i)
      EXPECT_NEAR(values[i] - values[0], static_cast<float>(i), 1e-3);
    EXPECT_GE(values[0], 0.0f);
    EXPECT_LE(values[0], 400.0f);
    if (sample % 2 == 0)
      seen.insert(values[0]);
    else
      mixed += values[0] != 100.0f * std::round(values[0] / 100.0f);
  }
  EXPECT_EQ(seen, (std::set<float>{0, 100, 200, 300, 400}));
  EXPECT_GT(mixed, 120); // of 200, of which one in five is mixed with itself
  EXPECT_NE(getValues(compress::drawSamples(images, 400, false, 4), 1), getValues(drawn, 1));
}

TEST_F(TuningSamplesTest, halfOfTheDrawnAreMirrored) {
  compress::CalibrationData drawn = compress::drawSamples(makeImages(5), 400, /*mirrors=*/true, 3);
  int mirrored = 0;
  for (int64_t sample = 0; sample < drawn.count; sample += 2)
    mirrored += getValues(drawn, sample)[0] > getValues(drawn, sample)[2];
  EXPECT_GT(mirrored, 70);
  EXPECT_LT(mirrored, 130);
}

} // namespace

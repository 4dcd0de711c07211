// Instances of the placement problem as row streams make them.
#ifndef TINYC_TEST_PASSES_LOWER_RANDOMSTREAM_H
#define TINYC_TEST_PASSES_LOWER_RANDOMSTREAM_H

#include "passes/lower/Placement.h"

#include <random>

namespace tinyc::lower {

/// A chain of convolutions like MobileNetV2 (3x3 with stride, then blocks of pointwise, depthwise, pointwise and,
/// often, a residual addition), run a band of rows at a time as soon as the rows are there. Of every tensor but the
/// first and, at times, the last, each band is a group of its own; the input is one whose rows die one by one; a
/// contiguous result is one whose rows are born one by one; depthwise steps use scratch at a fixed address.
std::vector<Group> makeRandomStream(std::mt19937 &engine, int64_t height, int blocks);

} // namespace tinyc::lower

#endif // TINYC_TEST_PASSES_LOWER_RANDOMSTREAM_H

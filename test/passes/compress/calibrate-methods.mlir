// Each method of calibration on values whose right range is known.
// RUN: split-file %s %t
// RUN: tinyc-opt %t/uniform.mlir -compress-calibrate="method=moving-average samples=64 low=-2 high=6" | FileCheck %s --check-prefix=AVERAGE
// RUN: tinyc-opt %t/uniform.mlir -compress-calibrate="method=moving-average momentum=1 samples=64 low=-2 high=6" | FileCheck %s --check-prefix=LAST
// RUN: tinyc-opt %t/uniform.mlir -compress-calibrate="method=mse samples=64 low=-2 high=6" | FileCheck %s --check-prefix=WHOLE
// RUN: tinyc-opt %t/uniform.mlir -compress-calibrate="method=min-max symmetric samples=64 low=-2 high=6" | FileCheck %s --check-prefix=SYMMETRIC
// RUN: tinyc-opt %t/uniform.mlir -compress-calibrate="method=entropy samples=64 low=-6 high=6" | FileCheck %s --check-prefix=ENTROPY
// RUN: tinyc-opt %t/outlier.mlir -compress-calibrate="method=min-max percentile=90 samples=64 low=0 high=1" | FileCheck %s --check-prefix=OUTLIER
// RUN: tinyc-opt %t/outlier.mlir -compress-calibrate="method=auto percentile=90 samples=64 low=0 high=1" | FileCheck %s --check-prefix=AUTO
// RUN: tinyc-opt %t/outlier.mlir -compress-calibrate="method=auto percentile=90 samples=64 low=0 high=1" > %t/auto
// RUN: tinyc-opt %t/outlier.mlir -mlir-disable-threading -compress-calibrate="method=auto percentile=90 samples=64 low=0 high=1" | diff - %t/auto

//--- uniform.mlir
// The least of 64 numbers spread evenly over -2 .. 6 is -2 + 8 / 65 = -1.88 in the mean, the greatest 5.88; the average of 64
// such extremes (deviation 0.12 each) is within 0.05 of that. With momentum 1 the last sample alone counts: its extremes are
// not those of all.
// AVERAGE: nn.range = array<f64: -1.{{8[3-9]|9[0-2]}}{{[0-9]*}}, 5.{{8[3-9]|9[0-2]}}{{[0-9]*}}>
// LAST: nn.range = array<f64: -1.{{([0-8]|9[0-8])[0-9]*}}, 5.{{([0-8]|9[0-8])[0-9]*}}>
// Evenly spread values have nothing to clip: 1 % of the range less costs more than finer steps gain.
// WHOLE: nn.range = array<f64: -1.99{{[0-9]*}}, 5.99{{[0-9]*}}>
// The same holds for the information (HistogramTest has values with a tail); the range ends at a bin's edge, a multiple of 2^-9.
// ENTROPY: nn.range = array<f64: -5.9{{[5-9][0-9]*}}, 5.9{{[5-9][0-9]*}}>
// The zero point is 0 if 127 steps reach 6 and 128 steps -6 * 128 / 127 = -6.047; clamped values of one sign start at 0.
// SYMMETRIC: nn.range = array<f64: -6.0{{4[0-9]*}}, 5.99{{[0-9]*}}>
// SYMMETRIC: nn.clamp {{.*}}nn.range = array<f64: 0.000000e+00, 5.99{{[0-9]*}}>
func.func @main(%x: tensor<1x64xf32>) -> tensor<1x64xf32> {
  %0 = nn.clamp %x {min = 0.0 : f32} : (tensor<1x64xf32>) -> tensor<1x64xf32>
  return %0 : tensor<1x64xf32>
}

//--- outlier.mlir
// 255 numbers of 0 .. 1 and one 100 in each sample. Of those on the upper side, percentile=90 leaves out the 100 and 9.6 % of the
// others: its range ends behind 0.904 (deviation 0.003), at the edge of a bin, 1/16 wide for numbers up to 100: 15/16. What reads @ignored only through a product with 0 at the place
// of the 100 comes nearest with that range; what reads @wanted at that place alone needs the extremes.
// OUTLIER-LABEL: @ignored
// OUTLIER: nn.concat {{.*}}nn.range = array<f64: {{.*}}, 1.000000e+02>
// AUTO-LABEL: @ignored
// AUTO: nn.concat {{.*}}nn.range = array<f64: {{.*}}, 9.375000e-01>
func.func @ignored(%x: tensor<1x255xf32>) -> tensor<1x256xf32> {
  %c = nn.constant dense<100.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %ones = nn.constant dense<1.0> : tensor<1x255xf32> -> tensor<1x255xf32>
  %zero = nn.constant dense<0.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %mask = nn.concat %ones, %zero {axis = 1 : i64} : (tensor<1x255xf32>, tensor<1x1xf32>) -> tensor<1x256xf32>
  %0 = nn.concat %x, %c {axis = 1 : i64} : (tensor<1x255xf32>, tensor<1x1xf32>) -> tensor<1x256xf32>
  %1 = nn.mul %0, %mask : (tensor<1x256xf32>, tensor<1x256xf32>) -> tensor<1x256xf32>
  return %1 : tensor<1x256xf32>
}
// AUTO-LABEL: @wanted
// AUTO: nn.concat {{.*}}nn.range = array<f64: {{.*}}, 1.000000e+02>
func.func @wanted(%x: tensor<1x255xf32>) -> tensor<1x256xf32> {
  %c = nn.constant dense<100.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %zeros = nn.constant dense<0.0> : tensor<1x255xf32> -> tensor<1x255xf32>
  %one = nn.constant dense<1.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %mask = nn.concat %zeros, %one {axis = 1 : i64} : (tensor<1x255xf32>, tensor<1x1xf32>) -> tensor<1x256xf32>
  %0 = nn.concat %x, %c {axis = 1 : i64} : (tensor<1x255xf32>, tensor<1x1xf32>) -> tensor<1x256xf32>
  %1 = nn.mul %0, %mask : (tensor<1x256xf32>, tensor<1x256xf32>) -> tensor<1x256xf32>
  return %1 : tensor<1x256xf32>
}

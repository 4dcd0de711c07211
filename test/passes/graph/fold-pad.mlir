// RUN: tinyc-opt %s -graph-fold-pad | FileCheck %s

// pads top, left, bottom, right: 0+1, 0+2, 1+3, 0+4
// CHECK-LABEL: func.func @convolution
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x4x1xf32>
// CHECK-NEXT: nn.conv2d %[[X]], %{{.*}} pads = array<i64: 1, 2, 4, 4>
func.func @convolution(%x: tensor<1x4x4x1xf32>, %w: tensor<1x3x3x1xf32>) -> tensor<1x7x8x1xf32> {
  %0 = nn.pad %x {before = array<i64: 0, 1, 2, 0>, after = array<i64: 0, 3, 4, 0>, value = 0.0 : f32}
    : (tensor<1x4x4x1xf32>) -> tensor<1x8x10x1xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 1, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x8x10x1xf32>, tensor<1x3x3x1xf32>) -> tensor<1x7x8x1xf32>
  return %1 : tensor<1x7x8x1xf32>
}

// Padded by another value, or channels padded.
// CHECK-LABEL: func.func @convolution_stays
// CHECK-COUNT-2: nn.pad
func.func @convolution_stays(%x: tensor<1x4x4x1xf32>, %w: tensor<1x3x3x1xf32>, %v: tensor<1x3x3x2xf32>)
    -> (tensor<1x4x4x1xf32>, tensor<1x2x2x1xf32>) {
  %0 = nn.pad %x {before = array<i64: 0, 1, 1, 0>, after = array<i64: 0, 1, 1, 0>, value = 1.0 : f32}
    : (tensor<1x4x4x1xf32>) -> tensor<1x6x6x1xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x6x6x1xf32>, tensor<1x3x3x1xf32>) -> tensor<1x4x4x1xf32>
  %2 = nn.pad %x {before = array<i64: 0, 0, 0, 0>, after = array<i64: 0, 0, 0, 1>, value = 0.0 : f32}
    : (tensor<1x4x4x1xf32>) -> tensor<1x4x4x2xf32>
  %3 = nn.conv2d %2, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x4x2xf32>, tensor<1x3x3x2xf32>) -> tensor<1x2x2x1xf32>
  return %1, %3 : tensor<1x4x4x1xf32>, tensor<1x2x2x1xf32>
}

// The pad's zeros count in the mean: includePad. An average that leaves its own padding out cannot take them in.
// CHECK-LABEL: func.func @average
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x4x1xf32>)
// CHECK-NEXT: %[[P:.*]] = nn.pad
// CHECK-NEXT: nn.avg_pool %[[X]] {{.*}}includePad{{.*}}pads = array<i64: 1, 1, 1, 1>
// CHECK-NEXT: nn.avg_pool %[[X]] {{.*}}includePad{{.*}}pads = array<i64: 2, 2, 1, 1>
// CHECK-NEXT: nn.avg_pool %[[P]]
// CHECK-NOT: includePad
func.func @average(%x: tensor<1x4x4x1xf32>) -> (tensor<1x5x5x1xf32>, tensor<1x6x6x1xf32>, tensor<1x6x6x1xf32>) {
  %0 = nn.pad %x {before = array<i64: 0, 1, 1, 0>, after = array<i64: 0, 1, 1, 0>, value = 0.0 : f32}
    : (tensor<1x4x4x1xf32>) -> tensor<1x6x6x1xf32>
  %1 = nn.avg_pool %0 {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x6x6x1xf32>) -> tensor<1x5x5x1xf32>
  %2 = nn.avg_pool %0 {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>,
    dilations = array<i64: 1, 1>, includePad} : (tensor<1x6x6x1xf32>) -> tensor<1x6x6x1xf32>
  %3 = nn.avg_pool %0 {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x6x6x1xf32>) -> tensor<1x6x6x1xf32>
  return %1, %2, %3 : tensor<1x5x5x1xf32>, tensor<1x6x6x1xf32>, tensor<1x6x6x1xf32>
}

// Nothing is less than minus infinity, and after a ReLU nothing less than 0: both folds are exact. Without the ReLU a
// window of negative numbers would change.
// CHECK-LABEL: func.func @maximum
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x4x1xf32>)
// CHECK: nn.max_pool %[[X]] {{.*}}pads = array<i64: 1, 1, 1, 1>
// CHECK: %[[R:.*]] = nn.clamp %[[X]]
// CHECK: nn.max_pool %[[R]] {{.*}}pads = array<i64: 1, 1, 1, 1>
// CHECK: %[[P:.*]] = nn.pad %[[X]]
// CHECK: nn.max_pool %[[P]] {{.*}}pads = array<i64: 0, 0, 0, 0>
func.func @maximum(%x: tensor<1x4x4x1xf32>) -> (tensor<1x5x5x1xf32>, tensor<1x5x5x1xf32>, tensor<1x5x5x1xf32>) {
  %0 = nn.pad %x {before = array<i64: 0, 1, 1, 0>, after = array<i64: 0, 1, 1, 0>, value = 0xFF800000 : f32}
    : (tensor<1x4x4x1xf32>) -> tensor<1x6x6x1xf32>
  %1 = nn.max_pool %0 {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x6x6x1xf32>) -> tensor<1x5x5x1xf32>
  %2 = nn.clamp %x {min = 0.0 : f32} : (tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32>
  %3 = nn.pad %2 {before = array<i64: 0, 1, 1, 0>, after = array<i64: 0, 1, 1, 0>, value = 0.0 : f32}
    : (tensor<1x4x4x1xf32>) -> tensor<1x6x6x1xf32>
  %4 = nn.max_pool %3 {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x6x6x1xf32>) -> tensor<1x5x5x1xf32>
  %5 = nn.pad %x {before = array<i64: 0, 1, 1, 0>, after = array<i64: 0, 1, 1, 0>, value = 0.0 : f32}
    : (tensor<1x4x4x1xf32>) -> tensor<1x6x6x1xf32>
  %6 = nn.max_pool %5 {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x6x6x1xf32>) -> tensor<1x5x5x1xf32>
  return %1, %4, %6 : tensor<1x5x5x1xf32>, tensor<1x5x5x1xf32>, tensor<1x5x5x1xf32>
}

// Windows 0 and 5 of this one would lie in the padding alone.
// CHECK-LABEL: func.func @empty_window
// CHECK: nn.pad
func.func @empty_window(%x: tensor<1x4x4x1xf32>) -> tensor<1x6x6x1xf32> {
  %0 = nn.pad %x {before = array<i64: 0, 1, 1, 0>, after = array<i64: 0, 1, 1, 0>, value = 0xFF800000 : f32}
    : (tensor<1x4x4x1xf32>) -> tensor<1x6x6x1xf32>
  %1 = nn.max_pool %0 {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x6x6x1xf32>) -> tensor<1x6x6x1xf32>
  return %1 : tensor<1x6x6x1xf32>
}

// CHECK-LABEL: func.func @casts
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x4x1xf32>
// CHECK-NEXT: %[[Q:.*]] = quant.qcast %[[X]] : tensor<1x4x4x1xf32>
// CHECK-NEXT: %[[D:.*]] = quant.dcast %[[Q]]
// CHECK-NEXT: nn.conv2d %[[D]], %{{.*}} pads = array<i64: 1, 1, 1, 1>
func.func @casts(%x: tensor<1x4x4x1xf32>, %w: tensor<1x3x3x1xf32>) -> tensor<1x4x4x1xf32> {
  %0 = nn.pad %x {before = array<i64: 0, 1, 1, 0>, after = array<i64: 0, 1, 1, 0>, value = 0.0 : f32}
    : (tensor<1x4x4x1xf32>) -> tensor<1x6x6x1xf32>
  %q = quant.qcast %0 : tensor<1x6x6x1xf32> to tensor<1x6x6x1x!quant.uniform<i8:f32, 0.1:5>>
  %d = quant.dcast %q : tensor<1x6x6x1x!quant.uniform<i8:f32, 0.1:5>> to tensor<1x6x6x1xf32>
  %1 = nn.conv2d %d, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x6x6x1xf32>, tensor<1x3x3x1xf32>) -> tensor<1x4x4x1xf32>
  return %1 : tensor<1x4x4x1xf32>
}

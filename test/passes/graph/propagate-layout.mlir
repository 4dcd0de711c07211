// RUN: tinyc-opt %s -split-input-file -graph-propagate-layout | FileCheck %s
// RUN: tinyc-opt %s -split-input-file -graph-propagate-layout=keep-boundary | FileCheck %s --check-prefix=KEEP

// Two convolutions and a ReLU between, as imported: NHWC from end to end, and the boundary says so.
// CHECK-LABEL: func.func @chain
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x5x3xf32> {nn.name = "in", nn.permutation = array<i64: 0, 2, 3, 1>}, %{{.*}}: tensor<2x1x1x3xf32>,
// CHECK-SAME: -> (tensor<1x4x5x2xf32> {nn.name = "out", nn.permutation = array<i64: 0, 2, 3, 1>})
// CHECK-NEXT: %[[A:.*]] = nn.conv2d %[[X]]
// CHECK-NEXT: %[[B:.*]] = nn.clamp %[[A]] {min = 0.000000e+00 : f32} : (tensor<1x4x5x2xf32>)
// CHECK-NEXT: %[[C:.*]] = nn.conv2d %[[B]]
// CHECK-NEXT: return %[[C]]
// KEEP-LABEL: func.func @chain
// KEEP-SAME: (%[[X:.*]]: tensor<1x3x4x5xf32> {nn.name = "in"}
// KEEP-NEXT: %[[T:.*]] = nn.transpose %[[X]] {permutation = array<i64: 0, 2, 3, 1>}
// KEEP-NEXT: nn.conv2d %[[T]]
// KEEP-NEXT: nn.clamp
// KEEP-NEXT: %[[C:.*]] = nn.conv2d
// KEEP-NEXT: %[[U:.*]] = nn.transpose %[[C]] {permutation = array<i64: 0, 3, 1, 2>}
// KEEP-NEXT: return %[[U]]
func.func @chain(%x: tensor<1x3x4x5xf32> {nn.name = "in"}, %w: tensor<2x1x1x3xf32>, %v: tensor<2x1x1x2xf32>)
    -> (tensor<1x2x4x5xf32> {nn.name = "out"}) {
  %0 = nn.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x5x3xf32>, tensor<2x1x1x3xf32>) -> tensor<1x4x5x2xf32>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x5x2xf32>) -> tensor<1x2x4x5xf32>
  %3 = nn.clamp %2 {min = 0.0 : f32} : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5xf32>
  %4 = nn.transpose %3 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x2x4x5xf32>) -> tensor<1x4x5x2xf32>
  %5 = nn.conv2d %4, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x5x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x4x5x2xf32>
  %6 = nn.transpose %5 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x5x2xf32>) -> tensor<1x2x4x5xf32>
  return %6 : tensor<1x2x4x5xf32>
}

// -----

// The form of a QDQ model: the residual sum, its casts, a broadcast constant [1, C, 1, 1] that becomes [1, 1, 1, C].
// CHECK-LABEL: func.func @casts
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x4x2xf32> {nn.permutation = array<i64: 0, 2, 3, 1>}
// CHECK: %[[C:.*]] = nn.constant dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00]]]]> : tensor<1x1x1x2xf32>
// CHECK: nn.mul %{{.*}}, %[[C]]
// CHECK-NOT: nn.transpose
// CHECK: return
func.func @casts(%x: tensor<1x2x4x4xf32>, %w: tensor<2x1x1x2xf32>) -> tensor<1x2x4x4xf32> {
  %q0 = quant.qcast %x : tensor<1x2x4x4xf32> to tensor<1x2x4x4x!quant.uniform<i8:f32, 0.5>>
  %d0 = quant.dcast %q0 : tensor<1x2x4x4x!quant.uniform<i8:f32, 0.5>> to tensor<1x2x4x4xf32>
  %0 = nn.transpose %d0 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x4x4x2xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x4x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x2xf32>) -> tensor<1x2x4x4xf32>
  %q1 = quant.qcast %2 : tensor<1x2x4x4xf32> to tensor<1x2x4x4x!quant.uniform<i8:f32, 0.25>>
  %d1 = quant.dcast %q1 : tensor<1x2x4x4x!quant.uniform<i8:f32, 0.25>> to tensor<1x2x4x4xf32>
  %3 = nn.clamp %d1 {min = 0.0 : f32} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %4 = nn.add %d0, %3 : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %c = nn.constant dense<[[[[1.0]], [[2.0]]]]> : tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32>
  %5 = nn.mul %4, %c : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  return %5 : tensor<1x2x4x4xf32>
}

// -----

// Concatenated channels (axis 1) are axis 3 now, padded height and width axes 1 and 2.
// CHECK-LABEL: func.func @concat
// CHECK: %[[P:.*]] = nn.pad %{{.*}} {after = array<i64: 0, 3, 4, 0>, before = array<i64: 0, 1, 2, 0>, value = 0.000000e+00 : f32} : (tensor<1x2x2x2xf32>) -> tensor<1x6x8x2xf32>
// CHECK-NEXT: %[[C:.*]] = nn.concat %[[P]], %[[P]] {axis = 3 : i64} : (tensor<1x6x8x2xf32>, tensor<1x6x8x2xf32>) -> tensor<1x6x8x4xf32>
// CHECK-NEXT: nn.max_pool %[[C]]
// CHECK-NEXT: return
func.func @concat(%x: tensor<1x2x2x2xf32>) -> tensor<1x4x6x8xf32> {
  %0 = nn.pad %x {before = array<i64: 0, 0, 1, 2>, after = array<i64: 0, 0, 3, 4>, value = 0.0 : f32}
    : (tensor<1x2x2x2xf32>) -> tensor<1x2x6x8xf32>
  %1 = nn.concat %0, %0 {axis = 1} : (tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x6x8xf32>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x4x6x8xf32>) -> tensor<1x6x8x4xf32>
  %3 = nn.max_pool %2 {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x6x8x4xf32>) -> tensor<1x6x8x4xf32>
  %4 = nn.transpose %3 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x6x8x4xf32>) -> tensor<1x4x6x8xf32>
  return %4 : tensor<1x4x6x8xf32>
}

// -----

// Flattened from NCHW (C = 2, W = 2), computed in NHWC: input column c * 2 + w becomes w * 2 + c, so 1 2 3 4 are read as
// 1 3 2 4. The same behind a dequantization; the casts pass any order.
// CHECK-LABEL: func.func @flatten
// CHECK: %[[P:.*]] = nn.max_pool
// CHECK: %[[F:.*]] = nn.reshape %[[P]] : (tensor<1x1x2x2xf32>) -> tensor<1x4xf32>
// CHECK: %[[W:.*]] = nn.constant dense<{{\[\[}}1.000000e+00, 3.000000e+00, 2.000000e+00, 4.000000e+00]]>
// CHECK: nn.fully_connected %[[F]], %[[W]]
// CHECK: %[[D:.*]] = quant.dcast %{{.*}} : tensor<1x1x2x2x!quant
// CHECK: %[[G:.*]] = nn.reshape %[[D]]
// CHECK: %[[Q:.*]] = nn.constant dense<{{\[\[}}5, 7, 6, 8]]> : tensor<1x4xi8>
// CHECK: %[[V:.*]] = quant.dcast %[[Q]]
// CHECK: nn.fully_connected %[[G]], %[[V]]
// CHECK-NOT: nn.transpose
func.func @flatten(%x: tensor<1x1x2x2xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %w = nn.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32> -> tensor<1x4xf32>
  %q = nn.constant dense<[[5, 6, 7, 8]]> : tensor<1x4xi8> -> tensor<1x4x!quant.uniform<i8:f32:0, {0.5}>>
  %v = quant.dcast %q : tensor<1x4x!quant.uniform<i8:f32:0, {0.5}>> to tensor<1x4xf32>
  %0 = nn.max_pool %x {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %1 = nn.transpose %0 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x1x2x2xf32>) -> tensor<1x2x1x2xf32>
  %2 = nn.reshape %1 : (tensor<1x2x1x2xf32>) -> tensor<1x4xf32>
  %3 = nn.fully_connected %2, %w : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
  %4 = quant.qcast %2 : tensor<1x4xf32> to tensor<1x4x!quant.uniform<i8:f32, 0.5>>
  %5 = quant.dcast %4 : tensor<1x4x!quant.uniform<i8:f32, 0.5>> to tensor<1x4xf32>
  %6 = nn.fully_connected %5, %v : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
  return %3, %6 : tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

// The other way round: the rows of the matrix (and of the bias, and the scales) come in the order the pool wants.
// Result c * 2 + w stands at w * 2 + c.
// CHECK-LABEL: func.func @unflatten
// CHECK: nn.constant dense<{{\[\[}}1], [3], [2], [4]]> : tensor<4x1xi8> -> tensor<4x1x!quant.uniform<i8:f32:0, {1.000000e+00,3.000000e+00,2.000000e+00,4.000000e+00}>>
// CHECK: nn.constant dense<[5.000000e+00, 7.000000e+00, 6.000000e+00, 8.000000e+00]>
// CHECK: %[[Y:.*]] = nn.fully_connected
// CHECK: %[[R:.*]] = nn.reshape %[[Y]] : (tensor<1x4xf32>) -> tensor<1x1x2x2xf32>
// CHECK: nn.max_pool %[[R]]
// CHECK-NOT: nn.transpose
func.func @unflatten(%x: tensor<1x1xf32>) -> tensor<1x1x2x2xf32> {
  %q = nn.constant dense<[[1], [2], [3], [4]]> : tensor<4x1xi8> -> tensor<4x1x!quant.uniform<i8:f32:0, {1.0, 2.0, 3.0, 4.0}>>
  %w = quant.dcast %q : tensor<4x1x!quant.uniform<i8:f32:0, {1.0, 2.0, 3.0, 4.0}>> to tensor<4x1xf32>
  %b = nn.constant dense<[5.0, 6.0, 7.0, 8.0]> : tensor<4xf32> -> tensor<4xf32>
  %0 = nn.fully_connected %x, %w, %b : (tensor<1x1xf32>, tensor<4x1xf32>, tensor<4xf32>) -> tensor<1x4xf32>
  %1 = nn.reshape %0 : (tensor<1x4xf32>) -> tensor<1x2x1x2xf32>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x2x1x2xf32>) -> tensor<1x1x2x2xf32>
  %3 = nn.max_pool %2 {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %3 : tensor<1x1x2x2xf32>
}

// -----

// Weights in ONNX's order behind a dequantization per channel: rearranged, the axis stays the output channel.
// CHECK-LABEL: func.func @weights
// CHECK: nn.constant dense<{{\[\[\[\[}}1, 3], [2, 4]]]]> : tensor<1x1x2x2xi8> -> tensor<1x1x2x2x!quant.uniform<i8:f32:0, {5.000000e-01}>>
// CHECK: quant.dcast
// CHECK-NEXT: nn.conv2d
// CHECK-NOT: nn.transpose
func.func @weights(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32> {
  %q = nn.constant dense<[[[[1, 2]], [[3, 4]]]]> : tensor<1x2x1x2xi8> -> tensor<1x2x1x2x!quant.uniform<i8:f32:0, {0.5}>>
  %d = quant.dcast %q : tensor<1x2x1x2x!quant.uniform<i8:f32:0, {0.5}>> to tensor<1x2x1x2xf32>
  %w = nn.transpose %d {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x2x1x2xf32>) -> tensor<1x1x2x2xf32>
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32>
  return %0 : tensor<1x1x1x1xf32>
}

// -----

// A cast per axis: the axis (1, channels) follows to 3.
// CHECK-LABEL: func.func @per_axis
// CHECK: quant.qcast %{{.*}} : tensor<1x2x3x2xf32> to tensor<1x2x3x2x!quant.uniform<i8:f32:3, {5.000000e-01,2.500000e-01}>>
// CHECK-NEXT: quant.dcast
// CHECK-NEXT: nn.max_pool
// CHECK-NEXT: return
func.func @per_axis(%x: tensor<1x2x2x3xf32>) -> tensor<1x2x3x2xf32> {
  %0 = quant.qcast %x : tensor<1x2x2x3xf32> to tensor<1x2x2x3x!quant.uniform<i8:f32:1, {0.5, 0.25}>>
  %1 = quant.dcast %0 : tensor<1x2x2x3x!quant.uniform<i8:f32:1, {0.5, 0.25}>> to tensor<1x2x2x3xf32>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x2x2x3xf32>) -> tensor<1x2x3x2xf32>
  %3 = nn.max_pool %2 {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x2x3x2xf32>) -> tensor<1x2x3x2xf32>
  return %3 : tensor<1x2x3x2xf32>
}

// -----

// Softmax over channels in NHWC is over the last dimension: nothing moves. Over the width in NCHW it is not: the
// transposes stay around it, on the int8 value rather than on the float one.
// CHECK-LABEL: func.func @softmax
// CHECK: %[[P:.*]] = nn.max_pool
// CHECK-NEXT: nn.softmax %[[P]] : (tensor<1x2x3x4xf32>)
// CHECK-NEXT: %[[Q:.*]] = quant.qcast %[[P]]
// CHECK-NEXT: %[[T:.*]] = nn.transpose %[[Q]]
// CHECK-NEXT: %[[D:.*]] = quant.dcast %[[T]]
// CHECK-NEXT: nn.softmax %[[D]] : (tensor<1x4x2x3xf32>)
// CHECK-NOT: nn.transpose
func.func @softmax(%x: tensor<1x2x3x4xf32>) -> (tensor<1x2x3x4xf32>, tensor<1x4x2x3xf32>) {
  %0 = nn.max_pool %x {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  %1 = nn.transpose %0 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x2x3x4xf32>) -> tensor<1x4x2x3xf32>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x4x2x3xf32>) -> tensor<1x2x3x4xf32>
  %3 = nn.softmax %2 : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  %q = quant.qcast %1 : tensor<1x4x2x3xf32> to tensor<1x4x2x3x!quant.uniform<i8:f32, 0.5>>
  %d = quant.dcast %q : tensor<1x4x2x3x!quant.uniform<i8:f32, 0.5>> to tensor<1x4x2x3xf32>
  %4 = nn.softmax %d : (tensor<1x4x2x3xf32>) -> tensor<1x4x2x3xf32>
  return %3, %4 : tensor<1x2x3x4xf32>, tensor<1x4x2x3xf32>
}

// -----

// The model's own transpose, between two ops that prescribe their layout, stays as it is: nothing is gained.
// CHECK-LABEL: func.func @own_transpose
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32>, %[[Y:.*]]: tensor<4x3xf32>)
// CHECK-NEXT: %[[M:.*]] = nn.softmax %[[X]]
// CHECK-NEXT: %[[T:.*]] = nn.transpose %[[M]] {permutation = array<i64: 1, 0>}
// CHECK-NEXT: nn.matmul %[[Y]], %[[T]]
func.func @own_transpose(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %0 = nn.softmax %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = nn.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %2 = nn.matmul %y, %1 : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  return %2 : tensor<4x2xf32>
}

// -----

// An attention-like flattening of height and width: [1, C, H, W] -> [1, C, HW] -> [1, HW, C] is no movement of NHWC.
// CHECK-LABEL: func.func @tokens
// CHECK: %[[P:.*]] = nn.max_pool
// CHECK-NEXT: %[[R:.*]] = nn.reshape %[[P]] : (tensor<1x2x3x4xf32>) -> tensor<1x6x4xf32>
// CHECK-NEXT: nn.matmul %[[R]]
// CHECK-NOT: nn.transpose
func.func @tokens(%x: tensor<1x2x3x4xf32>, %w: tensor<1x4x5xf32>) -> tensor<1x6x5xf32> {
  %0 = nn.max_pool %x {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  %1 = nn.transpose %0 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x2x3x4xf32>) -> tensor<1x4x2x3xf32>
  %2 = nn.reshape %1 : (tensor<1x4x2x3xf32>) -> tensor<1x4x6xf32>
  %3 = nn.transpose %2 {permutation = array<i64: 0, 2, 1>} : (tensor<1x4x6xf32>) -> tensor<1x6x4xf32>
  %4 = nn.matmul %3, %w : (tensor<1x6x4xf32>, tensor<1x4x5xf32>) -> tensor<1x6x5xf32>
  return %4 : tensor<1x6x5xf32>
}

// -----

// One channel: NCHW and NHWC are the same elements. The argument still takes the convolution's shape, once something
// has to move at all. A permutation set before is composed: stored (0, 3, 1, 2) of dimensions (0, 2, 3, 1) is the
// ONNX order, which needs no attribute.
// CHECK-LABEL: func.func @units
// CHECK-SAME: (%{{.*}}: tensor<1x6x5x1xf32> {nn.permutation = array<i64: 0, 2, 3, 1>}, %{{.*}}: tensor<1x2x3x4xf32> {nn.name = "b"})
// CHECK-NOT: nn.transpose
func.func @units(%x: tensor<1x1x6x5xf32>, %y: tensor<1x3x4x2xf32> {nn.name = "b", nn.permutation = array<i64: 0, 2, 3, 1>})
    -> (tensor<1x6x5x1xf32>, tensor<1x2x3x4xf32>) {
  %0 = nn.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x1x6x5xf32>) -> tensor<1x6x5x1xf32>
  %1 = nn.max_pool %0 {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x6x5x1xf32>) -> tensor<1x6x5x1xf32>
  %2 = nn.transpose %y {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x3x4x2xf32>) -> tensor<1x2x3x4xf32>
  %3 = nn.max_pool %2 {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  return %1, %3 : tensor<1x6x5x1xf32>, tensor<1x2x3x4xf32>
}

// -----

// Casts between such an argument and the reshape follow, and so does an axis of quantization: 2 is stored as 1.
// CHECK-LABEL: func.func @units_per_axis
// CHECK-SAME: (%[[X:.*]]: tensor<1x2x4x1xf32> {nn.permutation = array<i64: 0, 2, 3, 1>})
// CHECK-NEXT: quant.qcast %[[X]] : tensor<1x2x4x1xf32> to tensor<1x2x4x1x!quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01}>>
func.func @units_per_axis(%x: tensor<1x1x2x4xf32>) -> tensor<1x2x4x1xf32> {
  %0 = quant.qcast %x : tensor<1x1x2x4xf32> to tensor<1x1x2x4x!quant.uniform<i8:f32:2, {0.5, 0.25}>>
  %1 = quant.dcast %0 : tensor<1x1x2x4x!quant.uniform<i8:f32:2, {0.5, 0.25}>> to tensor<1x1x2x4xf32>
  %2 = nn.reshape %1 : (tensor<1x1x2x4xf32>) -> tensor<1x2x4x1xf32>
  %3 = nn.max_pool %2 {kernel = array<i64: 1, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 1>,
    dilations = array<i64: 1, 1>} : (tensor<1x2x4x1xf32>) -> tensor<1x2x4x1xf32>
  return %3 : tensor<1x2x4x1xf32>
}

// -----

// A loop nest reads and writes what stands there: its maps take the place of three transposes, and its loops run in the
// order of its result. The channel is now the last loop, and the load's indices follow their tensor.
// CHECK-LABEL: func.func @nest
// CHECK-NOT: nn.transpose
// CHECK: %[[POOL:.*]] = nn.max_pool
// CHECK: nn.loop_nest "Nest"(%[[POOL]], %{{.*}}, %{{.*}}) {
// CHECK: %[[N:.*]] = loop.index 0
// CHECK: %[[C:.*]] = loop.index 3
// CHECK: %[[H:.*]] = loop.index 1
// CHECK: %[[W:.*]] = loop.index 2
// CHECK: loop.load 2[%[[N]], %[[H]], %[[W]], %[[C]]]
// CHECK: maps = [#[[READ:.*]], #[[CHANNEL:.*]], #[[NONE:.*]], #[[READ]]], parallel = 4 : i64, sizes = array<i64: 1, 4, 5, 3>
// CHECK-NOT: nn.transpose
// CHECK: return
func.func @nest(%x: tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32> {
  %0 = nn.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  %1 = nn.max_pool %0 {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x4x5x3xf32>) -> tensor<1x4x5x3xf32>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x5x3xf32>) -> tensor<1x3x4x5xf32>
  %c = nn.constant dense<1.0> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %3 = nn.loop_nest "Nest"(%2, %c, %2) {
  ^bb0(%a: f32, %b: f32):
    %n = loop.index 0
    %i = loop.index 1
    %j = loop.index 2
    %k = loop.index 3
    %d = loop.load 2[%n, %i, %j, %k] : f32
    %e = arith.addf %a, %b : f32
    %f = arith.addf %d, %e : f32
    loop.yield %f : f32
  } {sizes = array<i64: 1, 3, 4, 5>, parallel = 4,
     maps = [affine_map<(n, i, j, k) -> (n, i, j, k)>, affine_map<(n, i, j, k) -> (i, 0, 0)>,
             affine_map<(n, i, j, k) -> ()>, affine_map<(n, i, j, k) -> (n, i, j, k)>]}
     : (tensor<1x3x4x5xf32>, tensor<3x1x1xf32>, tensor<1x3x4x5xf32>) -> tensor<1x3x4x5xf32>
  %4 = nn.transpose %3 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  %5 = nn.max_pool %4 {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x4x5x3xf32>) -> tensor<1x4x5x3xf32>
  return %5 : tensor<1x4x5x3xf32>
}

// -----

// A called function keeps its type.
// CHECK-LABEL: func.func private @callee
// CHECK-SAME: (%{{.*}}: tensor<1x3x4x5xf32>)
// CHECK: nn.transpose
func.func private @callee(%x: tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32> {
  %0 = nn.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  %1 = nn.max_pool %0 {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x4x5x3xf32>) -> tensor<1x4x5x3xf32>
  return %1 : tensor<1x4x5x3xf32>
}
func.func @caller(%x: tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32> {
  %0 = func.call @callee(%x) : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  return %0 : tensor<1x4x5x3xf32>
}

// Shapes that are not static have no cost in bytes: left alone.
// CHECK-LABEL: func.func @dynamic
// CHECK-NEXT: return
func.func @dynamic(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}

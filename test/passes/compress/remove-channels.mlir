// RUN: tinyc-opt %s -compress-remove-channels | FileCheck %s

!i = !quant.uniform<i8:f32, 0.5:-128>
!o = !quant.uniform<i8:f32, 1.0:-128>
!w3 = !quant.uniform<i8<-127:127>:f32:0, {0.5,0.5,0.5}>
!b3 = !quant.uniform<i32:f32:0, {0.25,0.25,0.25}>
!w2 = !quant.uniform<i8<-127:127>:f32:0, {0.5,0.5}>
!b2 = !quant.uniform<i32:f32:0, {0.5,0.5}>

// Channel 1 of %0 has no weights and the bias -4 * 0.25 = -1: it is -128 - 1, clamped to -128, which is 0. Its reader
// pads with 0. Channel 2 stays although its weights are small, because 255 * 1 * 0.25 = 64 is more than half a step.
// CHECK-LABEL: func.func @zero
// CHECK-DAG: dense<{{\[\[\[\[}}1]]], {{\[\[\[}}2]]]]> : tensor<2x1x1x1xi8>
// CHECK-DAG: dense<[8, 12]> : tensor<2xi32>
// CHECK: nn.conv2d {{.*}} -> tensor<1x4x4x2x!quant.uniform<i8:f32, 1.000000e+00:-128>>
// CHECK: nn.conv2d {{.*}}(tensor<1x4x4x2x{{.*}} -> tensor<1x4x4x1x
func.func @zero(%x: tensor<1x4x4x1x!i>) -> tensor<1x4x4x1x!o> {
  %w = nn.constant dense<[[[[1]]], [[[0]]], [[[2]]]]> : tensor<3x1x1x1xi8> -> tensor<3x1x1x1x!w3>
  %b = nn.constant dense<[8, -4, 12]> : tensor<3xi32> -> tensor<3x!b3>
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x1x!i>, tensor<3x1x1x1x!w3>, tensor<3x!b3>) -> tensor<1x4x4x3x!o>
  %v = nn.constant dense<[[[[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 1, 1], [2, 2, 2], [3, 3, 3]], [[4, 4, 4], [5, 5, 5], [6, 6, 6]]]]> : tensor<1x3x3x3xi8> -> tensor<1x3x3x3x!quant.uniform<i8<-127:127>:f32:0, {0.5}>>
  %1 = nn.conv2d %0, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3x!o>, tensor<1x3x3x3x!quant.uniform<i8<-127:127>:f32:0, {0.5}>>) -> tensor<1x4x4x1x!o>
  return %1 : tensor<1x4x4x1x!o>
}

// Channel 1 is the bias 40 * 0.25 = 10 steps of 1.0. The unpadded reader takes it into its bias: 10 * 7 = 70 for
// output 0, 10 * -3 = -30 for output 1.
// CHECK-LABEL: func.func @constant
// CHECK-DAG: dense<[75, -30]> : tensor<2xi32>
// CHECK-DAG: dense<{{\[\[\[\[}}5, 6]]], {{\[\[\[}}1, 2]]]]> : tensor<2x1x1x2xi8>
// CHECK: -> tensor<1x4x4x2x!quant.uniform<i8:f32, 1.000000e+00:-128>>
func.func @constant(%x: tensor<1x4x4x1x!i>) -> tensor<1x4x4x2x!o> {
  %w = nn.constant dense<[[[[1]]], [[[0]]], [[[2]]]]> : tensor<3x1x1x1xi8> -> tensor<3x1x1x1x!w3>
  %b = nn.constant dense<[8, 40, 12]> : tensor<3xi32> -> tensor<3x!b3>
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x1x!i>, tensor<3x1x1x1x!w3>, tensor<3x!b3>) -> tensor<1x4x4x3x!o>
  %v = nn.constant dense<[[[[5, 7, 6]]], [[[1, -3, 2]]]]> : tensor<2x1x1x3xi8> -> tensor<2x1x1x3x!w2>
  %c = nn.constant dense<[5, 0]> : tensor<2xi32> -> tensor<2x!b2>
  %1 = nn.conv2d %0, %v, %c {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3x!o>, tensor<2x1x1x3x!w2>, tensor<2x!b2>) -> tensor<1x4x4x2x!o>
  return %1 : tensor<1x4x4x2x!o>
}

// The same, but the reader pads with 0 where the channel is 10: it stays.
// CHECK-LABEL: func.func @padded
// CHECK: nn.conv2d {{.*}} -> tensor<1x4x4x3x
func.func @padded(%x: tensor<1x4x4x1x!i>) -> tensor<1x6x6x2x!o> {
  %w = nn.constant dense<[[[[1]]], [[[0]]], [[[2]]]]> : tensor<3x1x1x1xi8> -> tensor<3x1x1x1x!w3>
  %b = nn.constant dense<[8, 40, 12]> : tensor<3xi32> -> tensor<3x!b3>
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x1x!i>, tensor<3x1x1x1x!w3>, tensor<3x!b3>) -> tensor<1x4x4x3x!o>
  %v = nn.constant dense<[[[[5, 7, 6]]], [[[1, -3, 2]]]]> : tensor<2x1x1x3xi8> -> tensor<2x1x1x3x!w2>
  %1 = nn.conv2d %0, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3x!o>, tensor<2x1x1x3x!w2>) -> tensor<1x6x6x2x!o>
  return %1 : tensor<1x6x6x2x!o>
}

// A channel that varies but that nobody weighs goes, through the depthwise layer between.
// CHECK-LABEL: func.func @unread
// CHECK: nn.conv2d {{.*}} -> tensor<1x4x4x2x
// CHECK: nn.conv2d {{.*}} groups = 2 {{.*}} -> tensor<1x4x4x2x
// CHECK: nn.conv2d {{.*}} -> tensor<1x4x4x2x
func.func @unread(%x: tensor<1x4x4x1x!i>) -> tensor<1x4x4x2x!o> {
  %w = nn.constant dense<[[[[10]]], [[[20]]], [[[30]]]]> : tensor<3x1x1x1xi8> -> tensor<3x1x1x1x!w3>
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x1x!i>, tensor<3x1x1x1x!w3>) -> tensor<1x4x4x3x!o>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 3 : i64} : (tensor<1x4x4x3x!o>, tensor<3x1x1x1x!w3>) -> tensor<1x4x4x3x!o>
  %v = nn.constant dense<[[[[5, 0, 6]]], [[[1, 0, 2]]]]> : tensor<2x1x1x3xi8> -> tensor<2x1x1x3x!w2>
  %2 = nn.conv2d %1, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3x!o>, tensor<2x1x1x3x!w2>) -> tensor<1x4x4x2x!o>
  return %2 : tensor<1x4x4x2x!o>
}

// Channel 1 of %0 is zero, but the sum with %x, whose channels the caller gives, is not: everything stays. So does what
// the function returns.
// CHECK-LABEL: func.func @residual
// CHECK: nn.conv2d {{.*}} -> tensor<1x4x4x3x
func.func @residual(%x: tensor<1x4x4x3x!i>) -> tensor<1x4x4x3x!o> {
  %w = nn.constant dense<[[[[1, 1, 1]]], [[[0, 0, 0]]], [[[2, 2, 2]]]]> : tensor<3x1x1x3xi8> -> tensor<3x1x1x3x!w3>
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3x!i>, tensor<3x1x1x3x!w3>) -> tensor<1x4x4x3x!o>
  %1 = nn.add %0, %x : (tensor<1x4x4x3x!o>, tensor<1x4x4x3x!i>) -> tensor<1x4x4x3x!o>
  return %1 : tensor<1x4x4x3x!o>
}

// Behind a flatten a channel is every third feature, behind a concat one further on.
// CHECK-LABEL: func.func @flatten
// CHECK: nn.conv2d {{.*}} -> tensor<1x1x2x2x
// CHECK: nn.concat %{{.*}}, %{{.*}} {axis = 3 : i64} : (tensor<1x1x2x1x{{.*}} -> tensor<1x1x2x3x
// CHECK: nn.reshape {{.*}} -> tensor<1x6x
// CHECK: dense<{{\[\[}}1, 2, 4, 5, 6, 8]]> : tensor<1x6xi8>
// CHECK: nn.fully_connected
func.func @flatten(%x: tensor<1x1x2x1x!o>) -> tensor<1x1x!o> {
  %w = nn.constant dense<[[[[10]]], [[[0]]], [[[30]]]]> : tensor<3x1x1x1xi8> -> tensor<3x1x1x1x!w3>
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x1x2x1x!o>, tensor<3x1x1x1x!w3>) -> tensor<1x1x2x3x!o>
  %1 = nn.concat %x, %0 {axis = 3 : i64} : (tensor<1x1x2x1x!o>, tensor<1x1x2x3x!o>) -> tensor<1x1x2x4x!o>
  %2 = nn.reshape %1 : (tensor<1x1x2x4x!o>) -> tensor<1x8x!o>
  %v = nn.constant dense<[[1, 2, 3, 4, 5, 6, 7, 8]]> : tensor<1x8xi8> -> tensor<1x8x!quant.uniform<i8<-127:127>:f32:0, {0.5}>>
  %3 = nn.fully_connected %2, %v : (tensor<1x8x!o>, tensor<1x8x!quant.uniform<i8<-127:127>:f32:0, {0.5}>>) -> tensor<1x1x!o>
  return %3 : tensor<1x1x!o>
}

// A float filter of zeros behind a ReLU is zero.
// CHECK-LABEL: func.func @float
// CHECK: nn.conv2d {{.*}} -> tensor<1x4x4x1xf32>
// CHECK: nn.conv2d {{.*}} -> tensor<1x4x4x1xf32>
func.func @float(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  %w = nn.constant dense<[[[[1.0]]], [[[0.0]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %b = nn.constant dense<[1.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, clampMin = 0.0 : f32} : (tensor<1x4x4x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %v = nn.constant dense<[[[[5.0, 7.0]]]]> : tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
  %1 = nn.conv2d %0, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x4x4x1xf32>
  return %1 : tensor<1x4x4x1xf32>
}

// Values of 4 bits keep an even number of channels: of four channels of which the reader uses three, none goes; of which it uses two, two go.
// CHECK-LABEL: func.func @three_of_four
// CHECK: nn.conv2d {{.*}} -> tensor<1x4x4x4x!quant.uniform<i4:f32, 1.000000e+00:-8>>
func.func @three_of_four(%x: tensor<1x4x4x1x!i>) -> tensor<1x4x4x1x!o> {
  %w = nn.constant dense<[[[[1]]], [[[2]]], [[[3]]], [[[4]]]]> : tensor<4x1x1x1xi8> -> tensor<4x1x1x1x!quant.uniform<i8<-127:127>:f32:0, {0.5,0.5,0.5,0.5}>>
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x1x!i>, tensor<4x1x1x1x!quant.uniform<i8<-127:127>:f32:0, {0.5,0.5,0.5,0.5}>>) -> tensor<1x4x4x4x!quant.uniform<i4:f32, 1.0:-8>>
  %v = nn.constant dense<[[[[5, 7, 6, 0]]]]> : tensor<1x1x1x4xi8> -> tensor<1x1x1x4x!quant.uniform<i8<-127:127>:f32:0, {0.5}>>
  %1 = nn.conv2d %0, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x4x!quant.uniform<i4:f32, 1.0:-8>>, tensor<1x1x1x4x!quant.uniform<i8<-127:127>:f32:0, {0.5}>>) -> tensor<1x4x4x1x!o>
  return %1 : tensor<1x4x4x1x!o>
}

// CHECK-LABEL: func.func @two_of_four
// CHECK: nn.conv2d {{.*}} -> tensor<1x4x4x2x!quant.uniform<i4:f32, 1.000000e+00:-8>>
func.func @two_of_four(%x: tensor<1x4x4x1x!i>) -> tensor<1x4x4x1x!o> {
  %w = nn.constant dense<[[[[1]]], [[[2]]], [[[3]]], [[[4]]]]> : tensor<4x1x1x1xi8> -> tensor<4x1x1x1x!quant.uniform<i8<-127:127>:f32:0, {0.5,0.5,0.5,0.5}>>
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x1x!i>, tensor<4x1x1x1x!quant.uniform<i8<-127:127>:f32:0, {0.5,0.5,0.5,0.5}>>) -> tensor<1x4x4x4x!quant.uniform<i4:f32, 1.0:-8>>
  %v = nn.constant dense<[[[[5, 0, 6, 0]]]]> : tensor<1x1x1x4xi8> -> tensor<1x1x1x4x!quant.uniform<i8<-127:127>:f32:0, {0.5}>>
  %1 = nn.conv2d %0, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x4x!quant.uniform<i4:f32, 1.0:-8>>, tensor<1x1x1x4x!quant.uniform<i8<-127:127>:f32:0, {0.5}>>) -> tensor<1x4x4x1x!o>
  return %1 : tensor<1x4x4x1x!o>
}

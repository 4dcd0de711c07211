// RUN: tinyc-opt %s -compress-fold-qdq -verify-diagnostics -split-input-file | FileCheck %s

// A layer: the argument and the result take the types of the casts, weights and biases stay the model's integers.
// CHECK-LABEL: func.func @layer
// CHECK-SAME: (%[[X:.+]]: tensor<1x2x!quant.uniform<i8:f32, 5.000000e-01:3>>) -> tensor<1x2x!quant.uniform<i8:f32, 2.500000e-01:-128>>
// CHECK-DAG: %[[W:.+]] = nn.constant dense<{{\[\[}}1, -2], [3, -4]]> : tensor<2x2xi8> -> tensor<2x2x!quant.uniform<i8:f32:0, {1.250000e-01,2.500000e-01}>>
// CHECK-DAG: %[[B:.+]] = nn.constant dense<[7, -7]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32:0, {6.250000e-02,1.250000e-01}>>
// CHECK-NEXT: %[[Y:.+]] = nn.fully_connected %[[X]], %[[W]], %[[B]]
// CHECK-NEXT: return %[[Y]]
func.func @layer(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %xq = quant.qcast %x : tensor<1x2xf32> to tensor<1x2x!quant.uniform<i8:f32, 0.5:3>>
  %xd = quant.dcast %xq : tensor<1x2x!quant.uniform<i8:f32, 0.5:3>> to tensor<1x2xf32>
  %wq = nn.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8> -> tensor<2x2x!quant.uniform<i8:f32:0, {0.125, 0.25}>>
  %w = quant.dcast %wq : tensor<2x2x!quant.uniform<i8:f32:0, {0.125, 0.25}>> to tensor<2x2xf32>
  %bq = nn.constant dense<[7, -7]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32:0, {0.0625, 0.125}>>
  %b = quant.dcast %bq : tensor<2x!quant.uniform<i32:f32:0, {0.0625, 0.125}>> to tensor<2xf32>
  %0 = nn.fully_connected %xd, %w, %b : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %q = quant.qcast %0 : tensor<1x2xf32> to tensor<1x2x!quant.uniform<i8:f32, 0.25:-128>>
  %d = quant.dcast %q : tensor<1x2x!quant.uniform<i8:f32, 0.25:-128>> to tensor<1x2xf32>
  return %d : tensor<1x2xf32>
}

// -----

// A batch norm between casts is a depthwise convolution. Channel 0: scale 2 / sqrt(0.25) = 4, offset 2 - 0.5 * 4 = 0; channel 1:
// -1 / sqrt(1) = -1, 0 + 1 * 1 = 1. The weights are 127 steps of 4 / 127 and -127 of 1 / 127; the bias of 1 is 1 / (0.5 / 127) = 254
// steps. The clamp behind it becomes its own.
// CHECK-LABEL: func.func @batch_norm
// CHECK-SAME: (%[[X:.+]]: tensor<1x3x2x!quant.uniform<i8:f32, 5.000000e-01>>)
// CHECK-DAG: %[[W:.+]] = nn.constant dense<{{\[\[\[\[}}127]]], {{\[\[\[}}-127]]]]> : tensor<2x1x1x1xi8> -> tensor<2x1x1x1x!quant.uniform<i8:f32:0, {0.031496{{[0-9]*}},0.007874{{[0-9]*}}}>>
// CHECK-DAG: %[[B:.+]] = nn.constant dense<[0, 254]> : tensor<2xi32>
// CHECK-DAG: %[[R:.+]] = nn.reshape %[[X]]
// CHECK: %[[Y:.+]] = nn.conv2d %[[R]], %[[W]], %[[B]] {clampMin = 0.000000e+00 : f32{{.*}}groups = 2
// CHECK-SAME: -> tensor<1x1x3x2x!quant.uniform<i8:f32, 2.500000e-01:-128>>
// CHECK: nn.reshape %[[Y]]
func.func @batch_norm(%x: tensor<1x3x2x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x3x2x!quant.uniform<i8:f32, 0.25:-128>> {
  %xd = quant.dcast %x : tensor<1x3x2x!quant.uniform<i8:f32, 0.5>> to tensor<1x3x2xf32>
  %scale = nn.constant dense<[2.0, -1.0]> : tensor<2xf32> -> tensor<2xf32>
  %offset = nn.constant dense<[2.0, 0.0]> : tensor<2xf32> -> tensor<2xf32>
  %mean = nn.constant dense<[0.5, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %variance = nn.constant dense<[0.25, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.batch_norm %xd, %scale, %offset, %mean, %variance {epsilon = 0.0 : f32} : (tensor<1x3x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x3x2xf32>
  %1 = nn.clamp %0 {min = 0.0 : f32} : (tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %q = quant.qcast %1 : tensor<1x3x2xf32> to tensor<1x3x2x!quant.uniform<i8:f32, 0.25:-128>>
  return %q : tensor<1x3x2x!quant.uniform<i8:f32, 0.25:-128>>
}

// -----

// Casts move through the transposes around a convolution, the weight's too (its axis moves from 3 to 0), and the clamp
// before the qcast becomes the convolution's.
// CHECK-LABEL: func.func @transposes
// CHECK-SAME: (%[[X:.+]]: tensor<1x1x2x2x!quant.uniform<i8:f32, 5.000000e-01>>)
// CHECK-DAG: %[[W:.+]] = nn.constant dense<{{.*}}> : tensor<2x1x1x1xi8> -> tensor<2x1x1x1x!quant.uniform<i8:f32:0, {1.250000e-01,2.500000e-01}>>
// CHECK-DAG: %[[T:.+]] = nn.transpose %[[X]] {permutation = array<i64: 0, 2, 3, 1>}
// CHECK: %[[C:.+]] = nn.conv2d %[[T]], %[[W]] {clampMin = 0.000000e+00 : f32
// CHECK: %[[U:.+]] = nn.transpose %[[C]] {permutation = array<i64: 0, 3, 1, 2>} : {{.*}} -> tensor<1x2x2x2x!quant.uniform<i8:f32, 2.500000e-01:-128>>
// CHECK: return %[[U]]
func.func @transposes(%x: tensor<1x1x2x2xf32>) -> tensor<1x2x2x2xf32> {
  %xq = quant.qcast %x : tensor<1x1x2x2xf32> to tensor<1x1x2x2x!quant.uniform<i8:f32, 0.5>>
  %xd = quant.dcast %xq : tensor<1x1x2x2x!quant.uniform<i8:f32, 0.5>> to tensor<1x1x2x2xf32>
  %xt = nn.transpose %xd {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x1x2x2xf32>) -> tensor<1x2x2x1xf32>
  %wq = nn.constant dense<[[[[5, 6]]]]> : tensor<1x1x1x2xi8> -> tensor<1x1x1x2x!quant.uniform<i8:f32:3, {0.125, 0.25}>>
  %wd = quant.dcast %wq : tensor<1x1x1x2x!quant.uniform<i8:f32:3, {0.125, 0.25}>> to tensor<1x1x1x2xf32>
  %w = nn.transpose %wd {permutation = array<i64: 3, 1, 2, 0>} : (tensor<1x1x1x2xf32>) -> tensor<2x1x1x1xf32>
  %0 = nn.conv2d %xt, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x1xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x2x2xf32>
  %1 = nn.transpose %0 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %2 = nn.clamp %1 {min = 0.0 : f32} : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %q = quant.qcast %2 : tensor<1x2x2x2xf32> to tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  %d = quant.dcast %q : tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>> to tensor<1x2x2x2xf32>
  return %d : tensor<1x2x2x2xf32>
}

// -----

// Unsigned activations become signed: zero point 128 - 128. Unsigned weights of zero point 130 shift exactly by it: 131 is 1,
// 128 is -2.
// CHECK-LABEL: func.func @unsigned
// CHECK-SAME: tensor<1x2x!quant.uniform<i8:f32, 5.000000e-01>>
// CHECK: nn.constant dense<{{\[\[}}1, -2]]> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<i8:f32, 1.250000e-01>>
// CHECK: -> tensor<1x1x!quant.uniform<i8:f32, 2.500000e-01:-128>>
func.func @unsigned(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %xq = quant.qcast %x : tensor<1x2xf32> to tensor<1x2x!quant.uniform<u8:f32, 0.5:128>>
  %xd = quant.dcast %xq : tensor<1x2x!quant.uniform<u8:f32, 0.5:128>> to tensor<1x2xf32>
  %wq = nn.constant dense<[[131, 128]]> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<u8:f32, 0.125:130>>
  %w = quant.dcast %wq : tensor<1x2x!quant.uniform<u8:f32, 0.125:130>> to tensor<1x2xf32>
  %0 = nn.fully_connected %xd, %w : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  %q = quant.qcast %0 : tensor<1x1xf32> to tensor<1x1x!quant.uniform<u8:f32, 0.25:0>>
  %d = quant.dcast %q : tensor<1x1x!quant.uniform<u8:f32, 0.25:0>> to tensor<1x1xf32>
  return %d : tensor<1x1xf32>
}

// -----

// Weights 0 and 254 about zero point 100 are -100 and 154 steps of 0.5, -50 and 77: no shift fits them into int8. Anew:
// scale 77 / 127, -50 / (77 / 127) = -82.47.
// CHECK-LABEL: func.func @asymmetric
// CHECK: nn.constant dense<{{\[\[}}-82, 127]]> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<i8<-127:127>:f32:0, {0.606299{{[0-9]*}}}>>
func.func @asymmetric(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %xq = quant.qcast %x : tensor<1x2xf32> to tensor<1x2x!quant.uniform<i8:f32, 0.5>>
  %xd = quant.dcast %xq : tensor<1x2x!quant.uniform<i8:f32, 0.5>> to tensor<1x2xf32>
  %wq = nn.constant dense<[[0, 254]]> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<u8:f32, 0.5:100>>
  %w = quant.dcast %wq : tensor<1x2x!quant.uniform<u8:f32, 0.5:100>> to tensor<1x2xf32>
  // expected-warning @below {{asymmetric weights are quantized anew, symmetric per output channel}}
  %0 = nn.fully_connected %xd, %w : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  %q = quant.qcast %0 : tensor<1x1xf32> to tensor<1x1x!quant.uniform<i8:f32, 0.25:0>>
  %d = quant.dcast %q : tensor<1x1x!quant.uniform<i8:f32, 0.25:0>> to tensor<1x1xf32>
  return %d : tensor<1x1xf32>
}

// -----

// A bias of scale 0.25 where 0.5 * 0.125 = 0.0625 is wanted: 3 becomes 12. A float bias of 1.0 is 16.
// CHECK-LABEL: func.func @bias
// CHECK-DAG: nn.constant dense<12> : tensor<1xi32> -> tensor<1x!quant.uniform<i32:f32, 6.250000e-02>>
// CHECK-DAG: nn.constant dense<16> : tensor<1xi32> -> tensor<1x!quant.uniform<i32:f32, 6.250000e-02>>
func.func @bias(%x: tensor<1x1xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %xq = quant.qcast %x : tensor<1x1xf32> to tensor<1x1x!quant.uniform<i8:f32, 0.5>>
  %xd = quant.dcast %xq : tensor<1x1x!quant.uniform<i8:f32, 0.5>> to tensor<1x1xf32>
  %wq = nn.constant dense<[[1]]> : tensor<1x1xi8> -> tensor<1x1x!quant.uniform<i8:f32, 0.125>>
  %w = quant.dcast %wq : tensor<1x1x!quant.uniform<i8:f32, 0.125>> to tensor<1x1xf32>
  %bq = nn.constant dense<3> : tensor<1xi32> -> tensor<1x!quant.uniform<i32:f32, 0.25>>
  %b = quant.dcast %bq : tensor<1x!quant.uniform<i32:f32, 0.25>> to tensor<1xf32>
  // expected-remark @below {{rescales the bias to input scale * weight scale}}
  %0 = nn.fully_connected %xd, %w, %b : (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  %q = quant.qcast %0 : tensor<1x1xf32> to tensor<1x1x!quant.uniform<i8:f32, 0.25:0>>
  %d = quant.dcast %q : tensor<1x1x!quant.uniform<i8:f32, 0.25:0>> to tensor<1x1xf32>
  %c = nn.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %1 = nn.fully_connected %xd, %w, %c : (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  %q1 = quant.qcast %1 : tensor<1x1xf32> to tensor<1x1x!quant.uniform<i8:f32, 0.25:0>>
  %d1 = quant.dcast %q1 : tensor<1x1x!quant.uniform<i8:f32, 0.25:0>> to tensor<1x1xf32>
  return %d, %d1 : tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

// max_pool and reshape work on the integers; another scale behind them is a requantize. Operands of a concat requantize to
// its scale.
// CHECK-LABEL: func.func @scales
// CHECK: %[[P:.+]] = nn.max_pool {{.*}} -> tensor<1x1x1x2x!quant.uniform<i8:f32, 5.000000e-01>>
// CHECK: %[[R:.+]] = nn.reshape %[[P]] {{.*}} -> tensor<2x!quant.uniform<i8:f32, 5.000000e-01>>
// CHECK: %[[A:.+]] = nn.requantize %[[R]] {{.*}} -> tensor<2x!quant.uniform<i8:f32, 1.000000e+00>>
// CHECK: %[[B:.+]] = nn.requantize %{{.*}} -> tensor<2x!quant.uniform<i8:f32, 1.000000e+00>>
// CHECK: nn.concat %[[A]], %[[B]]
// CHECK-NOT: quant.dcast
func.func @scales(%x: tensor<1x2x2x2x!quant.uniform<i8:f32, 0.5>>, %y: tensor<2x!quant.uniform<i8:f32, 0.25>>) -> tensor<4xf32> {
  %xd = quant.dcast %x : tensor<1x2x2x2x!quant.uniform<i8:f32, 0.5>> to tensor<1x2x2x2xf32>
  %0 = nn.max_pool %xd {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x2xf32>) -> tensor<1x1x1x2xf32>
  %1 = nn.reshape %0 : (tensor<1x1x1x2xf32>) -> tensor<2xf32>
  %yd = quant.dcast %y : tensor<2x!quant.uniform<i8:f32, 0.25>> to tensor<2xf32>
  %2 = nn.concat %1, %yd {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  %q = quant.qcast %2 : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 1.0>>
  %d = quant.dcast %q : tensor<4x!quant.uniform<i8:f32, 1.0>> to tensor<4xf32>
  return %d : tensor<4xf32>
}

// -----

// A channel of scale 1e-12 would have the multiplier 0.5 * 1e-12 / 0.25 * 2^32 = 0.009, that is 0, and lose its bias. It gets the
// least scale 0.25 / 0.5 * 2^-20 = 4.77e-7: its bias of 2^30 * 5e-13 = 5.37e-4 is 2252 steps of 0.5 * 4.77e-7, its weight 0.
// CHECK-LABEL: func.func @weak_channel
// CHECK-DAG: nn.constant dense<{{\[\[}}3], [0]]> : tensor<2x1xi8> -> tensor<2x1x!quant.uniform<i8:f32:0, {1.250000e-01,4.76837158203125E-7}>>
// CHECK-DAG: nn.constant dense<[5, 2252]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32:0, {6.250000e-02,2.384185791015625E-7}>>
func.func @weak_channel(%x: tensor<1x1x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x2x!quant.uniform<i8:f32, 0.25>> {
  %xd = quant.dcast %x : tensor<1x1x!quant.uniform<i8:f32, 0.5>> to tensor<1x1xf32>
  %wq = nn.constant dense<[[3], [127]]> : tensor<2x1xi8> -> tensor<2x1x!quant.uniform<i8:f32:0, {0.125, 1.0e-12}>>
  %w = quant.dcast %wq : tensor<2x1x!quant.uniform<i8:f32:0, {0.125, 1.0e-12}>> to tensor<2x1xf32>
  %bq = nn.constant dense<[5, 1073741824]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32:0, {0.0625, 5.0e-13}>>
  %b = quant.dcast %bq : tensor<2x!quant.uniform<i32:f32:0, {0.0625, 5.0e-13}>> to tensor<2xf32>
  %0 = nn.fully_connected %xd, %w, %b : (tensor<1x1xf32>, tensor<2x1xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %q = quant.qcast %0 : tensor<1x2xf32> to tensor<1x2x!quant.uniform<i8:f32, 0.25>>
  return %q : tensor<1x2x!quant.uniform<i8:f32, 0.25>>
}

// -----

// Weights of quantization-aware training: a qcast of a float constant. 0.26 / 0.125 = 2.08.
// CHECK-LABEL: func.func @trained_weight
// CHECK: nn.constant dense<2> : tensor<1x1xi8> -> tensor<1x1x!quant.uniform<i8:f32, 1.250000e-01>>
func.func @trained_weight(%x: tensor<1x1x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x1x!quant.uniform<i8:f32, 0.25>> {
  %xd = quant.dcast %x : tensor<1x1x!quant.uniform<i8:f32, 0.5>> to tensor<1x1xf32>
  %c = nn.constant dense<0.26> : tensor<1x1xf32> -> tensor<1x1xf32>
  %wq = quant.qcast %c : tensor<1x1xf32> to tensor<1x1x!quant.uniform<i8:f32, 0.125>>
  %w = quant.dcast %wq : tensor<1x1x!quant.uniform<i8:f32, 0.125>> to tensor<1x1xf32>
  %0 = nn.fully_connected %xd, %w : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %q = quant.qcast %0 : tensor<1x1xf32> to tensor<1x1x!quant.uniform<i8:f32, 0.25>>
  return %q : tensor<1x1x!quant.uniform<i8:f32, 0.25>>
}

// -----

// Ops the model leaves without scales stay in float and are named; integer ops around them are not affected.
// CHECK-LABEL: func.func @island
// CHECK: nn.hard_swish {{.*}} -> tensor<4xf32>
// CHECK: quant.qcast
// CHECK: nn.sigmoid {{.*}} -> tensor<4x!quant.uniform<i8:f32, 3.906250e-03:-128>>
func.func @island(%x: tensor<4x!quant.uniform<i8:f32, 0.5>>) -> tensor<4xf32> {
  %xd = quant.dcast %x : tensor<4x!quant.uniform<i8:f32, 0.5>> to tensor<4xf32>
  // expected-warning @below {{stays in float: its result is not quantized in the model}}
  %0 = nn.hard_swish %xd : (tensor<4xf32>) -> tensor<4xf32>
  // expected-warning @below {{stays in float: operand 0 is not quantized in the model}}
  %1 = nn.leaky_relu %0 {alpha = 0.1 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %q = quant.qcast %1 : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.125>>
  %d = quant.dcast %q : tensor<4x!quant.uniform<i8:f32, 0.125>> to tensor<4xf32>
  %2 = nn.sigmoid %d : (tensor<4xf32>) -> tensor<4xf32>
  %q2 = quant.qcast %2 : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.00390625:-128>>
  %d2 = quant.dcast %q2 : tensor<4x!quant.uniform<i8:f32, 0.00390625:-128>> to tensor<4xf32>
  return %d2 : tensor<4xf32>
}

// -----

// A residual: one tensor read by two ops, an add of two scales.
// CHECK-LABEL: func.func @residual
// CHECK-SAME: %[[X:.+]]: tensor
// CHECK-NEXT: %[[L:.+]] = nn.leaky_relu %[[X]]
// CHECK-NEXT: nn.add %[[L]], %[[X]] {clampMax = 6.000000e+00 : f32, clampMin = 0.000000e+00 : f32}
// CHECK-NEXT: return
func.func @residual(%x: tensor<4xf32>) -> tensor<4xf32> {
  %xq = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.5>>
  %xd = quant.dcast %xq : tensor<4x!quant.uniform<i8:f32, 0.5>> to tensor<4xf32>
  %0 = nn.leaky_relu %xd {alpha = 0.1 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %q = quant.qcast %0 : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.25>>
  %d = quant.dcast %q : tensor<4x!quant.uniform<i8:f32, 0.25>> to tensor<4xf32>
  %1 = nn.add %d, %xd : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = nn.clamp %1 {min = 0.0 : f32, max = 6.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %q2 = quant.qcast %2 : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.125>>
  %d2 = quant.dcast %q2 : tensor<4x!quant.uniform<i8:f32, 0.125>> to tensor<4xf32>
  return %d2 : tensor<4xf32>
}

// -----

// min(max(max(x, 0), -2), -1) = -1 for every x.
// CHECK-LABEL: func.func @disjoint_clamps
// CHECK-NEXT: nn.add %arg0, %arg1 {clampMax = -1.000000e+00 : f32, clampMin = -1.000000e+00 : f32}
// CHECK-NEXT: return
func.func @disjoint_clamps(%x: tensor<4x!quant.uniform<i8:f32, 0.5>>, %y: tensor<4x!quant.uniform<i8:f32, 0.25>>)
    -> tensor<4x!quant.uniform<i8:f32, 0.125>> {
  %xd = quant.dcast %x : tensor<4x!quant.uniform<i8:f32, 0.5>> to tensor<4xf32>
  %yd = quant.dcast %y : tensor<4x!quant.uniform<i8:f32, 0.25>> to tensor<4xf32>
  %0 = nn.add %xd, %yd {clampMin = 0.0 : f32} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.clamp %0 {min = -2.0 : f32, max = -1.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = quant.qcast %1 : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.125>>
  return %2 : tensor<4x!quant.uniform<i8:f32, 0.125>>
}

// -----

// Functions without casts are left alone.
// CHECK-LABEL: func.func @float
// CHECK-NEXT: nn.sigmoid
// CHECK-NEXT: return
func.func @float(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.sigmoid %x : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// The concat has a float reader too, so that no cast moves through it; its operands still take the type of the result.
// CHECK-LABEL: func.func @concat_of_two_scales_with_two_readers
// CHECK-DAG: %[[A:.*]] = nn.requantize %arg0
// CHECK-DAG: %[[B:.*]] = nn.requantize %arg1
// CHECK: nn.concat %[[A]], %[[B]]
func.func @concat_of_two_scales_with_two_readers(
    %a: tensor<2x!quant.uniform<i8:f32, 0.5>>, %b: tensor<2x!quant.uniform<i8:f32, 0.25:3>>)
    -> (tensor<4x!quant.uniform<i8:f32, 1.0>>, tensor<4xf32>) {
  %0 = quant.dcast %a : tensor<2x!quant.uniform<i8:f32, 0.5>> to tensor<2xf32>
  %1 = quant.dcast %b : tensor<2x!quant.uniform<i8:f32, 0.25:3>> to tensor<2xf32>
  %2 = nn.concat %0, %1 {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  %3 = quant.qcast %2 : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 1.0>>
  // expected-warning@+1 {{stays in float: its result is not quantized in the model}}
  %4 = nn.sigmoid %2 : (tensor<4xf32>) -> tensor<4xf32>
  return %3, %4 : tensor<4x!quant.uniform<i8:f32, 1.0>>, tensor<4xf32>
}

// RUN: tinyc-opt %s -compress-quantize | FileCheck %s

// The input's range -10 .. 117.5 has 255 steps of 0.5; zero point -128 + 10 / 0.5 = -108. The result's is 0 .. 63.75: scale
// 0.25, zero point -128 (the clamp at 0 cuts the calibrated -30). Channel 0's greatest weight is 1.984375 = 127 / 64:
// scale 1/64, integers 127, -64. Channel 1's is 3.96875 = 127 / 32: scale 1/32, integers -127, and 0.046875 is 1.5 steps, to
// even 2. Bias scales are 1/128 and 1/64: 1 is 128 steps, -2 is -128 steps.
// CHECK-LABEL: func.func @fully_connected
// CHECK-SAME: tensor<1x2x!quant.uniform<i8:f32, 5.000000e-01:-108>>
// CHECK-NOT: nn.range
// CHECK-DAG: %[[W:.+]] = nn.constant dense<{{\[\[}}127, -64], [-127, 2]]> : tensor<2x2xi8> -> tensor<2x2x!quant.uniform<i8<-127:127>:f32:0, {1.562500e-02,3.125000e-02}>>
// CHECK-DAG: %[[B:.+]] = nn.constant dense<[128, -128]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32:0, {7.812500e-03,1.562500e-02}>>
// CHECK: nn.fully_connected %{{.*}}, %[[W]], %[[B]] {clampMin = 0.000000e+00 : f32}
// CHECK-SAME: -> tensor<1x2x!quant.uniform<i8:f32, 2.500000e-01:-128>>
func.func @fully_connected(%x: tensor<1x2xf32> {nn.range = array<f64: -10.0, 117.5>}) -> tensor<1x2xf32> {
  %w = nn.constant dense<[[1.984375, -1.0], [-3.96875, 0.046875]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %b = nn.constant dense<[1.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.fully_connected %x, %w, %b {clampMin = 0.0 : f32, nn.range = array<f64: -30.0, 63.75>} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// Softmax has steps of 1/256 = 0.00390625 from 0, whatever was calibrated; a reshape keeps them.
// CHECK-LABEL: func.func @fixed_range
// CHECK: nn.softmax {{.*}} -> tensor<1x4x!quant.uniform<i8:f32, 3.906250e-03:-128>>
// CHECK: nn.reshape {{.*}} -> tensor<4x!quant.uniform<i8:f32, 3.906250e-03:-128>>
func.func @fixed_range(%x: tensor<1x4xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<4xf32> {
  %0 = nn.softmax %x {nn.range = array<f64: 0.1, 0.5>} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = nn.reshape %0 {nn.range = array<f64: 0.1, 0.5>} : (tensor<1x4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// Operands of a concat that nobody else reads share its type: the union 0 .. 127.5, scale 0.5.
// CHECK-LABEL: func.func @concat_unites
// CHECK-SAME: tensor<1x2x!quant.uniform<i8:f32, 5.000000e-01:-128>>, %{{.*}}: tensor<1x2x!quant.uniform<i8:f32, 5.000000e-01:-128>>
// CHECK-NEXT: nn.concat
// CHECK-NEXT: return
func.func @concat_unites(%a: tensor<1x2xf32> {nn.range = array<f64: 0.0, 15.9375>}, %b: tensor<1x2xf32> {nn.range = array<f64: 1.0, 127.5>}) -> tensor<1x4xf32> {
  %0 = nn.concat %a, %b {axis = 1 : i64, nn.range = array<f64: 0.0, 127.5>} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// The small operand is read by the clamp too and would lose 3 bits there: it keeps its scale of 1/16 and is
// requantized for the concat.
// CHECK-LABEL: func.func @concat_requantizes
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<1x2x!quant.uniform<i8:f32, 6.250000e-02:-128>>
// CHECK: %[[R:.+]] = nn.requantize %[[A]] : {{.*}} -> tensor<1x2x!quant.uniform<i8:f32, 5.000000e-01:-128>>
// CHECK: nn.concat %[[R]]
// CHECK: nn.clamp %[[A]]
func.func @concat_requantizes(%a: tensor<1x2xf32> {nn.range = array<f64: 0.0, 15.9375>}, %b: tensor<1x2xf32> {nn.range = array<f64: 1.0, 127.5>}) -> (tensor<1x4xf32>, tensor<1x2xf32>) {
  %0 = nn.concat %a, %b {axis = 1 : i64, nn.range = array<f64: 0.0, 127.5>} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %1 = nn.clamp %a {max = 0.25 : f32, nn.range = array<f64: 0.0, 0.25>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0, %1 : tensor<1x4xf32>, tensor<1x2xf32>
}

// A pad's value must be representable: the union with -10 is -10 .. 117.5, scale 0.5, zero point -128 + 20.
// CHECK-LABEL: func.func @pad_value
// CHECK-SAME: tensor<2x!quant.uniform<i8:f32, 5.000000e-01:-108>>
func.func @pad_value(%a: tensor<2xf32> {nn.range = array<f64: 0.0, 117.5>}) -> tensor<3xf32> {
  %0 = nn.pad %a {before = array<i64: 1>, after = array<i64: 0>, value = -10.0 : f32, nn.range = array<f64: -10.0, 117.5>} : (tensor<2xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// A constant operand of an activation gets the type of its own range: 63.75 is 255 steps of 1/4.
// CHECK-LABEL: func.func @constant_operand
// CHECK: nn.constant dense<127> : tensor<1x1xi8> -> tensor<1x1x!quant.uniform<i8:f32, 2.500000e-01:-128>>
func.func @constant_operand(%x: tensor<1x2xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x2xf32> {
  %c = nn.constant dense<63.75> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = nn.mul %x, %c {nn.range = array<f64: -0.5, 0.5>} : (tensor<1x2xf32>, tensor<1x1xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// A channel of zeros and a dead result (range 0 .. 0: scale 1) have safe scales: no division by zero, the bias fits.
// Least weight scale: result / input * 2^-20 = 1 / 1 * 9.5e-7.
// CHECK-LABEL: func.func @dead
// CHECK-DAG: nn.constant dense<0> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<i8<-127:127>:f32:0, {9.53674{{[0-9]*}}E-7}>>
// CHECK-DAG: nn.constant dense<-3145728> : tensor<1xi32>
// CHECK: -> tensor<1x1x!quant.uniform<i8:f32, 1.000000e+00>>
func.func @dead(%x: tensor<1x2xf32> {nn.range = array<f64: 0.0, 255.0>}) -> tensor<1x1xf32> {
  %w = nn.constant dense<0.0> : tensor<1x2xf32> -> tensor<1x2xf32>
  %b = nn.constant dense<-3.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.fully_connected %x, %w, %b {clampMin = 0.0 : f32, nn.range = array<f64: 0.0, 0.0>} : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// Weights and biases the model brings quantized keep their integers: 0.5 * 0.125 is the bias's scale.
// CHECK-LABEL: func.func @stored_weight
// CHECK-DAG: nn.constant dense<{{\[\[}}3, -4]]> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<i8:f32, 1.250000e-01>>
// CHECK-DAG: nn.constant dense<7> : tensor<1xi32> -> tensor<1x!quant.uniform<i32:f32, 6.250000e-02>>
// CHECK-NOT: quant.dcast
func.func @stored_weight(%x: tensor<1x2xf32> {nn.range = array<f64: 0.0, 127.5>}) -> tensor<1x1xf32> {
  %wq = nn.constant dense<[[3, -4]]> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<i8:f32, 0.125>>
  %w = quant.dcast %wq : tensor<1x2x!quant.uniform<i8:f32, 0.125>> to tensor<1x2xf32>
  %bq = nn.constant dense<7> : tensor<1xi32> -> tensor<1x!quant.uniform<i32:f32, 0.0625>>
  %b = quant.dcast %bq : tensor<1x!quant.uniform<i32:f32, 0.0625>> to tensor<1xf32>
  %0 = nn.fully_connected %x, %w, %b {nn.range = array<f64: 0.0, 63.75>} : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// A float op between casts of the model: casts keep their scales, the op gets types. The reshape takes the cast's own 0.5;
// the qcast asks for another scale than the range of leaky_relu gives (63.75 / 255), and requantizes.
// CHECK-LABEL: func.func @between_casts
// CHECK-SAME: %[[X:.+]]: tensor<1x4x!quant.uniform<i8:f32, 5.000000e-01>>
// CHECK: %[[R:.+]] = nn.reshape %[[X]] : {{.*}} -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01>>
// CHECK: %[[L:.+]] = nn.leaky_relu %[[R]] {{.*}} -> tensor<4x!quant.uniform<i8:f32, 2.500000e-01:-128>>
// CHECK: %[[Q:.+]] = nn.requantize %[[L]] : {{.*}} -> tensor<4x!quant.uniform<i8:f32, 1.250000e-01>>
// CHECK: return %[[Q]]
func.func @between_casts(%x: tensor<1x4x!quant.uniform<i8:f32, 0.5>>) -> tensor<4x!quant.uniform<i8:f32, 0.125>> {
  %d = quant.dcast %x {nn.range = array<f64: 0.0, 60.0>} : tensor<1x4x!quant.uniform<i8:f32, 0.5>> to tensor<1x4xf32>
  %0 = nn.reshape %d {nn.range = array<f64: 0.0, 60.0>} : (tensor<1x4xf32>) -> tensor<4xf32>
  %1 = nn.leaky_relu %0 {alpha = 0.1 : f32, nn.range = array<f64: 0.0, 63.75>} : (tensor<4xf32>) -> tensor<4xf32>
  %q = quant.qcast %1 : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.125>>
  return %q : tensor<4x!quant.uniform<i8:f32, 0.125>>
}

// What is in integer form already stays as it is.
// CHECK-LABEL: func.func @integer
// CHECK-NEXT: nn.max_pool
// CHECK-NEXT: return
func.func @integer(%x: tensor<1x2x2x1x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x1x1x1x!quant.uniform<i8:f32, 0.5>> {
  %0 = nn.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x1x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x1x1x1x!quant.uniform<i8:f32, 0.5>>
  return %0 : tensor<1x1x1x1x!quant.uniform<i8:f32, 0.5>>
}

// Random deep networks fade: a range of 0 .. 255 * 2^-66 = 3.4558944e-18 still has steps of 2^-66 = 1.3552527e-20.
// CHECK-LABEL: func.func @faint
// CHECK-SAME: tensor<1x2x!quant.uniform<i8:f32, 1.3552527156068805E-20:-128>>
func.func @faint(%x: tensor<1x2xf32> {nn.range = array<f64: 0.0, 3.45589442479754527e-18>}) -> tensor<1x2xf32> {
  %0 = nn.add %x, %x {nn.range = array<f64: 0.0, 6.91178884959509054e-18>} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

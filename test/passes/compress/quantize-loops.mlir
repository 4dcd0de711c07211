// RUN: tinyc-opt %s -split-input-file -compress-quantize | FileCheck %s
// RUN: tinyc-opt %s -split-input-file -compress-quantize=activations=int16 2>/dev/null | FileCheck %s --check-prefix=WIDE

#same = affine_map<(i, j) -> (i, j)>
#swapped = affine_map<(i, j) -> (j, i)>
#loaded = affine_map<(i, j) -> ()>

// What moves elements keeps the operand's type, and its index arithmetic; a value put between is one of the type: 0.5 / (1 / 128) = 64
// steps from the zero point of 0.
// CHECK-LABEL: func.func @move
// CHECK-SAME: (%[[X:.+]]: tensor<4x2x!quant.uniform<i8:f32, 7.812500e-03>>)
// CHECK: nn.loop_nest "Reverse"(%[[X]])
// CHECK: %[[C:.+]] = arith.constant 64 : i8
// CHECK: %[[L:.+]] = loop.load 0[%{{.*}}, %{{.*}}] : i8
// CHECK: %[[S:.+]] = arith.select %{{.*}}, %[[C]], %[[L]] : i8
// CHECK: loop.yield %[[S]] : i8
// CHECK: (tensor<4x2x!quant.uniform<i8:f32, 7.812500e-03>>) -> tensor<4x2x!quant.uniform<i8:f32, 7.812500e-03>>
// WIDE-LABEL: func.func @move
// WIDE: loop.yield %{{.*}} : i16
func.func @move(%x: tensor<4x2xf32> {nn.range = array<f64: -1.0, 0.9921875>}) -> tensor<4x2xf32> {
  %0 = nn.loop_nest "Reverse" (%x) {
    %i = loop.index 0
    %j = loop.index 1
    %three = arith.constant 3 : i32
    %half = arith.constant 0.5 : f32
    %r = arith.subi %three, %i : i32
    %e = loop.load 0[%r, %j] : f32
    %c = arith.cmpi eq, %i, %j : i32
    %y = arith.select %c, %half, %e : f32
    loop.yield %y : f32
  } {sizes = array<i64: 4, 2>, parallel = 2, maps = [#loaded, #same], nn.range = array<f64: -1.0, 0.9921875>} : (tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

#element = affine_map<(i, r) -> (i, r)>
#row = affine_map<(i, r) -> (i)>

// Integers of one type compare as the numbers do: a maximum is one of them, from the least of the type.
// CHECK-LABEL: func.func @maximum
// CHECK: arith.cmpi sgt, %{{.*}}, %{{.*}} : i8
// CHECK: init = -128 : i8
// CHECK-SAME: (tensor<2x3x!quant.uniform<i8:f32, 7.812500e-03>>) -> tensor<2x!quant.uniform<i8:f32, 7.812500e-03>>
func.func @maximum(%x: tensor<2x3xf32> {nn.range = array<f64: -1.0, 0.9921875>}) -> tensor<2xf32> {
  %0 = nn.loop_nest "ReduceMax" (%x) {
  ^bb0(%e: f32, %max: f32):
    %c = arith.cmpf ogt, %e, %max : f32
    %y = arith.select %c, %e, %max : f32
    loop.yield %y : f32
  } {sizes = array<i64: 2, 3>, parallel = 1, maps = [#element, #row], init = 0xFF800000 : f32, nn.range = array<f64: -1.0, 0.9921875>}
    : (tensor<2x3xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

#same = affine_map<(i, j) -> (i, j)>
#swapped = affine_map<(i, j) -> (j, i)>
#one = affine_map<(i, j) -> ()>

// x^2 of one element is a table, the transposition stays the map's: of q = 127 with scale 1/128, (127/128)^2 in steps of 1/256 from -128
// is round(252.02) - 128 = 124; of -128 it is 256 - 128, saturated to 127; of 0 it is -128.
// CHECK-LABEL: func.func @square
// CHECK: %[[T:.+]] = nn.constant dense<"0x80808080{{.*}}7C7F{{.*}}"> : tensor<256xi8>
// CHECK: nn.loop_nest "Pow"(%{{.*}}, %[[T]]) {
// CHECK-NEXT: ^bb0(%[[B:.+]]: i8):
// CHECK-NEXT: %[[I:.+]] = arith.extui %[[B]] : i8 to i32
// CHECK-NEXT: %[[V:.+]] = loop.load 1[%[[I]]] : i8
// CHECK-NEXT: loop.yield %[[V]] : i8
// A table of 16 bits there is not: with int16 the op stays in float.
// WIDE-LABEL: func.func @square
// WIDE: loop.call "pow"
func.func @square(%x: tensor<2x3xf32> {nn.range = array<f64: -1.0, 0.9921875>}) -> tensor<3x2xf32> {
  %two = nn.constant dense<2.0> : tensor<f32> -> tensor<f32>
  %0 = nn.loop_nest "Pow" (%x, %two) {
  ^bb0(%a: f32, %b: f32):
    %y = loop.call "pow"(%a, %b)
    loop.yield %y : f32
  } {sizes = array<i64: 3, 2>, parallel = 2, maps = [#swapped, #one, #same], nn.range = array<f64: 0.0, 0.99609375>}
    : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// -----

#same = affine_map<(i, j) -> (i, j)>

// A mask in an int8 sum would leave nothing of the other operand: the sum is float, and so is what reads it.
// CHECK-LABEL: func.func @mask
// CHECK: nn.add {{.*}} -> tensor<1x2xf32>
// CHECK: nn.reshape {{.*}} -> tensor<1x1x2xf32>
// CHECK: nn.softmax {{.*}} -> tensor<1x1x2xf32>
// CHECK: quant.qcast
func.func @mask(%x: tensor<1x2xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x2xf32> {
  %w = nn.constant dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %m = nn.constant dense<[[0.0, 0xFF800000]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %0 = nn.fully_connected %x, %w {nn.range = array<f64: -2.0, 2.0>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = nn.add %0, %m {nn.range = array<f64: 0xFFF0000000000000, 0x7FF0000000000000>} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = nn.reshape %1 {nn.range = array<f64: 0xFFF0000000000000, 0x7FF0000000000000>} : (tensor<1x2xf32>) -> tensor<1x1x2xf32>
  %3 = nn.softmax %2 {nn.range = array<f64: 0.0, 1.0>} : (tensor<1x1x2xf32>) -> tensor<1x1x2xf32>
  %4 = nn.reshape %3 {nn.range = array<f64: 0.0, 1.0>} : (tensor<1x1x2xf32>) -> tensor<1x2xf32>
  %5 = nn.fully_connected %4, %w {nn.range = array<f64: -2.0, 2.0>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %5 : tensor<1x2xf32>
}

// -----

#same = affine_map<(i, j) -> (i, j)>

// A reciprocal reads its operand too coarsely in 8 bits where it is small. The sum before it is float, then.
// CHECK-LABEL: func.func @reciprocal
// CHECK: %[[A:.+]] = nn.fully_connected
// CHECK: %[[B:.+]] = quant.dcast %[[A]]
// CHECK: %[[C:.+]] = nn.add %[[B]], %{{.*}} -> tensor<1x2xf32>
// CHECK: nn.loop_nest "Reciprocal"(%[[C]])
// CHECK: -> tensor<1x2xf32>
func.func @reciprocal(%x: tensor<1x2xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x2xf32> {
  %w = nn.constant dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %m = nn.constant dense<0.01> : tensor<1x2xf32> -> tensor<1x2xf32>
  %0 = nn.fully_connected %x, %w {clampMin = 0.0 : f32, nn.range = array<f64: 0.0, 2.0>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = nn.add %0, %m {nn.range = array<f64: 0.01, 2.01>} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = nn.loop_nest "Reciprocal" (%1) {
  ^bb0(%a: f32):
    %one = arith.constant 1.0 : f32
    %y = arith.divf %one, %a : f32
    loop.yield %y : f32
  } {sizes = array<i64: 1, 2>, parallel = 2, maps = [#same, #same], nn.range = array<f64: 0.5, 100.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = nn.fully_connected %2, %w {nn.range = array<f64: -2.0, 2.0>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %3 : tensor<1x2xf32>
}

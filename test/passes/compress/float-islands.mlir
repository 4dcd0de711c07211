// RUN: tinyc-opt %s -compress-quantize 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.remarks
// RUN: not tinyc-opt %s -compress-quantize=full-integer 2>&1 | FileCheck %s --check-prefix=REFUSED

#scalar = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i, 0)>

// Division has no integer form: operands are dequantized, the result is quantized. The value that both operands are is dequantized
// once.
// REMARK: remark: stays in float: the op has no integer form
// REFUSED: error: expects ops with an integer form only, but these have none: Div (the op has no integer form){{$}}
// CHECK-LABEL: func.func @island
// CHECK: %[[A:.+]] = nn.fully_connected {{.*}} -> tensor<2x2x!quant.uniform
// CHECK-NEXT: %[[B:.+]] = quant.dcast %[[A]]
// CHECK-NEXT: %[[C:.+]] = nn.loop_nest "Div"(%[[B]], %[[B]])
// CHECK: (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
// CHECK-NEXT: %[[D:.+]] = quant.qcast %[[C]] : tensor<2x2xf32> to tensor<2x2x!quant.uniform<i8:f32, 0.003{{.*}}:-128>>
// CHECK: %[[E:.+]] = nn.fully_connected %[[D]]
// CHECK: return %[[E]] : tensor<2x2x!quant.uniform
func.func @island(%x: tensor<2x2xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<2x2xf32> {
  %w = nn.constant dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.fully_connected %x, %w {nn.range = array<f64: 1.0, 3.0>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.loop_nest "Div" (%0, %0) {
  ^bb0(%a: f32, %b: f32):
    %c = arith.divf %a, %b : f32
    loop.yield %c : f32
  } {sizes = array<i64: 2, 2>, parallel = 2, maps = [#scalar, #scalar, #scalar], nn.range = array<f64: 0.0, 1.0>}
    : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = nn.fully_connected %1, %w {nn.range = array<f64: -1.0, 1.0>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %2 : tensor<2x2xf32>
}

// A mean that only the island reads, and sum and product between its ops and the integers, cost no more casts in float: one
// cast for 4 elements before, one after. The reshape moves integers.
// REFUSED: error: {{.*}}: Div (the op has no integer form){{$}}
// CHECK-LABEL: func.func @normalization
// CHECK: %[[A:.+]] = nn.fully_connected
// CHECK-NEXT: %[[B:.+]] = quant.dcast %[[A]]
// CHECK: nn.avg_pool {{.*}} -> tensor<1x1x1x2xf32>
// CHECK: nn.loop_nest "Div"
// CHECK: nn.mul {{.*}} -> tensor<2x2xf32>
// CHECK: %[[C:.+]] = nn.add {{.*}} -> tensor<2x2xf32>
// CHECK-NEXT: %[[D:.+]] = quant.qcast %[[C]]
// CHECK-NEXT: %[[E:.+]] = nn.reshape %[[D]]
// CHECK: nn.fully_connected %[[E]]
// CHECK-NOT: cast
func.func @normalization(%x: tensor<2x2xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x2xf32> {
  %w = nn.constant dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %v = nn.constant dense<1.0> : tensor<2x4xf32> -> tensor<2x4xf32>
  %0 = nn.fully_connected %x, %w {nn.range = array<f64: 1.0, 3.0>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.reshape %0 {nn.range = array<f64: 1.0, 3.0>} : (tensor<2x2xf32>) -> tensor<1x1x2x2xf32>
  %2 = nn.avg_pool %1 {kernel = array<i64: 1, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>,
    nn.range = array<f64: 1.0, 3.0>} : (tensor<1x1x2x2xf32>) -> tensor<1x1x1x2xf32>
  %3 = nn.reshape %2 {nn.range = array<f64: 1.0, 3.0>} : (tensor<1x1x1x2xf32>) -> tensor<2x1xf32>
  %4 = nn.loop_nest "Div" (%0, %3) {
  ^bb0(%a: f32, %b: f32):
    %c = arith.divf %a, %b : f32
    loop.yield %c : f32
  } {sizes = array<i64: 2, 2>, parallel = 2, maps = [#scalar, #row, #scalar], nn.range = array<f64: 0.0, 1.0>}
    : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %5 = nn.mul %4, %w {nn.range = array<f64: -1.0, 1.0>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %6 = nn.add %5, %w {nn.range = array<f64: -1.0, 1.0>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %7 = nn.reshape %6 {nn.range = array<f64: -1.0, 1.0>} : (tensor<2x2xf32>) -> tensor<1x4xf32>
  %8 = nn.fully_connected %7, %v {nn.range = array<f64: -1.0, 1.0>} : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
  return %8 : tensor<1x2xf32>
}

// An argument that only float ops read and a result that one computes stay float; a range of what no integer op reads is
// not asked for. Integers that stand for themselves stay.
// CHECK: func.func @border(%[[X:.+]]: tensor<2x2xf32>, %[[N:.+]]: tensor<2x2xi32>, %{{.*}}: tensor<2x2x!quant.uniform{{.*}}>) -> (tensor<2x2xf32>, tensor<2x2x!quant.uniform
// CHECK-NEXT: nn.loop_nest "Mod"(%[[X]], %[[N]])
// CHECK-NOT: cast
// CHECK: return
func.func @border(%x: tensor<2x2xf32>, %n: tensor<2x2xi32>, %y: tensor<2x2xf32> {nn.range = array<f64: -1.0, 1.0>})
    -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %0 = nn.loop_nest "Mod" (%x, %n) {
  ^bb0(%a: f32, %b: i32):
    %r = arith.sitofp %b : i32 to f32
    %c = loop.call "fmod"(%a, %r)
    loop.yield %c : f32
  } {sizes = array<i64: 2, 2>, parallel = 2, maps = [#scalar, #scalar, #scalar]}
    : (tensor<2x2xf32>, tensor<2x2xi32>) -> tensor<2x2xf32>
  %1 = nn.add %y, %y {nn.range = array<f64: -2.0, 2.0>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0, %1 : tensor<2x2xf32>, tensor<2x2xf32>
}

// A selection that reads infinity stays in float: no quantized type has it.
// CHECK-LABEL: func.func @infinite
// CHECK: nn.loop_nest "Min"
// CHECK: (tensor<1x2xf32>, tensor<1x1xf32>) -> tensor<1x2xf32>
func.func @infinite(%x: tensor<1x2xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x2xf32> {
  %c = nn.constant dense<0x7F800000> : tensor<1x1xf32> -> tensor<1x1xf32>
  %y = nn.loop_nest "Min" (%x, %c) {
  ^bb0(%a: f32, %b: f32):
    %less = arith.cmpf olt, %a, %b : f32
    %s = arith.select %less, %a, %b : f32
    loop.yield %s : f32
  } {sizes = array<i64: 1, 2>, parallel = 2, maps = [#scalar, affine_map<(i, j) -> (0, 0)>, #scalar], nn.range = array<f64: -1.0, 1.0>}
    : (tensor<1x2xf32>, tensor<1x1xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// RUN: tinyc-opt %s -compress-verify | FileCheck %s
// RUN: not tinyc-opt %s -compress-verify=full-integer 2>&1 | FileCheck %s --check-prefix=ERROR

// Without full-integer, casts and float may remain.
// CHECK-LABEL: func.func @island
// ERROR: verify.mlir:[[@LINE+4]]:{{.*}} error: expects integer values only, but these are float: dcast, sigmoid
// ERROR: error: expects integer values only, but these are float: input 'sound'

!q = tensor<4x!quant.uniform<i8:f32, 0.5>>
func.func @island(%x: !q) -> !q {
  %0 = quant.dcast %x : !q to tensor<4xf32>
  %1 = nn.sigmoid %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = quant.qcast %1 : tensor<4xf32> to !q
  return %2 : !q
}

func.func @argument(%x: tensor<4xf32> {nn.name = "sound"}) -> !q {
  %2 = quant.qcast %x : tensor<4xf32> to !q
  return %2 : !q
}

// RUN: not tinyc-opt %s -compress-prune-channels="share=0" 2>&1 | FileCheck %s --check-prefix=SHARE
// RUN: not tinyc-opt %s -compress-prune-channels="share=0.5 cost=cycles" 2>&1 | FileCheck %s --check-prefix=COST
// RUN: not tinyc-opt %s -compress-prune-channels="share=0.5 importance=size" 2>&1 | FileCheck %s --check-prefix=IMPORTANCE
// RUN: not tinyc-opt %s -compress-prune-channels="share=0.5" 2>&1 | FileCheck %s --check-prefix=QUANTIZED

// SHARE: expects a share above 0 and at most 1, got 0
// COST: expects cost macs, weights or activations, got cycles
// IMPORTANCE: expects importance weight, activation or second-order, got size
// QUANTIZED: has a value that is not float32: channels are pruned in float models
func.func @quantized(%x: tensor<1x4x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x4x!quant.uniform<i8:f32, 0.5>> {
  %y = nn.add %x, %x : (tensor<1x4x!quant.uniform<i8:f32, 0.5>>, tensor<1x4x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x4x!quant.uniform<i8:f32, 0.5>>
  return %y : tensor<1x4x!quant.uniform<i8:f32, 0.5>>
}

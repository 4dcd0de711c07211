// RUN: tinyc-opt %s -schedule-order-operators | FileCheck %s
// RUN: tinyc-opt %s -schedule-order-operators=limit=1 | FileCheck %s
// RUN: tinyc-opt %s -schedule-order-operators=overlap=false | FileCheck %s --check-prefix=WHOLE

// Two branches, each 16 B -> 256 B -> 4 B. One after the other needs 16 + 256 + 4 = 276 B (input, first wide tensor and its
// result; then input, first result, second wide tensor), side by side 16 + 256 + 256 = 528 B.
// CHECK-LABEL: func @branches
// CHECK: %[[A:.*]] = nn.pad {{.*}}before = array<i64: 0, 0>
// CHECK: nn.fully_connected %[[A]]
// CHECK: %[[B:.*]] = nn.pad {{.*}}before = array<i64: 0, 60>
// CHECK: nn.fully_connected %[[B]]
// CHECK: nn.add
func.func @branches(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %w = nn.constant dense<1.0> : tensor<1x64xf32> -> tensor<1x64xf32>
  %a = nn.pad %x {before = array<i64: 0, 0>, after = array<i64: 0, 60>, value = 0.0 : f32} : (tensor<1x4xf32>) -> tensor<1x64xf32>
  %b = nn.pad %x {before = array<i64: 0, 60>, after = array<i64: 0, 0>, value = 0.0 : f32} : (tensor<1x4xf32>) -> tensor<1x64xf32>
  %c = nn.fully_connected %a, %w : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x1xf32>
  %d = nn.fully_connected %b, %w : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x1xf32>
  %e = nn.add %c, %d : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %e : tensor<1x1xf32>
}

// The same branches in the other order are at the least peak too: left alone.
// CHECK-LABEL: func @equal
// CHECK: before = array<i64: 0, 60>
// CHECK: nn.fully_connected
// CHECK: before = array<i64: 0, 0>
// CHECK: nn.fully_connected
func.func @equal(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %w = nn.constant dense<1.0> : tensor<1x64xf32> -> tensor<1x64xf32>
  %b = nn.pad %x {before = array<i64: 0, 60>, after = array<i64: 0, 0>, value = 0.0 : f32} : (tensor<1x4xf32>) -> tensor<1x64xf32>
  %d = nn.fully_connected %b, %w : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x1xf32>
  %a = nn.pad %x {before = array<i64: 0, 0>, after = array<i64: 0, 60>, value = 0.0 : f32} : (tensor<1x4xf32>) -> tensor<1x64xf32>
  %c = nn.fully_connected %a, %w : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x1xf32>
  %e = nn.add %c, %d : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %e : tensor<1x1xf32>
}

// Input 64 B. The sigmoid can be written over a tensor that is needed no more, the leaky_relu cannot while the input is needed
// (by the pool of 16 B). As written: input 64 + leaky_relu 64, sigmoid over it, + pool 16: 64 + 64 + 16 = 144 B. Pool first:
// 64 + 16 B, then everything over the input: 80 B.
// CHECK-LABEL: func @in_place
// CHECK: nn.max_pool
// CHECK: nn.leaky_relu
// CHECK: nn.sigmoid
func.func @in_place(%x: tensor<1x4x4x1xf32>) -> (tensor<1x4x4x1xf32>, tensor<1x2x2x1xf32>) {
  %a = nn.leaky_relu %x {alpha = 0.1 : f32} : (tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32>
  %b = nn.sigmoid %a : (tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32>
  %c = nn.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x4x4x1xf32>) -> tensor<1x2x2x1xf32>
  return %b, %c : tensor<1x4x4x1xf32>, tensor<1x2x2x1xf32>
}

// A reshape is no buffer: the input lives on under its name, so the pool comes first here as well.
// CHECK-LABEL: func @view
// CHECK: nn.max_pool
// CHECK: nn.sigmoid
func.func @view(%x: tensor<1x4x4x1xf32>) -> (tensor<1x16xf32>, tensor<1x2x2x1xf32>) {
  %r = nn.reshape %x : (tensor<1x4x4x1xf32>) -> tensor<16xf32>
  %s = nn.reshape %x : (tensor<1x4x4x1xf32>) -> tensor<1x16xf32>
  %b = nn.sigmoid %s : (tensor<1x16xf32>) -> tensor<1x16xf32>
  %y = nn.reshape %r : (tensor<16xf32>) -> tensor<1x4x4x1xf32>
  %c = nn.max_pool %y {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x4x4x1xf32>) -> tensor<1x2x2x1xf32>
  return %b, %c : tensor<1x16xf32>, tensor<1x2x2x1xf32>
}

// Rows of a pool's result may lie over rows of the input that it has read, once nothing else needs the input. The input has 16 rows
// of 16 B, %a too (its row y is written while the input's rows from y - 1 on are needed), %b 8 (its row y while the rows from 2 y on are).
// As written: 256 + 256 = 512 B; then 256 + 128 + 256 B, of which 256 + 128 - (16 + 256) = 112 B are shared: 528 B.
// %b first: 256 + 128 = 384 B; then 128 B and, at row 1 of %a, 2 * 16 + 256 B: 416 B.
// With whole tensors both orders need 256 + 256 + 128 = 640 B: left alone.
// CHECK-LABEL: func @overlap
// CHECK: kernel = array<i64: 2, 1>
// CHECK: kernel = array<i64: 3, 1>
// WHOLE-LABEL: func @overlap
// WHOLE: kernel = array<i64: 3, 1>
// WHOLE: kernel = array<i64: 2, 1>
func.func @overlap(%x: tensor<1x16x4x1xf32>) -> (tensor<1x16x4x1xf32>, tensor<1x8x4x1xf32>) {
  %a = nn.max_pool %x {kernel = array<i64: 3, 1>, strides = array<i64: 1, 1>, pads = array<i64: 1, 0, 1, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x16x4x1xf32>) -> tensor<1x16x4x1xf32>
  %b = nn.max_pool %x {kernel = array<i64: 2, 1>, strides = array<i64: 2, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x16x4x1xf32>) -> tensor<1x8x4x1xf32>
  return %a, %b : tensor<1x16x4x1xf32>, tensor<1x8x4x1xf32>
}

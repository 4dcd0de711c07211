// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m0plus -lower-stream-rows="target=cortex-m0plus optimize=ram" -split-input-file | FileCheck %s
// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m0plus -lower-stream-rows="target=cortex-m0plus optimize=ram" -lower-plan-memory -lower-verify-plan -split-input-file | FileCheck %s --check-prefix=PLAN
// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m0plus -lower-stream-rows="target=cortex-m0plus optimize=speed" -split-input-file | FileCheck %s --check-prefix=SPEED
// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m0plus -lower-stream-rows="target=cortex-m0plus optimize=speed sram=80" -split-input-file | FileCheck %s --check-prefix=BUDGET

// Rows of 4, 32 and 4 bytes. Row by row: the input's 16 bytes and one row of 32 for the first step, 12 + 32 + 4 for the
// second: 48 bytes, where the whole ops take 16 + 128. Two rows at a time: 16 + 64 = 80.
// CHECK-LABEL: func @expand
// CHECK-SAME: (%[[X:.*]]: memref<1x4x4x1xi8>, %[[Y:.*]]: memref<1x4x4x1xi8> {kernel.output})
// CHECK: %[[A:.*]] = memref.alloc
// CHECK: kernel.stream steps [0, 1, 0, 1, 0, 1, 0, 1] {
// CHECK-NEXT: kernel.conv2d %[[X]], {{.*}} -> %[[A]] {{.*}} rowsPerStep = 1 : i32
// CHECK-NEXT: kernel.conv2d %[[A]], {{.*}} -> %[[Y]] {{.*}} rowsPerStep = 1 : i32
// CHECK-NEXT: {{^ *}$}}
// CHECK-NEXT: return
// PLAN-LABEL: func @model_run(
// PLAN-SAME: memref<48xi8>
// PLAN: kernel.rows
// SPEED-LABEL: func @expand
// SPEED-NOT: kernel.stream
// BUDGET-LABEL: func @expand
// BUDGET: kernel.stream steps [0, 1, 0, 1] {
// BUDGET-COUNT-2: rowsPerStep = 2 : i32
memref.global "private" constant @wide : memref<8x1x1x1xi8> = dense<1>
memref.global "private" constant @narrow : memref<1x1x1x8xi8> = dense<1>
memref.global "private" constant @bias8 : memref<8xi32> = dense<0>
memref.global "private" constant @bias1 : memref<1xi32> = dense<0>
memref.global "private" constant @multiplier : memref<1xi32> = dense<1073741824>
func.func @expand(%x: memref<1x4x4x1xi8>, %y: memref<1x4x4x1xi8> {kernel.output}) {
  %w0 = memref.get_global @wide : memref<8x1x1x1xi8>
  %w1 = memref.get_global @narrow : memref<1x1x1x8xi8>
  %b0 = memref.get_global @bias8 : memref<8xi32>
  %b1 = memref.get_global @bias1 : memref<1xi32>
  %m = memref.get_global @multiplier : memref<1xi32>
  %a = memref.alloc() : memref<1x4x4x8xi8>
  kernel.conv2d %x, %w0 bias %b0 : memref<8xi32> multipliers %m : memref<1xi32> : memref<1x4x4x1xi8>, memref<8x1x1x1xi8> -> %a : memref<1x4x4x8xi8>
    {window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, groups = 1 : i32,
     stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  kernel.conv2d %a, %w1 bias %b1 : memref<1xi32> multipliers %m : memref<1xi32> : memref<1x4x4x8xi8>, memref<1x1x1x8xi8> -> %y : memref<1x4x4x1xi8>
    {window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, groups = 1 : i32,
     stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  return
}

// -----

// Rows of 4, 32, 32 and 16 bytes; a window of three rows, padded above and below, then one of two rows with stride 2. Each
// row of the last op pulls the rows that it needs: two of the second, the first time three of the first.
// CHECK-LABEL: func @windows
// CHECK: kernel.stream steps [0, 0, 1, 0, 1, 2, 0, 1, 0, 1, 2, 0, 1, 1, 2] {
// CHECK-NEXT: kernel.conv2d
// CHECK-NEXT: kernel.max_pool
// CHECK-NEXT: kernel.max_pool
// PLAN-LABEL: func @model_run(
// SPEED-LABEL: func @windows
// BUDGET-LABEL: func @windows
memref.global "private" constant @wide : memref<8x1x1x1xi8> = dense<1>
memref.global "private" constant @bias8 : memref<8xi32> = dense<0>
memref.global "private" constant @multiplier : memref<1xi32> = dense<1073741824>
func.func @windows(%x: memref<1x6x4x1xi8>, %y: memref<1x3x2x8xi8> {kernel.output}) {
  %w0 = memref.get_global @wide : memref<8x1x1x1xi8>
  %b0 = memref.get_global @bias8 : memref<8xi32>
  %m = memref.get_global @multiplier : memref<1xi32>
  %a = memref.alloc() : memref<1x6x4x8xi8>
  kernel.conv2d %x, %w0 bias %b0 : memref<8xi32> multipliers %m : memref<1xi32> : memref<1x6x4x1xi8>, memref<8x1x1x1xi8> -> %a : memref<1x6x4x8xi8>
    {window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, groups = 1 : i32,
     stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  %b = memref.alloc() : memref<1x6x4x8xi8>
  kernel.max_pool %a : memref<1x6x4x8xi8> -> %b : memref<1x6x4x8xi8>
    {window = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1]>,
     stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  kernel.max_pool %b : memref<1x6x4x8xi8> -> %y : memref<1x3x2x8xi8>
    {window = #kernel.window<kernel = [2, 2], strides = [2, 2], dilations = [1, 1], pads = [0, 0]>,
     stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  return
}

// -----

// An average over the whole image is the sum of rows in the stream, and the division behind it. A step of the
// sum needs 12 bytes of input, one row of 32 bytes and 8 sums of 4 bytes: 76, where a whole op takes 144.
// CHECK-LABEL: func @average
// CHECK: %[[SUMS:.*]] = memref.alloc() : memref<8xi32>
// CHECK: kernel.stream steps [0, 1, 0, 1, 0, 1, 0, 1] {
// CHECK-NEXT: kernel.conv2d {{.*}} -> %[[A:.*]] : memref<1x4x4x8xi8>
// CHECK-NEXT: kernel.sum_rows %[[A]] : memref<1x4x4x8xi8> -> %[[SUMS]] : memref<8xi32>
// CHECK-NEXT: {{^ *}$}}
// CHECK-NEXT: kernel.average %[[SUMS]] {{.*}}{count = 16 : i32, inputZeroPoint = 3 : i32
// PLAN-LABEL: func @model_run(
// PLAN-SAME: memref<76xi8>
// SPEED-LABEL: func @average
// BUDGET-LABEL: func @average
memref.global "private" constant @wide : memref<8x1x1x1xi8> = dense<1>
memref.global "private" constant @bias8 : memref<8xi32> = dense<0>
memref.global "private" constant @multiplier : memref<1xi32> = dense<1073741824>
func.func @average(%x: memref<1x4x4x1xi8>, %y: memref<1x1x1x8xi8> {kernel.output}) {
  %w0 = memref.get_global @wide : memref<8x1x1x1xi8>
  %b0 = memref.get_global @bias8 : memref<8xi32>
  %m = memref.get_global @multiplier : memref<1xi32>
  %a = memref.alloc() : memref<1x4x4x8xi8>
  kernel.conv2d %x, %w0 bias %b0 : memref<8xi32> multipliers %m : memref<1xi32> : memref<1x4x4x1xi8>, memref<8x1x1x1xi8> -> %a : memref<1x4x4x8xi8>
    {window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, groups = 1 : i32,
     stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  kernel.avg_pool %a multipliers %m : memref<1xi32> : memref<1x4x4x8xi8> -> %y : memref<1x1x1x8xi8>
    {window = #kernel.window<kernel = [4, 4], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, firstCount = 16 : i32,
     inputZeroPoint = 3 : i32, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  return
}

// -----

// No rows: nothing to stream.
// CHECK-LABEL: func @vector
// CHECK-NEXT: kernel.softmax
// PLAN-LABEL: func @model_run(
// SPEED-LABEL: func @vector
// BUDGET-LABEL: func @vector
func.func @vector(%x: memref<1x8xf32>, %y: memref<1x8xf32> {kernel.output}) {
  kernel.softmax %x : memref<1x8xf32> -> %y : memref<1x8xf32>
  return
}

// RUN: tinyc-opt %s -lower-convert-nn-to-kernel -split-input-file | FileCheck %s

// Tensors become buffers, the result an argument; the activation is part of the kernel; constants are named after the first
// node that reads them, and shared.
// CHECK: memref.global "private" constant @conv1_weights : memref<2x1x1x3xf32> = dense<1.000000e+00>
// CHECK: memref.global "private" constant @conv1_bias : memref<2xf32> = dense<[1.000000e+00, 2.000000e+00]>
// CHECK: memref.global "private" constant @add_1_constant : memref<1x1x1x2xf32> = dense<3.000000e+00>
// CHECK-NOT: memref.global
// CHECK-LABEL: func @conv(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<1x4x4x3xf32> {kernel.type = tensor<1x4x4x3xf32>, nn.name = "x", nn.permutation = array<i64: 0, 2, 3, 1>}
// CHECK-SAME: %[[Y:[a-z0-9]*]]: memref<1x4x4x2xf32> {kernel.output, kernel.type = tensor<1x4x4x2xf32>, nn.name = "y"}) {
// CHECK: %[[W:.*]] = memref.get_global @conv1_weights
// CHECK: %[[B:.*]] = memref.get_global @conv1_bias
// CHECK: %[[T:.*]] = memref.alloc() : memref<1x4x4x2xf32>
// CHECK: kernel.conv2d %[[X]], %[[W]] bias %[[B]] : memref<2xf32> : {{.*}} -> %[[T]]
// CHECK-SAME: groups = 1 : i32
// CHECK-SAME: stage = #kernel.output_f32<clampMin = 0.000000e+00 : f32, clampMax = 6.000000e+00 : f32>
// CHECK-SAME: window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>
// CHECK: %[[C:.*]] = memref.get_global @add_1_constant
// CHECK: kernel.add %[[T]], %[[C]] : memref<1x4x4x2xf32>, memref<1x1x1x2xf32> -> %[[S:[a-z0-9_]*]]
// CHECK: memref.get_global @conv1_bias
// CHECK: kernel.conv2d %[[X]], {{.*}} -> %[[U:[a-z0-9_]*]]
// CHECK: kernel.add %[[S]], %[[U]] : {{.*}} -> %[[Y]]
// CHECK-NEXT: return
func.func @conv(%x: tensor<1x4x4x3xf32> {nn.name = "x", nn.permutation = array<i64: 0, 2, 3, 1>}) -> (tensor<1x4x4x2xf32> {nn.name = "y"}) {
  %w = nn.constant dense<1.0> : tensor<2x1x1x3xf32> -> tensor<2x1x1x3xf32> loc("W")
  %b = nn.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32> loc("B")
  %c = nn.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32> loc("C")
  %d = nn.constant dense<3.0> : tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32> loc("D")
  %t = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>,
    clampMin = 0.0 : f32, clampMax = 6.0 : f32}
    : (tensor<1x4x4x3xf32>, tensor<2x1x1x3xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32> loc("conv1")
  %s = nn.add %t, %d : (tensor<1x4x4x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x4x4x2xf32> loc("/add-1")
  %u = nn.conv2d %x, %w, %c {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x4x3xf32>, tensor<2x1x1x3xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32> loc("conv2")
  %y = nn.add %s, %u : (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32> loc("add2")
  return %y : tensor<1x4x4x2xf32>
}

// -----

// Depthwise: groups == channels. A batch of 2 is two kernels on halves: 4*4*3 = 48 elements each.
// CHECK-LABEL: func @batch(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<2x4x4x3xf32>
// CHECK: %[[X0:.*]] = memref.reinterpret_cast %[[X]] to offset: [0], sizes: [1, 4, 4, 3], strides: [48, 12, 3, 1]
// CHECK: %[[Y0:.*]] = memref.reinterpret_cast %[[Y:.*]] to offset: [0]
// CHECK: kernel.depthwise_conv2d %[[X0]], %[[W:[a-z0-9]*]] : {{.*}} -> %[[Y0]]
// CHECK: %[[X1:.*]] = memref.reinterpret_cast %[[X]] to offset: [48], {{.*}} to memref<1x4x4x3xf32, strided<[48, 12, 3, 1], offset: 48>>
// CHECK: %[[Y1:.*]] = memref.reinterpret_cast %[[Y]] to offset: [48]
// CHECK: kernel.depthwise_conv2d %[[X1]], %[[W]] : {{.*}} -> %[[Y1]]
// A reshaped part: the matrix products of a batch.
// CHECK: kernel.matmul {{.*}} : memref<16x3xf32>, memref<3x2xf32>
// CHECK: kernel.matmul {{.*}} : memref<16x3xf32, strided<[3, 1], offset: 48>>, memref<3x2xf32, strided<[2, 1], offset: 6>>
func.func @batch(%x: tensor<2x4x4x3xf32>, %r: tensor<2x3x2xf32>) -> tensor<2x16x2xf32> {
  %w = nn.constant dense<1.0> : tensor<3x3x3x1xf32> -> tensor<3x3x3x1xf32>
  %t = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 3}
    : (tensor<2x4x4x3xf32>, tensor<3x3x3x1xf32>) -> tensor<2x4x4x3xf32>
  %s = nn.reshape %t : (tensor<2x4x4x3xf32>) -> tensor<2x16x3xf32>
  %y = nn.matmul %s, %r : (tensor<2x16x3xf32>, tensor<2x3x2xf32>) -> tensor<2x16x2xf32>
  return %y : tensor<2x16x2xf32>
}

// -----

// Reshapes and transposes of unit dimensions cost nothing; the result of the sigmoid is written to the argument's place.
// CHECK-LABEL: func @views(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<1x4x4x1xf32> {{{.*}}}, %[[Y:[a-z0-9]*]]: memref<16xf32>
// CHECK-NOT: memref.alloc
// CHECK: %[[V:.*]] = memref.reinterpret_cast %[[X]] to offset: [0], sizes: [1, 1, 4, 4]
// CHECK: %[[O:.*]] = memref.reinterpret_cast %[[Y]] to offset: [0], sizes: [1, 1, 4, 4]
// CHECK: kernel.sigmoid %[[V]] : memref<1x1x4x4xf32> -> %[[O]]
// CHECK-NOT: kernel.
func.func @views(%x: tensor<1x4x4x1xf32>) -> tensor<16xf32> {
  %t = nn.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x1xf32>) -> tensor<1x1x4x4xf32>
  %s = nn.sigmoid %t : (tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32>
  %y = nn.reshape %s : (tensor<1x1x4x4xf32>) -> tensor<16xf32>
  return %y : tensor<16xf32>
}

// -----

// Along the outermost dimension that is not 1 the operands are computed into the result, but for an argument, and for one that
// is there already.
// CHECK-LABEL: func @concat_contiguous(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<1x2x3xf32> {{{.*}}}, %[[Y:[a-z0-9]*]]: memref<1x8x3xf32>
// CHECK-NOT: memref.alloc
// CHECK: %[[P:.*]] = memref.reinterpret_cast %[[Y]] to offset: [6], sizes: [1, 2, 3], strides: [6, 3, 1]
// CHECK: kernel.sigmoid %[[X]] : memref<1x2x3xf32> -> %[[P]] : memref<1x2x3xf32, strided<[6, 3, 1], offset: 6>>
// CHECK: %[[P0:.*]] = memref.reinterpret_cast %[[Y]] to offset: [0], sizes: [1, 2, 3]
// CHECK: kernel.copy %[[X]] {{.*}} -> %[[P0]] : {{.*}} {blocks = 1 : i32, inputPitch = 6 : i32, length = 6 : i32, outputOffset = 0 : i32, outputPitch = 6 : i32}
// CHECK: %[[P2:.*]] = memref.reinterpret_cast %[[Y]] to offset: [12]
// CHECK: kernel.copy %[[P]] {{.*}} -> %[[P2]]
// CHECK: %[[P3:.*]] = memref.reinterpret_cast %[[Y]] to offset: [18]
// CHECK: kernel.copy %[[X]] {{.*}} -> %[[P3]]
// CHECK-NEXT: return
func.func @concat_contiguous(%x: tensor<1x2x3xf32>) -> tensor<1x8x3xf32> {
  %s = nn.sigmoid %x : (tensor<1x2x3xf32>) -> tensor<1x2x3xf32>
  %y = nn.concat %x, %s, %s, %x {axis = 1} : (tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>) -> tensor<1x8x3xf32>
  return %y : tensor<1x8x3xf32>
}

// -----

// Channels: rows of 3 and 2 elements, side by side in rows of 5.
// CHECK-LABEL: func @concat_channels(
// CHECK: kernel.copy {{.*}} {blocks = 4 : i32, inputPitch = 3 : i32, length = 3 : i32, outputOffset = 0 : i32, outputPitch = 5 : i32}
// CHECK: kernel.copy {{.*}} {blocks = 4 : i32, inputPitch = 2 : i32, length = 2 : i32, outputOffset = 3 : i32, outputPitch = 5 : i32}
func.func @concat_channels(%x: tensor<1x4x3xf32>, %z: tensor<1x4x2xf32>) -> tensor<1x4x5xf32> {
  %y = nn.concat %x, %z {axis = 2} : (tensor<1x4x3xf32>, tensor<1x4x2xf32>) -> tensor<1x4x5xf32>
  return %y : tensor<1x4x5xf32>
}

// -----

// A result that is an input, a constant, or returned before is copied.
// CHECK: memref.global "private" constant @[[C:.*]] : memref<3xf32>
// CHECK-LABEL: func @copies(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<3xf32> {{{.*}}}, %[[A:[a-z0-9]*]]: memref<3xf32> {{{.*}}}, %[[B:[a-z0-9]*]]: memref<3xf32> {{{.*}}}, %[[D:[a-z0-9]*]]: memref<1x3xf32> {{{.*}}}, %[[E:[a-z0-9]*]]: memref<3xf32>
// CHECK: kernel.sigmoid %[[X]] : memref<3xf32> -> %[[B]]
// CHECK: kernel.copy %[[X]] : memref<3xf32> -> %[[A]]
// CHECK: kernel.copy %{{.*}} : memref<1x3xf32> -> %[[D]]
// CHECK: memref.get_global @[[C]]
// CHECK: kernel.copy %{{.*}} : memref<3xf32> -> %[[E]]
func.func @copies(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<1x3xf32>, tensor<3xf32>) {
  %c = nn.constant dense<1.0> : tensor<3xf32> -> tensor<3xf32>
  %s = nn.sigmoid %x : (tensor<3xf32>) -> tensor<3xf32>
  %r = nn.reshape %s : (tensor<3xf32>) -> tensor<1x3xf32>
  return %x, %s, %r, %c : tensor<3xf32>, tensor<3xf32>, tensor<1x3xf32>, tensor<3xf32>
}

// -----

// CHECK-LABEL: func @others(
// CHECK: kernel.fully_connected {{.*}} {stage = #kernel.output_f32<>}
// CHECK: kernel.sub
// CHECK: kernel.mul
// CHECK: kernel.clamp {{.*}} {stage = #kernel.output_f32<clampMax = 1.000000e+00 : f32>}
// CHECK: kernel.leaky_relu {{.*}} {alpha = 1.000000e-01 : f32}
// CHECK: kernel.hard_sigmoid {{.*}} {alpha = 2.000000e-01 : f32, beta = 5.000000e-01 : f32}
// CHECK: kernel.hard_swish {{.*}} {alpha = 0.166666672 : f32, beta = 5.000000e-01 : f32}
// CHECK: kernel.softmax
// CHECK: kernel.log_softmax
// CHECK: kernel.transpose {{.*}} {permutation = array<i32: 1, 0>}
// CHECK: kernel.pad {{.*}} {after = array<i32: 0, 2>, before = array<i32: 1, 0>, value = 2.500000e+00 : f32}
func.func @others(%x: tensor<2x3xf32>) -> tensor<5x4xf32> {
  %w = nn.constant dense<1.0> : tensor<4x3xf32> -> tensor<4x3xf32>
  %0 = nn.fully_connected %x, %w : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  %1 = nn.sub %0, %0 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %2 = nn.mul %0, %1 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %3 = nn.clamp %2 {max = 1.0 : f32} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %4 = nn.leaky_relu %3 {alpha = 0.1 : f32} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %5 = nn.hard_sigmoid %4 {alpha = 0.2 : f32, beta = 0.5 : f32} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %6 = nn.hard_swish %5 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %7 = nn.softmax %6 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %8 = nn.log_softmax %7 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %9 = nn.transpose %8 {permutation = array<i64: 1, 0>} : (tensor<2x4xf32>) -> tensor<4x2xf32>
  %10 = nn.pad %9 {before = array<i64: 1, 0>, after = array<i64: 0, 2>, value = 2.5 : f32} : (tensor<4x2xf32>) -> tensor<5x4xf32>
  return %10 : tensor<5x4xf32>
}

// -----

// The bias stays as it is: the kernel subtracts the zero point of 5 from each element.
// CHECK-DAG: memref.global {{.*}} : memref<2xi32> = dense<[7, -7]>
// CHECK-LABEL: func @conv_transpose(
// CHECK: kernel.conv_transpose2d {{.*}} {groups = 1 : i32, inputZeroPoint = 5 : i32, {{.*}} window = #kernel.window<kernel = [2, 2], strides = [2, 2], dilations = [1, 1], pads = [0, 0]>}
!t = !quant.uniform<i8:f32, 0.5:5>
func.func @conv_transpose(%x: tensor<1x2x2x1x!t>) -> tensor<1x4x4x2x!t> {
  %w = nn.constant dense<3> : tensor<2x2x2x1xi8> -> tensor<2x2x2x1x!quant.uniform<i8:f32, 0.25>>
  %b = nn.constant dense<[7, -7]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32, 0.125>>
  %0 = nn.conv_transpose2d %x, %w, %b {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x2x2x1x!t>, tensor<2x2x2x1x!quant.uniform<i8:f32, 0.25>>, tensor<2x!quant.uniform<i32:f32, 0.125>>) -> tensor<1x4x4x2x!t>
  return %0 : tensor<1x4x4x2x!t>
}

// -----

// Rows first, then columns; weights in 2048ths for int8, a call for each sample.
// CHECK-DAG: memref.global {{.*}} : memref<6xui16> = dense<[1, 1, 0, 0, 1, 1]>
// CHECK-DAG: memref.global {{.*}} : memref<6xi16> = dense<[1536, 512, 2048, 0, 1024, 1024]>
// CHECK-LABEL: func @resizes(
// CHECK-COUNT-2: kernel.resize {{.*}} weights {{.*}} {columnTaps = 2 : i32, rowTaps = 2 : i32, zeroPoint = 5 : i32}
// CHECK-NOT: weights
// CHECK: kernel.resize {{.*}} : memref<1x1x2x3xi8, {{.*}}>, memref<3xui16> -> {{.*}} {columnTaps = 1 : i32, rowTaps = 1 : i32, zeroPoint = 5 : i32}
!r = !quant.uniform<i8:f32, 0.5:5>
func.func @resizes(%x: tensor<2x2x2x3x!r>) -> tensor<2x2x1x3x!r> {
  %0 = nn.resize %x {rows = array<i64: 1, 1>, columns = array<i64: 0, 0, 1, 1>, rowWeights = array<f32: 0.75, 0.25>,
    columnWeights = array<f32: 1.0, 0.0, 0.5, 0.5>} : (tensor<2x2x2x3x!r>) -> tensor<2x1x2x3x!r>
  %1 = nn.resize %0 {rows = array<i64: 0, 0>, columns = array<i64: 1>} : (tensor<2x1x2x3x!r>) -> tensor<2x2x1x3x!r>
  return %1 : tensor<2x2x1x3x!r>
}

// -----

// CHECK-LABEL: func @pools(
// CHECK: kernel.avg_pool {{.*}} {includePad, stage = #kernel.output_f32<>, window = #kernel.window<kernel = [2, 3], strides = [1, 2], dilations = [1, 1], pads = [1, 0]>}
// CHECK: kernel.max_pool {{.*}} {stage = #kernel.output_f32<clampMin = 0.000000e+00 : f32>, window = #kernel.window<kernel = [2, 2], strides = [1, 1], dilations = [2, 2], pads = [0, 0]>}
func.func @pools(%x: tensor<1x4x7x2xf32>) -> tensor<1x3x1x2xf32> {
  // height (4 + 1 + 0 - 2) / 1 + 1 = 4, width (7 - 3) / 2 + 1 = 3
  %0 = nn.avg_pool %x {kernel = array<i64: 2, 3>, strides = array<i64: 1, 2>, pads = array<i64: 1, 0, 0, 0>,
    dilations = array<i64: 1, 1>, includePad} : (tensor<1x4x7x2xf32>) -> tensor<1x4x3x2xf32>
  // height (4 + 1 - 3) / 1 + 1 = 3, width (3 - 3) / 1 + 1 = 1
  %1 = nn.max_pool %0 {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 1, 0>,
    dilations = array<i64: 2, 2>, clampMin = 0.0 : f32} : (tensor<1x4x3x2xf32>) -> tensor<1x3x1x2xf32>
  return %1 : tensor<1x3x1x2xf32>
}

// -----

// Kernels broadcast over at most four dimensions: the outermost is unrolled, its parts are 2*2*2*2 = 16 elements of the sum, 2*2 of
// the operand that has the first, the third and the fifth.
// CHECK-LABEL: func @broadcast(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<2x2x2x2x2xf32> {{{.*}}}, %[[R:[a-z0-9]*]]: memref<2x1x2x1x2xf32> {{{.*}}}, %[[Y:[a-z0-9]*]]: memref
// CHECK: %[[R0:.*]] = memref.reinterpret_cast %[[R]] to offset: [0], sizes: [1, 2, 1, 2]
// CHECK: kernel.add %{{.*}}, %[[R0]] :
// CHECK: %[[X1:.*]] = memref.reinterpret_cast %[[X]] to offset: [16], sizes: [2, 2, 2, 2]
// CHECK: %[[R1:.*]] = memref.reinterpret_cast %[[R]] to offset: [4], sizes: [1, 2, 1, 2]
// CHECK: %[[Y1:.*]] = memref.reinterpret_cast %[[Y]] to offset: [16], sizes: [2, 2, 2, 2]
// CHECK: kernel.add %[[X1]], %[[R1]] : {{.*}} -> %[[Y1]]
// CHECK-NEXT: return
func.func @broadcast(%x: tensor<2x2x2x2x2xf32>, %r: tensor<2x1x2x1x2xf32>) -> tensor<2x2x2x2x2xf32> {
  %0 = nn.add %x, %r : (tensor<2x2x2x2x2xf32>, tensor<2x1x2x1x2xf32>) -> tensor<2x2x2x2x2xf32>
  return %0 : tensor<2x2x2x2x2xf32>
}

// -----

// Kernels pad at most four dimensions: the innermost goes first, alone.
// CHECK-LABEL: func @pad(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<2x2x2x2x2xf32> {{{.*}}}, %[[Y:[a-z0-9]*]]: memref
// CHECK: %[[T:.*]] = memref.alloc() : memref<2x2x2x2x5xf32>
// CHECK: kernel.pad %[[X]] : {{.*}} -> %[[T]] : {{.*}} {after = array<i32: 0, 0, 0, 0, 2>, before = array<i32: 0, 0, 0, 0, 1>
// CHECK: kernel.pad %[[T]] : {{.*}} -> %[[Y]] : {{.*}} {after = array<i32: 0, 0, 0, 0, 0>, before = array<i32: 1, 1, 1, 1, 0>
func.func @pad(%x: tensor<2x2x2x2x2xf32>) -> tensor<3x3x3x3x5xf32> {
  %0 = nn.pad %x {before = array<i64: 1, 1, 1, 1, 1>, after = array<i64: 0, 0, 0, 0, 2>, value = 0.0 : f32}
    : (tensor<2x2x2x2x2xf32>) -> tensor<3x3x3x3x5xf32>
  return %0 : tensor<3x3x3x3x5xf32>
}

// -----

// Other functions are left alone.
// CHECK-LABEL: func @scalar(%{{.*}}: i32) -> i32
func.func @scalar(%x: i32) -> i32 {
  return %x : i32
}

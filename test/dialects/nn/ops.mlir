// Every op in float form and in integer form survives printing and parsing.
// RUN: tinyc-opt %s | tinyc-opt | FileCheck %s
// RUN: tinyc-opt %s --mlir-print-op-generic | tinyc-opt | FileCheck %s

!q = !quant.uniform<i8:f32, 0.5:3>
!r = !quant.uniform<i8:f32, 0.25:-128>
!w = !quant.uniform<i8<-127:127>:f32, 0.125>
!b = !quant.uniform<i32:f32, 0.0625>

// CHECK-LABEL: func.func @constant
// CHECK: nn.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> -> tensor<2xf32>
// CHECK: nn.constant dense<{{\[\[}}1, -2]]> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK: nn.constant dense<{{\[\[}}1], [2]]> : tensor<2x1xi8> -> tensor<2x1x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>
// CHECK: nn.constant dense<5> : tensor<i32> -> tensor<!quant.uniform<i32:f32, 6.250000e-02>>
func.func @constant() {
  %0 = nn.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %1 = nn.constant dense<[[1, -2]]> : tensor<1x2xi8> -> tensor<1x2x!q>
  %2 = nn.constant dense<[[1], [2]]> : tensor<2x1xi8> -> tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  %3 = nn.constant dense<5> : tensor<i32> -> tensor<!b>
  return
}

// Height (7 + 1 + 0 - ((2 - 1) * 3 + 1)) / 2 + 1 = 3, width (6 + 0 + 1 - 2) / 1 + 1 = 6; 4 channels in 2 groups.
// CHECK-LABEL: func.func @conv2d
// CHECK: nn.conv2d %{{.*}}, %{{.*}}, %{{.*}} {clampMax = 6.000000e+00 : f32, clampMin = 0.000000e+00 : f32, dilations = array<i64: 3, 1>, groups = 2 : i64, pads = array<i64: 1, 0, 0, 1>, strides = array<i64: 2, 1>} : (tensor<1x7x6x4xf32>, tensor<6x2x2x2xf32>, tensor<6xf32>) -> tensor<1x3x6x6xf32>
// CHECK: nn.conv2d %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
func.func @conv2d(%x: tensor<1x7x6x4xf32>, %v: tensor<6x2x2x2xf32>, %c: tensor<6xf32>,
                  %q: tensor<1x2x2x1x!q>, %w: tensor<2x1x1x1x!quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>>) {
  %0 = nn.conv2d %x, %v, %c {strides = array<i64: 2, 1>, pads = array<i64: 1, 0, 0, 1>, dilations = array<i64: 3, 1>,
    groups = 2, clampMin = 0.0 : f32, clampMax = 6.0 : f32}
    : (tensor<1x7x6x4xf32>, tensor<6x2x2x2xf32>, tensor<6xf32>) -> tensor<1x3x6x6xf32>
  %1 = nn.conv2d %q, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x2x2x1x!q>, tensor<2x1x1x1x!quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>>) -> tensor<1x2x2x2x!r>
  return
}

// CHECK-LABEL: func.func @products
// CHECK: nn.fully_connected %{{.*}}, %{{.*}}, %{{.*}} {clampMin = -1.000000e+00 : f32} : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK: nn.fully_connected %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>, tensor<4x3x!quant.uniform<i8<-127:127>:f32, 1.250000e-01>>, tensor<4x!quant.uniform<i32:f32, 6.250000e-02>>)
// CHECK: nn.matmul %{{.*}}, %{{.*}} {clampMax = 1.000000e+00 : f32} : (tensor<5x2x3xf32>, tensor<5x3x4xf32>) -> tensor<5x2x4xf32>
// CHECK: nn.matmul
// CHECK: nn.batch_norm %{{.*}} {epsilon = 9.99999974E-6 : f32}
func.func @products(%x: tensor<2x3xf32>, %v: tensor<4x3xf32>, %c: tensor<4xf32>, %q: tensor<2x3x!q>, %w: tensor<4x3x!w>,
                    %b: tensor<4x!b>, %l: tensor<5x2x3xf32>, %m: tensor<5x3x4xf32>, %n: tensor<3x2x!r>) {
  %0 = nn.fully_connected %x, %v, %c {clampMin = -1.0 : f32} : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>)
    -> tensor<2x4xf32>
  %1 = nn.fully_connected %q, %w, %b : (tensor<2x3x!q>, tensor<4x3x!w>, tensor<4x!b>) -> tensor<2x4x!r>
  %2 = nn.matmul %l, %m {clampMax = 1.0 : f32} : (tensor<5x2x3xf32>, tensor<5x3x4xf32>) -> tensor<5x2x4xf32>
  %3 = nn.matmul %q, %n : (tensor<2x3x!q>, tensor<3x2x!r>) -> tensor<2x2x!q>
  %4 = nn.batch_norm %0, %c, %c, %c, %c {epsilon = 1.0e-5 : f32} : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>,
    tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return
}

// CHECK-LABEL: func.func @binary
// CHECK: nn.add %{{.*}}, %{{.*}} {clampMin = 0.000000e+00 : f32} : (tensor<2x1xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
// CHECK: nn.sub
// CHECK: nn.mul
// CHECK: nn.add {{.*}} : (tensor<2x1x!quant.uniform<i8:f32, 5.000000e-01:3>>, tensor<2x3x!quant.uniform<i8:f32, 2.500000e-01:-128>>)
// CHECK: nn.sub
// CHECK: nn.mul
func.func @binary(%x: tensor<2x1xf32>, %y: tensor<1x3xf32>, %q: tensor<2x1x!q>, %r: tensor<2x3x!r>) {
  %0 = nn.add %x, %y {clampMin = 0.0 : f32} : (tensor<2x1xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  %1 = nn.sub %x, %0 : (tensor<2x1xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = nn.mul %0, %1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = nn.add %q, %r : (tensor<2x1x!q>, tensor<2x3x!r>) -> tensor<2x3x!q>
  %4 = nn.sub %q, %r : (tensor<2x1x!q>, tensor<2x3x!r>) -> tensor<2x3x!r>
  %5 = nn.mul %q, %r : (tensor<2x1x!q>, tensor<2x3x!r>) -> tensor<2x3x!r>
  return
}

// CHECK-LABEL: func.func @unary
// CHECK: nn.clamp %{{.*}} {max = 6.000000e+00 : f32, min = 0.000000e+00 : f32} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: nn.clamp %{{.*}} : (tensor<4xf32>)
// CHECK: nn.leaky_relu %{{.*}} {alpha = 1.000000e-01 : f32}
// CHECK: nn.sigmoid
// CHECK: nn.hard_sigmoid %{{.*}} {alpha = 2.000000e-01 : f32, beta = 5.000000e-01 : f32}
// CHECK: nn.hard_swish
// CHECK: nn.clamp %{{.*}} : (tensor<4x!quant
// CHECK: nn.leaky_relu %{{.*}} : (tensor<4x!quant
// CHECK: nn.sigmoid %{{.*}} : (tensor<4x!quant
// CHECK: nn.hard_sigmoid %{{.*}} : (tensor<4x!quant
// CHECK: nn.hard_swish %{{.*}} : (tensor<4x!quant
// CHECK: nn.requantize %{{.*}} : (tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>) -> tensor<4x!quant.uniform<i8:f32, 2.500000e-01:-128>>
func.func @unary(%x: tensor<4xf32>, %q: tensor<4x!q>) {
  %0 = nn.clamp %x {min = 0.0 : f32, max = 6.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.clamp %x : (tensor<4xf32>) -> tensor<4xf32>
  %2 = nn.leaky_relu %x {alpha = 0.1 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %3 = nn.sigmoid %x : (tensor<4xf32>) -> tensor<4xf32>
  %4 = nn.hard_sigmoid %x {alpha = 0.2 : f32, beta = 0.5 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %5 = nn.hard_swish %x : (tensor<4xf32>) -> tensor<4xf32>
  %6 = nn.clamp %q {min = 0.0 : f32} : (tensor<4x!q>) -> tensor<4x!r>
  %7 = nn.leaky_relu %q {alpha = 0.1 : f32} : (tensor<4x!q>) -> tensor<4x!r>
  %8 = nn.sigmoid %q : (tensor<4x!q>) -> tensor<4x!r>
  %9 = nn.hard_sigmoid %q {alpha = 0.2 : f32, beta = 0.5 : f32} : (tensor<4x!q>) -> tensor<4x!r>
  %10 = nn.hard_swish %q : (tensor<4x!q>) -> tensor<4x!r>
  %11 = nn.requantize %q : (tensor<4x!q>) -> tensor<4x!r>
  return
}

// 2^16 windows of 2^30 taps each, all of which end at or behind the only element: nothing walks the taps.
// CHECK-LABEL: func.func @absurd_window
// CHECK: nn.max_pool
func.func @absurd_window(%x: tensor<1x1x1x1xf32>) {
  %0 = nn.max_pool %x {kernel = array<i64: 1073741824, 1>, strides = array<i64: 1, 1>,
    pads = array<i64: 1073741823, 0, 65535, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x1x1x1xf32>) -> tensor<1x65536x1x1xf32>
  return
}

// (4 - 1) * 2 + 3 - 1 - 0 = 8 rows; a negative pad on the right adds a column: 3 * 2 + 3 - 1 + 1 = 9.
// CHECK-LABEL: func.func @conv_transpose
// CHECK: nn.conv_transpose2d %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, -1>, strides = array<i64: 2, 2>} : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>) -> tensor<1x8x9x3xf32>
func.func @conv_transpose(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x3x2xf32>) {
  %0 = nn.conv_transpose2d %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 0, -1>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>) -> tensor<1x8x9x3xf32>
  return
}

// CHECK-LABEL: func.func @resizes
// CHECK: nn.resize %{{.*}} {columns = array<i64: 0, 0, 1, 1>, rows = array<i64: 1>} : (tensor<1x2x2x3xf32>) -> tensor<1x1x4x3xf32>
// CHECK: nn.resize %{{.*}} {columnWeights = array<f32: 1.000000e+00, 0.000000e+00>, {{.*}} -> tensor<1x1x2x3xf32>
// CHECK: nn.resize %{{.*}} -> tensor<1x1x1x3x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @resizes(%x: tensor<1x2x2x3xf32>, %q: tensor<1x2x2x3x!q>) {
  %0 = nn.resize %x {rows = array<i64: 1>, columns = array<i64: 0, 0, 1, 1>}
    : (tensor<1x2x2x3xf32>) -> tensor<1x1x4x3xf32>
  // The second column lies outside.
  %1 = nn.resize %x {rows = array<i64: 0, 1>, columns = array<i64: 0, 1>, rowWeights = array<f32: 0.25, 0.75>,
    columnWeights = array<f32: 1.0, 0.0>} : (tensor<1x2x2x3xf32>) -> tensor<1x1x2x3xf32>
  %2 = nn.resize %q {rows = array<i64: 0>, columns = array<i64: 1>} : (tensor<1x2x2x3x!q>) -> tensor<1x1x1x3x!q>
  return
}

// A window may lie in the padding alone where padding counts.
// CHECK-LABEL: func.func @pools
// CHECK: nn.avg_pool %{{.*}} {dilations = array<i64: 1, 1>, kernel = array<i64: 4, 4>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x1x1x2xf32>
// CHECK: nn.avg_pool %{{.*}} includePad
// CHECK: nn.max_pool %{{.*}} {clampMin = 0.000000e+00 : f32
// CHECK: nn.avg_pool %{{.*}} -> tensor<1x1x1x2x!quant.uniform<i8:f32, 2.500000e-01:-128>>
// CHECK: nn.max_pool %{{.*}} -> tensor<1x2x2x2x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK: nn.softmax %{{.*}} : (tensor<4xf32>)
// CHECK: nn.log_softmax %{{.*}} : (tensor<4xf32>)
// CHECK: nn.softmax %{{.*}} : (tensor<4x!quant
// CHECK: nn.log_softmax %{{.*}} : (tensor<4x!quant
func.func @pools(%x: tensor<1x4x4x2xf32>, %q: tensor<1x4x4x2x!q>, %y: tensor<4xf32>, %z: tensor<4x!q>) {
  %0 = nn.avg_pool %x {kernel = array<i64: 4, 4>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x1x1x2xf32>
  %1 = nn.avg_pool %x {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 1, 0, 0, 0>,
    dilations = array<i64: 1, 1>, includePad} : (tensor<1x4x4x2xf32>) -> tensor<1x5x4x2xf32>
  %2 = nn.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>, clampMin = 0.0 : f32} : (tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32>
  %3 = nn.avg_pool %q {kernel = array<i64: 4, 4>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!q>) -> tensor<1x1x1x2x!r>
  %4 = nn.max_pool %q {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!q>) -> tensor<1x2x2x2x!q>
  %5 = nn.softmax %y : (tensor<4xf32>) -> tensor<4xf32>
  %6 = nn.log_softmax %y : (tensor<4xf32>) -> tensor<4xf32>
  %7 = nn.softmax %z : (tensor<4x!q>) -> tensor<4x!r>
  %8 = nn.log_softmax %z : (tensor<4x!q>) -> tensor<4x!q>
  return
}

// CHECK-LABEL: func.func @movement
// CHECK: nn.reshape %{{.*}} : (tensor<2x3xf32>) -> tensor<6xf32>
// CHECK: nn.transpose %{{.*}} {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
// CHECK: nn.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
// CHECK: nn.pad %{{.*}} {after = array<i64: 0, 2>, before = array<i64: 1, 0>, value = 0.000000e+00 : f32} : (tensor<2x3xf32>) -> tensor<3x5xf32>
// CHECK: nn.reshape
// CHECK: nn.transpose
// CHECK: nn.concat
// CHECK: nn.pad
// CHECK: nn.transpose {{.*}} -> tensor<3x2x!quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01}>>
func.func @movement(%x: tensor<2x3xf32>, %y: tensor<2x1xf32>, %q: tensor<2x3x!q>,
                    %p: tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  %0 = nn.reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
  %1 = nn.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %2 = nn.concat %x, %y {axis = 1} : (tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  %3 = nn.pad %x {before = array<i64: 1, 0>, after = array<i64: 0, 2>, value = 0.0 : f32}
    : (tensor<2x3xf32>) -> tensor<3x5xf32>
  %4 = nn.reshape %q : (tensor<2x3x!q>) -> tensor<6x!q>
  %5 = nn.transpose %q {permutation = array<i64: 1, 0>} : (tensor<2x3x!q>) -> tensor<3x2x!q>
  %6 = nn.concat %q, %q {axis = 0} : (tensor<2x3x!q>, tensor<2x3x!q>) -> tensor<4x3x!q>
  %7 = nn.pad %q {before = array<i64: 1, 0>, after = array<i64: 0, 2>, value = 1.0 : f32}
    : (tensor<2x3x!q>) -> tensor<3x5x!q>
  %8 = nn.transpose %p {permutation = array<i64: 1, 0>} : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>)
    -> tensor<3x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>
  return
}

// CHECK-LABEL: func.func @attributes
// CHECK-SAME: {nn.name = "input", nn.permutation = array<i64: 0, 2, 3, 1>, nn.range = array<f64: -1.000000e+00, 1.000000e+00>}
// CHECK: nn.sigmoid %{{.*}} {nn.range = array<f64: 0.000000e+00, 1.000000e+00>}
func.func @attributes(%x: tensor<1x2x2x3xf32> {nn.name = "input", nn.permutation = array<i64: 0, 2, 3, 1>,
                                               nn.range = array<f64: -1.0, 1.0>}) {
  %0 = nn.sigmoid %x {nn.range = array<f64: 0.0, 1.0>} : (tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  return
}

// Weights of 4 and 2 bits, activations of 16.
// CHECK-LABEL: @narrow_and_wide
func.func @narrow_and_wide(%x: tensor<1x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>,
                           %w: tensor<3x2x!quant.uniform<i4:f32:0, {0.5, 0.25, 1.0}>>,
                           %v: tensor<2x3x!quant.uniform<i2:f32, 0.5>>) -> tensor<1x2x!quant.uniform<i8:f32, 0.5:3>> {
  // CHECK: nn.fully_connected {{.*}}!quant.uniform<i4:f32:0
  %y = nn.fully_connected %x, %w : (tensor<1x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, tensor<3x2x!quant.uniform<i4:f32:0, {0.5, 0.25, 1.0}>>) -> tensor<1x3x!quant.uniform<i16<-32767:32767>:f32, 0.25>>
  // CHECK: nn.requantize {{.*}}i16<-32767:32767>{{.*}} -> tensor<1x3x!quant.uniform<i8:f32
  %z = nn.requantize %y : (tensor<1x3x!quant.uniform<i16<-32767:32767>:f32, 0.25>>) -> tensor<1x3x!quant.uniform<i8:f32, 0.5:3>>
  // CHECK: nn.fully_connected {{.*}}!quant.uniform<i2:f32
  %r = nn.fully_connected %z, %v : (tensor<1x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x!quant.uniform<i2:f32, 0.5>>) -> tensor<1x2x!quant.uniform<i8:f32, 0.5:3>>
  return %r : tensor<1x2x!quant.uniform<i8:f32, 0.5:3>>
}

// CHECK-LABEL: @recurrent
func.func @recurrent(%x: tensor<5x1x3xf32>, %w: tensor<2x8x3xf32>, %r: tensor<2x8x2xf32>, %b: tensor<2x16xf32>,
                     %l: tensor<1xi32>, %s: tensor<2x1x2xf32>, %p: tensor<2x6xf32>) -> tensor<7x2x1x2xf32> {
  // CHECK: nn.recurrent "lstm" %{{.*}}, %{{.*}}, %{{.*}} bias(%{{.*}} : tensor<2x16xf32>) lengths(%{{.*}} : tensor<1xi32>)
  // CHECK-SAME: hidden(%{{.*}} : tensor<2x1x2xf32>) cell(%{{.*}} : tensor<2x1x2xf32>) peepholes(%{{.*}} : tensor<2x6xf32>)
  %0 = nn.recurrent "lstm" %x, %w, %r bias(%b : tensor<2x16xf32>) lengths(%l : tensor<1xi32>) hidden(%s : tensor<2x1x2xf32>)
    cell(%s : tensor<2x1x2xf32>) peepholes(%p : tensor<2x6xf32>) {functions = ["Sigmoid", "Tanh", "Tanh", "HardSigmoid", "Tanh", "Elu"],
    alphas = array<f32: 0.0, 0.0, 0.0, 0.2, 0.0, 1.0>, betas = array<f32: 0.0, 0.0, 0.0, 0.5, 0.0, 0.0>, clip = 3.0 : f32, coupled,
    keepSequence, keepHidden, keepCell} : (tensor<5x1x3xf32>, tensor<2x8x3xf32>, tensor<2x8x2xf32>) -> tensor<7x2x1x2xf32>
  return %0 : tensor<7x2x1x2xf32>
}

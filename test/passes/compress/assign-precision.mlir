// RUN: split-file %s %t
// RUN: tinyc-opt %t/input.mlir -compress-assign-precision=file=%t/precision.json | FileCheck %s
// RUN: not tinyc-opt %t/input.mlir -compress-assign-precision=file=%t/absent.json 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not tinyc-opt %t/input.mlir -compress-assign-precision=file=%t/text.json 2>&1 | FileCheck %s --check-prefix=TEXT
// RUN: not tinyc-opt %t/input.mlir -compress-assign-precision=file=%t/format.json 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: not tinyc-opt %t/input.mlir -compress-assign-precision=file=%t/layer.json 2>&1 | FileCheck %s --check-prefix=LAYER
// RUN: not tinyc-opt %t/input.mlir -compress-assign-precision=file=%t/bits.json 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not tinyc-opt %t/input.mlir -compress-assign-precision=file=%t/key.json 2>&1 | FileCheck %s --check-prefix=KEY
// RUN: not tinyc-opt %t/input.mlir -compress-assign-precision=file=%t/weightless.json 2>&1 | FileCheck %s --check-prefix=WEIGHTLESS
// RUN: not tinyc-opt %t/input.mlir -compress-assign-precision=file=%t/entry.json 2>&1 | FileCheck %s --check-prefix=ENTRY

// Layers are found by the names of their ONNX nodes; others get no attribute.
// CHECK: nn.fully_connected {{.*}}nn.weight_bits = 4 : i32
// CHECK: nn.fully_connected
// CHECK-NOT: nn.weight_bits
// CHECK: nn.add
// CHECK-SAME: nn.activation_bits = 8 : i32

// ABSENT: error: {{.*}}absent.json: No such file or directory
// TEXT: error: {{.*}}text.json: error: not JSON:
// FORMAT: error: {{.*}}format.json: error: expected an object with "format": "tinyc-precision-1"
// LAYER: error: {{.*}}layer.json: layer 'dense9': the model has no quantizable op of that name
// BITS: error: {{.*}}bits.json: error: layer 'dense1': expected weights to be "int8", "int4" or "int2"
// KEY: error: {{.*}}key.json: error: layer 'dense1': unknown key 'weight', expected weights or activations
// WEIGHTLESS: error: {{.*}}weightless.json: layer 'sum': has no weights
// ENTRY: error: {{.*}}entry.json: error: layer 'dense1': expected an object

//--- input.mlir
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %w = nn.constant dense<1.0> : tensor<4x4xf32> -> tensor<4x4xf32>
  %b = nn.constant dense<0.0> : tensor<4xf32> -> tensor<4xf32>
  %y = nn.fully_connected %x, %w, %b : (tensor<1x4xf32>, tensor<4x4xf32>, tensor<4xf32>) -> tensor<1x4xf32> loc("dense1")
  %z = nn.fully_connected %y, %w, %b : (tensor<1x4xf32>, tensor<4x4xf32>, tensor<4xf32>) -> tensor<1x4xf32> loc("dense2")
  %s = nn.add %y, %z : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32> loc("sum")
  return %s : tensor<1x4xf32>
}
//--- precision.json
{"format": "tinyc-precision-1", "layers": {"dense1": {"weights": "int4"}, "sum": {"activations": "int8"}}}
//--- text.json
format: none
//--- format.json
{"layers": {}}
//--- layer.json
{"format": "tinyc-precision-1", "layers": {"dense9": {"weights": "int4"}}}
//--- bits.json
{"format": "tinyc-precision-1", "layers": {"dense1": {"weights": "int3"}}}
//--- key.json
{"format": "tinyc-precision-1", "layers": {"dense1": {"weight": "int4"}}}
//--- weightless.json
{"format": "tinyc-precision-1", "layers": {"sum": {"weights": "int4"}}}
//--- entry.json
{"format": "tinyc-precision-1", "layers": {"dense1": 4}}

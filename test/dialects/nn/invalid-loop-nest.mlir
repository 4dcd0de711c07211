// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

func.func @parallel(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error@+1 {{expects 0 .. 1 parallel loops, got 2 (C1)}}
  %y = nn.loop_nest "Abs" (%x) {
  ^bb0(%e: f32):
    loop.yield %e : f32
  } {sizes = array<i64: 3>, parallel = 2 : i64, maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]}
    : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

func.func @outside(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error@+1 {{expects indices 0 .. 2 in 'tensor<3xf32>', map #0 gives 1 .. 3 (C4)}}
  %y = nn.loop_nest "Abs" (%x) {
  ^bb0(%e: f32):
    loop.yield %e : f32
  } {sizes = array<i64: 3>, parallel = 1 : i64, maps = [affine_map<(i) -> (i + 1)>, affine_map<(i) -> (i)>]}
    : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

func.func @linear(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error@+1 {{expects linear indices, got affine_map<(d0) -> (d0 floordiv 2)> (C4)}}
  %y = nn.loop_nest "Abs" (%x) {
  ^bb0(%e: f32):
    loop.yield %e : f32
  } {sizes = array<i64: 3>, parallel = 1 : i64, maps = [affine_map<(i) -> (i floordiv 2)>, affine_map<(i) -> (i)>]}
    : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

func.func @unwritten(%x: tensor<3xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{expects the loops to write 4 elements, got 3 (C5)}}
  %y = nn.loop_nest "Abs" (%x) {
  ^bb0(%e: f32):
    loop.yield %e : f32
  } {sizes = array<i64: 3>, parallel = 1 : i64, maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]}
    : (tensor<3xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @arguments(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error@+1 {{expects a body with arguments of types ('f32'), got ('i32') (C6)}}
  %y = nn.loop_nest "Abs" (%x) {
  ^bb0(%e: i32):
    %r = arith.sitofp %e : i32 to f32
    loop.yield %r : f32
  } {sizes = array<i64: 3>, parallel = 1 : i64, maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]}
    : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

func.func @init(%x: tensor<3xf32>) -> tensor<1xf32> {
  // expected-error@+1 {{expects an initial value of type 'f32' (C7)}}
  %y = nn.loop_nest "ReduceMax" (%x) {
  ^bb0(%e: f32, %sum: f32):
    loop.yield %e : f32
  } {sizes = array<i64: 3>, parallel = 0 : i64, maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (0)>]}
    : (tensor<3xf32>) -> tensor<1xf32>
  return %y : tensor<1xf32>
}

// -----

func.func @function(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = nn.loop_nest "Abs" (%x) {
  ^bb0(%e: f32):
    // expected-error@+1 {{names the unknown function 'gamma' (C1)}}
    %r = loop.call "gamma"(%e)
    loop.yield %r : f32
  } {sizes = array<i64: 3>, parallel = 1 : i64, maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]}
    : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

func.func @load(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = nn.loop_nest "Abs" (%x) {
    // expected-error@+1 {{expects 1 indices, got 0 (C2)}}
    %r = loop.load 0[] : f32
    loop.yield %r : f32
  } {sizes = array<i64: 3>, parallel = 1 : i64, maps = [affine_map<(i) -> ()>, affine_map<(i) -> (i)>]}
    : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// The body has names of its own: no value around it is one of the body's.
func.func @names(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error@below {{use of undeclared SSA value name}}
  %outer = arith.negf %r : f32
  %y = nn.loop_nest "Neg" (%x) {
  ^bb0(%e: f32):
    %r = arith.negf %e : f32
    loop.yield %r : f32
  } {sizes = array<i64: 3>, parallel = 1 : i64, maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]}
    : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

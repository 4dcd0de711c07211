// RUN: tinyc-opt %s -lower-stream-rows=target=cortex-m9 -verify-diagnostics -split-input-file
// RUN: not tinyc-opt %s -lower-stream-rows=optimize=size 2>&1 | FileCheck %s --check-prefix=OPTIMIZE

// OPTIMIZE: error: expects optimize to be ram, balanced or speed, got 'size'
// expected-error @+1 {{unknown target 'cortex-m9', expects one of }}
module {
}

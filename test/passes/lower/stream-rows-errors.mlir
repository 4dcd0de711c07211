// RUN: tinyc-opt %s -lower-stream-rows=target=cortex-m9 -verify-diagnostics -split-input-file
// RUN: not tinyc-opt %s -lower-stream-rows=optimize=small 2>&1 | FileCheck %s --check-prefix=OPTIMIZE

// OPTIMIZE: error: expects optimize to be ram, balanced, speed or size, got 'small'
// expected-error @+1 {{unknown target 'cortex-m9', expects one of }}
module {
}

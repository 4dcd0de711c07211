// RUN: not tinyc-opt %s -lower-encode-weights="target=z80" 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: unknown target 'z80', expects one of
// RUN: not tinyc-opt %s -lower-encode-weights="table-log=12" 2>&1 | FileCheck %s --check-prefix=TABLE
// TABLE: error: expects table-log 5 to 11, got 12
module {
}

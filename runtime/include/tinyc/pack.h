/* tinyc/pack.h - compile-time packing of constants into the layouts that tuned kernels read, and the conditions under
 * which those kernels give the results of the generic ones. For compilers and tests on a host, not for firmware. */
#ifndef TINYC_PACK_H
#define TINYC_PACK_H

#include "tinyc/pack_armv8_1m.h"
#include "tinyc/pack_columns.h"
#include "tinyc/pack_depthwise.h"
#include "tinyc/pack_fully_connected.h"
#include "tinyc/pack_int16.h"
#include "tinyc/pack_sparse.h"

#endif /* TINYC_PACK_H */

// SIMD kernels of skyquant. Each exists twice with one signature: the fast one, which chooses its instruction
// set at run time, and a plain `_ref` twin, which is always compiled and serves as the oracle in tests.
#ifndef CKERNELS_H
#define CKERNELS_H
#include <stddef.h>
#include <stdint.h>
#endif

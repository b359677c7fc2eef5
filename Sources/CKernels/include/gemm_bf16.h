// Matrix products of bf16 numbers with sums in f32, as AVX512-BF16 makes them: two products at a time. Fast and plain
// agree bit for bit: an element's pairs of products are added in chains of CK_GEMM_CHAIN pairs, each from zero and in
// order of k, and the chains in order to C. No tile, thread count or instruction set changes a bit.
//
// A pair is added as VDPBF16PS does it: first the product of the odd numbers, then that of the even ones, each by a
// fused multiply-add that rounds to nearest even, takes factors and sums below 2^-126 for zeros of their sign, and
// makes such a zero of a result that is below when rounded to 24 bits; MXCSR has no say, and no exception is raised. A
// result that is NaN is NaN everywhere, but which one is nobody's promise. Chains are added to C by ordinary additions.
// Intel documents it so, and AMD's Zen 4 was found to do so on 18 million sums and all around 2^-126; a processor that
// adds otherwise gets no VDPBF16PS to run, see arch/avx512bf16/kernels.c.
//
// The tiles of AMX (TDPBF16PS) add otherwise, the even and the odd products of 32 numbers in sums of their own, and so
// give other bits: they would be another numeric mode with another name.
#ifndef CK_GEMM_BF16_H
#define CK_GEMM_BF16_H
#include <stdint.h>
#include "gemm.h"

/// Two neighbours along k, the even one first.
typedef struct {
  uint16_t even, odd;
} ck_bf16_pair;

/// A factor of pairs; strides and k are in pairs too. An odd last number has a zero beside it.
typedef struct {
  const ck_bf16_pair *base;
  size_t line_stride, k_stride;
} ck_factor_bf16;

/// c: [m, n], row i at c + i * stride; k is in pairs.
void ck_gemm_bf16(
  float *c, size_t stride, ck_factor_bf16 a, ck_factor_bf16 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
void ck_gemm_ref_bf16(
  float *c, size_t stride, ck_factor_bf16 a, ck_factor_bf16 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);

#endif

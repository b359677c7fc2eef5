// Matrix products of bf16 numbers by VDPBF16PS, in tiles of 8 lines by two vectors.
#if defined(__x86_64__)
#include "avx512bf16.h"
#include <stdlib.h>
#include <string.h>

#pragma clang attribute push(CK_AVX512BF16, apply_to = function)
#include "../x86_transpose.h"

static inline __m512 spread(ck_bf16_pair pair) {
  int bits;
  memcpy(&bits, &pair, sizeof bits);
  return _mm512_castsi512_ps(_mm512_set1_epi32(bits));
}

#define NAME tile_pairs
#define REAL ck_bf16_pair
#define PART float
#define VECTOR __m512
#define LANES 16
#define ROWS 8
#define VECTORS 2
#define ZERO _mm512_setzero_ps
#define LOAD(p) _mm512_castsi512_ps(_mm512_load_si512(p))
#define STORE _mm512_storeu_ps
#define SPREAD spread
#define FMA(a, b, sums) _mm512_dpbf16_ps(sums, (__m512bh)(b), (__m512bh)(a))
#include "../gemm_tile.h"

#define REAL ck_bf16_pair
#define PART float
#define SUM float
#define FACTOR ck_factor_bf16
#define TILE tile_pairs
#define ROWS 8
#define COLUMNS 32
#define TRANSPOSE transpose_pairs
#define REFERENCE ck_gemm_ref_bf16
#define G(name) name##_bf16_avx512bf16
#include "../gemm_loops.h"

#pragma clang attribute pop
#endif

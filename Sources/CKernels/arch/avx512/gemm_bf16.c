// Matrix products of bf16 numbers, as in avx2/gemm_bf16.c, for processors without VDPBF16PS.
#if defined(__x86_64__)
#include "avx512.h"
#include <stdlib.h>
#include <string.h>

#pragma clang attribute push(CK_AVX512, apply_to = function)
#include "../x86_transpose.h"

static inline __m512 spread(ck_bf16_pair pair) {
  int bits;
  memcpy(&bits, &pair, sizeof bits);
  return _mm512_castsi512_ps(_mm512_set1_epi32(bits));
}

static inline __m512 even(__m512 pairs) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(pairs), 16));
}

static inline __m512 odd(__m512 pairs) {
  return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(pairs), _mm512_set1_epi32((int)0xFFFF0000)));
}

static inline __m512 add_pairs(__m512 a, __m512 b, __m512 sums) {
  return _mm512_fmadd_ps(even(a), even(b), _mm512_fmadd_ps(odd(a), odd(b), sums));
}

#define NAME __attribute__((noinline)) tile_pairs
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
#define FMA add_pairs
#include "../gemm_tile.h"

#define TILE tile_pairs
#include "../bf16_emulated.h"
#undef TILE

#define REAL ck_bf16_pair
#define PART float
#define SUM float
#define FACTOR ck_factor_bf16
#define TILE tile_flushing
#define ROWS 8
#define COLUMNS 32
#define TRANSPOSE transpose_pairs
#define REFERENCE ck_gemm_ref_bf16
#define G(name) name##_bf16_avx512
#include "../gemm_loops.h"

#pragma clang attribute pop
#endif

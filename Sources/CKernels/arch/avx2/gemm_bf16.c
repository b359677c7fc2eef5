// Matrix products of bf16 numbers in tiles of 4 lines by two vectors: even and odd numbers are widened in passing.
#if defined(__x86_64__)
#include "avx2.h"
#include <stdlib.h>
#include <string.h>

#pragma clang attribute push(CK_AVX2, apply_to = function)
#include "../x86_transpose.h"

static inline __m256 spread(ck_bf16_pair pair) {
  int bits;
  memcpy(&bits, &pair, sizeof bits);
  return _mm256_castsi256_ps(_mm256_set1_epi32(bits));
}

static inline __m256 even(__m256 pairs) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(pairs), 16));
}

static inline __m256 odd(__m256 pairs) {
  return _mm256_and_ps(pairs, _mm256_castsi256_ps(_mm256_set1_epi32((int)0xFFFF0000)));
}

static inline __m256 add_pairs(__m256 a, __m256 b, __m256 sums) {
  return _mm256_fmadd_ps(even(a), even(b), _mm256_fmadd_ps(odd(a), odd(b), sums));
}

#define NAME __attribute__((noinline)) tile_pairs
#define REAL ck_bf16_pair
#define PART float
#define VECTOR __m256
#define LANES 8
#define ROWS 4
#define VECTORS 2
#define ZERO _mm256_setzero_ps
#define LOAD(p) _mm256_castsi256_ps(_mm256_load_si256((const __m256i *)(p)))
#define STORE _mm256_storeu_ps
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
#define ROWS 4
#define COLUMNS 16
#define TRANSPOSE transpose_pairs
#define REFERENCE ck_gemm_ref_bf16
#define G(name) name##_bf16_avx2
#include "../gemm_loops.h"

#pragma clang attribute pop
#endif

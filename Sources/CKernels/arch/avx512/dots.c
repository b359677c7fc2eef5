// Dot products in 16 lanes of one register.
#if defined(__x86_64__)
#include "../avx2/avx2.h"
#include "../elements.h"
#include "avx512.h"
#include <string.h>

#pragma clang attribute push(CK_AVX512, apply_to = function)

typedef __m512 lanes;

static inline lanes zero(void) { return _mm512_setzero_ps(); }
static inline lanes spread(float x) { return _mm512_set1_ps(x); }
static inline lanes fuse(lanes a, lanes b, lanes c) { return _mm512_fmadd_ps(a, b, c); }
static inline lanes plus(lanes a, lanes b) { return _mm512_add_ps(a, b); }
static inline lanes load_f32(const void *p) { return _mm512_loadu_ps(p); }
static inline lanes load_f16(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256(p)); }
static inline lanes load_bf16(const void *p) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(p)), 16));
}
/// The nibbles of eight bytes, the low one of each first.
static inline lanes load_zeros(const void *p) {
  const __m512i bytes = _mm512_cvtepu8_epi64(_mm_loadl_epi64(p));
  const __m512i pairs = _mm512_or_si512(bytes, _mm512_slli_epi64(bytes, 28));
  return _mm512_cvtepi32_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(0xF)));
}
static inline void store(float *p, lanes a) { _mm512_storeu_ps(p, a); }

#define ROWS 4
#define VECTORS 6
#define PACKED_VECTORS 4
#define WIDTH 4

/// Quarters of a register hold four lanes of one row each after the second step.
static inline void store_sums(float out[ROWS], const lanes sums[ROWS]) {
  const lanes first = plus(
    _mm512_shuffle_f32x4(sums[0], sums[1], 0x44), _mm512_shuffle_f32x4(sums[0], sums[1], 0xEE));
  const lanes second = plus(
    _mm512_shuffle_f32x4(sums[2], sums[3], 0x44), _mm512_shuffle_f32x4(sums[2], sums[3], 0xEE));
  lanes all = plus(_mm512_shuffle_f32x4(first, second, 0x88), _mm512_shuffle_f32x4(first, second, 0xDD));
  all = plus(all, _mm512_permute_ps(all, 0x4E));
  all = plus(all, _mm512_permute_ps(all, 0xB1));
  _mm_storeu_ps(out, _mm512_castps512_ps128(_mm512_maskz_compress_ps(0x1111, all)));
}

/// The weights that the 16 codes stand for.
typedef __m512 levels;
/// A byte in each lane.
typedef __m512i codes;

static inline levels levels_of(float scale, float zero) {
  const __m512 all = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return _mm512_mul_ps(_mm512_sub_ps(all, _mm512_set1_ps(zero)), _mm512_set1_ps(scale));
}
static inline codes load_codes(const uint8_t *p) { return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)); }
// A permutation looks at the last four bits of its indices only.
static inline lanes low_weights(codes both, levels of) { return _mm512_permutexvar_ps(both, of); }
static inline lanes high_weights(codes both, levels of) {
  return _mm512_permutexvar_ps(_mm512_srli_epi32(both, 4), of);
}

#define D(name) name##_avx512
#include "../dots_loops.h"

// Columns of an AWQ GEMM weight: 16 of them in a register, interleaved, since a load puts both words into all pairs of
// lanes; and for each lane of their dot products another register.
typedef __m512 columns;
enum { COLUMNS = 16, PASS = 16 };

static inline columns load_columns(const uint8_t *words) {
  const __m512i shifts = _mm512_setr_epi32(0, 0, 16, 16, 4, 4, 20, 20, 8, 8, 24, 24, 12, 12, 28, 28);
  const levels numbers = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  int64_t both;
  memcpy(&both, words, sizeof both);
  return _mm512_permutexvar_ps(_mm512_srlv_epi32(_mm512_set1_epi64(both), shifts), numbers);
}
static inline columns load_scales(const uint8_t *halves) {
  const __m512i order = _mm512_setr_epi32(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
  return _mm512_permutexvar_ps(order, load_f16(halves));
}
static inline void store_columns(float *out, columns sums) {
  const __m512i order = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
  _mm512_storeu_ps(out, _mm512_permutexvar_ps(order, sums));
}
#define COLUMN(name) _mm512_##name##_ps
#define REST ck_dots_awq_gemm_avx2
#include "../dots_awq_gemm.h"

#pragma clang attribute pop
#endif

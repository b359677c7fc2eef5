// Dot products in 16 lanes of two registers.
#if defined(__x86_64__)
#include "../elements.h"
#include "avx2.h"
#include <string.h>

#pragma clang attribute push(CK_AVX2, apply_to = function)

typedef struct {
  __m256 low, high;
} lanes;

static inline lanes zero(void) { return (lanes){_mm256_setzero_ps(), _mm256_setzero_ps()}; }
static inline lanes spread(float x) { return (lanes){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
static inline lanes fuse(lanes a, lanes b, lanes c) {
  return (lanes){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
static inline lanes plus(lanes a, lanes b) {
  return (lanes){_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}
static inline lanes load_f32(const void *p) {
  return (lanes){_mm256_loadu_ps(p), _mm256_loadu_ps((const float *)p + 8)};
}
static inline lanes load_f16(const void *p) {
  return (lanes){
    _mm256_cvtph_ps(_mm_loadu_si128(p)), _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p + 1))};
}
static inline __m256 widen_bf16(__m128i halves) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}
static inline lanes load_bf16(const void *p) {
  return (lanes){widen_bf16(_mm_loadu_si128(p)), widen_bf16(_mm_loadu_si128((const __m128i *)p + 1))};
}
static inline __m256 widen_nibbles(__m128i four_bytes) {
  const __m256i bytes = _mm256_cvtepu8_epi64(four_bytes);
  const __m256i pairs = _mm256_or_si256(bytes, _mm256_slli_epi64(bytes, 28));
  return _mm256_cvtepi32_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(0xF)));
}
/// The nibbles of eight bytes, the low one of each first.
static inline lanes load_zeros(const void *p) {
  const __m128i bytes = _mm_loadl_epi64(p);
  return (lanes){widen_nibbles(bytes), widen_nibbles(_mm_srli_si128(bytes, 4))};
}
static inline void store(float *p, lanes a) { _mm256_storeu_ps(p, a.low), _mm256_storeu_ps(p + 8, a.high); }

#define ROWS 2
#define VECTORS 3
#define PACKED_VECTORS 3
#define WIDTH 2

static inline void store_sums(float out[ROWS], const lanes sums[ROWS]) {
  for (size_t r = 0; r < ROWS; r++) {
    const __m256 eight = _mm256_add_ps(sums[r].low, sums[r].high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    out[r] = _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
}

/// Scale and zero of a group in all lanes.
typedef struct {
  __m256 scale, zero;
} levels;
/// A byte in each lane.
typedef struct {
  __m256i low, high;
} codes;

static inline levels levels_of(float scale, float zero) {
  return (levels){_mm256_set1_ps(scale), _mm256_set1_ps(zero)};
}
static inline codes load_codes(const uint8_t *p) {
  return (codes){
    _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)),
    _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p + 8)))};
}
static inline __m256 weights_of(__m256i numbers, levels of) {
  return _mm256_mul_ps(_mm256_sub_ps(_mm256_cvtepi32_ps(numbers), of.zero), of.scale);
}
static inline lanes low_weights(codes both, levels of) {
  const __m256i mask = _mm256_set1_epi32(0xF);
  return (lanes){
    weights_of(_mm256_and_si256(both.low, mask), of), weights_of(_mm256_and_si256(both.high, mask), of)};
}
static inline lanes high_weights(codes both, levels of) {
  return (lanes){
    weights_of(_mm256_srli_epi32(both.low, 4), of), weights_of(_mm256_srli_epi32(both.high, 4), of)};
}

#define D(name) name##_avx2
#include "../dots_loops.h"

// Columns of an AWQ GEMM weight: the eight of one word in a register, and for each of half the lanes of their dot
// products another one.
typedef __m256 columns;
enum { COLUMNS = 8, PASS = 8 };

static inline columns load_columns(const uint8_t *word) {
  const __m256i shifts = _mm256_setr_epi32(0, 16, 4, 20, 8, 24, 12, 28);
  const __m256i nibbles = _mm256_srlv_epi32(_mm256_set1_epi32((int)ck_load_u32(word, 0)), shifts);
  return _mm256_cvtepi32_ps(_mm256_and_si256(nibbles, _mm256_set1_epi32(0xF)));
}
static inline columns load_scales(const uint8_t *halves) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)halves));
}
static inline void store_columns(float *out, columns sums) { _mm256_storeu_ps(out, sums); }
#define COLUMN(name) _mm256_##name##_ps
#define REST ck_dots_awq_gemm_ref
#include "../dots_awq_gemm.h"

#pragma clang attribute pop
#endif

// Rounding to levels, eight weights at a time.
#if defined(__x86_64__)
#include "avx2.h"

#pragma clang attribute push(CK_AVX2, apply_to = function)

typedef __m256 lanes;
enum { WIDTH = 8 };

static inline lanes spread(float x) { return _mm256_set1_ps(x); }
static inline lanes load(const float *p) { return _mm256_loadu_ps(p); }
static inline void store(float *p, lanes a) { _mm256_storeu_ps(p, a); }
static inline lanes plus(lanes a, lanes b) { return _mm256_add_ps(a, b); }
static inline lanes minus(lanes a, lanes b) { return _mm256_sub_ps(a, b); }
static inline lanes times(lanes a, lanes b) { return _mm256_mul_ps(a, b); }
static inline lanes over(lanes a, lanes b) { return _mm256_div_ps(a, b); }
static inline lanes least(lanes a, lanes b) { return _mm256_min_ps(a, b); }
static inline lanes most(lanes a, lanes b) { return _mm256_max_ps(a, b); }
static inline lanes nearest(lanes a) {
  return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline lanes load_codes(const uint8_t *p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
static inline void store_codes(uint8_t *p, lanes code) {
  const __m256i words = _mm256_cvtps_epi32(code);
  const __m128i halves = _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storel_epi64((__m128i *)p, _mm_packus_epi16(halves, halves));
}
static inline unsigned positive(lanes a) {
  return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_GT_OQ));
}
static inline unsigned not_zero(lanes a) {
  return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_NEQ_UQ));
}
static inline lanes pick(unsigned bits, lanes a, lanes b) {
  const __m256i each = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256i set = _mm256_and_si256(_mm256_set1_epi32((int)bits), each);
  return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, each)));
}

#define R(name) name##_avx2
#define REST(name) name##_ref
#include "../rounding_loops.h"

#pragma clang attribute pop
#endif

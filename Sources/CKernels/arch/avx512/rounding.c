// Rounding to levels, sixteen weights at a time.
#if defined(__x86_64__)
#include "../avx2/avx2.h"
#include "avx512.h"

#pragma clang attribute push(CK_AVX512, apply_to = function)

typedef __m512 lanes;
enum { WIDTH = 16 };

static inline lanes spread(float x) { return _mm512_set1_ps(x); }
static inline lanes load(const float *p) { return _mm512_loadu_ps(p); }
static inline void store(float *p, lanes a) { _mm512_storeu_ps(p, a); }
static inline lanes plus(lanes a, lanes b) { return _mm512_add_ps(a, b); }
static inline lanes minus(lanes a, lanes b) { return _mm512_sub_ps(a, b); }
static inline lanes times(lanes a, lanes b) { return _mm512_mul_ps(a, b); }
static inline lanes over(lanes a, lanes b) { return _mm512_div_ps(a, b); }
static inline lanes least(lanes a, lanes b) { return _mm512_min_ps(a, b); }
static inline lanes most(lanes a, lanes b) { return _mm512_max_ps(a, b); }
static inline lanes nearest(lanes a) {
  return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline lanes load_codes(const uint8_t *p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
static inline void store_codes(uint8_t *p, lanes code) {
  _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(code)));
}
static inline unsigned positive(lanes a) { return _mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_GT_OQ); }
static inline unsigned not_zero(lanes a) { return _mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_NEQ_UQ); }
static inline lanes pick(unsigned bits, lanes a, lanes b) { return _mm512_mask_blend_ps((__mmask16)bits, b, a); }

#define R(name) name##_avx512
#define REST(name) name##_avx2
#include "../rounding_loops.h"

#pragma clang attribute pop
#endif

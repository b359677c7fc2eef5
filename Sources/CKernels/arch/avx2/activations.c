// Softmax and SiLU. exp follows Cephes' expf (S. L. Moshier): reduce by multiples of ln 2, polynomial of
// degree 6, scale by a power of two.
#if defined(__x86_64__)
#include "avx2.h"
#include <math.h>

#pragma clang attribute push(CK_AVX2, apply_to = function)

/// exp of eight lanes. Below -87.3 the least normal number, above 88.38 (2^127.5) infinity; NaN stays NaN.
static inline __m256 exp_avx2(__m256 x) {
  x = _mm256_max_ps(_mm256_set1_ps(-87.33654f), _mm256_min_ps(_mm256_set1_ps(88.8f), x));
  const __m256 log2e = _mm256_set1_ps(1.44269504088896341f);
  const __m256 n = _mm256_round_ps(_mm256_mul_ps(x, log2e), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  x = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);  // ln 2 in two parts
  x = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), x);
  __m256 y = _mm256_set1_ps(1.9875691500e-4f);
  y = _mm256_fmadd_ps(y, x, _mm256_set1_ps(1.3981999507e-3f));
  y = _mm256_fmadd_ps(y, x, _mm256_set1_ps(8.3334519073e-3f));
  y = _mm256_fmadd_ps(y, x, _mm256_set1_ps(4.1665795894e-2f));
  y = _mm256_fmadd_ps(y, x, _mm256_set1_ps(1.6666665459e-1f));
  y = _mm256_fmadd_ps(y, x, _mm256_set1_ps(5.0000001201e-1f));
  y = _mm256_fmadd_ps(y, _mm256_mul_ps(x, x), _mm256_add_ps(x, _mm256_set1_ps(1)));
  __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
  return _mm256_mul_ps(y, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
}

/// Adds eight floats to four f64 lanes.
static inline __m256d add_widened(__m256d sum, __m256 x) {
  sum = _mm256_add_pd(sum, _mm256_cvtps_pd(_mm256_castps256_ps128(x)));
  return _mm256_add_pd(sum, _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)));
}

void ck_softmax_f32_avx2(float *x, size_t count) {
  if (count < 8) {
    ck_softmax_f32_ref(x, count);
    return;
  }
  size_t i = 8;
  __m256 lanes = _mm256_loadu_ps(x);
  for (; i + 8 <= count; i += 8) lanes = _mm256_max_ps(_mm256_loadu_ps(x + i), lanes);
  float maxima[8];
  _mm256_storeu_ps(maxima, lanes);
  float largest = maxima[0];
  for (size_t j = 1; j < 8; j++) largest = maxima[j] > largest ? maxima[j] : largest;
  for (; i < count; i++) largest = x[i] > largest ? x[i] : largest;

  __m256d sums = _mm256_setzero_pd();
  for (i = 0; i + 8 <= count; i += 8) {
    __m256 y = exp_avx2(_mm256_sub_ps(_mm256_loadu_ps(x + i), _mm256_set1_ps(largest)));
    _mm256_storeu_ps(x + i, y);
    sums = add_widened(sums, y);
  }
  double four[4];
  _mm256_storeu_pd(four, sums);
  double sum = (four[0] + four[1]) + (four[2] + four[3]);
  for (; i < count; i++) {
    x[i] = expf(x[i] - largest);
    sum += (double)x[i];
  }
  const float scale = (float)(1 / sum);
  for (i = 0; i < count; i++) x[i] *= scale;
}

void ck_silu_mul_f32_avx2(float *gate, const float *up, size_t count) {
  const __m256 one = _mm256_set1_ps(1), sign = _mm256_set1_ps(-0.0f);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256 x = _mm256_loadu_ps(gate + i);
    __m256 silu = _mm256_div_ps(x, _mm256_add_ps(one, exp_avx2(_mm256_xor_ps(x, sign))));
    _mm256_storeu_ps(gate + i, _mm256_mul_ps(silu, _mm256_loadu_ps(up + i)));
  }
  ck_silu_mul_f32_ref(gate + i, up + i, count - i);
}

#pragma clang attribute pop
#endif

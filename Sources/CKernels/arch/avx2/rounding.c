// Rounding to levels, eight weights at a time (rounding.h says what each function does).
#if defined(__x86_64__)
#include "../levels.h"
#include "avx2.h"

#pragma clang attribute push(CK_AVX2, apply_to = function)

static inline __m256 codes_of(__m256 w, __m256 scale, __m256 zero, __m256 top) {
  __m256 steps = _mm256_round_ps(_mm256_div_ps(w, scale), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 code = _mm256_add_ps(steps, zero);
  // max returns its second operand where the first is NaN: code 0, as in ck_code_of.
  return _mm256_min_ps(_mm256_max_ps(code, _mm256_setzero_ps()), top);
}

/// Eight codes as bytes.
static inline void store_codes(uint8_t *out, __m256 code) {
  __m256i words = _mm256_cvtps_epi32(code);
  __m128i halves = _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storel_epi64((__m128i *)out, _mm_packus_epi16(halves, halves));
}

void ck_round_groups_avx2(
  float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group,
  float top) {
  if (group % 8 != 0) {
    ck_round_groups_ref(out, codes, w, scales, zeros, groups, group, top);
    return;
  }
  __m256 tops = _mm256_set1_ps(top);
  for (size_t g = 0; g < groups; g++) {
    __m256 scale = _mm256_set1_ps(scales[g]), zero = _mm256_set1_ps(zeros[g]);
    for (size_t i = g * group; i < (g + 1) * group; i += 8) {
      __m256 code = codes_of(_mm256_loadu_ps(w + i), scale, zero, tops);
      if (codes) store_codes(codes + i, code);
      _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_sub_ps(code, zero), scale));
    }
  }
}

void ck_group_extremes_avx2(float *low, float *high, const float *w, size_t groups, size_t group) {
  if (group % 8 != 0 || group == 0) {
    ck_group_extremes_ref(low, high, w, groups, group);
    return;
  }
  for (size_t g = 0; g < groups; g++) {
    const float *in = w + g * group;
    __m256 least = _mm256_loadu_ps(in), most = least;
    for (size_t i = 8; i < group; i += 8) {
      least = _mm256_min_ps(_mm256_loadu_ps(in + i), least);
      most = _mm256_max_ps(_mm256_loadu_ps(in + i), most);
    }
    float lanes[2][8];
    _mm256_storeu_ps(lanes[0], least);
    _mm256_storeu_ps(lanes[1], most);
    low[g] = lanes[0][0], high[g] = lanes[1][0];
    for (int i = 1; i < 8; i++) {
      low[g] = lanes[0][i] < low[g] ? lanes[0][i] : low[g];
      high[g] = lanes[1][i] > high[g] ? lanes[1][i] : high[g];
    }
  }
}

/// y += factor * x, multiply and add rounded separately.
static inline void add_multiple(float *y, const float *x, float factor, size_t count) {
  __m256 factors = _mm256_set1_ps(factor);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256 step = _mm256_mul_ps(factors, _mm256_loadu_ps(x + i));
    _mm256_storeu_ps(y + i, _mm256_add_ps(_mm256_loadu_ps(y + i), step));
  }
  for (; i < count; i++) {
    float step = factor * x[i];
    y[i] = y[i] + step;
  }
}

void ck_gptq_block_avx2(
  float *w, float *err, uint8_t *codes, const float *u, size_t stride, const float *scales, const float *zeros,
  size_t columns, size_t lanes, float top) {
  if (lanes % 8 != 0) {
    ck_gptq_block_ref(w, err, codes, u, stride, scales, zeros, columns, lanes, top);
    return;
  }
  __m256 tops = _mm256_set1_ps(top);
  for (size_t j = 0; j < columns; j++) {
    __m256 pivot = _mm256_set1_ps(u[j * stride + j]);
    for (size_t r = 0; r < lanes; r += 8) {
      __m256 scale = _mm256_loadu_ps(scales + j * lanes + r);
      __m256 zero = _mm256_loadu_ps(zeros + j * lanes + r);
      __m256 value = _mm256_loadu_ps(w + j * lanes + r);
      __m256 code = codes_of(value, scale, zero, tops);
      __m256 level = _mm256_mul_ps(_mm256_sub_ps(code, zero), scale);
      store_codes(codes + j * lanes + r, code);
      _mm256_storeu_ps(err + j * lanes + r, _mm256_div_ps(_mm256_sub_ps(value, level), pivot));
    }
    for (size_t k = j + 1; k < columns; k++) {
      add_multiple(w + k * lanes, err + j * lanes, -u[j * stride + k], lanes);
    }
  }
}

/// All rows take a column before the next one is read: a line of H serves them from the first-level cache.
size_t ck_descend_rows_avx2(
  uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
  size_t columns, size_t group, float top) {
  size_t changed = 0, groups = columns / group;
  for (size_t j = 0; j < columns; j++) {
    const float *h = gram + j * columns;
    for (size_t r = 0; r < rows; r++) {
      size_t at = r * groups + j / group;
      float *slope = gradient + r * columns;
      float move = ck_best_move(&codes[r * columns + j], slope[j], h[j], scales[at], zeros[at], top);
      if (move == 0) continue;
      changed++;
      add_multiple(slope, h, move, columns);
    }
  }
  return changed;
}

#pragma clang attribute pop
#endif

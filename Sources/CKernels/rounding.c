// Rounding to 4-bit levels (rounding.h says what each function does).
#include "rounding.h"
#include <math.h>
#include "target.h"

/// The code of the level nearest to w.
static inline float code_of(float w, float scale, float zero) {
  float code = rintf(w / scale) + zero;
  return code >= 15.0f ? 15.0f : code >= 0.0f ? code : 0.0f;
}

void ck_round_groups_ref(
  float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group) {
  for (size_t g = 0; g < groups; g++) {
    for (size_t i = g * group; i < (g + 1) * group; i++) {
      float code = code_of(w[i], scales[g], zeros[g]);
      if (codes) codes[i] = (uint8_t)code;
      out[i] = (code - zeros[g]) * scales[g];
    }
  }
}

void ck_group_extremes_ref(float *low, float *high, const float *w, size_t groups, size_t group) {
  for (size_t g = 0; g < groups; g++) {
    low[g] = high[g] = w[g * group];
    for (size_t i = g * group + 1; i < (g + 1) * group; i++) {
      low[g] = w[i] < low[g] ? w[i] : low[g];
      high[g] = w[i] > high[g] ? w[i] : high[g];
    }
  }
}

void ck_gptq_block_ref(
  float *w, float *err, uint8_t *codes, const float *u, size_t stride, const float *scales, const float *zeros,
  size_t columns, size_t lanes) {
  for (size_t j = 0; j < columns; j++) {
    const float *scale = scales + j * lanes, *zero = zeros + j * lanes;
    for (size_t r = 0; r < lanes; r++) {
      float code = code_of(w[j * lanes + r], scale[r], zero[r]);
      float level = (code - zero[r]) * scale[r];
      codes[j * lanes + r] = (uint8_t)code;
      err[j * lanes + r] = (w[j * lanes + r] - level) / u[j * stride + j];
    }
    for (size_t k = j + 1; k < columns; k++) {
      for (size_t r = 0; r < lanes; r++) {
        float step = err[j * lanes + r] * u[j * stride + k];
        w[k * lanes + r] = w[k * lanes + r] - step;
      }
    }
  }
}

/// The level of `*code` nearest to the row's minimum along column j; the move is returned, 0 if there is none.
static inline float best_move(
  uint8_t *code, float gradient, float curvature, float scale, float zero) {
  if (!(curvature > 0)) return 0;
  float level = ((float)*code - zero) * scale;
  float best = code_of(level - gradient / curvature, scale, zero);
  float move = (best - (float)*code) * scale;
  *code = (uint8_t)best;
  return move;
}

size_t ck_descend_rows_ref(
  uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
  size_t columns, size_t group) {
  size_t changed = 0, groups = columns / group;
  for (size_t r = 0; r < rows; r++, codes += columns, gradient += columns, scales += groups, zeros += groups) {
    for (size_t j = 0; j < columns; j++) {
      const float *h = gram + j * columns;
      float move = best_move(&codes[j], gradient[j], h[j], scales[j / group], zeros[j / group]);
      if (move == 0) continue;
      changed++;
      for (size_t k = 0; k < columns; k++) {
        float step = move * h[k];
        gradient[k] = gradient[k] + step;
      }
    }
  }
  return changed;
}

#if CK_X86
CK_AVX2 static inline __m256 codes_of(__m256 w, __m256 scale, __m256 zero) {
  __m256 steps = _mm256_round_ps(_mm256_div_ps(w, scale), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 code = _mm256_add_ps(steps, zero);
  // max returns its second operand where the first is NaN: code 0, as in code_of.
  return _mm256_min_ps(_mm256_max_ps(code, _mm256_setzero_ps()), _mm256_set1_ps(15));
}

/// Eight codes as bytes.
CK_AVX2 static inline void store_codes(uint8_t *out, __m256 code) {
  __m256i words = _mm256_cvtps_epi32(code);
  __m128i halves = _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storel_epi64((__m128i *)out, _mm_packus_epi16(halves, halves));
}

CK_AVX2 static void round_groups_avx2(
  float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group) {
  for (size_t g = 0; g < groups; g++) {
    __m256 scale = _mm256_set1_ps(scales[g]), zero = _mm256_set1_ps(zeros[g]);
    for (size_t i = g * group; i < (g + 1) * group; i += 8) {
      __m256 code = codes_of(_mm256_loadu_ps(w + i), scale, zero);
      if (codes) store_codes(codes + i, code);
      _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_sub_ps(code, zero), scale));
    }
  }
}

CK_AVX2 static void group_extremes_avx2(float *low, float *high, const float *w, size_t groups, size_t group) {
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
CK_AVX2 static inline void add_multiple(float *y, const float *x, float factor, size_t count) {
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

CK_AVX2 static void gptq_block_avx2(
  float *w, float *err, uint8_t *codes, const float *u, size_t stride, const float *scales, const float *zeros,
  size_t columns, size_t lanes) {
  for (size_t j = 0; j < columns; j++) {
    __m256 pivot = _mm256_set1_ps(u[j * stride + j]);
    for (size_t r = 0; r < lanes; r += 8) {
      __m256 scale = _mm256_loadu_ps(scales + j * lanes + r);
      __m256 zero = _mm256_loadu_ps(zeros + j * lanes + r);
      __m256 value = _mm256_loadu_ps(w + j * lanes + r);
      __m256 code = codes_of(value, scale, zero);
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
CK_AVX2 static size_t descend_rows_avx2(
  uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
  size_t columns, size_t group) {
  size_t changed = 0, groups = columns / group;
  for (size_t j = 0; j < columns; j++) {
    const float *h = gram + j * columns;
    for (size_t r = 0; r < rows; r++) {
      size_t at = r * groups + j / group;
      float *slope = gradient + r * columns;
      float move = best_move(&codes[r * columns + j], slope[j], h[j], scales[at], zeros[at]);
      if (move == 0) continue;
      changed++;
      add_multiple(slope, h, move, columns);
    }
  }
  return changed;
}
#endif

void ck_round_groups(
  float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group) {
#if CK_X86
  if (group % 8 == 0 && ck_has_avx2()) return round_groups_avx2(out, codes, w, scales, zeros, groups, group);
#endif
  ck_round_groups_ref(out, codes, w, scales, zeros, groups, group);
}

void ck_group_extremes(float *low, float *high, const float *w, size_t groups, size_t group) {
#if CK_X86
  if (group % 8 == 0 && group > 0 && ck_has_avx2()) return group_extremes_avx2(low, high, w, groups, group);
#endif
  ck_group_extremes_ref(low, high, w, groups, group);
}

void ck_gptq_block(
  float *w, float *err, uint8_t *codes, const float *u, size_t stride, const float *scales, const float *zeros,
  size_t columns, size_t lanes) {
#if CK_X86
  if (lanes % 8 == 0 && ck_has_avx2()) {
    return gptq_block_avx2(w, err, codes, u, stride, scales, zeros, columns, lanes);
  }
#endif
  ck_gptq_block_ref(w, err, codes, u, stride, scales, zeros, columns, lanes);
}

size_t ck_descend_rows(
  uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
  size_t columns, size_t group) {
#if CK_X86
  if (ck_has_avx2()) return descend_rows_avx2(codes, gradient, gram, scales, zeros, rows, columns, group);
#endif
  return ck_descend_rows_ref(codes, gradient, gram, scales, zeros, rows, columns, group);
}

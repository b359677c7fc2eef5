// Rounding to levels (rounding.h says what each function does).
#include "../kernels.h"
#include <math.h>

/// The code of the level nearest to w, at most `top`.
static inline float ck_code_of(float w, float scale, float zero, float top) {
  float code = rintf(w / scale) + zero;
  return code >= top ? top : code >= 0.0f ? code : 0.0f;
}

/// The level of `*code` nearest to the row's minimum along column j; the move is returned, 0 if there is none.
static inline float ck_best_move(
  uint8_t *code, float gradient, float curvature, float scale, float zero, float top) {
  if (!(curvature > 0)) return 0;
  float level = ((float)*code - zero) * scale;
  float best = ck_code_of(level - gradient / curvature, scale, zero, top);
  float move = (best - (float)*code) * scale;
  *code = (uint8_t)best;
  return move;
}

void ck_round_groups_ref(
  float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group,
  float top) {
  for (size_t g = 0; g < groups; g++) {
    for (size_t i = g * group; i < (g + 1) * group; i++) {
      float code = ck_code_of(w[i], scales[g], zeros[g], top);
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
  size_t columns, size_t lanes, float top) {
  for (size_t j = 0; j < columns; j++) {
    const float *scale = scales + j * lanes, *zero = zeros + j * lanes;
    for (size_t r = 0; r < lanes; r++) {
      float code = ck_code_of(w[j * lanes + r], scale[r], zero[r], top);
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

size_t ck_descend_rows_ref(
  uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
  size_t columns, size_t group, float top) {
  size_t changed = 0, groups = columns / group;
  for (size_t r = 0; r < rows; r++, codes += columns, gradient += columns, scales += groups, zeros += groups) {
    for (size_t j = 0; j < columns; j++) {
      const float *h = gram + j * columns;
      float move = ck_best_move(&codes[j], gradient[j], h[j], scales[j / group], zeros[j / group], top);
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

// Levels of one weight, shared by the rounding kernels of all instruction sets.
#ifndef CK_ARCH_LEVELS_H
#define CK_ARCH_LEVELS_H
#include <math.h>
#include <stdint.h>

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

#endif

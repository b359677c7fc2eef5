// Softmax, SiLU and GELU.
#include "../kernels.h"
#include <math.h>

void ck_softmax_f32_ref(float *x, size_t count) {
  if (count == 0) return;
  float largest = x[0];
  for (size_t i = 1; i < count; i++) largest = x[i] > largest ? x[i] : largest;
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    x[i] = expf(x[i] - largest);
    sum += (double)x[i];
  }
  float scale = (float)(1 / sum);
  for (size_t i = 0; i < count; i++) x[i] *= scale;
}

void ck_silu_mul_f32_ref(float *gate, const float *up, size_t count) {
  for (size_t i = 0; i < count; i++) gate[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

void ck_gelu_f32(float *x, size_t count) {
  const float inverse_sqrt2 = 0.70710678118654752440f;
  for (size_t i = 0; i < count; i++) x[i] = 0.5f * x[i] * (1 + erff(x[i] * inverse_sqrt2));
}

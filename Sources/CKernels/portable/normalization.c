// RMSNorm and LayerNorm of one row. Sums run in eight f64 lanes, in an order that the compiler may vectorise
// without changing it, so there is one version for every processor.
#include "../include/CKernels.h"
#include <math.h>

enum { LANES = 8 };

static double sum_of_lanes(const double *lanes) {
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

static double sum_of(const float *x, size_t count) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (size_t j = 0; j < LANES; j++) lanes[j] += (double)x[i + j];
  for (; i < count; i++) lanes[0] += (double)x[i];
  return sum_of_lanes(lanes);
}

static double sum_of_squares(const float *x, size_t count, double center) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (size_t j = 0; j < LANES; j++) lanes[j] += ((double)x[i + j] - center) * ((double)x[i + j] - center);
  for (; i < count; i++) lanes[0] += ((double)x[i] - center) * ((double)x[i] - center);
  return sum_of_lanes(lanes);
}

void ck_rms_norm_f32(float *out, const float *x, const float *weight, size_t count, float epsilon) {
  float scale = (float)(1 / sqrt(sum_of_squares(x, count, 0) / (double)count + (double)epsilon));
  for (size_t i = 0; i < count; i++) out[i] = x[i] * scale * weight[i];
}

void ck_layer_norm_f32(
  float *out, const float *x, const float *weight, const float *bias, size_t count, float epsilon) {
  double mean = sum_of(x, count) / (double)count;
  float scale = (float)(1 / sqrt(sum_of_squares(x, count, mean) / (double)count + (double)epsilon));
  for (size_t i = 0; i < count; i++) out[i] = (float)((double)x[i] - mean) * scale * weight[i] + bias[i];
}

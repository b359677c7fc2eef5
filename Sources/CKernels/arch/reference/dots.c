// Dot products of stored weights with a few vectors (dots.h says what they promise).
#include "../elements.h"
#include "../kernels.h"
#include <math.h>

/// The weight in column `c` of a row.
typedef float weight_at(const void *row, size_t c);

static float sum_of_lanes(float *lanes) {
  for (size_t half = CK_DOT_LANES / 2; half > 0; half /= 2) {
    for (size_t l = 0; l < half; l++) lanes[l] += lanes[l + half];
  }
  return lanes[0];
}

static float dot(weight_at *weight, const void *row, const float *x, size_t columns) {
  float lanes[CK_DOT_LANES] = {0};
  for (size_t start = 0; start < columns; start += CK_DOT_LANES) {
    for (size_t l = 0; l < CK_DOT_LANES; l++) {
      const size_t c = start + l;
      const float w = c < columns ? weight(row, c) : 0, factor = c < columns ? x[c] : 0;
      lanes[l] = fmaf(w, factor, lanes[l]);
    }
  }
  return sum_of_lanes(lanes);
}

static float f32_at(const void *row, size_t c) { return ck_float_of_bits(ck_load_u32(row, c)); }
static float f16_at(const void *row, size_t c) { return ck_widen_f16(ck_load_u16(row, c)); }
static float bf16_at(const void *row, size_t c) { return ck_widen_bf16(ck_load_u16(row, c)); }

void ck_dots_floats_ref(float *y, size_t stride, ck_vectors x, ck_float_rows w) {
  weight_at *weight = w.type == CK_F32 ? f32_at : w.type == CK_F16 ? f16_at : bf16_at;
  const size_t bytes = w.stride * (w.type == CK_F32 ? 4 : 2);
  for (size_t t = 0; t < x.count; t++) {
    for (size_t r = 0; r < w.rows; r++) {
      y[t * stride + r] = dot(weight, (const uint8_t *)w.base + r * bytes, x.base + t * x.stride, w.columns);
    }
  }
}

/// One row of an int4 weight.
typedef struct {
  const void *codes, *scales, *zeros;
  ck_scale_type scale_type;
  size_t in_features, out_features, group, row;
} int4_row;

static float awq_u4_at(const void *row, size_t c) {
  const int4_row *w = row;
  const size_t groups = w->in_features / w->group, g = c / w->group;
  const uint8_t byte = ((const uint8_t *)w->codes)[w->row * (w->in_features / 2) + c / 32 * 16 + c % 16];
  const int q = c % 32 < 16 ? byte & 0xF : byte >> 4;
  const int z = ck_load_zero((const uint8_t *)w->zeros + w->row * ((groups + 1) / 2), g);
  return (float)(q - z) * ck_load_scale(w->scales, w->scale_type, w->row * groups + g);
}

static float awq_gemm_at(const void *row, size_t c) {
  const int4_row *w = row;
  const size_t words = w->out_features / 8, g = c / w->group;
  const uint32_t shift = ck_awq_shift(w->row);
  const int q = (int)(ck_load_u32(w->codes, c * words + w->row / 8) >> shift & 0xF);
  const int z = (int)(ck_load_u32(w->zeros, g * words + w->row / 8) >> shift & 0xF);
  return (float)(q - z) * ck_load_scale(w->scales, w->scale_type, g * w->out_features + w->row);
}

static void dots_int4(
  float *y, size_t stride, ck_vectors x, weight_at *weight, int4_row w, size_t first, size_t count) {
  for (size_t t = 0; t < x.count; t++) {
    for (size_t r = 0; r < count; r++) {
      w.row = first + r;
      y[t * stride + r] = dot(weight, &w, x.base + t * x.stride, w.in_features);
    }
  }
}

void ck_dots_awq_u4_ref(
  float *y, size_t stride, ck_vectors x, const void *codes, const void *scales, const void *zeros,
  ck_scale_type scale_type, size_t in_features, size_t group, size_t first, size_t count) {
  const int4_row w = {codes, scales, zeros, scale_type, in_features, 0, group, 0};
  dots_int4(y, stride, x, awq_u4_at, w, first, count);
}

void ck_dots_awq_gemm_ref(
  float *y, size_t stride, ck_vectors x, const void *qweight, const void *qzeros, const void *scales,
  size_t in_features, size_t out_features, size_t group, size_t first, size_t count) {
  const int4_row w = {qweight, scales, qzeros, CK_SCALES_F16, in_features, out_features, group, 0};
  dots_int4(y, stride, x, awq_gemm_at, w, first, count);
}

void ck_weighted_sums_ref(float *y, size_t stride, ck_vectors x, ck_float_rows w) {
  const ck_factor_f32 weights = {x.base, x.stride, 1}, rows = {w.base, 1, w.stride};
  ck_gemm_ref_f32(y, stride, weights, rows, x.count, w.columns, w.rows, CK_GEMM_SET);
}

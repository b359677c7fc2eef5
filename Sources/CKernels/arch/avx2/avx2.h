// Kernels for AVX2 with FMA and F16C; the functions of each file here are compiled for them, whatever the flags.
#ifndef CK_ARCH_AVX2_H
#define CK_ARCH_AVX2_H
#include "../kernels.h"
#include <immintrin.h>

/// What the functions between `#pragma clang attribute push(CK_AVX2, ...)` and its `pop` are compiled for.
#define CK_AVX2 __attribute__((target("avx2,fma,f16c")))

void ck_bf16_to_f32_avx2(float *out, const void *in, size_t count);
void ck_f16_to_f32_avx2(float *out, const void *in, size_t count);
void ck_f32_to_bf16_avx2(uint16_t *out, const float *in, size_t count);
void ck_f32_to_f16_avx2(uint16_t *out, const float *in, size_t count);
void ck_awq_gemm_decode_rows_avx2(
  float *out, const void *qweight, const void *qzeros, const void *scales, size_t in_features, size_t out_features,
  size_t group, size_t first, size_t count);
void ck_awq_u4_decode_rows_avx2(
  float *out, const void *codes, const void *scales, const void *zeros, ck_scale_type scale_type, size_t in_features,
  size_t group, size_t first, size_t count);
void ck_awq_gemm_to_u4_rows_avx2(
  uint8_t *out, const void *qweight, size_t in_features, size_t out_features, size_t first, size_t count);
void ck_dots_floats_avx2(float *y, size_t stride, ck_vectors x, ck_float_rows w);
void ck_dots_awq_u4_avx2(
  float *y, size_t stride, ck_vectors x, const void *codes, const void *scales, const void *zeros,
  ck_scale_type scale_type, size_t in_features, size_t group, size_t first, size_t count);
void ck_dots_awq_gemm_avx2(
  float *y, size_t stride, ck_vectors x, const void *qweight, const void *qzeros, const void *scales,
  size_t in_features, size_t out_features, size_t group, size_t first, size_t count);
void ck_weighted_sums_avx2(float *y, size_t stride, ck_vectors x, ck_float_rows w);
void ck_softmax_f32_avx2(float *x, size_t count);
void ck_silu_mul_f32_avx2(float *gate, const float *up, size_t count);
void ck_round_groups_avx2(
  float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group);
void ck_group_extremes_avx2(float *low, float *high, const float *w, size_t groups, size_t group);
void ck_gptq_block_avx2(
  float *w, float *err, uint8_t *codes, const float *u, size_t stride, const float *scales, const float *zeros,
  size_t columns, size_t lanes);
size_t ck_descend_rows_avx2(
  uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
  size_t columns, size_t group);
void ck_gemm_f32_avx2(
  float *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
void ck_gemm_f64_avx2(
  double *c, size_t stride, ck_factor_f64 a, ck_factor_f64 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
void ck_gemm_f32_f64_avx2(
  double *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
void ck_gemm_bf16_avx2(
  float *c, size_t stride, ck_factor_bf16 a, ck_factor_bf16 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);

#endif

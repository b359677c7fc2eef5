// Kernels for the AVX-512 that all server processors with any of it have; avx2/avx2.h serves for all that is not here.
#ifndef CK_ARCH_AVX512_H
#define CK_ARCH_AVX512_H
#include "../kernels.h"
#include <immintrin.h>

/// What the functions between `#pragma clang attribute push(CK_AVX512, ...)` and its `pop` are compiled for.
#define CK_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,f16c")))

void ck_dots_floats_avx512(float *y, size_t stride, ck_vectors x, ck_float_rows w);
void ck_dots_awq_u4_avx512(
  float *y, size_t stride, ck_vectors x, const void *codes, const void *scales, const void *zeros,
  ck_scale_type scale_type, size_t in_features, size_t group, size_t first, size_t count);
void ck_dots_awq_gemm_avx512(
  float *y, size_t stride, ck_vectors x, const void *qweight, const void *qzeros, const void *scales,
  size_t in_features, size_t out_features, size_t group, size_t first, size_t count);
void ck_weighted_sums_avx512(float *y, size_t stride, ck_vectors x, ck_float_rows w);
void ck_round_groups_avx512(
  float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group,
  float top);
void ck_group_extremes_avx512(float *low, float *high, const float *w, size_t groups, size_t group);
void ck_gptq_block_avx512(
  float *w, float *err, uint8_t *codes, const float *u, size_t stride, const float *scales, const float *zeros,
  size_t columns, size_t lanes, float top);
size_t ck_descend_rows_avx512(
  uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
  size_t columns, size_t group, float top);
void ck_gemm_f32_avx512(
  float *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
void ck_gemm_f64_avx512(
  double *c, size_t stride, ck_factor_f64 a, ck_factor_f64 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
void ck_gemm_f32_f64_avx512(
  double *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
void ck_gemm_bf16_avx512(
  float *c, size_t stride, ck_factor_bf16 a, ck_factor_bf16 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);

#endif

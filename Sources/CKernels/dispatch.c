// The one place where the instruction set is chosen, at every call.
#include "arch/kernels.h"

/// The instruction sets, best first. A new one is a folder in arch/ and a line here.
static const ck_kernels *const sets[] = {
#if defined(__x86_64__)
  &ck_avx512bf16_kernels,
  &ck_avx512_kernels,
  &ck_avx2_kernels,
#endif
  &ck_reference_kernels,
};

/// The first set that has the kernel and runs on this processor.
#define BEST_SET(kernel)                               \
  ({                                                   \
    const ck_kernels *const *set = sets;               \
    while (!(*set)->kernel || !(*set)->runs()) set++;  \
    *set;                                              \
  })
#define BEST(kernel) (BEST_SET(kernel)->kernel)

const char *ck_instruction_set(void) { return BEST_SET(softmax_f32)->name; }
const char *ck_gemm_instruction_set(void) { return BEST_SET(gemm_f32)->name; }
const char *ck_gemm_bf16_instruction_set(void) { return BEST_SET(gemm_bf16)->name; }

void ck_bf16_to_f32(float *out, const void *in, size_t count) {
  BEST(bf16_to_f32)(out, in, count);
}

void ck_f16_to_f32(float *out, const void *in, size_t count) {
  BEST(f16_to_f32)(out, in, count);
}

void ck_f32_to_bf16(uint16_t *out, const float *in, size_t count) {
  BEST(f32_to_bf16)(out, in, count);
}

void ck_f32_to_f16(uint16_t *out, const float *in, size_t count) {
  BEST(f32_to_f16)(out, in, count);
}

void ck_awq_gemm_decode_rows(
  float *out, const void *qweight, const void *qzeros, const void *scales, size_t in_features, size_t out_features,
  size_t group, size_t first, size_t count) {
  BEST(awq_gemm_decode_rows)(out, qweight, qzeros, scales, in_features, out_features, group, first, count);
}

void ck_awq_u4_decode_rows(
  float *out, const void *codes, const void *scales, const void *zeros, ck_scale_type scale_type, size_t in_features,
  size_t group, size_t first, size_t count) {
  BEST(awq_u4_decode_rows)(out, codes, scales, zeros, scale_type, in_features, group, first, count);
}

void ck_awq_gemm_to_u4_rows(
  uint8_t *out, const void *qweight, size_t in_features, size_t out_features, size_t first, size_t count) {
  BEST(awq_gemm_to_u4_rows)(out, qweight, in_features, out_features, first, count);
}

void ck_dots_floats(float *y, size_t stride, ck_vectors x, ck_float_rows w) {
  BEST(dots_floats)(y, stride, x, w);
}

void ck_dots_awq_u4(
  float *y, size_t stride, ck_vectors x, const void *codes, const void *scales, const void *zeros,
  ck_scale_type scale_type, size_t in_features, size_t group, size_t first, size_t count) {
  BEST(dots_awq_u4)(y, stride, x, codes, scales, zeros, scale_type, in_features, group, first, count);
}

void ck_dots_awq_gemm(
  float *y, size_t stride, ck_vectors x, const void *qweight, const void *qzeros, const void *scales,
  size_t in_features, size_t out_features, size_t group, size_t first, size_t count) {
  BEST(dots_awq_gemm)(y, stride, x, qweight, qzeros, scales, in_features, out_features, group, first, count);
}

void ck_weighted_sums(float *y, size_t stride, ck_vectors x, ck_float_rows w) {
  BEST(weighted_sums)(y, stride, x, w);
}

void ck_softmax_f32(float *x, size_t count) {
  BEST(softmax_f32)(x, count);
}

void ck_silu_mul_f32(float *gate, const float *up, size_t count) {
  BEST(silu_mul_f32)(gate, up, count);
}

void ck_round_groups(
  float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group) {
  BEST(round_groups)(out, codes, w, scales, zeros, groups, group);
}

void ck_group_extremes(float *low, float *high, const float *w, size_t groups, size_t group) {
  BEST(group_extremes)(low, high, w, groups, group);
}

void ck_gptq_block(
  float *w, float *err, uint8_t *codes, const float *u, size_t stride, const float *scales, const float *zeros,
  size_t columns, size_t lanes) {
  BEST(gptq_block)(w, err, codes, u, stride, scales, zeros, columns, lanes);
}

size_t ck_descend_rows(
  uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
  size_t columns, size_t group) {
  return BEST(descend_rows)(codes, gradient, gram, scales, zeros, rows, columns, group);
}

void ck_gemm_f32(
  float *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode) {
  BEST(gemm_f32)(c, stride, a, b, m, n, k, mode);
}

void ck_gemm_f64(
  double *c, size_t stride, ck_factor_f64 a, ck_factor_f64 b, size_t m, size_t n, size_t k, ck_gemm_mode mode) {
  BEST(gemm_f64)(c, stride, a, b, m, n, k, mode);
}

void ck_gemm_f32_f64(
  double *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode) {
  BEST(gemm_f32_f64)(c, stride, a, b, m, n, k, mode);
}

void ck_gemm_bf16(
  float *c, size_t stride, ck_factor_bf16 a, ck_factor_bf16 b, size_t m, size_t n, size_t k, ck_gemm_mode mode) {
  BEST(gemm_bf16)(c, stride, a, b, m, n, k, mode);
}

// What an instruction set may bring along. Each has a folder beside this file, with a table of its kernels in
// kernels.c; the plain twins in reference/ are the only table without gaps. dispatch.c takes the best kernel
// that the processor can run.
#ifndef CK_ARCH_KERNELS_H
#define CK_ARCH_KERNELS_H
#include "../include/CKernels.h"

/// Kernels of one instruction set; their names, arguments and promises are those of the headers in include/,
/// and any lengths are theirs to take. NULL where the next set in dispatch.c serves as well; softmax and silu,
/// whose last bits are the set's own, come together or not at all.
typedef struct {
  const char *name;
  /// Whether this processor has the instructions.
  int (*runs)(void);
  void (*bf16_to_f32)(float *out, const void *in, size_t count);
  void (*f16_to_f32)(float *out, const void *in, size_t count);
  void (*f32_to_bf16)(uint16_t *out, const float *in, size_t count);
  void (*f32_to_f16)(uint16_t *out, const float *in, size_t count);
  void (*awq_gemm_decode_rows)(
    float *out, const void *qweight, const void *qzeros, const void *scales, size_t in_features, size_t out_features,
    size_t group, size_t first, size_t count);
  void (*awq_u4_decode_rows)(
    float *out, const void *codes, const void *scales, const void *zeros, ck_scale_type scale_type, size_t in_features,
    size_t group, size_t first, size_t count);
  void (*awq_gemm_to_u4_rows)(
    uint8_t *out, const void *qweight, size_t in_features, size_t out_features, size_t first, size_t count);
  void (*dots_floats)(float *y, size_t stride, ck_vectors x, ck_float_rows w);
  void (*dots_awq_u4)(
    float *y, size_t stride, ck_vectors x, const void *codes, const void *scales, const void *zeros,
    ck_scale_type scale_type, size_t in_features, size_t group, size_t first, size_t count);
  void (*dots_awq_gemm)(
    float *y, size_t stride, ck_vectors x, const void *qweight, const void *qzeros, const void *scales,
    size_t in_features, size_t out_features, size_t group, size_t first, size_t count);
  void (*weighted_sums)(float *y, size_t stride, ck_vectors x, ck_float_rows w);
  void (*softmax_f32)(float *x, size_t count);
  void (*silu_mul_f32)(float *gate, const float *up, size_t count);
  void (*round_groups)(
    float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group);
  void (*group_extremes)(float *low, float *high, const float *w, size_t groups, size_t group);
  void (*gptq_block)(
    float *w, float *err, uint8_t *codes, const float *u, size_t stride, const float *scales, const float *zeros,
    size_t columns, size_t lanes);
  size_t (*descend_rows)(
    uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
    size_t columns, size_t group);
  void (*gemm_f32)(
    float *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
  void (*gemm_f64)(
    double *c, size_t stride, ck_factor_f64 a, ck_factor_f64 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
  void (*gemm_f32_f64)(
    double *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
  void (*gemm_bf16)(
    float *c, size_t stride, ck_factor_bf16 a, ck_factor_bf16 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
} ck_kernels;

extern const ck_kernels ck_reference_kernels;
#if defined(__x86_64__)
extern const ck_kernels ck_avx2_kernels, ck_avx512_kernels, ck_avx512bf16_kernels;
#endif

#endif

// Kernels for AVX-512 with BF16; avx512/avx512.h serves for all that is not here.
#ifndef CK_ARCH_AVX512BF16_H
#define CK_ARCH_AVX512BF16_H
#include "../kernels.h"
#include <immintrin.h>

/// What the functions between `#pragma clang attribute push(CK_AVX512BF16, ...)` and its `pop` are compiled for.
#define CK_AVX512BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma,f16c")))

void ck_gemm_bf16_avx512bf16(
  float *c, size_t stride, ck_factor_bf16 a, ck_factor_bf16 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);

#endif

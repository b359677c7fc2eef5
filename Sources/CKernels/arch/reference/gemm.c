// Matrix products (gemm.h says what they promise).
#include "../kernels.h"
#include <math.h>

/// One of the three products: REAL is the type of the factors, SUM that of C.
#define PRODUCT(NAME, REAL, SUM, FACTOR, FUSED)                                                         \
  void NAME(SUM *c, size_t stride, FACTOR a, FACTOR b, size_t m, size_t n, size_t k, ck_gemm_mode mode) { \
    for (size_t i = 0; i < m; i++) {                                                                    \
      for (size_t j = 0; j < n; j++) {                                                                  \
        if (mode == CK_GEMM_ADD_UPPER && j < i) continue;                                               \
        const REAL *left = a.base + i * a.line_stride, *right = b.base + j * b.line_stride;             \
        SUM *out = c + i * stride + j;                                                                  \
        if (mode == CK_GEMM_SET) *out = 0;                                                              \
        for (size_t start = 0; start < k; start += CK_GEMM_CHAIN) {                                     \
          REAL sum = 0;                                                                                 \
          for (size_t p = start; p < k && p < start + CK_GEMM_CHAIN; p++) {                             \
            sum = FUSED(left[p * a.k_stride], right[p * b.k_stride], sum);                              \
          }                                                                                             \
          *out = mode == CK_GEMM_SUBTRACT ? *out - (SUM)sum : *out + (SUM)sum;                          \
        }                                                                                               \
      }                                                                                                 \
    }                                                                                                   \
  }
PRODUCT(ck_gemm_ref_f32, float, float, ck_factor_f32, fmaf)
PRODUCT(ck_gemm_ref_f64, double, double, ck_factor_f64, fma)
PRODUCT(ck_gemm_ref_f32_f64, float, double, ck_factor_f32, fmaf)

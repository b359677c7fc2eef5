// Matrix products of bf16 numbers (gemm_bf16.h says what they promise).
#include "../elements.h"
#include "../kernels.h"
#include <math.h>

static float flushed(float value) { return fabsf(value) < 0x1p-126f ? copysignf(0, value) : value; }

/// sum + a * b, rounded once, without numbers below 2^-126.
static float add_product(float sum, float a, float b) {
  a = flushed(a), b = flushed(b), sum = flushed(sum);
  // A product of two bf16 is exact here. Where this sum is small it is exact too, or far from the bound: half a unit
  // below 2^-126, from where on 24 bits round to it.
  const double exact = (double)a * (double)b + (double)sum;
  if (exact != 0 && fabs(exact) < 0x1p-126 - 0x1p-151) return copysignf(0, (float)exact);
  return fmaf(a, b, sum);
}

void ck_gemm_ref_bf16(
  float *c, size_t stride, ck_factor_bf16 a, ck_factor_bf16 b, size_t m, size_t n, size_t k, ck_gemm_mode mode) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = mode == CK_GEMM_ADD_UPPER ? i : 0; j < n; j++) {
      float *out = c + i * stride + j;
      if (mode == CK_GEMM_SET) *out = 0;
      for (size_t start = 0; start < k; start += CK_GEMM_CHAIN) {
        float sum = 0;
        for (size_t p = start; p < k && p < start + CK_GEMM_CHAIN; p++) {
          const ck_bf16_pair left = a.base[i * a.line_stride + p * a.k_stride];
          const ck_bf16_pair right = b.base[j * b.line_stride + p * b.k_stride];
          sum = add_product(sum, ck_widen_bf16(left.odd), ck_widen_bf16(right.odd));
          sum = add_product(sum, ck_widen_bf16(left.even), ck_widen_bf16(right.even));
        }
        *out = mode == CK_GEMM_SUBTRACT ? *out - sum : *out + sum;
      }
    }
  }
}

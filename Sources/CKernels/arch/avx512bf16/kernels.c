// The table of the kernels here.
#if defined(__x86_64__)
#include "avx512bf16.h"

#pragma clang attribute push(CK_AVX512BF16, apply_to = function)

/// Whether VDPBF16PS adds in the order of gemm_bf16.h, which its makers need not have in common: three sums that tell
/// odd before even, two roundings, and the flushing of what is small from other ways.
static int adds_in_order(void) {
  // In f32 as bits: 1 - 1 + 2^-30 = 2^-30; 2^24 + 1 + 1 = 2^24; 2^-126 - 2^-127 + 0 = 0.
  const __m512 before = _mm512_castsi512_ps(_mm512_setr_epi32(
    0x3F800000, 0x4B800000, 0x00800000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m512i left = _mm512_setr_epi32(
    (int)0xBF803080, 0x3F803F80, (int)0xBF000000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m512i right = _mm512_setr_epi32(
    0x3F803F80, 0x3F803F80, 0x00803F80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m512i expected = _mm512_setr_epi32(0x30800000, 0x4B800000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m512 sums = _mm512_dpbf16_ps(before, (__m512bh)left, (__m512bh)right);
  return _mm512_cmpeq_epi32_mask(_mm512_castps_si512(sums), expected) == 0xFFFF;
}

#pragma clang attribute pop

static int runs(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bf16") && adds_in_order();
}

const ck_kernels ck_avx512bf16_kernels = {
  .name = "AVX512-BF16",
  .runs = runs,
  .gemm_bf16 = ck_gemm_bf16_avx512bf16,
};
#endif

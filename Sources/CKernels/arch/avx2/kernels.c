// The table of the kernels here.
#if defined(__x86_64__)
#include "avx2.h"

static int runs(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

const ck_kernels ck_avx2_kernels = {
  .name = "AVX2",
  .runs = runs,
  .bf16_to_f32 = ck_bf16_to_f32_avx2,
  .f16_to_f32 = ck_f16_to_f32_avx2,
  .f32_to_bf16 = ck_f32_to_bf16_avx2,
  .f32_to_f16 = ck_f32_to_f16_avx2,
  .awq_gemm_decode_rows = ck_awq_gemm_decode_rows_avx2,
  .awq_u4_decode_rows = ck_awq_u4_decode_rows_avx2,
  .awq_gemm_to_u4_rows = ck_awq_gemm_to_u4_rows_avx2,
  .dots_floats = ck_dots_floats_avx2,
  .dots_awq_u4 = ck_dots_awq_u4_avx2,
  .dots_awq_gemm = ck_dots_awq_gemm_avx2,
  .weighted_sums = ck_weighted_sums_avx2,
  .softmax_f32 = ck_softmax_f32_avx2,
  .silu_mul_f32 = ck_silu_mul_f32_avx2,
  .round_groups = ck_round_groups_avx2,
  .group_extremes = ck_group_extremes_avx2,
  .gptq_block = ck_gptq_block_avx2,
  .descend_rows = ck_descend_rows_avx2,
  .gemm_f32 = ck_gemm_f32_avx2,
  .gemm_f64 = ck_gemm_f64_avx2,
  .gemm_f32_f64 = ck_gemm_f32_f64_avx2,
  .gemm_bf16 = ck_gemm_bf16_avx2,
};
#endif

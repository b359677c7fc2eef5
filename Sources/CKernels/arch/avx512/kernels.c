// The table of the kernels here.
#if defined(__x86_64__)
#include "avx512.h"

static int runs(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

const ck_kernels ck_avx512_kernels = {
  .name = "AVX-512",
  .runs = runs,
  .dots_floats = ck_dots_floats_avx512,
  .dots_awq_u4 = ck_dots_awq_u4_avx512,
  .dots_awq_gemm = ck_dots_awq_gemm_avx512,
  .weighted_sums = ck_weighted_sums_avx512,
  .round_groups = ck_round_groups_avx512,
  .group_extremes = ck_group_extremes_avx512,
  .gptq_block = ck_gptq_block_avx512,
  .descend_rows = ck_descend_rows_avx512,
  .gemm_f32 = ck_gemm_f32_avx512,
  .gemm_f64 = ck_gemm_f64_avx512,
  .gemm_f32_f64 = ck_gemm_f32_f64_avx512,
  .gemm_bf16 = ck_gemm_bf16_avx512,
};
#endif

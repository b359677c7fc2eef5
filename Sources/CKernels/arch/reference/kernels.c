// The table of the plain twins.
#include "../kernels.h"

static int runs(void) { return 1; }

const ck_kernels ck_reference_kernels = {
  .name = "plain C",
  .runs = runs,
  .bf16_to_f32 = ck_bf16_to_f32_ref,
  .f16_to_f32 = ck_f16_to_f32_ref,
  .f32_to_bf16 = ck_f32_to_bf16_ref,
  .f32_to_f16 = ck_f32_to_f16_ref,
  .awq_gemm_decode_rows = ck_awq_gemm_decode_rows_ref,
  .awq_u4_decode_rows = ck_awq_u4_decode_rows_ref,
  .awq_gemm_to_u4_rows = ck_awq_gemm_to_u4_rows_ref,
  .dots_floats = ck_dots_floats_ref,
  .dots_awq_u4 = ck_dots_awq_u4_ref,
  .dots_awq_gemm = ck_dots_awq_gemm_ref,
  .weighted_sums = ck_weighted_sums_ref,
  .softmax_f32 = ck_softmax_f32_ref,
  .silu_mul_f32 = ck_silu_mul_f32_ref,
  .round_groups = ck_round_groups_ref,
  .group_extremes = ck_group_extremes_ref,
  .gptq_block = ck_gptq_block_ref,
  .descend_rows = ck_descend_rows_ref,
  .gemm_f32 = ck_gemm_ref_f32,
  .gemm_f64 = ck_gemm_ref_f64,
  .gemm_f32_f64 = ck_gemm_ref_f32_f64,
  .gemm_bf16 = ck_gemm_ref_bf16,
};

// SIMD kernels of skyquant. Each exists twice with one signature: the fast one, which chooses its instruction
// set at run time (dispatch.c, from the folders of arch/), and a plain `_ref` twin, which is always compiled
// and serves as the oracle in tests (arch/reference/). Stored weights (`const void *`) need no alignment,
// since a safetensors header may have any length; floats are aligned as usual. Counts are of elements.
#ifndef CKERNELS_H
#define CKERNELS_H
#include <stddef.h>
#include <stdint.h>
#include "gemm.h"
#include "rounding.h"

/// The instruction set that decides the last digits of results: "AVX2", "plain C". Only matvec, softmax and
/// silu depend on it; those of AVX-512 are those of AVX2.
const char *ck_instruction_set(void);
/// That of matrix products, all of whose versions give the same bits: "AVX-512", "AVX2", "plain C".
const char *ck_gemm_instruction_set(void);

// half_precision.c: conversions. Narrowing rounds to nearest, ties to even; NaN becomes a quiet NaN.
// Fast and plain agree bit for bit.

void ck_bf16_to_f32(float *out, const void *in, size_t count);
void ck_bf16_to_f32_ref(float *out, const void *in, size_t count);
void ck_f16_to_f32(float *out, const void *in, size_t count);
void ck_f16_to_f32_ref(float *out, const void *in, size_t count);
void ck_f32_to_bf16(uint16_t *out, const float *in, size_t count);
void ck_f32_to_bf16_ref(uint16_t *out, const float *in, size_t count);
void ck_f32_to_f16(uint16_t *out, const float *in, size_t count);
void ck_f32_to_f16_ref(uint16_t *out, const float *in, size_t count);

// portable/magnitudes.c: one version.

/// The largest of `count` two-byte floats without its sign, as bits; of none 0.
uint16_t ck_largest_bits_16(const void *in, size_t count);
/// The same of four-byte floats.
uint32_t ck_largest_bits_32(const void *in, size_t count);

// matvec.c

/// y[r] = sum over c of w[r, c] * x[c].  w: [rows, columns] row-major.
/// The fast one adds in 32 f32 lanes, the plain one in f64.
void ck_matvec_f32(float *y, const float *w, const float *x, size_t rows, size_t columns);
void ck_matvec_f32_ref(float *y, const float *w, const float *x, size_t rows, size_t columns);

// portable/normalization.c: one row of `count` elements; sums in f64, one version.

/// out[i] = x[i] / sqrt(mean(x^2) + epsilon) * weight[i].
void ck_rms_norm_f32(float *out, const float *x, const float *weight, size_t count, float epsilon);
/// out[i] = (x[i] - mean(x)) / sqrt(variance(x) + epsilon) * weight[i] + bias[i], population variance.
void ck_layer_norm_f32(
  float *out, const float *x, const float *weight, const float *bias, size_t count, float epsilon);

// activations.c: in place. The fast ones use a polynomial exp within 2 ulp of expf.

/// x = exp(x - max x) / sum. An empty row is left alone.
void ck_softmax_f32(float *x, size_t count);
void ck_softmax_f32_ref(float *x, size_t count);
/// gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i]: the product inside a gated MLP.
void ck_silu_mul_f32(float *gate, const float *up, size_t count);
void ck_silu_mul_f32_ref(float *gate, const float *up, size_t count);
/// x[i] = x[i] / 2 * (1 + erf(x[i] / sqrt 2)): the exact GELU.
void ck_gelu_f32(float *x, size_t count);

// int4.c: decoding of group-quantized weights to f32 rows, w = (q - z) * s. Fast and plain agree bit for bit.

/// Type of the two-byte scales.
typedef enum { CK_SCALES_F16 = 0, CK_SCALES_BF16 = 1 } ck_scale_type;

/// Columns [first, first + count) of an AWQ GEMM weight, as rows of `out` [count, in].
/// qweight: int32 [in, out/8]; qzeros: int32 [in/group, out/8]; scales: f16 [in/group, out].
/// Nibble i of a word holds column order[i] of its eight, order = 0 2 4 6 1 3 5 7.
/// `first`, `count` and `out_features` are multiples of 8; `group` divides `in_features`.
void ck_awq_gemm_decode_rows(
  float *out, const void *qweight, const void *qzeros, const void *scales, size_t in_features,
  size_t out_features, size_t group, size_t first, size_t count);
void ck_awq_gemm_decode_rows_ref(
  float *out, const void *qweight, const void *qzeros, const void *scales, size_t in_features,
  size_t out_features, size_t group, size_t first, size_t count);

/// Rows [first, first + count) of an awq_u4 weight of a .skyq file, into `out` [count, in].
/// codes: [out, in/2] bytes; in each block of 32 along `in`, byte j = q[j] | q[j + 16] << 4.
/// scales: [out, in/group] of `scale_type`; zeros: [out, ceil(in/group/2)] bytes, low nibble = even group.
/// `group` is a multiple of 32 and divides `in_features`.
void ck_awq_u4_decode_rows(
  float *out, const void *codes, const void *scales, const void *zeros, ck_scale_type scale_type,
  size_t in_features, size_t group, size_t first, size_t count);
void ck_awq_u4_decode_rows_ref(
  float *out, const void *codes, const void *scales, const void *zeros, ck_scale_type scale_type,
  size_t in_features, size_t group, size_t first, size_t count);

#endif

// Decoding of group-quantized weights to f32 rows, w = (q - z) * s, and their way from one layout into another. Fast and
// plain agree bit for bit.
#ifndef CK_INT4_H
#define CK_INT4_H
#include <stddef.h>
#include <stdint.h>

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

/// Output features [first, first + count) of an AWQ GEMM weight's codes as rows of awq_u4 codes, into `out` [count, in/2].
/// `first`, `count` and `out_features` are multiples of 8, `in_features` of 32.
void ck_awq_gemm_to_u4_rows(
  uint8_t *out, const void *qweight, size_t in_features, size_t out_features, size_t first, size_t count);
void ck_awq_gemm_to_u4_rows_ref(
  uint8_t *out, const void *qweight, size_t in_features, size_t out_features, size_t first, size_t count);

#endif

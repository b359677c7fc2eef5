// Dot products of stored weights with a few vectors, as a model needs them that generates: each weight is
// read once, in the form that it is stored in. Fast and plain agree bit for bit: lane l of CK_DOT_LANES sums
// products l, l + 16, l + 32 and so on by fused multiply-adds, in order from zero, with zeros up to a whole
// number of lanes; then the lanes are added by halves, l to l + 8, l + 4, l + 2, l + 1. No product depends on
// which others are made beside it.
#ifndef CK_DOTS_H
#define CK_DOTS_H
#include <stddef.h>
#include "int4.h"

/// Sums that a dot product is made in.
enum { CK_DOT_LANES = 16 };

/// How floats are stored.
typedef enum { CK_F32 = 0, CK_F16 = 1, CK_BF16 = 2 } ck_float_type;

/// `count` vectors of floats, `stride` floats from one to the next.
typedef struct {
  const float *base;
  size_t stride, count;
} ck_vectors;

/// Rows of stored floats, `stride` elements from one to the next.
typedef struct {
  const void *base;
  ck_float_type type;
  size_t stride, rows, columns;
} ck_float_rows;

/// y[t * stride + r] = sum over c of w[r, c] * x[t][c], for all rows.
void ck_dots_floats(float *y, size_t stride, ck_vectors x, ck_float_rows w);
void ck_dots_floats_ref(float *y, size_t stride, ck_vectors x, ck_float_rows w);

/// Rows [first, first + count) of an awq_u4 weight, a column of y for each; the weight is that of
/// `ck_awq_u4_decode_rows`.
void ck_dots_awq_u4(
  float *y, size_t stride, ck_vectors x, const void *codes, const void *scales, const void *zeros,
  ck_scale_type scale_type, size_t in_features, size_t group, size_t first, size_t count);
void ck_dots_awq_u4_ref(
  float *y, size_t stride, ck_vectors x, const void *codes, const void *scales, const void *zeros,
  ck_scale_type scale_type, size_t in_features, size_t group, size_t first, size_t count);

/// Columns [first, first + count) of an AWQ GEMM weight, a column of y for each; the weight and what must be
/// a multiple of 8 are those of `ck_awq_gemm_decode_rows`.
void ck_dots_awq_gemm(
  float *y, size_t stride, ck_vectors x, const void *qweight, const void *qzeros, const void *scales,
  size_t in_features, size_t out_features, size_t group, size_t first, size_t count);
void ck_dots_awq_gemm_ref(
  float *y, size_t stride, ck_vectors x, const void *qweight, const void *qzeros, const void *scales,
  size_t in_features, size_t out_features, size_t group, size_t first, size_t count);

/// y[t * stride + c] = sum over r of x[t][r] * w[r, c]: sums of the rows of w, weighted by each vector; in
/// chains, as those of gemm.h. `w` is f32 and aligned.
void ck_weighted_sums(float *y, size_t stride, ck_vectors x, ck_float_rows w);
void ck_weighted_sums_ref(float *y, size_t stride, ck_vectors x, ck_float_rows w);

#endif

// Rounding to levels of 4 or 8 bits, whose largest code is `top`, and the inner loops of Hessian-aware rounding. Fast
// and plain agree bit for bit: neither fuses multiply and add, and none of these loops reduces. Groups and lanes that a
// register of 8 or 16 floats does not divide take the next slower way.
#ifndef CK_ROUNDING_H
#define CK_ROUNDING_H
#include <stddef.h>
#include <stdint.h>

/// Rounds `groups` consecutive groups of `group` weights to their levels:
/// code = clamp(round-half-even(w / scale) + zero, 0, top), out = (code - zero) * scale. NaN gets code 0.
/// w, out: [groups, group]; scales, zeros: [groups]; codes: like w, or NULL. `out` may be `w`.
void ck_round_groups(
  float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group,
  float top);
void ck_round_groups_ref(
  float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group,
  float top);

/// The smallest and the largest of each of `groups` consecutive groups of `group` weights, none of which is NaN.
/// w: [groups, group]; low, high: [groups].
void ck_group_extremes(float *low, float *high, const float *w, size_t groups, size_t group);
void ck_group_extremes_ref(float *low, float *high, const float *w, size_t groups, size_t group);

/// One block of GPTQ, column by column: rounds column j, err[j] = (w[j] - level) / u[j][j], and takes
/// err[j] * u[j][k] off every later column k of the block.
/// w, err, codes, scales, zeros: [columns, lanes] (a lane is an output row);
/// u: upper triangular, row j at u + j * stride.
void ck_gptq_block(
  float *w, float *err, uint8_t *codes, const float *u, size_t stride, const float *scales, const float *zeros,
  size_t columns, size_t lanes, float top);
void ck_gptq_block_ref(
  float *w, float *err, uint8_t *codes, const float *u, size_t stride, const float *scales, const float *zeros,
  size_t columns, size_t lanes, float top);

/// One sweep of coordinate descent over the codes of some rows: each code in turn moves to the level nearest to
/// the minimum of its row's error dT H d with all others held. Returns how many codes changed.
/// codes: [rows, columns]; gradient: H d of every row on entry, [rows, columns], kept up to date;
/// gram: H, [columns, columns]; scales, zeros: [rows, columns / group]. Columns with H[j][j] <= 0 are left alone.
size_t ck_descend_rows(
  uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
  size_t columns, size_t group, float top);
size_t ck_descend_rows_ref(
  uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
  size_t columns, size_t group, float top);

#endif

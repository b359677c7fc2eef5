// Matrix products of row-major matrices with strides. Fast and plain agree bit for bit: an element's products are
// added in chains of CK_GEMM_CHAIN fused multiply-adds, each from zero and in order of k, and the chains in order to C.
// No tile, thread count or instruction set changes a bit; a BLAS library promises nothing of the kind.
#ifndef CK_GEMM_H
#define CK_GEMM_H
#include <stddef.h>

/// Products in one chain.
enum { CK_GEMM_CHAIN = 256 };

/// What happens to C: C = AB, C = C + AB, C = C - AB; and C = C + AB on and above the diagonal, while what lies below
/// is added to or left as it was, as is cheaper.
typedef enum {
  CK_GEMM_SET = 0,
  CK_GEMM_ADD = 1,
  CK_GEMM_SUBTRACT = 2,
  CK_GEMM_ADD_UPPER = 3
} ck_gemm_mode;

/// A factor of m or n lines, each k long: element (line, p) at base[line * line_stride + p * k_stride].
/// A's lines are the rows of C, B's lines the columns of C: B^T as stored, so to say.
/// One of the strides is 1 in all that is fast.
typedef struct {
  const float *base;
  size_t line_stride, k_stride;
} ck_factor_f32;
typedef struct {
  const double *base;
  size_t line_stride, k_stride;
} ck_factor_f64;

/// c: [m, n], row i at c + i * stride.
void ck_gemm_f32(
  float *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
void ck_gemm_ref_f32(
  float *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);

/// The same in double precision.
void ck_gemm_f64(
  double *c, size_t stride, ck_factor_f64 a, ck_factor_f64 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
void ck_gemm_ref_f64(
  double *c, size_t stride, ck_factor_f64 a, ck_factor_f64 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);

/// Chains in f32, added in f64: long sums that stay cheap.
void ck_gemm_f32_f64(
  double *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);
void ck_gemm_ref_f32_f64(
  double *c, size_t stride, ck_factor_f32 a, ck_factor_f32 b, size_t m, size_t n, size_t k, ck_gemm_mode mode);

#endif

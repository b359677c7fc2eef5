// Matrix products (gemm.h says what they promise).
#include "gemm.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "target.h"

/// Lines of A packed at a time: with a chain of 256 they take 120 KiB, a share of the second-level cache.
/// A multiple of every tile's rows.
enum { CK_BLOCK_LINES = 120 };
/// Columns of C computed from one packed block of B, at most.
enum { CK_COLUMNS_AT_ONCE = 1024 };
/// Columns and elements of the largest tile.
enum { CK_WIDEST_TILE = 32, CK_LARGEST_TILE = 8 * 32 };

#if CK_X86
#define NAME tile_f32_avx2
#define TARGET CK_AVX2
#define REAL float
#define VECTOR __m256
#define LANES 8
#define ROWS 6
#define VECTORS 2
#define ZERO _mm256_setzero_ps
#define LOAD _mm256_load_ps
#define STORE _mm256_storeu_ps
#define SPREAD _mm256_set1_ps
#define FMA _mm256_fmadd_ps
#include "gemm_tiles.h"

#define NAME tile_f32_avx512
#define TARGET CK_AVX512
#define REAL float
#define VECTOR __m512
#define LANES 16
#define ROWS 8
#define VECTORS 2
#define ZERO _mm512_setzero_ps
#define LOAD _mm512_load_ps
#define STORE _mm512_storeu_ps
#define SPREAD _mm512_set1_ps
#define FMA _mm512_fmadd_ps
#include "gemm_tiles.h"

#define NAME tile_f64_avx2
#define TARGET CK_AVX2
#define REAL double
#define VECTOR __m256d
#define LANES 4
#define ROWS 6
#define VECTORS 2
#define ZERO _mm256_setzero_pd
#define LOAD _mm256_load_pd
#define STORE _mm256_storeu_pd
#define SPREAD _mm256_set1_pd
#define FMA _mm256_fmadd_pd
#include "gemm_tiles.h"

#define NAME tile_f64_avx512
#define TARGET CK_AVX512
#define REAL double
#define VECTOR __m512d
#define LANES 8
#define ROWS 8
#define VECTORS 2
#define ZERO _mm512_setzero_pd
#define LOAD _mm512_load_pd
#define STORE _mm512_storeu_pd
#define SPREAD _mm512_set1_pd
#define FMA _mm512_fmadd_pd
#include "gemm_tiles.h"

/// Four lines of `k` contiguous elements as columns: out[p * width + i] = in[i * stride + p].
static void transpose_f32(float *out, size_t width, const float *in, size_t stride, size_t k) {
  size_t p = 0;
  for (; p + 4 <= k; p += 4) {
    __m128 a = _mm_loadu_ps(in + p), b = _mm_loadu_ps(in + stride + p);
    __m128 c = _mm_loadu_ps(in + 2 * stride + p), d = _mm_loadu_ps(in + 3 * stride + p);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    float *to = out + p * width;
    _mm_storeu_ps(to, a), _mm_storeu_ps(to + width, b);
    _mm_storeu_ps(to + 2 * width, c), _mm_storeu_ps(to + 3 * width, d);
  }
  for (; p < k; p++) {
    for (size_t i = 0; i < 4; i++) out[p * width + i] = in[i * stride + p];
  }
}

static void transpose_f64(double *out, size_t width, const double *in, size_t stride, size_t k) {
  for (size_t p = 0; p < k; p++) {
    for (size_t i = 0; i < 4; i++) out[p * width + i] = in[i * stride + p];
  }
}

/// A tile of `rows` by `columns` and what computes it.
typedef struct {
  void (*multiply)(float *tile, const float *a, size_t line, size_t step, const float *b, size_t k);
  size_t rows, columns;
} tile_shape_f32;
typedef struct {
  void (*multiply)(double *tile, const double *a, size_t line, size_t step, const double *b, size_t k);
  size_t rows, columns;
} tile_shape_f64;
typedef tile_shape_f32 tile_shape_f32_f64;

/// The best tile for this processor, NULL if there is none.
static const tile_shape_f32 *shape_f32(void) {
  static const tile_shape_f32 avx512 = {tile_f32_avx512, 8, 32}, avx2 = {tile_f32_avx2, 6, 16};
  return ck_has_avx512() ? &avx512 : ck_has_avx2() ? &avx2 : NULL;
}

static const tile_shape_f64 *shape_f64(void) {
  static const tile_shape_f64 avx512 = {tile_f64_avx512, 8, 16}, avx2 = {tile_f64_avx2, 6, 8};
  return ck_has_avx512() ? &avx512 : ck_has_avx2() ? &avx2 : NULL;
}
#endif

#define REAL float
#define SUM float
#define FACTOR ck_factor_f32
#define FUSED fmaf
#define SHAPE shape_f32
#define TRANSPOSE transpose_f32
#define G(name) name##_f32
#include "gemm_loops.h"

#define REAL float
#define SUM double
#define FACTOR ck_factor_f32
#define FUSED fmaf
#define SHAPE shape_f32
#define TRANSPOSE transpose_f32
#define G(name) name##_f32_f64
#include "gemm_loops.h"

#define REAL double
#define SUM double
#define FACTOR ck_factor_f64
#define FUSED fma
#define SHAPE shape_f64
#define TRANSPOSE transpose_f64
#define G(name) name##_f64
#include "gemm_loops.h"

// Matrix products in tiles of 6 lines by two vectors.
#if defined(__x86_64__)
#include "avx2.h"
#include <stdlib.h>
#include <string.h>

#pragma clang attribute push(CK_AVX2, apply_to = function)
#include "../x86_transpose.h"

#define NAME tile_f32
#define REAL float
#define PART float
#define VECTOR __m256
#define LANES 8
#define ROWS 6
#define VECTORS 2
#define ZERO _mm256_setzero_ps
#define LOAD _mm256_load_ps
#define STORE _mm256_storeu_ps
#define SPREAD _mm256_set1_ps
#define FMA _mm256_fmadd_ps
#include "../gemm_tile.h"

#define NAME tile_f64
#define REAL double
#define PART double
#define VECTOR __m256d
#define LANES 4
#define ROWS 6
#define VECTORS 2
#define ZERO _mm256_setzero_pd
#define LOAD _mm256_load_pd
#define STORE _mm256_storeu_pd
#define SPREAD _mm256_set1_pd
#define FMA _mm256_fmadd_pd
#include "../gemm_tile.h"

#define REAL float
#define PART float
#define SUM float
#define FACTOR ck_factor_f32
#define TILE tile_f32
#define ROWS 6
#define COLUMNS 16
#define TRANSPOSE transpose_f32
#define REFERENCE ck_gemm_ref_f32
#define G(name) name##_f32_avx2
#include "../gemm_loops.h"

#define REAL double
#define PART double
#define SUM double
#define FACTOR ck_factor_f64
#define TILE tile_f64
#define ROWS 6
#define COLUMNS 8
#define TRANSPOSE transpose_f64
#define REFERENCE ck_gemm_ref_f64
#define G(name) name##_f64_avx2
#include "../gemm_loops.h"

#define REAL float
#define PART float
#define SUM double
#define FACTOR ck_factor_f32
#define TILE tile_f32
#define ROWS 6
#define COLUMNS 16
#define TRANSPOSE transpose_f32
#define REFERENCE ck_gemm_ref_f32_f64
#define G(name) name##_f32_f64_avx2
#include "../gemm_loops.h"

#pragma clang attribute pop
#endif

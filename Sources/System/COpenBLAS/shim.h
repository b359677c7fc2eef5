// OpenBLAS, the oracle of products in tests, and what of its LAPACK they use. The program links none of this: it loads
// the library when it is asked to compute with it (Sources/Kernels/OpenBLAS.swift).
#include <cblas.h>

/// A = L·Lᵀ of the triangle `uplo` of A, column-major; a[ n, n ], info 0 if A is positive definite.
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
/// A⁻¹ from what dpotrf has made, into the same triangle.
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);
/// X of A·X = B, column-major; A is overwritten by its factor and B by X.
void dposv_(
  const char *uplo, const int *n, const int *nrhs, double *a, const int *lda, double *b, const int *ldb, int *info);

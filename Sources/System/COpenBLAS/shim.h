#include <cblas.h>

// LAPACK, which Debian builds into libopenblas without installing lapacke.h there. Column-major, 32-bit integers.
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, unsigned long uplo_length);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info, unsigned long uplo_length);
void dpotrs_(
  const char *uplo, const int *n, const int *columns, const double *a, const int *lda, double *b, const int *ldb,
  int *info, unsigned long uplo_length);

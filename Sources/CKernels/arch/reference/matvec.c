// Matrix times vector, for decode steps where one or a few tokens meet every weight.
#include "../kernels.h"

void ck_matvec_f32_ref(float *y, const float *w, const float *x, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    double sum = 0;
    for (size_t c = 0; c < columns; c++) sum += (double)w[r * columns + c] * (double)x[c];
    y[r] = (float)sum;
  }
}

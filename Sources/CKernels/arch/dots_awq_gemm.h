// Dot products with the columns of an AWQ GEMM weight: whole registers of columns, and one sum in each of
// them for every lane of the products, so that nothing is transposed. Included once per instruction set,
// behind dots_loops.h, with
//   COLUMNS (in a register), PASS (sums that stay in registers), COLUMN(name) (an intrinsic),
//   REST (serves for what is no whole register),
//   columns, load_columns(words), load_scales(halves), store_columns(out, columns)

/// Columns whose rows fill a cache line, of which every byte is used before it makes way.
enum { STRIP = 128 };

/// The inputs [start, end) of one group added to the sums of one register of columns, which are kept lane by
/// lane.
static void add_inputs(
  float sums[CK_DOT_LANES][COLUMNS], const float *x, const uint8_t *words, size_t stride, columns zero, columns scale,
  size_t start, size_t end) {
  for (size_t pass = 0; pass < CK_DOT_LANES; pass += PASS) {
    columns sum[PASS];
#pragma unroll
    for (size_t l = 0; l < PASS; l++) sum[l] = COLUMN(loadu)(sums[pass + l]);
    for (size_t i = start + pass; i < end; i += CK_DOT_LANES) {
#pragma unroll
      for (size_t l = 0; l < PASS; l++) {
        const columns level = COLUMN(mul)(COLUMN(sub)(load_columns(words + (i + l) * stride), zero), scale);
        sum[l] = COLUMN(fmadd)(level, COLUMN(set1)(x[i + l]), sum[l]);
      }
    }
#pragma unroll
    for (size_t l = 0; l < PASS; l++) COLUMN(storeu)(sums[pass + l], sum[l]);
  }
}

static void put_columns(float *y, float sums[CK_DOT_LANES][COLUMNS]) {
  for (size_t half = CK_DOT_LANES / 2; half > 0; half /= 2) {
    for (size_t l = 0; l < half; l++) {
      COLUMN(storeu)(sums[l], COLUMN(add)(COLUMN(loadu)(sums[l]), COLUMN(loadu)(sums[l + half])));
    }
  }
  store_columns(y, COLUMN(loadu)(sums[0]));
}

void D(ck_dots_awq_gemm)(
  float *y, size_t stride, ck_vectors x, const void *qweight, const void *qzeros, const void *scales,
  size_t in_features, size_t out_features, size_t group, size_t first, size_t count) {
  const size_t whole = group % CK_DOT_LANES == 0 ? count / COLUMNS * COLUMNS : 0, row = out_features / 2;
  for (size_t t = 0; t < x.count; t++) {
    for (size_t done = 0; done < whole; done += STRIP) {
      const size_t strip = whole - done < STRIP ? whole - done : STRIP, column = first + done;
      float sums[STRIP / COLUMNS][CK_DOT_LANES][COLUMNS] = {0};
      for (size_t g = 0; g < in_features / group; g++) {
        for (size_t c = 0; c < strip; c += COLUMNS) {
          const uint8_t *words = (const uint8_t *)qweight + (column + c) / 2;
          add_inputs(
            sums[c / COLUMNS], x.base + t * x.stride, words, row,
            load_columns((const uint8_t *)qzeros + g * row + (column + c) / 2),
            load_scales((const uint8_t *)scales + 2 * (g * out_features + column + c)), g * group, (g + 1) * group);
        }
      }
      for (size_t c = 0; c < strip; c += COLUMNS) put_columns(y + t * stride + done + c, sums[c / COLUMNS]);
    }
  }
  if (whole == count) return;
  REST(
    y + whole, stride, x, qweight, qzeros, scales, in_features, out_features, group, first + whole, count - whole);
}

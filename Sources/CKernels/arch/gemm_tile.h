// The innermost loops of a matrix product: one tile of C over one chain, in registers.
// Included once per element type and instruction set, with these macros set:
//   NAME, REAL (factors), PART (sums), VECTOR, LANES, ROWS, VECTORS, ZERO(), LOAD(p), STORE(p, v), SPREAD(x), FMA(a, b, c)

/// tile[ROWS, VECTORS * LANES] = sum over p < k of a[p, ROWS] outer b[p, VECTORS * LANES], where the rows of `a` lie
/// `line` elements apart and its steps `step`.
static void NAME(PART *tile, const REAL *a, size_t line, size_t step, const REAL *b, size_t k) {
  VECTOR sums[ROWS][VECTORS];
#pragma unroll
  for (int row = 0; row < ROWS; row++) {
#pragma unroll
    for (int v = 0; v < VECTORS; v++) sums[row][v] = ZERO();
  }
  for (size_t p = 0; p < k; p++, a += step, b += VECTORS * LANES) {
    VECTOR columns[VECTORS];
#pragma unroll
    for (int v = 0; v < VECTORS; v++) columns[v] = LOAD(b + v * LANES);
#pragma unroll
    for (int row = 0; row < ROWS; row++) {
      VECTOR factor = SPREAD(a[row * line]);
#pragma unroll
      for (int v = 0; v < VECTORS; v++) sums[row][v] = FMA(factor, columns[v], sums[row][v]);
    }
  }
#pragma unroll
  for (int row = 0; row < ROWS; row++) {
#pragma unroll
    for (int v = 0; v < VECTORS; v++) STORE(tile + (row * VECTORS + v) * LANES, sums[row][v]);
  }
}

#undef NAME
#undef REAL
#undef PART
#undef VECTOR
#undef LANES
#undef ROWS
#undef VECTORS
#undef ZERO
#undef LOAD
#undef STORE
#undef SPREAD
#undef FMA

// The outer loops of a matrix product (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
// ACM TOMS 34, 2008): blocks of both factors are copied into the order in which the tiles read them.
// Included once per pair of element types, with these macros set:
//   REAL (factors), SUM (C), FACTOR (struct of A and B), FUSED (multiply-add), SHAPE() (tile for this processor),
//   TRANSPOSE() (four lines into columns), G(name) (appends the suffix of the types)

void G(ck_gemm_ref)(
  SUM *c, size_t stride, FACTOR a, FACTOR b, size_t m, size_t n, size_t k, ck_gemm_mode mode) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      SUM *out = c + i * stride + j;
      if (mode == CK_GEMM_SET) *out = 0;
      for (size_t start = 0; start < k; start += CK_GEMM_CHAIN) {
        REAL sum = 0;
        for (size_t p = start; p < k && p < start + CK_GEMM_CHAIN; p++) {
          sum = FUSED(
            a.base[i * a.line_stride + p * a.k_stride], b.base[j * b.line_stride + p * b.k_stride], sum);
        }
        *out = mode == CK_GEMM_SUBTRACT ? *out - (SUM)sum : *out + (SUM)sum;
      }
    }
  }
}

#if CK_X86
/// out[p, width] = in[p * stride, width] for p < k: a width known to the compiler makes a copy a few moves.
static inline __attribute__((always_inline)) void G(copy_rows)(
  REAL *out, const REAL *in, size_t stride, size_t k, size_t width) {
  for (size_t p = 0; p < k; p++) memcpy(out + p * width, in + p * stride, width * sizeof(REAL));
}

/// Copies `count` lines of `k` elements as panels of `width` lines, k-major; missing lines are zero.
static void G(pack)(REAL *out, FACTOR in, size_t count, size_t k, size_t width) {
  for (size_t first = 0; first < count; first += width, out += width * k) {
    size_t live = count - first < width ? count - first : width;
    const REAL *lines = in.base + first * in.line_stride;
    if (in.line_stride == 1 && live == width) {
      switch (width) {
        case 32: G(copy_rows)(out, lines, in.k_stride, k, 32); break;
        case 16: G(copy_rows)(out, lines, in.k_stride, k, 16); break;
        case 8: G(copy_rows)(out, lines, in.k_stride, k, 8); break;
        default: G(copy_rows)(out, lines, in.k_stride, k, width);
      }
      continue;
    }
    if (live < width) memset(out, 0, width * k * sizeof(REAL));
    size_t line = 0;
    if (in.k_stride == 1) {
      for (; line + 4 <= live; line += 4) TRANSPOSE(out + line, width, lines + line * in.line_stride, in.line_stride, k);
    }
    for (; line < live; line++) {
      for (size_t p = 0; p < k; p++) out[p * width + line] = lines[line * in.line_stride + p * in.k_stride];
    }
  }
}

/// Puts the part of a tile that is inside C there.
CK_AVX2 static void G(take)(
  SUM *c, size_t stride, const REAL *tile, size_t width, size_t rows, size_t columns, ck_gemm_mode mode) {
  for (size_t row = 0; row < rows; row++, c += stride, tile += width) {
    switch (mode) {
      case CK_GEMM_SET:
        // A sum that starts from zero, as in the plain twin: -0 becomes 0.
        for (size_t j = 0; j < columns; j++) c[j] = (SUM)0 + (SUM)tile[j];
        break;
      case CK_GEMM_ADD:
        for (size_t j = 0; j < columns; j++) c[j] += (SUM)tile[j];
        break;
      case CK_GEMM_SUBTRACT:
        for (size_t j = 0; j < columns; j++) c[j] -= (SUM)tile[j];
        break;
    }
  }
}

/// One chain for `n` columns of C. `room` holds CK_BLOCK_LINES lines of A, then those of B.
static void G(chain)(
  SUM *c, size_t stride, FACTOR a, FACTOR b, size_t m, size_t n, size_t k, ck_gemm_mode mode,
  const G(tile_shape) * shape, REAL *room) {
  REAL tile[CK_LARGEST_TILE], *left = room, *right = room + CK_BLOCK_LINES * CK_GEMM_CHAIN;
  G(pack)(right, b, n, k, shape->columns);
  for (size_t top = 0; top < m; top += CK_BLOCK_LINES) {
    size_t lines = m - top < CK_BLOCK_LINES ? m - top : CK_BLOCK_LINES;
    FACTOR block = a;
    block.base += top * a.line_stride;
    // Lines of contiguous steps are read where they are, but for those that do not fill a tile.
    size_t direct = a.k_stride == 1 ? lines / shape->rows * shape->rows : 0;
    FACTOR rest = block;
    rest.base += direct * a.line_stride;
    G(pack)(left, rest, lines - direct, k, shape->rows);
    for (size_t j = 0; j < n; j += shape->columns) {
      for (size_t i = 0; i < lines; i += shape->rows) {
        if (i < direct) {
          shape->multiply(tile, block.base + i * a.line_stride, a.line_stride, 1, right + j * k, k);
        } else {
          shape->multiply(tile, left + (i - direct) * k, 1, shape->rows, right + j * k, k);
        }
        G(take)(
          c + (top + i) * stride + j, stride, tile, shape->columns, lines - i < shape->rows ? lines - i : shape->rows,
          n - j < shape->columns ? n - j : shape->columns, mode);
      }
    }
  }
}
#endif

void G(ck_gemm)(SUM *c, size_t stride, FACTOR a, FACTOR b, size_t m, size_t n, size_t k, ck_gemm_mode mode) {
#if CK_X86
  const G(tile_shape) *shape = SHAPE();
  size_t columns = n < CK_COLUMNS_AT_ONCE ? n : CK_COLUMNS_AT_ONCE;
  REAL *room = NULL;
  // The last panel is filled up to a whole tile.
  size_t filled = columns + CK_WIDEST_TILE;
  if (shape) room = aligned_alloc(64, (CK_BLOCK_LINES + filled) * CK_GEMM_CHAIN * sizeof(REAL));
  if (room) {
    if (mode == CK_GEMM_SET && k == 0) {
      for (size_t i = 0; i < m; i++) memset(c + i * stride, 0, n * sizeof(SUM));
    }
    for (size_t first = 0; first < n; first += columns) {
      FACTOR lines = b;
      lines.base += first * b.line_stride;
      for (size_t start = 0; start < k; start += CK_GEMM_CHAIN) {
        FACTOR left = a, right = lines;
        left.base += start * a.k_stride, right.base += start * b.k_stride;
        G(chain)(
          c + first, stride, left, right, m, n - first < columns ? n - first : columns,
          k - start < CK_GEMM_CHAIN ? k - start : CK_GEMM_CHAIN,
          mode == CK_GEMM_SET && start > 0 ? CK_GEMM_ADD : mode, shape, room);
      }
    }
    free(room);
    return;
  }
#endif
  G(ck_gemm_ref)(c, stride, a, b, m, n, k, mode);
}

#undef REAL
#undef SUM
#undef FACTOR
#undef FUSED
#undef SHAPE
#undef TRANSPOSE
#undef G

// The outer loops of a matrix product (Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication", ACM TOMS 34, 2008): blocks of both factors are copied into the order in which the tiles
// read them. Included once per instruction set and pair of element types, with these macros set:
//   REAL (factors), PART (a tile's sums), SUM (C), FACTOR (struct of A and B), TILE (function of gemm_tile.h),
//   ROWS and COLUMNS (of the tile),
//   TRANSPOSE() (four lines into columns), REFERENCE (plain twin), G(name) (appends the suffix of types and set)

#ifndef CK_ARCH_GEMM_LOOPS_H
#define CK_ARCH_GEMM_LOOPS_H
/// Lines of A packed at a time: with a chain of 256 they take 120 KiB, a share of the second-level cache.
/// A multiple of every tile's rows.
enum { CK_BLOCK_LINES = 120 };
/// Columns of C computed from one packed block of B, at most.
enum { CK_COLUMNS_AT_ONCE = 1024 };
#endif

/// Copies `count` lines of `k` elements as panels of `width` lines, k-major; missing lines are zero. A width
/// known to the compiler makes the copy of a step a few moves.
static inline __attribute__((always_inline)) void G(pack)(
  REAL *out, FACTOR in, size_t count, size_t k, const size_t width) {
  size_t done = 0;
  if (in.line_stride == 1) {
    // Step by step, since steps may lie on a page each.
    done = count / width * width;
    for (size_t p = 0; p < k; p++) {
      const REAL *from = in.base + p * in.k_stride;
      for (size_t first = 0; first < done; first += width) {
        memcpy(out + first * k + p * width, from + first, width * sizeof(REAL));
      }
    }
    out += done * k;
  }
  for (size_t first = done; first < count; first += width, out += width * k) {
    size_t live = count - first < width ? count - first : width;
    const REAL *lines = in.base + first * in.line_stride;
    if (live < width) memset(out, 0, width * k * sizeof(REAL));
    size_t line = 0;
    if (in.k_stride == 1) {
      for (; line + 4 <= live; line += 4) TRANSPOSE(out + line, width, lines + line * in.line_stride, in.line_stride, k);
    }
    for (size_t p = 0; p < k; p++) {
      for (size_t i = line; i < live; i++) out[p * width + i] = lines[i * in.line_stride + p * in.k_stride];
    }
  }
}

/// Puts the part of a tile that is inside C there.
static inline __attribute__((always_inline)) void G(put)(
  SUM *c, size_t stride, const PART *tile, const size_t rows, const size_t columns, ck_gemm_mode mode) {
  for (size_t row = 0; row < rows; row++, c += stride, tile += COLUMNS) {
    switch (mode) {
      case CK_GEMM_SET:
        // A sum that starts from zero, as in the plain twin: -0 becomes 0.
        for (size_t j = 0; j < columns; j++) c[j] = (SUM)0 + (SUM)tile[j];
        break;
      case CK_GEMM_ADD:
      case CK_GEMM_ADD_UPPER:
        for (size_t j = 0; j < columns; j++) c[j] += (SUM)tile[j];
        break;
      case CK_GEMM_SUBTRACT:
        for (size_t j = 0; j < columns; j++) c[j] -= (SUM)tile[j];
        break;
    }
  }
}

static void G(take)(SUM *c, size_t stride, const PART *tile, size_t rows, size_t columns, ck_gemm_mode mode) {
  // Sizes that the compiler knows make whole registers of most tiles.
  if (rows == ROWS && columns == COLUMNS) {
    G(put)(c, stride, tile, ROWS, COLUMNS, mode);
  } else {
    G(put)(c, stride, tile, rows, columns, mode);
  }
}

/// Asks for a tile's place in C, which is far away, before the tile is made.
static inline void G(ask)(const SUM *c, size_t stride, size_t rows) {
  for (size_t row = 0; row < rows; row++) {
    for (size_t j = 0; j < COLUMNS; j += 64 / sizeof(SUM)) __builtin_prefetch(c + row * stride + j, 1);
  }
}

/// One chain for `n` columns of C from `first` on, where `c` and `b` begin. `room` holds CK_BLOCK_LINES lines of A, then
/// those of B.
static void G(chain)(
  SUM *c, size_t stride, FACTOR a, FACTOR b, size_t m, size_t first, size_t n, size_t k, ck_gemm_mode mode,
  REAL *room) {
  PART tile[ROWS * COLUMNS];
  REAL *left = room, *right = room + CK_BLOCK_LINES * CK_GEMM_CHAIN;
  G(pack)(right, b, n, k, COLUMNS);
  for (size_t top = 0; top < m; top += CK_BLOCK_LINES) {
    size_t lines = m - top < CK_BLOCK_LINES ? m - top : CK_BLOCK_LINES;
    FACTOR block = a;
    block.base += top * a.line_stride;
    // Lines of contiguous steps are read where they are, but for those that do not fill a tile.
    size_t direct = a.k_stride == 1 ? lines / ROWS * ROWS : 0;
    FACTOR rest = block;
    rest.base += direct * a.line_stride;
    G(pack)(left, rest, lines - direct, k, ROWS);
    for (size_t j = 0; j < n; j += COLUMNS) {
      for (size_t i = 0; i < lines; i += ROWS) {
        if (mode == CK_GEMM_ADD_UPPER && first + j + COLUMNS <= top + i) break;
        const size_t rows = lines - i < ROWS ? lines - i : ROWS;
        SUM *out = c + (top + i) * stride + j;
        G(ask)(out, stride, rows);
        if (i < direct) {
          TILE(tile, block.base + i * a.line_stride, a.line_stride, 1, right + j * k, k);
        } else {
          TILE(tile, left + (i - direct) * k, 1, ROWS, right + j * k, k);
        }
        G(take)(out, stride, tile, rows, n - j < COLUMNS ? n - j : COLUMNS, mode);
      }
    }
  }
}

void G(ck_gemm)(SUM *c, size_t stride, FACTOR a, FACTOR b, size_t m, size_t n, size_t k, ck_gemm_mode mode) {
  size_t columns = n < CK_COLUMNS_AT_ONCE ? n : CK_COLUMNS_AT_ONCE;
  // The last panel is filled up to a whole tile.
  size_t filled = columns + COLUMNS;
  REAL *room = aligned_alloc(64, (CK_BLOCK_LINES + filled) * CK_GEMM_CHAIN * sizeof(REAL));
  if (!room) {
    REFERENCE(c, stride, a, b, m, n, k, mode);
    return;
  }
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
        c + first, stride, left, right, m, first, n - first < columns ? n - first : columns,
        k - start < CK_GEMM_CHAIN ? k - start : CK_GEMM_CHAIN,
        mode == CK_GEMM_SET && start > 0 ? CK_GEMM_ADD : mode, room);
    }
  }
  free(room);
}

#undef REAL
#undef PART
#undef SUM
#undef FACTOR
#undef TILE
#undef ROWS
#undef COLUMNS
#undef TRANSPOSE
#undef REFERENCE
#undef G

// The loops of dot products with a few vectors: tiles of rows by vectors, whose sums stay in registers.
// Included once per instruction set, between the pragmas of its folder, with these macros set:
//   ROWS, VECTORS (of a tile), PACKED_VECTORS (of one of int4 rows), WIDTH (of a tile of weighted sums, in lanes),
//   D(name) (appends the set's suffix)
// and these types and functions, where `lanes` holds CK_DOT_LANES floats:
//   lanes zero(), spread(float), fuse(a, b, c), plus(a, b), load_f32(p), load_f16(p), load_bf16(p), store(p, a)
//   store_sums(float out[ROWS], const lanes sums[ROWS]): the lanes of each added by halves
//   levels, levels_of(scale, zero): what the codes of a group stand for
//   codes, load_codes(p), low_weights(codes, levels), high_weights(codes, levels): 32 columns of an awq_u4 row

#ifndef CK_ARCH_DOTS_LOOPS_H
#define CK_ARCH_DOTS_LOOPS_H
/// Bytes from what is used to what is asked for: rows are short, and what processors foresee is long streams.
enum { CK_AHEAD = 16384 };
#endif

#define INLINE static inline __attribute__((always_inline))

/// Calls TILE with the number of vectors as a constant.
#define WITH_COUNT(count, most, TILE)                                                   \
  switch (count) {                                                                      \
    case 1: TILE(1); break;                                                             \
    case 2: TILE((most) < 2 ? (most) : 2); break;                                       \
    case 3: TILE((most) < 3 ? (most) : 3); break;                                       \
    case 4: TILE((most) < 4 ? (most) : 4); break;                                       \
    case 5: TILE((most) < 5 ? (most) : 5); break;                                       \
    default: TILE(most); break;                                                         \
  }

/// How many vectors the next tile takes, so that all tiles of a row take about the same.
static size_t next_count(size_t left, size_t most) {
  const size_t tiles = (left + most - 1) / most;
  return (left + tiles - 1) / tiles;
}

/// Asks for what lies `ahead` bytes further, unless that is 0. Into the second-level cache: of the first a core asks for
/// too few lines at a time, which costs short rows in bf16 half of the speed.
INLINE void ask_ahead(const void *from, size_t ahead) {
  if (ahead > 0) __builtin_prefetch((const uint8_t *)from + ahead, 0, 2);
}

/// How far ahead to ask in rows that begin `row` bytes apart, of which `used` are read: in parts of rows for the same
/// part of a later row.
INLINE size_t ahead_in_rows(size_t row, size_t used) {
  return used < row && row < CK_AHEAD ? CK_AHEAD / row * row : CK_AHEAD;
}

INLINE void clear(lanes sums[ROWS][VECTORS], const size_t vectors) {
#pragma unroll
  for (size_t r = 0; r < ROWS; r++) {
#pragma unroll
    for (size_t t = 0; t < vectors; t++) sums[r][t] = zero();
  }
}

/// Puts the sums of the rows that exist where they belong.
INLINE void put(float *y, size_t stride, lanes sums[ROWS][VECTORS], const size_t vectors, size_t rows) {
#pragma unroll
  for (size_t t = 0; t < vectors; t++) {
    lanes column[ROWS];
    float out[ROWS];
#pragma unroll
    for (size_t r = 0; r < ROWS; r++) column[r] = sums[r][t];
    store_sums(out, column);
    for (size_t r = 0; r < rows; r++) y[t * stride + r] = out[r];
  }
}

/// The last `count` elements of a row, filled up with zeros.
INLINE lanes load_end(lanes load(const void *), const size_t size, const uint8_t *from, size_t count) {
  uint8_t filled[CK_DOT_LANES * 4] = {0};
  memcpy(filled, from, count * size);
  return load(filled);
}

INLINE void float_tile(
  float *y, size_t stride, const float *x, size_t x_stride, const size_t vectors, const uint8_t *const row[ROWS],
  lanes load(const void *), const size_t size, size_t columns, size_t rows, size_t ahead) {
  lanes sums[ROWS][VECTORS];
  clear(sums, vectors);
  size_t c = 0;
  for (; c + CK_DOT_LANES <= columns; c += CK_DOT_LANES) {
    lanes w[ROWS];
#pragma unroll
    for (size_t r = 0; r < ROWS; r++) {
      ask_ahead(row[r] + c * size, ahead);
      w[r] = load(row[r] + c * size);
    }
#pragma unroll
    for (size_t t = 0; t < vectors; t++) {
      const lanes factors = load_f32(x + t * x_stride + c);
#pragma unroll
      for (size_t r = 0; r < ROWS; r++) sums[r][t] = fuse(w[r], factors, sums[r][t]);
    }
  }
  if (c < columns) {
#pragma unroll
    for (size_t t = 0; t < vectors; t++) {
      const lanes factors = load_end(load_f32, 4, (const uint8_t *)(x + t * x_stride + c), columns - c);
#pragma unroll
      for (size_t r = 0; r < ROWS; r++) {
        sums[r][t] = fuse(load_end(load, size, row[r] + c * size, columns - c), factors, sums[r][t]);
      }
    }
  }
  put(y, stride, sums, vectors, rows);
}

INLINE void float_rows(
  float *y, size_t stride, ck_vectors x, ck_float_rows w, lanes load(const void *), const size_t size) {
  // Where tiles of vectors follow each other, the later ones find all rows in a cache.
  const size_t ahead = x.count <= VECTORS ? ahead_in_rows(w.stride * size, w.columns * size) : 0;
  for (size_t first = 0; first < w.rows; first += ROWS) {
    const size_t rows = w.rows - first < ROWS ? w.rows - first : ROWS;
    const uint8_t *row[ROWS];
    // A row that is missing is one that is there, once more.
    for (size_t r = 0; r < ROWS; r++) row[r] = (const uint8_t *)w.base + (first + (r < rows ? r : 0)) * w.stride * size;
    for (size_t t = 0, count; t < x.count; t += count) {
      count = next_count(x.count - t, VECTORS);
      float *out = y + t * stride + first;
      const float *factors = x.base + t * x.stride;
#define TILE(n) float_tile(out, stride, factors, x.stride, n, row, load, size, w.columns, rows, ahead)
      WITH_COUNT(count, VECTORS, TILE)
#undef TILE
    }
  }
}

void D(ck_dots_floats)(float *y, size_t stride, ck_vectors x, ck_float_rows w) {
  switch (w.type) {
    case CK_F32: float_rows(y, stride, x, w, load_f32, 4); break;
    case CK_F16: float_rows(y, stride, x, w, load_f16, 2); break;
    case CK_BF16: float_rows(y, stride, x, w, load_bf16, 2); break;
  }
}

/// A row of an awq_u4 weight.
typedef struct {
  const uint8_t *code, *scale, *zero;
} u4_row;

/// Scales and zeros of some groups of a row, as many as there are lanes.
typedef struct {
  float scale[CK_DOT_LANES], zero[CK_DOT_LANES];
} u4_groups;

/// Those of `count` groups from `g` on, which is even; of more if so many can be read there.
INLINE void load_groups(
  u4_groups *out, u4_row row, lanes load_scales(const void *), size_t g, size_t count, int has_more) {
  const uint8_t *scale = row.scale + 2 * g, *zero = row.zero + g / 2;
  if (has_more || count == CK_DOT_LANES) {
    store(out->scale, load_scales(scale));
    store(out->zero, load_zeros(zero));
  } else {
    uint8_t pairs[CK_DOT_LANES / 2] = {0};
    memcpy(pairs, zero, (count + 1) / 2);
    store(out->scale, load_end(load_scales, 2, scale, count));
    store(out->zero, load_zeros(pairs));
  }
}

INLINE void u4_tile(
  float *y, size_t stride, const float *x, size_t x_stride, const size_t vectors, const u4_row row[ROWS],
  lanes load_scales(const void *), size_t groups, size_t group, size_t rows, int has_more) {
  lanes sums[ROWS][VECTORS];
  u4_groups known[ROWS];
  clear(sums, vectors);
  for (size_t g = 0; g < groups; g++) {
    const size_t place = g % CK_DOT_LANES;
    if (place == 0) {
      const size_t count = groups - g < CK_DOT_LANES ? groups - g : CK_DOT_LANES;
      for (size_t r = 0; r < ROWS; r++) load_groups(&known[r], row[r], load_scales, g, count, has_more);
    }
    levels level[ROWS];
#pragma unroll
    for (size_t r = 0; r < ROWS; r++) {
      ask_ahead(row[r].code + g * group / 2, vectors <= 2 ? CK_AHEAD : 0);
      level[r] = levels_of(known[r].scale[place], known[r].zero[place]);
    }
    for (size_t c = g * group; c < (g + 1) * group; c += 2 * CK_DOT_LANES) {
#pragma unroll
      for (size_t r = 0; r < ROWS; r++) {
        const codes both = load_codes(row[r].code + c / 2);
        const lanes low = low_weights(both, level[r]), high = high_weights(both, level[r]);
#pragma unroll
        for (size_t t = 0; t < vectors; t++) {
          const float *factors = x + t * x_stride + c;
          sums[r][t] = fuse(low, load_f32(factors), sums[r][t]);
          sums[r][t] = fuse(high, load_f32(factors + CK_DOT_LANES), sums[r][t]);
        }
      }
    }
  }
  put(y, stride, sums, vectors, rows);
}

INLINE void u4_rows(
  float *y, size_t stride, ck_vectors x, const u4_row row[ROWS], lanes load_scales(const void *), size_t groups,
  size_t group, size_t rows, int has_more) {
  for (size_t t = 0, n; t < x.count; t += n) {
    n = next_count(x.count - t, PACKED_VECTORS);
    float *out = y + t * stride;
    const float *factors = x.base + t * x.stride;
#define TILE(n) u4_tile(out, stride, factors, x.stride, n, row, load_scales, groups, group, rows, has_more)
    WITH_COUNT(n, PACKED_VECTORS, TILE)
#undef TILE
  }
}

void D(ck_dots_awq_u4)(
  float *y, size_t stride, ck_vectors x, const void *codes, const void *scales, const void *zeros,
  ck_scale_type scale_type, size_t in_features, size_t group, size_t first, size_t count) {
  const size_t groups = in_features / group;
  for (size_t done = 0; done < count; done += ROWS) {
    const size_t rows = count - done < ROWS ? count - done : ROWS;
    u4_row row[ROWS];
    // A row that is missing is one that is there, once more.
    for (size_t r = 0; r < ROWS; r++) {
      const size_t index = first + done + (r < rows ? r : 0);
      row[r].code = (const uint8_t *)codes + index * (in_features / 2);
      row[r].scale = (const uint8_t *)scales + 2 * index * groups;
      row[r].zero = (const uint8_t *)zeros + index * ((groups + 1) / 2);
    }
    // Rows of this call that follow, and that a whole load may reach into.
    const size_t following = count - done - rows;
    const int has_more = following * groups >= CK_DOT_LANES && following * ((groups + 1) / 2) >= CK_DOT_LANES / 2;
    if (scale_type == CK_SCALES_F16) {
      u4_rows(y + done, stride, x, row, load_f16, groups, group, rows, has_more);
    } else {
      u4_rows(y + done, stride, x, row, load_bf16, groups, group, rows, has_more);
    }
  }
}

/// `width` lanes of columns, or one that has only `live` of them, of the sums of all rows.
INLINE void sums_tile(
  float *y, size_t stride, const float *x, size_t x_stride, const size_t vectors, const float *w, size_t w_stride,
  size_t rows, const size_t width, size_t live, size_t ahead) {
  const int is_whole = live >= width * CK_DOT_LANES;
  for (size_t start = 0; start == 0 || start < rows; start += CK_GEMM_CHAIN) {
    const size_t end = rows - start < CK_GEMM_CHAIN ? rows : start + CK_GEMM_CHAIN;
    lanes sums[VECTORS][WIDTH];
#pragma unroll
    for (size_t t = 0; t < vectors; t++) {
#pragma unroll
      for (size_t v = 0; v < width; v++) sums[t][v] = zero();
    }
    for (size_t r = start; r < end; r++) {
      lanes row[WIDTH];
#pragma unroll
      for (size_t v = 0; v < width; v++) {
        const float *from = w + r * w_stride + v * CK_DOT_LANES;
        ask_ahead(from, ahead);
        row[v] = is_whole ? load_f32(from) : load_end(load_f32, 4, (const uint8_t *)from, live);
      }
#pragma unroll
      for (size_t t = 0; t < vectors; t++) {
        const lanes weight = spread(x[t * x_stride + r]);
#pragma unroll
        for (size_t v = 0; v < width; v++) sums[t][v] = fuse(weight, row[v], sums[t][v]);
      }
    }
#pragma unroll
    for (size_t t = 0; t < vectors; t++) {
#pragma unroll
      for (size_t v = 0; v < width; v++) {
        float *out = y + t * stride + v * CK_DOT_LANES, filled[CK_DOT_LANES] = {0};
        if (start > 0) memcpy(filled, out, (is_whole ? CK_DOT_LANES : live) * sizeof *out);
        store(filled, plus(load_f32(filled), sums[t][v]));
        memcpy(out, filled, (is_whole ? CK_DOT_LANES : live) * sizeof *out);
      }
    }
  }
}

void D(ck_weighted_sums)(float *y, size_t stride, ck_vectors x, ck_float_rows w) {
  const size_t ahead = x.count <= VECTORS ? ahead_in_rows(w.stride * sizeof(float), w.columns * sizeof(float)) : 0;
  for (size_t t = 0, count; t < x.count; t += count) {
    count = next_count(x.count - t, VECTORS);
    const float *weights = x.base + t * x.stride, *rows = w.base;
    size_t c = 0;
    for (; c + WIDTH * CK_DOT_LANES <= w.columns; c += WIDTH * CK_DOT_LANES) {
#define TILE(n) \
  sums_tile(y + t * stride + c, stride, weights, x.stride, n, rows + c, w.stride, w.rows, WIDTH, WIDTH * CK_DOT_LANES, \
            ahead)
      WITH_COUNT(count, VECTORS, TILE)
#undef TILE
    }
    for (; c < w.columns; c += CK_DOT_LANES) {
#define TILE(n) \
  sums_tile(y + t * stride + c, stride, weights, x.stride, n, rows + c, w.stride, w.rows, 1, w.columns - c, ahead)
      WITH_COUNT(count, VECTORS, TILE)
#undef TILE
    }
  }
}

#undef WITH_COUNT
#undef INLINE

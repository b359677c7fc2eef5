// The loops of rounding to levels, WIDTH weights at a time (rounding.h says what each function does).
// Included once per instruction set, between the pragmas of its folder, with these macros set:
//   WIDTH, R(name) (appends the set's suffix), REST(name) (what serves groups and lanes that WIDTH does not divide)
// and these types and functions, where `lanes` holds WIDTH floats:
//   lanes spread(float), load(p), load_codes(p), plus(a, b), minus(a, b), times(a, b), over(a, b), nearest(a)
//   lanes least(a, b), most(a, b): b where a is NaN
//   store(p, a), store_codes(p, a)
//   unsigned positive(a), not_zero(a): a bit for each lane
//   lanes pick(unsigned bits, a, b): a where the lane's bit is set, else b

static inline lanes codes_of(lanes w, lanes scale, lanes zero, lanes top) {
  // NaN gets code 0, as in ck_code_of.
  return least(most(plus(nearest(over(w, scale)), zero), spread(0)), top);
}

void R(ck_round_groups)(
  float *out, uint8_t *codes, const float *w, const float *scales, const float *zeros, size_t groups, size_t group,
  float top) {
  if (group % WIDTH != 0) {
    REST(ck_round_groups)(out, codes, w, scales, zeros, groups, group, top);
    return;
  }
  const lanes tops = spread(top);
  for (size_t g = 0; g < groups; g++) {
    const lanes scale = spread(scales[g]), zero = spread(zeros[g]);
    for (size_t i = g * group; i < (g + 1) * group; i += WIDTH) {
      const lanes code = codes_of(load(w + i), scale, zero, tops);
      if (codes) store_codes(codes + i, code);
      store(out + i, times(minus(code, zero), scale));
    }
  }
}

void R(ck_group_extremes)(float *low, float *high, const float *w, size_t groups, size_t group) {
  if (group % WIDTH != 0 || group == 0) {
    REST(ck_group_extremes)(low, high, w, groups, group);
    return;
  }
  for (size_t g = 0; g < groups; g++) {
    const float *in = w + g * group;
    lanes smallest = load(in), largest = smallest;
    for (size_t i = WIDTH; i < group; i += WIDTH) {
      smallest = least(load(in + i), smallest);
      largest = most(load(in + i), largest);
    }
    float ends[2][WIDTH];
    store(ends[0], smallest);
    store(ends[1], largest);
    low[g] = ends[0][0], high[g] = ends[1][0];
    for (int i = 1; i < WIDTH; i++) {
      low[g] = ends[0][i] < low[g] ? ends[0][i] : low[g];
      high[g] = ends[1][i] > high[g] ? ends[1][i] : high[g];
    }
  }
}

/// y += factors[0] * x[0] + factors[1] * x[1] ... in this order, multiply and add rounded separately; WIDTH divides
/// `count`.
static inline void add_multiples(
  float *y, const float *const *x, const float *factors, size_t lines, size_t count) {
  enum { STEP = 4 };
  size_t i = 0;
  for (; i + STEP * WIDTH <= count; i += STEP * WIDTH) {
    lanes sums[STEP];
#pragma unroll
    for (size_t s = 0; s < STEP; s++) sums[s] = load(y + i + s * WIDTH);
    for (size_t line = 0; line < lines; line++) {
      const lanes factor = spread(factors[line]);
#pragma unroll
      for (size_t s = 0; s < STEP; s++) sums[s] = plus(sums[s], times(factor, load(x[line] + i + s * WIDTH)));
    }
#pragma unroll
    for (size_t s = 0; s < STEP; s++) store(y + i + s * WIDTH, sums[s]);
  }
  for (; i < count; i += WIDTH) {
    lanes sum = load(y + i);
    for (size_t line = 0; line < lines; line++) sum = plus(sum, times(spread(factors[line]), load(x[line] + i)));
    store(y + i, sum);
  }
}

void R(ck_gptq_block)(
  float *w, float *err, uint8_t *codes, const float *u, size_t stride, const float *scales, const float *zeros,
  size_t columns, size_t lane_count, float top) {
  if (lane_count % WIDTH != 0) {
    REST(ck_gptq_block)(w, err, codes, u, stride, scales, zeros, columns, lane_count, top);
    return;
  }
  const lanes tops = spread(top);
  for (size_t j = 0; j < columns; j++) {
    const lanes pivot = spread(u[j * stride + j]);
    const float *error = err + j * lane_count;
    for (size_t r = j * lane_count; r < (j + 1) * lane_count; r += WIDTH) {
      const lanes scale = load(scales + r), zero = load(zeros + r), value = load(w + r);
      const lanes code = codes_of(value, scale, zero, tops);
      store_codes(codes + r, code);
      store(err + r, over(minus(value, times(minus(code, zero), scale)), pivot));
    }
    for (size_t k = j + 1; k < columns; k++) {
      const float factor = -u[j * stride + k];
      add_multiples(w + k * lane_count, &error, &factor, 1, lane_count);
    }
  }
}

/// What WIDTH neighbouring columns of a row have to move: at most once each.
typedef struct {
  size_t count;
  float steps[WIDTH];
  const float *lines[WIDTH];
} moves;

/// Moves the codes of the columns from `gram`'s diagonal element on, one after the other as ck_best_move does. All of
/// them are looked at together; those behind the first that moves, once more.
static inline moves best_moves(
  uint8_t *codes, lanes slope, lanes curvature, const float *gram, size_t columns, size_t start, lanes scale,
  lanes zero, lanes top) {
  moves found = {.count = 0};
  lanes code = load_codes(codes);
  unsigned left = positive(curvature);
  while (left) {
    const lanes level = times(minus(code, zero), scale);
    const lanes best = codes_of(minus(level, over(slope, curvature)), scale, zero, top);
    const lanes step = times(minus(best, code), scale);
    const unsigned moving = left & not_zero(step);
    const unsigned first = moving ? (unsigned)__builtin_ctz(moving) : WIDTH - 1;
    const unsigned seen = left & ((2u << first) - 1);
    code = pick(seen, best, code);
    left &= ~seen;
    if (!moving) continue;
    float steps[WIDTH];
    store(steps, step);
    const float *line = gram + (start + first) * columns;
    slope = plus(slope, times(spread(steps[first]), load(line + start)));
    found.steps[found.count] = steps[first];
    found.lines[found.count++] = line;
  }
  store_codes(codes, code);
  return found;
}

/// All rows take WIDTH columns before the next ones are read: their lines of H serve them from a cache, and a row's
/// slopes are read and written once for all that moves there.
size_t R(ck_descend_rows)(
  uint8_t *codes, float *gradient, const float *gram, const float *scales, const float *zeros, size_t rows,
  size_t columns, size_t group, float top) {
  if (group % WIDTH != 0) return REST(ck_descend_rows)(codes, gradient, gram, scales, zeros, rows, columns, group, top);
  const size_t groups = columns / group;
  const lanes tops = spread(top);
  size_t changed = 0;
  for (size_t start = 0; start < columns; start += WIDTH) {
    float diagonal[WIDTH];
    for (size_t i = 0; i < WIDTH; i++) diagonal[i] = gram[(start + i) * columns + start + i];
    const lanes curvature = load(diagonal);
    for (size_t r = 0; r < rows; r++) {
      const size_t at = r * groups + start / group;
      float *slope = gradient + r * columns;
      const moves found = best_moves(
        codes + r * columns + start, load(slope + start), curvature, gram, columns, start, spread(scales[at]),
        spread(zeros[at]), tops);
      if (found.count) add_multiples(slope, found.lines, found.steps, found.count, columns);
      changed += found.count;
    }
  }
  return changed;
}

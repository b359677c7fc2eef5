// Runs every kernel and its plain twin over ragged sizes, in memory that ends where it says, and compares the two.
// Scripts/check/sanitizers.sh builds it under AddressSanitizer and UndefinedBehaviorSanitizer, which see what tests in
// Swift cannot: a read beyond an array, arithmetic that C leaves undefined.
//   drive_kernels plain|avx2|avx512|avx512bf16  with the kernels of that instruction set; exit code 69 if there are none
//   drive_kernels beyond|unaligned       commits that fault, and must not get through
#include "CKernels.h"
#include "drive_kernels.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/// Relative rounding of one f32 operation, and what the tests allow for a handful of them (ElementwiseTests).
static const double unit_roundoff = 0x1p-24, handful = 8 * 0x1p-24;

static const size_t lengths[] = {0,  1,  2,  3,  5,  7,  8,   9,   15,  16,  17, 31,
                                 32, 33, 63, 64, 65, 127, 129, 255, 257, 511, 1023};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

static void conversions(size_t count) {
  const uint8_t *stored = random_bytes(2 * count + 1);
  const void *unaligned = stored + 1;
  float *fast = room(count * sizeof *fast), *plain = room(count * sizeof *plain);
  ck_bf16_to_f32(fast, unaligned, count), ck_bf16_to_f32_ref(plain, unaligned, count);
  same("bf16_to_f32", fast, plain, count * sizeof *fast);
  ck_f16_to_f32(fast, unaligned, count), ck_f16_to_f32_ref(plain, unaligned, count);
  same("f16_to_f32", fast, plain, count * sizeof *fast);

  // Any bits: NaN of all kinds, subnormal numbers, ties.
  const float *in = random_bytes(count * sizeof *in);
  uint16_t *narrow = room(count * sizeof *narrow), *narrow_plain = room(count * sizeof *narrow);
  ck_f32_to_bf16(narrow, in, count), ck_f32_to_bf16_ref(narrow_plain, in, count);
  same("f32_to_bf16", narrow, narrow_plain, count * sizeof *narrow);
  ck_f32_to_f16(narrow, in, count), ck_f32_to_f16_ref(narrow_plain, in, count);
  same("f32_to_f16", narrow, narrow_plain, count * sizeof *narrow);
}

static void magnitudes(size_t count) {
  const uint8_t *bytes = (const uint8_t *)random_bytes(4 * count + 1) + 1;
  uint16_t largest_16 = 0;
  uint32_t largest_32 = 0;
  for (size_t i = 0; i < 2 * count; i++) {
    uint16_t bits = (uint16_t)((bytes[2 * i] | bytes[2 * i + 1] << 8) & 0x7FFF);
    if (bits > largest_16) largest_16 = bits;
    if (i % 2 == 0) continue;
    uint32_t word = (uint32_t)bits << 16 | (uint32_t)bytes[2 * i - 1] << 8 | bytes[2 * i - 2];
    if (word > largest_32) largest_32 = word;
  }
  expect("largest_bits_16", ck_largest_bits_16(bytes, 2 * count) == largest_16);
  expect("largest_bits_32", ck_largest_bits_32(bytes, count) == largest_32);
}

/// `count` vectors whose last one ends where the memory does.
static ck_vectors random_vectors(size_t count, size_t width) {
  const size_t stride = width + 3;
  return (ck_vectors){random_floats(count == 0 ? 0 : (count - 1) * stride + width, 2), stride, count};
}

/// Dot products of stored floats, and sums of the rows weighted by vectors.
static void dots_of_floats(size_t rows, size_t columns, size_t count) {
  const size_t stride = rows + 1, bytes = (count == 0 ? 0 : (count - 1) * stride + rows) * sizeof(float);
  const ck_vectors x = random_vectors(count, columns);
  for (ck_float_type type = CK_F32; type <= CK_BF16; type++) {
    const size_t width = type == CK_F32 ? 4 : 2;
    uint8_t *stored = (uint8_t *)random_bytes(rows * columns * width + 1) + 1;
    // Any bits but those of an infinity or NaN, whose bits are nobody's promise.
    for (size_t i = 0; i < rows * columns; i++) stored[(i + 1) * width - 1] &= 0xBF;
    const ck_float_rows w = {stored, type, columns, rows, columns};
    float *fast = room(bytes), *plain = copy(fast, bytes);
    ck_dots_floats(fast, stride, x, w), ck_dots_floats_ref(plain, stride, x, w);
    same("dots_floats", fast, plain, bytes);
  }
  const size_t sum_stride = columns + 1, sum_bytes = (count == 0 ? 0 : (count - 1) * sum_stride + columns) * 4;
  const ck_float_rows w = {random_floats(rows * columns, 2), CK_F32, columns, rows, columns};
  const ck_vectors weights = random_vectors(count, rows);
  float *fast = room(sum_bytes), *plain = copy(fast, sum_bytes);
  ck_weighted_sums(fast, sum_stride, weights, w), ck_weighted_sums_ref(plain, sum_stride, weights, w);
  same("weighted_sums", fast, plain, sum_bytes);
}

static void activations(size_t count) {
  const float *x = random_floats(count, 30), *up = random_floats(count, 2);
  float *fast = copy(x, count * sizeof *x), *plain = copy(x, count * sizeof *x), largest = -INFINITY;
  for (size_t i = 0; i < count; i++) largest = x[i] > largest ? x[i] : largest;
  ck_softmax_f32(fast, count), ck_softmax_f32_ref(plain, count);
  for (size_t i = 0; i < count; i++) {
    double relative = handful + (double)(largest - x[i]) * unit_roundoff;
    near("softmax", fast[i], plain[i], 2 * relative * (double)plain[i] + 1e-37);
  }
  memcpy(fast, x, count * sizeof *x), memcpy(plain, x, count * sizeof *x);
  ck_silu_mul_f32(fast, up, count), ck_silu_mul_f32_ref(plain, up, count);
  for (size_t i = 0; i < count; i++) near("silu_mul", fast[i], plain[i], 2 * handful * fabs((double)plain[i]));
  // At the ends of the range too, where exp overflows.
  float *ends = random_bytes(count * sizeof *ends);
  ck_silu_mul_f32(ends, up, count), ck_softmax_f32(ends, count), ck_gelu_f32(ends, count);
}

/// These have no twin, they are only run.
static void norms(size_t count) {
  const float *x = random_floats(count, 9), *weight = random_floats(count, 2), *bias = random_floats(count, 2);
  float *out = room(count * sizeof *out);
  ck_rms_norm_f32(out, x, weight, count, 1e-6f);
  ck_layer_norm_f32(out, x, weight, bias, count, 1e-6f);
}

static void gemm_weights(size_t out_features, size_t in_features, size_t group, size_t first, size_t count) {
  const size_t groups = in_features / group, outputs = count * in_features * sizeof(float);
  const uint8_t *codes = random_bytes(in_features * out_features / 2 + 1);
  const uint8_t *zeros = random_bytes(groups * out_features / 2 + 1);
  const uint8_t *scales = random_bytes(groups * out_features * 2 + 1);
  float *fast = room(outputs), *plain = room(outputs);
  ck_awq_gemm_decode_rows(fast, codes + 1, zeros + 1, scales + 1, in_features, out_features, group, first, count);
  ck_awq_gemm_decode_rows_ref(plain, codes + 1, zeros + 1, scales + 1, in_features, out_features, group, first, count);
  same("awq_gemm_decode_rows", fast, plain, outputs);
}

static void repacked_weights(size_t out_features, size_t in_features, size_t first, size_t count) {
  const size_t outputs = count * in_features / 2;
  const uint8_t *codes = random_bytes(in_features * out_features / 2 + 1);
  uint8_t *fast = room(outputs), *plain = room(outputs);
  ck_awq_gemm_to_u4_rows(fast, codes + 1, in_features, out_features, first, count);
  ck_awq_gemm_to_u4_rows_ref(plain, codes + 1, in_features, out_features, first, count);
  same("awq_gemm_to_u4_rows", fast, plain, outputs);
}

static void u4_weights(size_t out_features, size_t in_features, size_t group, size_t first, size_t count) {
  const size_t groups = in_features / group, outputs = count * in_features * sizeof(float);
  const uint8_t *codes = random_bytes(out_features * in_features / 2 + 1);
  const uint8_t *scales = random_bytes(out_features * groups * 2 + 1);
  const uint8_t *zeros = random_bytes(out_features * ((groups + 1) / 2));
  float *fast = room(outputs), *plain = room(outputs);
  for (ck_scale_type type = CK_SCALES_F16; type <= CK_SCALES_BF16; type++) {
    ck_awq_u4_decode_rows(fast, codes + 1, scales + 1, zeros, type, in_features, group, first, count);
    ck_awq_u4_decode_rows_ref(plain, codes + 1, scales + 1, zeros, type, in_features, group, first, count);
    same("awq_u4_decode_rows", fast, plain, outputs);
  }
}

/// Half-precision scales, none of them infinite or NaN, at any address.
static const uint8_t *random_scales(size_t count) {
  uint8_t *scales = (uint8_t *)random_bytes(2 * count + 1) + 1;
  for (size_t i = 0; i < count; i++) scales[2 * i + 1] &= 0xBF;
  return scales;
}

static void dots_of_codes(size_t out_features, size_t in_features, size_t group, size_t first, size_t count) {
  const size_t groups = in_features / group;
  const uint8_t *codes = (uint8_t *)random_bytes(in_features * out_features / 2 + 1) + 1;
  const uint8_t *zeros = (uint8_t *)random_bytes(out_features * ((groups + 1) / 2) + 1) + 1;
  const uint8_t *scales = random_scales(out_features * groups);
  for (size_t vectors = 1; vectors < 9; vectors += 3) {
    const size_t bytes = vectors * count * sizeof(float);
    const ck_vectors x = random_vectors(vectors, in_features);
    float *fast = room(bytes), *plain = room(bytes);
    if (first % 8 == 0 && count % 8 == 0) {
      ck_dots_awq_gemm(fast, count, x, codes, zeros, scales, in_features, out_features, group, first, count);
      ck_dots_awq_gemm_ref(plain, count, x, codes, zeros, scales, in_features, out_features, group, first, count);
      same("dots_awq_gemm", fast, plain, bytes);
    }
    if (group % 32 != 0) continue;
    for (ck_scale_type type = CK_SCALES_F16; type <= CK_SCALES_BF16; type++) {
      ck_dots_awq_u4(fast, count, x, codes, scales, zeros, type, in_features, group, first, count);
      ck_dots_awq_u4_ref(plain, count, x, codes, scales, zeros, type, in_features, group, first, count);
      same("dots_awq_u4", fast, plain, bytes);
    }
  }
}

static void rounding(size_t groups, size_t group, float top) {
  const size_t count = groups * group, bytes = count * sizeof(float);
  const float *scales = random_positive(groups, 0.2f), *zeros = random_levels(groups);
  // Any bits: weights are clamped to a code before they become an integer.
  const float *any = random_bytes(bytes), *w = random_floats(count, 2);
  float *fast = copy(any, bytes), *plain = copy(any, bytes);
  uint8_t *codes = room(count), *plain_codes = room(count);
  ck_round_groups(fast, codes, fast, scales, zeros, groups, group, top);
  ck_round_groups_ref(plain, plain_codes, plain, scales, zeros, groups, group, top);
  same("round_groups, codes", codes, plain_codes, count);
  same("round_groups", fast, plain, bytes);
  ck_round_groups(fast, NULL, w, scales, zeros, groups, group, top);
  ck_round_groups_ref(plain, NULL, w, scales, zeros, groups, group, top);
  same("round_groups without codes", fast, plain, bytes);

  float *low = room(groups * sizeof *low), *high = room(groups * sizeof *high);
  float *low_plain = room(groups * sizeof *low), *high_plain = room(groups * sizeof *high);
  ck_group_extremes(low, high, w, groups, group), ck_group_extremes_ref(low_plain, high_plain, w, groups, group);
  same("group_extremes, low", low, low_plain, groups * sizeof *low);
  same("group_extremes, high", high, high_plain, groups * sizeof *high);
}

static void gptq(size_t columns, size_t lanes, float top) {
  const size_t count = columns * lanes, bytes = count * sizeof(float), stride = columns + 3;
  const float *w = random_floats(count, 2), *upper = random_positive((columns - 1) * stride + columns, 1.5f);
  const float *scales = random_positive(count, 0.2f), *zeros = random_levels(count);
  float *fast = copy(w, bytes), *plain = copy(w, bytes), *errors = room(bytes), *plain_errors = room(bytes);
  uint8_t *codes = room(count), *plain_codes = room(count);
  ck_gptq_block(fast, errors, codes, upper, stride, scales, zeros, columns, lanes, top);
  ck_gptq_block_ref(plain, plain_errors, plain_codes, upper, stride, scales, zeros, columns, lanes, top);
  same("gptq_block", fast, plain, bytes);
  same("gptq_block, errors", errors, plain_errors, bytes);
  same("gptq_block, codes", codes, plain_codes, count);
}

static void descent(size_t rows, size_t columns, size_t group, float top) {
  const size_t count = rows * columns, groups = rows * (columns / group), bytes = count * sizeof(float);
  // Not positive definite, so that some columns are left alone and some moves are long.
  const float *gram = random_floats(columns * columns, 1), *start = random_floats(count, 1);
  const float *scales = random_positive(groups, 0.2f), *zeros = random_levels(groups);
  float *gradient = copy(start, bytes), *plain_gradient = copy(start, bytes);
  uint8_t *codes = room(count);
  for (size_t j = 0; j < count; j++) codes[j] = (uint8_t)(random_bits() % ((uint32_t)top + 1));
  uint8_t *plain_codes = copy(codes, count);
  size_t changed = ck_descend_rows(codes, gradient, gram, scales, zeros, rows, columns, group, top);
  size_t plain_changed =
    ck_descend_rows_ref(plain_codes, plain_gradient, gram, scales, zeros, rows, columns, group, top);
  expect("descend_rows, changes", changed == plain_changed);
  same("descend_rows", gradient, plain_gradient, bytes);
  same("descend_rows, codes", codes, plain_codes, count);
}

/// A function that checks one of the three products. C's last row ends with its last column.
#define PRODUCT(SUFFIX, REAL, SUM, FACTOR)                                                                         \
  static void product_##SUFFIX(size_t m, size_t n, size_t k, int a_by_rows, int b_by_rows, ck_gemm_mode mode) {    \
    const size_t stride = n + 2, count = (m - 1) * stride + n, bytes = count * sizeof(SUM);                        \
    REAL *left = room(m * k * sizeof(REAL)), *right = room(n * k * sizeof(REAL));                                  \
    SUM *fast = room(bytes);                                                                                       \
    for (size_t i = 0; i < m * k; i++) left[i] = (REAL)random_float(2) / 3;                                        \
    for (size_t i = 0; i < n * k; i++) right[i] = (REAL)random_float(2) / 7;                                       \
    for (size_t i = 0; i < count; i++) fast[i] = (SUM)random_float(2);                                             \
    SUM *plain = copy(fast, bytes);                                                                                \
    FACTOR a = {left, a_by_rows ? k : 1, a_by_rows ? 1 : m}, b = {right, b_by_rows ? k : 1, b_by_rows ? 1 : n};    \
    ck_gemm_##SUFFIX(fast, stride, a, b, m, n, k, mode), ck_gemm_ref_##SUFFIX(plain, stride, a, b, m, n, k, mode); \
    /* What lies below the diagonal is nobody's then. */                                                           \
    for (size_t i = 0; mode == CK_GEMM_ADD_UPPER && i < m; i++) {                                                  \
      for (size_t j = 0; j < i && j < n; j++) fast[i * stride + j] = plain[i * stride + j];                        \
    }                                                                                                              \
    same("gemm_" #SUFFIX, fast, plain, bytes);                                                                     \
  }
PRODUCT(f32, float, float, ck_factor_f32)
PRODUCT(f64, double, double, ck_factor_f64)
PRODUCT(f32_f64, float, double, ck_factor_f32)

/// Pairs of any bits, most of them near 1, or near where products are flushed; none NaN or infinite.
static ck_bf16_pair *random_pairs(size_t count, uint16_t exponents) {
  uint16_t *halves = random_bytes(count * sizeof(ck_bf16_pair));
  for (size_t i = 0; i < 2 * count; i++) {
    const uint16_t any = halves[i];
    if (any % 16 != 0) halves[i] = (uint16_t)((any & 0x81FF) | exponents);
    if ((halves[i] & 0x7F80) == 0x7F80) halves[i] &= 0xBFFF;
  }
  return (ck_bf16_pair *)(void *)halves;
}

static void product_bf16(size_t m, size_t n, size_t k, int a_by_rows, int b_by_rows, ck_gemm_mode mode) {
  static const uint16_t exponents[][2] = {{0x3E00, 0x3E00}, {0x1E00, 0x2000}, {0x5E00, 0x5E00}};
  for (size_t range = 0; range < sizeof exponents / sizeof *exponents; range++) {
    const size_t stride = n + 2, count = (m - 1) * stride + n, bytes = count * sizeof(float);
    const ck_bf16_pair *left = random_pairs(m * k, exponents[range][0]);
    const ck_bf16_pair *right = random_pairs(n * k, exponents[range][1]);
    float *fast = random_floats(count, 2), *plain = copy(fast, bytes);
    ck_factor_bf16 a = {left, a_by_rows ? k : 1, a_by_rows ? 1 : m}, b = {right, b_by_rows ? k : 1, b_by_rows ? 1 : n};
    ck_gemm_bf16(fast, stride, a, b, m, n, k, mode), ck_gemm_ref_bf16(plain, stride, a, b, m, n, k, mode);
    // Which NaN comes of infinities is nobody's promise, nor what lies below the diagonal where that is not asked for.
    for (size_t i = 0; i < count; i++) {
      const int is_below = mode == CK_GEMM_ADD_UPPER && i % stride < i / stride;
      if (is_below || (isnan(fast[i]) && isnan(plain[i]))) fast[i] = plain[i] = 0;
    }
    same("gemm_bf16", fast, plain, bytes);
  }
}

/// Around the sizes of tiles (6x16, 8x32), blocks (120 lines, 1024 columns) and chains (256).
static void products(void) {
  static const size_t sizes[][3] = {{1, 1, 1},    {5, 7, 3},    {3, 5, 0},      {6, 16, 256},
                                    {8, 32, 257}, {9, 33, 255}, {121, 47, 513}, {7, 1027, 9}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const size_t m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
    for (int storage = 0; storage < 4; storage++) {
      for (ck_gemm_mode mode = CK_GEMM_SET; mode <= CK_GEMM_ADD_UPPER; mode++) {
        product_f32(m, n, k, storage & 1, storage >> 1, mode);
        product_f64(m, n, k, storage & 1, storage >> 1, mode);
        product_f32_f64(m, n, k, storage & 1, storage >> 1, mode);
        product_bf16(m, n, k, storage & 1, storage >> 1, mode);
        release();
      }
    }
  }
}

static void ragged_lengths(void) {
  for (size_t i = 0; i < LENGTHS; i++) {
    const size_t length = lengths[i];
    conversions(length), magnitudes(length), activations(length);
    dots_of_floats(7, length, 1), dots_of_floats(3, length, 14);
    release();
    if (length == 0) continue;
    norms(length), rounding(7, length, 15), rounding(7, length, 255);
    if (length <= 129) {
      gptq(length, 24, 255), gptq(5, length, 15), descent(1, length, 1, 15), descent(3, length * 5, 5, 255);
    }
    release();
  }
  descent(8, 96, 32, 15), gptq(128, 64, 15);
  release();
}

static void packed_weights(void) {
  static const size_t sizes[][3] = {{8, 32, 32}, {24, 128, 32},  {40, 96, 96},
                                    {16, 15, 5}, {64, 256, 128}, {8, 384, 128}, {200, 64, 32}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const size_t out = sizes[i][0], in = sizes[i][1], group = sizes[i][2];
    gemm_weights(out, in, group, 0, out), gemm_weights(out, in, group, out - 8, 8);
    if (group % 32 == 0) {
      u4_weights(out, in, group, 0, out), u4_weights(out, in, group, out - 1, 1);
      repacked_weights(out, in, 0, out), repacked_weights(out, in, out - 8, 8);
    }
    dots_of_codes(out, in, group, 0, out), dots_of_codes(out, in, group, out - 8, 8);
    dots_of_codes(out, in, group, out - 3, 3);
    release();
  }
}

/// A fault that a sanitizer must end the program for: one element too many, or floats that are not aligned.
static void commit_fault(const char *fault) {
  float out[8];
  if (strcmp(fault, "beyond") == 0) ck_bf16_to_f32(room(8 * sizeof(float)), random_bytes(17), 9);
  if (strcmp(fault, "unaligned") == 0) {
    const uint8_t *bytes = random_bytes(9 * sizeof(float));
    ck_rms_norm_f32(out, (const float *)(const void *)(bytes + 1), random_floats(8, 1), 8, 1e-6f);
  }
  release();
}

int main(int count, char **arguments) {
  const char *wanted = count == 2 ? arguments[1] : "";
  if (strcmp(wanted, "beyond") == 0 || strcmp(wanted, "unaligned") == 0) {
    commit_fault(wanted);
    return 0;
  }
  if (!choose_instructions(wanted)) return 69;
  const char *decisive = strcmp(wanted, "plain") == 0 ? "plain C" : "AVX2";
  const char *best = strncmp(wanted, "avx512", 6) == 0 ? "AVX-512" : decisive;
  const char *bf16 = strcmp(wanted, "avx512bf16") == 0 ? "AVX512-BF16" : best;
  expect("the instructions that decide results", strcmp(ck_instruction_set(), decisive) == 0);
  expect("the instructions of products", strcmp(ck_gemm_instruction_set(), best) == 0);
  expect("the instructions of products in bf16", strcmp(ck_gemm_bf16_instruction_set(), bf16) == 0);
  ragged_lengths();
  packed_weights();
  products();
  ck_pause();  // Computes nothing: that it runs is all there is to see.
  printf("%s: %zu comparisons, %zu differ\n", wanted, comparisons, differences);
  return differences > 0;
}

// Decoding of int4 weights, eight codes at a time.
#if defined(__x86_64__)
#include "../elements.h"
#include "avx2.h"

#pragma clang attribute push(CK_AVX2, apply_to = function)

/// The eight nibbles of a word in column order.
static inline __m256i unpack(uint32_t word) {
  const __m256i shifts = _mm256_setr_epi32(0, 16, 4, 20, 8, 24, 12, 28);
  return _mm256_and_si256(_mm256_srlv_epi32(_mm256_set1_epi32((int)word), shifts), _mm256_set1_epi32(0xF));
}

/// Stores eight vectors as the columns of an 8 x 8 block whose rows lie `stride` apart.
static inline void store_transposed(float *out, size_t stride, const __m256 v[8]) {
  __m256 a[8], b[8];
  for (int i = 0; i < 8; i += 2) {
    a[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
    a[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    b[i] = _mm256_shuffle_ps(a[i], a[i + 2], 0x44);
    b[i + 1] = _mm256_shuffle_ps(a[i], a[i + 2], 0xEE);
    b[i + 2] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0x44);
    b[i + 3] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0xEE);
  }
  for (size_t i = 0; i < 4; i++) {
    _mm256_storeu_ps(out + i * stride, _mm256_permute2f128_ps(b[i], b[i + 4], 0x20));
    _mm256_storeu_ps(out + (i + 4) * stride, _mm256_permute2f128_ps(b[i], b[i + 4], 0x31));
  }
}

void ck_awq_gemm_decode_rows_avx2(
  float *out, const void *qweight, const void *qzeros, const void *scales, size_t in_features,
  size_t out_features, size_t group, size_t first, size_t count) {
  if (group % 8 != 0) {
    ck_awq_gemm_decode_rows_ref(out, qweight, qzeros, scales, in_features, out_features, group, first, count);
    return;
  }
  const size_t words = out_features / 8;
  for (size_t i = 0; i < in_features; i += 8) {  // eight input features of one group at a time
    const size_t g = i / group;
    for (size_t c = 0; c < count; c += 8) {
      const size_t word = (first + c) / 8;
      const uint8_t *scale_bytes = (const uint8_t *)scales + 2 * (g * out_features + first + c);
      const __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)scale_bytes));
      const __m256i zero = unpack(ck_load_u32(qzeros, g * words + word));
      __m256 block[8];
      for (size_t j = 0; j < 8; j++) {
        const __m256i code = unpack(ck_load_u32(qweight, (i + j) * words + word));
        block[j] = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(code, zero)), scale);
      }
      store_transposed(out + c * in_features + i, in_features, block);
    }
  }
}

/// Codes per block of an awq_u4 row.
enum { BLOCK = 32, HALF = 16 };

static inline __m256 decode_eight(__m128i codes, __m256i zero, __m256 scale) {
  return _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_cvtepu8_epi32(codes), zero)), scale);
}

void ck_awq_u4_decode_rows_avx2(
  float *out, const void *codes, const void *scales, const void *zeros, ck_scale_type scale_type,
  size_t in_features, size_t group, size_t first, size_t count) {
  const size_t groups = in_features / group;
  const __m128i low_mask = _mm_set1_epi8(0xF);
  for (size_t row = first; row < first + count; row++) {
    const uint8_t *code_row = (const uint8_t *)codes + row * (in_features / 2);
    const uint8_t *zero_row = (const uint8_t *)zeros + row * ((groups + 1) / 2);
    for (size_t g = 0; g < groups; g++) {
      const __m256 scale = _mm256_set1_ps(ck_load_scale(scales, scale_type, row * groups + g));
      const __m256i zero = _mm256_set1_epi32(ck_load_zero(zero_row, g));
      for (size_t i = 0; i < group; i += BLOCK, out += BLOCK, code_row += HALF) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)code_row);
        const __m128i low = _mm_and_si128(bytes, low_mask);
        const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), low_mask);
        _mm256_storeu_ps(out, decode_eight(low, zero, scale));
        _mm256_storeu_ps(out + 8, decode_eight(_mm_srli_si128(low, 8), zero, scale));
        _mm256_storeu_ps(out + 16, decode_eight(high, zero, scale));
        _mm256_storeu_ps(out + 24, decode_eight(_mm_srli_si128(high, 8), zero, scale));
      }
    }
  }
}

#pragma clang attribute pop
#endif

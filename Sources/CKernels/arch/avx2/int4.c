// Decoding of int4 weights, eight codes at a time, and repacking, 2,048 at a time.
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

/// Sixteen vectors as the columns of a 16 x 16 block of bytes in each half: four times every bit of a byte's place moves
/// up by one, from column to row.
static inline void transpose_bytes(__m256i v[16]) {
  for (int round = 0; round < 4; round++) {
    __m256i t[16];
    for (int i = 0; i < 8; i++) {
      t[2 * i] = _mm256_unpacklo_epi8(v[i], v[i + 8]);
      t[2 * i + 1] = _mm256_unpackhi_epi8(v[i], v[i + 8]);
    }
    for (int i = 0; i < 16; i++) v[i] = t[i];
  }
}

/// Stores what every second nibble of eight words has become: `outputs` says which of its word's outputs each of the four
/// bytes belongs to.
static inline void store_outputs(uint8_t *out, size_t stride, const __m256i v[16], const size_t outputs[4]) {
  for (size_t i = 0; i < 16; i++) {
    uint8_t *low = out + (i / 4 * 8 + outputs[i % 4]) * stride;
    _mm_storeu_si128((__m128i *)low, _mm256_castsi256_si128(v[i]));
    _mm_storeu_si128((__m128i *)(low + 32 * stride), _mm256_extracti128_si256(v[i], 1));
  }
}

/// The codes of 64 outputs for a block of 32 inputs, whose words are `stride_in` bytes apart.
static inline void repack_block(uint8_t *out, size_t stride, const uint8_t *in, size_t stride_in) {
  static const size_t even_outputs[4] = {0, 4, 1, 5}, odd_outputs[4] = {2, 6, 3, 7};
  const __m256i low = _mm256_set1_epi8(0xF), high = _mm256_set1_epi8((char)0xF0);
  __m256i even[HALF], odd[HALF];
  for (size_t j = 0; j < HALF; j++) {
    const __m256i a = _mm256_loadu_si256((const __m256i *)(in + j * stride_in));
    const __m256i b = _mm256_loadu_si256((const __m256i *)(in + (j + HALF) * stride_in));
    even[j] = _mm256_or_si256(_mm256_and_si256(a, low), _mm256_slli_epi16(_mm256_and_si256(b, low), 4));
    odd[j] = _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(a, 4), low), _mm256_and_si256(b, high));
  }
  transpose_bytes(even);
  store_outputs(out, stride, even, even_outputs);
  transpose_bytes(odd);
  store_outputs(out, stride, odd, odd_outputs);
}

void ck_awq_gemm_to_u4_rows_avx2(
  uint8_t *out, const void *qweight, size_t in_features, size_t out_features, size_t first, size_t count) {
  enum { LINE = 128, STEP = 64 };  // outputs whose codes are a line of the cache, and that are repacked at once
  const size_t stride = in_features / 2, stride_in = out_features / 2;
  size_t c = 0;
  while (c + STEP <= count) {
    const size_t end = c + LINE <= count ? c + LINE : c + STEP;
    for (size_t i = 0; i < in_features; i += BLOCK) {
      const uint8_t *in = (const uint8_t *)qweight + i * stride_in + (first + c) / 2;
      for (size_t o = c; o < end; o += STEP) {
        repack_block(out + o * stride + i / 2, stride, in + (o - c) / 2, stride_in);
      }
    }
    c = end;
  }
  ck_awq_gemm_to_u4_rows_ref(out + c * stride, qweight, in_features, out_features, first + c, count - c);
}

#pragma clang attribute pop
#endif

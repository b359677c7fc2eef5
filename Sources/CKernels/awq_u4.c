// Decoding of awq_u4, the int4 encoding of .skyq files: rows are contiguous, nibbles split by sixteens.
#include "CKernels.h"
#include "half_precision.h"
#include "target.h"

/// Codes per block; also the least group size.
enum { BLOCK = 32, HALF = 16 };

static float load_scale(const void *scales, ck_scale_type type, size_t index) {
  const uint16_t bits = ck_load_u16(scales, index);
  return type == CK_SCALES_F16 ? ck_widen_f16(bits) : ck_widen_bf16(bits);
}

static int load_zero(const uint8_t *row, size_t group) { return row[group / 2] >> (group % 2 ? 4 : 0) & 0xF; }

static void decode_block(float *out, const uint8_t *codes, int zero, float scale) {
  for (size_t j = 0; j < HALF; j++) {
    out[j] = (float)((codes[j] & 0xF) - zero) * scale;
    out[j + HALF] = (float)((codes[j] >> 4) - zero) * scale;
  }
}

void ck_awq_u4_decode_rows_ref(
  float *out, const void *codes, const void *scales, const void *zeros, ck_scale_type scale_type,
  size_t in_features, size_t group, size_t first, size_t count) {
  const size_t groups = in_features / group;
  for (size_t row = first; row < first + count; row++) {
    const uint8_t *code_row = (const uint8_t *)codes + row * (in_features / 2);
    const uint8_t *zero_row = (const uint8_t *)zeros + row * ((groups + 1) / 2);
    for (size_t i = 0; i < in_features; i += BLOCK, out += BLOCK) {
      const float scale = load_scale(scales, scale_type, row * groups + i / group);
      decode_block(out, code_row + i / 2, load_zero(zero_row, i / group), scale);
    }
  }
}

#if CK_X86
CK_AVX2 static inline __m256 decode_eight(__m128i codes, __m256i zero, __m256 scale) {
  return _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_cvtepu8_epi32(codes), zero)), scale);
}

CK_AVX2 static void decode_avx2(
  float *out, const void *codes, const void *scales, const void *zeros, ck_scale_type scale_type,
  size_t in_features, size_t group, size_t first, size_t count) {
  const size_t groups = in_features / group;
  const __m128i low_mask = _mm_set1_epi8(0xF);
  for (size_t row = first; row < first + count; row++) {
    const uint8_t *code_row = (const uint8_t *)codes + row * (in_features / 2);
    const uint8_t *zero_row = (const uint8_t *)zeros + row * ((groups + 1) / 2);
    for (size_t g = 0; g < groups; g++) {
      const __m256 scale = _mm256_set1_ps(load_scale(scales, scale_type, row * groups + g));
      const __m256i zero = _mm256_set1_epi32(load_zero(zero_row, g));
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
#endif

void ck_awq_u4_decode_rows(
  float *out, const void *codes, const void *scales, const void *zeros, ck_scale_type scale_type,
  size_t in_features, size_t group, size_t first, size_t count) {
#if CK_X86
  if (ck_has_avx2()) return decode_avx2(out, codes, scales, zeros, scale_type, in_features, group, first, count);
#endif
  ck_awq_u4_decode_rows_ref(out, codes, scales, zeros, scale_type, in_features, group, first, count);
}

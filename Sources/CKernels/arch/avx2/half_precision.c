// Conversions between 32-bit floats and the two 16-bit formats, eight at a time.
#if defined(__x86_64__)
#include "avx2.h"

#pragma clang attribute push(CK_AVX2, apply_to = function)

void ck_bf16_to_f32_avx2(float *out, const void *in, size_t count) {
  const uint8_t *bytes = in;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m128i halves = _mm_loadu_si128((const __m128i *)(bytes + 2 * i));
    __m256i words = _mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16);
    _mm256_storeu_ps(out + i, _mm256_castsi256_ps(words));
  }
  ck_bf16_to_f32_ref(out + i, bytes + 2 * i, count - i);
}

void ck_f16_to_f32_avx2(float *out, const void *in, size_t count) {
  const uint8_t *bytes = in;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m128i halves = _mm_loadu_si128((const __m128i *)(bytes + 2 * i));
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(halves));
  }
  ck_f16_to_f32_ref(out + i, bytes + 2 * i, count - i);
}

void ck_f32_to_bf16_avx2(uint16_t *out, const float *in, size_t count) {
  const __m256i one = _mm256_set1_epi32(1), bias = _mm256_set1_epi32(0x7FFF), quiet = _mm256_set1_epi32(0x40);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256 value = _mm256_loadu_ps(in + i);
    __m256i bits = _mm256_castps_si256(value), high = _mm256_srli_epi32(bits, 16);
    __m256i rounded = _mm256_add_epi32(_mm256_add_epi32(bits, bias), _mm256_and_si256(high, one));
    __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(value, value, _CMP_UNORD_Q));
    __m256i word = _mm256_blendv_epi8(_mm256_srli_epi32(rounded, 16), _mm256_or_si256(high, quiet), nan);
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(word, word), 0x08);
    _mm_storeu_si128((__m128i *)(out + i), _mm256_castsi256_si128(packed));
  }
  ck_f32_to_bf16_ref(out + i, in + i, count - i);
}

void ck_f32_to_f16_avx2(uint16_t *out, const float *in, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m128i halves = _mm256_cvtps_ph(_mm256_loadu_ps(in + i), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm_storeu_si128((__m128i *)(out + i), halves);
  }
  ck_f32_to_f16_ref(out + i, in + i, count - i);
}

#pragma clang attribute pop
#endif

// Decoding of the AWQ GEMM layout (AutoAWQ): codes packed eight to a word along the output features.
#include "CKernels.h"
#include "half_precision.h"
#include "target.h"

/// Nibble that holds column j of a word: the inverse of AWQ's order 0 2 4 6 1 3 5 7.
static const uint32_t nibble_of_column[8] = {0, 4, 1, 5, 2, 6, 3, 7};

void ck_awq_gemm_decode_rows_ref(
  float *out, const void *qweight, const void *qzeros, const void *scales, size_t in_features,
  size_t out_features, size_t group, size_t first, size_t count) {
  const size_t words = out_features / 8;
  for (size_t column = first; column < first + count; column++) {
    const uint32_t shift = 4 * nibble_of_column[column % 8];
    for (size_t i = 0; i < in_features; i++) {
      const size_t g = i / group;
      const int q = (int)(ck_load_u32(qweight, i * words + column / 8) >> shift & 0xF);
      const int z = (int)(ck_load_u32(qzeros, g * words + column / 8) >> shift & 0xF);
      *out++ = (float)(q - z) * ck_widen_f16(ck_load_u16(scales, g * out_features + column));
    }
  }
}

#if CK_X86
/// The eight nibbles of a word in column order.
CK_AVX2 static inline __m256i unpack(uint32_t word) {
  const __m256i shifts = _mm256_setr_epi32(0, 16, 4, 20, 8, 24, 12, 28);
  return _mm256_and_si256(_mm256_srlv_epi32(_mm256_set1_epi32((int)word), shifts), _mm256_set1_epi32(0xF));
}

/// Stores eight vectors as the columns of an 8 x 8 block whose rows lie `stride` apart.
CK_AVX2 static inline void store_transposed(float *out, size_t stride, const __m256 v[8]) {
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

CK_AVX2 static void decode_avx2(
  float *out, const void *qweight, const void *qzeros, const void *scales, size_t in_features,
  size_t out_features, size_t group, size_t first, size_t count) {
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
#endif

void ck_awq_gemm_decode_rows(
  float *out, const void *qweight, const void *qzeros, const void *scales, size_t in_features,
  size_t out_features, size_t group, size_t first, size_t count) {
#if CK_X86
  if (group % 8 == 0 && ck_has_avx2())
    return decode_avx2(out, qweight, qzeros, scales, in_features, out_features, group, first, count);
#endif
  ck_awq_gemm_decode_rows_ref(out, qweight, qzeros, scales, in_features, out_features, group, first, count);
}

// Decoding and repacking of int4 weights: the AWQ GEMM layout (AutoAWQ), whose codes lie eight to a word along the output
// features, and awq_u4 of .skyq files, whose rows are contiguous with nibbles split by sixteens.
#include "../elements.h"
#include "../kernels.h"

void ck_awq_gemm_decode_rows_ref(
  float *out, const void *qweight, const void *qzeros, const void *scales, size_t in_features,
  size_t out_features, size_t group, size_t first, size_t count) {
  const size_t words = out_features / 8;
  for (size_t column = first; column < first + count; column++) {
    const uint32_t shift = ck_awq_shift(column);
    for (size_t i = 0; i < in_features; i++) {
      const size_t g = i / group;
      const int q = (int)(ck_load_u32(qweight, i * words + column / 8) >> shift & 0xF);
      const int z = (int)(ck_load_u32(qzeros, g * words + column / 8) >> shift & 0xF);
      *out++ = (float)(q - z) * ck_widen_f16(ck_load_u16(scales, g * out_features + column));
    }
  }
}

/// Codes per block of an awq_u4 row; also the least group size.
enum { BLOCK = 32, HALF = 16 };

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
      const float scale = ck_load_scale(scales, scale_type, row * groups + i / group);
      decode_block(out, code_row + i / 2, ck_load_zero(zero_row, i / group), scale);
    }
  }
}

void ck_awq_gemm_to_u4_rows_ref(
  uint8_t *out, const void *qweight, size_t in_features, size_t out_features, size_t first, size_t count) {
  const size_t words = out_features / 8;
  for (size_t column = first; column < first + count; column++) {
    const uint32_t shift = ck_awq_shift(column);
    for (size_t i = 0; i < in_features; i += BLOCK) {
      for (size_t j = i; j < i + HALF; j++) {
        const uint32_t low = ck_load_u32(qweight, j * words + column / 8) >> shift & 0xF;
        const uint32_t high = ck_load_u32(qweight, (j + HALF) * words + column / 8) >> shift & 0xF;
        *out++ = (uint8_t)(low | high << 4);
      }
    }
  }
}

// Conversions between 32-bit floats and the two 16-bit formats.
#include "../elements.h"
#include "../kernels.h"

static uint16_t narrow_bf16(float value) {
  uint32_t bits = ck_bits_of_float(value);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static uint16_t narrow_f16(float value) {
  uint32_t bits = ck_bits_of_float(value);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00 | (magnitude >> 13 & 0x3FF));
  if (magnitude >= 0x477FF000) return (uint16_t)(sign | 0x7C00);  // 65520 and above round to infinity
  if (magnitude < 0x38800000) {  // below 2^-14: adding 0.5 leaves the subnormal, rounded, in the low bits
    uint32_t shifted = ck_bits_of_float(ck_float_of_bits(magnitude) + 0.5f);
    return (uint16_t)(sign | (shifted - 0x3F000000));
  }
  uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1);
  return (uint16_t)(sign | (rounded - 0x38000000) >> 13);
}

void ck_bf16_to_f32_ref(float *out, const void *in, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = ck_widen_bf16(ck_load_u16(in, i));
}

void ck_f16_to_f32_ref(float *out, const void *in, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = ck_widen_f16(ck_load_u16(in, i));
}

void ck_f32_to_bf16_ref(uint16_t *out, const float *in, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = narrow_bf16(in[i]);
}

void ck_f32_to_f16_ref(uint16_t *out, const float *in, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = narrow_f16(in[i]);
}

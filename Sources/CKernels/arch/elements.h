// Single elements as they are stored, shared by the kernels of all instruction sets.
#ifndef CK_ARCH_ELEMENTS_H
#define CK_ARCH_ELEMENTS_H
#include "../include/CKernels.h"
#include <string.h>

static inline uint16_t ck_load_u16(const void *in, size_t index) {
  uint16_t bits;
  memcpy(&bits, (const uint8_t *)in + 2 * index, 2);
  return bits;
}

static inline uint32_t ck_load_u32(const void *in, size_t index) {
  uint32_t bits;
  memcpy(&bits, (const uint8_t *)in + 4 * index, 4);
  return bits;
}

static inline float ck_float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static inline uint32_t ck_bits_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

static inline float ck_widen_bf16(uint16_t half) { return ck_float_of_bits((uint32_t)half << 16); }

static inline float ck_widen_f16(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 0x1F, mantissa = half & 0x3FF;
  if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24
    float magnitude = (float)mantissa * 0x1p-24f;
    return ck_float_of_bits(sign | ck_bits_of_float(magnitude));
  }
  if (exponent == 31) {  // infinity, or NaN made quiet
    return ck_float_of_bits(sign | 0x7F800000 | (mantissa ? mantissa << 13 | 0x400000 : 0));
  }
  return ck_float_of_bits(sign | (exponent + 112) << 23 | mantissa << 13);
}

/// Scale `index` of a plane of scales.
static inline float ck_load_scale(const void *scales, ck_scale_type type, size_t index) {
  const uint16_t bits = ck_load_u16(scales, index);
  return type == CK_SCALES_F16 ? ck_widen_f16(bits) : ck_widen_bf16(bits);
}

/// Where in its word the nibble of a column lies, as a shift: the inverse of AWQ's order 0 2 4 6 1 3 5 7.
static inline uint32_t ck_awq_shift(size_t column) {
  static const uint32_t shifts[8] = {0, 16, 4, 20, 8, 24, 12, 28};
  return shifts[column % 8];
}

/// The zero of a group: even groups lie in the low nibbles of their row.
static inline int ck_load_zero(const uint8_t *row, size_t group) { return row[group / 2] >> (group % 2 ? 4 : 0) & 0xF; }

#endif

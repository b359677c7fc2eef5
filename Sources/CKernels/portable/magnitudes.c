// The largest magnitude of stored floats, found without decoding them: without its sign, the bits of an IEEE float grow
// with its value, infinity and NaN above all. Integer reductions, which compilers vectorise, so there is one version.
#include "../include/CKernels.h"
#include <string.h>

uint16_t ck_largest_bits_16(const void *in, size_t count) {
  const unsigned char *bytes = in;
  uint16_t largest = 0;
  for (size_t i = 0; i < count; i++) {
    uint16_t bits;
    memcpy(&bits, bytes + 2 * i, sizeof bits);
    bits &= 0x7FFF;
    largest = bits > largest ? bits : largest;
  }
  return largest;
}

uint32_t ck_largest_bits_32(const void *in, size_t count) {
  const unsigned char *bytes = in;
  uint32_t largest = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, bytes + 4 * i, sizeof bits);
    bits &= 0x7FFFFFFF;
    largest = bits > largest ? bits : largest;
  }
  return largest;
}

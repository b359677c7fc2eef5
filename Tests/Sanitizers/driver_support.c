// What drive_kernels.h declares.
#include "drive_kernels.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t comparisons, differences;

enum { MOST_KEPT = 256 };
static void *kept[MOST_KEPT];
static size_t kept_count;

void *room(size_t bytes) {
  void *memory = malloc(bytes);
  if (!memory || kept_count == MOST_KEPT) abort();
  kept[kept_count++] = memory;
  return memory;
}

void *copy(const void *in, size_t bytes) { return memcpy(room(bytes), in, bytes); }

void release(void) {
  while (kept_count > 0) free(kept[--kept_count]);
}

/// splitmix64 (S. Vigna, public domain), the upper half.
uint32_t random_bits(void) {
  static uint64_t state = 1;
  uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return (uint32_t)((z ^ z >> 31) >> 32);
}

float random_float(float range) { return ((float)(random_bits() >> 8) * 0x1p-23f - 1) * range; }

float *random_floats(size_t count, float range) {
  float *values = room(count * sizeof *values);
  for (size_t i = 0; i < count; i++) values[i] = random_float(range);
  return values;
}

float *random_positive(size_t count, float range) {
  float *values = room(count * sizeof *values);
  for (size_t i = 0; i < count; i++) values[i] = (float)(1 + (random_bits() >> 8)) * 0x1p-24f * range;
  return values;
}

float *random_levels(size_t count) {
  float *values = room(count * sizeof *values);
  for (size_t i = 0; i < count; i++) values[i] = (float)(random_bits() % 16);
  return values;
}

void *random_bytes(size_t count) {
  uint8_t *values = room(count);
  for (size_t i = 0; i < count; i++) values[i] = (uint8_t)(random_bits() % 256);
  return values;
}

void expect(const char *what, int holds) {
  comparisons++;
  if (holds) return;
  differences++;
  fprintf(stderr, "FAILED: %s\n", what);
}

void same(const char *what, const void *fast, const void *plain, size_t bytes) {
  expect(what, memcmp(fast, plain, bytes) == 0);
}

void near(const char *what, float fast, float plain, double tolerance) {
  expect(what, fabs((double)fast - (double)plain) <= tolerance);
}

static const char *const levels[] = {"plain", "avx2", "avx512", "avx512bf16"};
enum { LEVELS = sizeof levels / sizeof *levels };
static size_t level;

/// Stands in for __builtin_cpu_supports in the kernels.
int driver_cpu_supports(const char *feature) {
  if (strcmp(feature, "avx512bf16") == 0) return level >= 3;
  return level >= (strncmp(feature, "avx512", 6) == 0 ? 2 : 1);
}

int choose_instructions(const char *name) {
  for (level = 0; level < LEVELS && strcmp(name, levels[level]) != 0; level++) {}
  if (level == LEVELS) return 0;
#if defined(__x86_64__)
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  const int has[LEVELS] = {1, avx2, avx512, avx512 && __builtin_cpu_supports("avx512bf16")};
  return has[level];
#else
  return level == 0;
#endif
}

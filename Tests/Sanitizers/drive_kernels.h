// Random inputs in memory of exactly their size, comparisons that count, and the choice of the instruction set.
#ifndef DRIVE_KERNELS_H
#define DRIVE_KERNELS_H
#include <stddef.h>
#include <stdint.h>

extern size_t comparisons, differences;

/// Memory of `bytes` bytes: one more is a fault. It lives until `release`.
void *room(size_t bytes);
void *copy(const void *in, size_t bytes);
void release(void);

uint32_t random_bits(void);
/// In −range...range.
float random_float(float range);
float *random_floats(size_t count, float range);
/// Above 0, up to `range`.
float *random_positive(size_t count, float range);
/// Whole numbers 0...15.
float *random_levels(size_t count);
void *random_bytes(size_t count);

void expect(const char *what, int holds);
void same(const char *what, const void *fast, const void *plain, size_t bytes);
void near(const char *what, float fast, float plain, double tolerance);

/// Lets the kernels find `name`: plain, avx2, avx512 or avx512bf16. False if the processor has no such instructions.
int choose_instructions(const char *name);

#endif

// SIMD kernels of skyquant. Each exists twice with one signature: the fast one, which chooses its instruction
// set at run time (dispatch.c, from the folders of arch/), and a plain `_ref` twin, which is always compiled
// and serves as the oracle in tests (arch/reference/). Stored weights (`const void *`) need no alignment,
// since a safetensors header may have any length; floats are aligned as usual. Counts are of elements.
#ifndef CKERNELS_H
#define CKERNELS_H
#include <stddef.h>
#include <stdint.h>
#include "dots.h"
#include "gemm.h"
#include "gemm_bf16.h"
#include "int4.h"
#include "rounding.h"

/// The instruction set that decides the last digits of results: "AVX2", "plain C". Only softmax and silu depend on it;
/// those of AVX-512 are those of AVX2.
const char *ck_instruction_set(void);
/// That of products, all of whose versions give the same bits: "AVX-512", "AVX2", "plain C".
const char *ck_gemm_instruction_set(void);
/// That of products of bf16 numbers, which also give the same bits: "AVX512-BF16" or one of those above.
const char *ck_gemm_bf16_instruction_set(void);

// half_precision.c: conversions. Narrowing rounds to nearest, ties to even; NaN becomes a quiet NaN.
// Fast and plain agree bit for bit.

void ck_bf16_to_f32(float *out, const void *in, size_t count);
void ck_bf16_to_f32_ref(float *out, const void *in, size_t count);
void ck_f16_to_f32(float *out, const void *in, size_t count);
void ck_f16_to_f32_ref(float *out, const void *in, size_t count);
void ck_f32_to_bf16(uint16_t *out, const float *in, size_t count);
void ck_f32_to_bf16_ref(uint16_t *out, const float *in, size_t count);
void ck_f32_to_f16(uint16_t *out, const float *in, size_t count);
void ck_f32_to_f16_ref(uint16_t *out, const float *in, size_t count);

// portable/magnitudes.c: one version.

/// The largest of `count` two-byte floats without its sign, as bits; of none 0.
uint16_t ck_largest_bits_16(const void *in, size_t count);
/// The same of four-byte floats.
uint32_t ck_largest_bits_32(const void *in, size_t count);

// portable/normalization.c: one row of `count` elements; sums in f64, one version.

/// out[i] = x[i] / sqrt(mean(x^2) + epsilon) * weight[i].
void ck_rms_norm_f32(float *out, const float *x, const float *weight, size_t count, float epsilon);
/// out[i] = (x[i] - mean(x)) / sqrt(variance(x) + epsilon) * weight[i] + bias[i], population variance.
void ck_layer_norm_f32(
  float *out, const float *x, const float *weight, const float *bias, size_t count, float epsilon);

// activations.c: in place. The fast ones use a polynomial exp within 2 ulp of expf.

/// x = exp(x - max x) / sum. An empty row is left alone.
void ck_softmax_f32(float *x, size_t count);
void ck_softmax_f32_ref(float *x, size_t count);
/// gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i]: the product inside a gated MLP.
void ck_silu_mul_f32(float *gate, const float *up, size_t count);
void ck_silu_mul_f32_ref(float *gate, const float *up, size_t count);
/// x[i] = x[i] / 2 * (1 + erf(x[i] / sqrt 2)): the exact GELU.
void ck_gelu_f32(float *x, size_t count);

/// Tells the processor that a loop waits for another thread.
static inline void ck_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif

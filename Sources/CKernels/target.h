// Run-time choice of the instruction set: AVX-512 or AVX2 with FMA and F16C on x86-64, plain C elsewhere.
#ifndef CK_TARGET_H
#define CK_TARGET_H

#if defined(__x86_64__)
#include <immintrin.h>
#define CK_X86 1
/// Compiles one function for AVX2, FMA and F16C whatever the flags of the file.
#define CK_AVX2 __attribute__((target("avx2,fma,f16c")))
/// Compiles one function for the AVX-512 that all server processors with any of it have.
#define CK_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,f16c")))

/// Whether this processor has all three.
static inline int ck_has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

static inline int ck_has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}
#else
#define CK_X86 0
#endif

#endif

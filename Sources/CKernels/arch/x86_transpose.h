// Lines of a factor as columns of a panel, with the SSE that every x86-64 has. Included between the pragmas
// of a folder.

/// Four lines of `k` contiguous elements as columns: out[p * width + i] = in[i * stride + p].
static inline void transpose_f32(float *out, size_t width, const float *in, size_t stride, size_t k) {
  size_t p = 0;
  for (; p + 4 <= k; p += 4) {
    __m128 a = _mm_loadu_ps(in + p), b = _mm_loadu_ps(in + stride + p);
    __m128 c = _mm_loadu_ps(in + 2 * stride + p), d = _mm_loadu_ps(in + 3 * stride + p);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    float *to = out + p * width;
    _mm_storeu_ps(to, a), _mm_storeu_ps(to + width, b);
    _mm_storeu_ps(to + 2 * width, c), _mm_storeu_ps(to + 3 * width, d);
  }
  for (; p < k; p++) {
    for (size_t i = 0; i < 4; i++) out[p * width + i] = in[i * stride + p];
  }
}

static inline void transpose_f64(double *out, size_t width, const double *in, size_t stride, size_t k) {
  for (size_t p = 0; p < k; p++) {
    for (size_t i = 0; i < 4; i++) out[p * width + i] = in[i * stride + p];
  }
}

/// The same of pairs, which are moved as the 32 bits that they are.
static inline void transpose_pairs(ck_bf16_pair *out, size_t width, const ck_bf16_pair *in, size_t stride, size_t k) {
  size_t p = 0;
  for (; p + 4 <= k; p += 4) {
    __m128 lines[4];
    for (size_t i = 0; i < 4; i++) lines[i] = _mm_castsi128_ps(_mm_loadu_si128((const __m128i *)(in + i * stride + p)));
    _MM_TRANSPOSE4_PS(lines[0], lines[1], lines[2], lines[3]);
    for (size_t i = 0; i < 4; i++) _mm_storeu_si128((__m128i *)(out + (p + i) * width), _mm_castps_si128(lines[i]));
  }
  for (; p < k; p++) {
    for (size_t i = 0; i < 4; i++) out[p * width + i] = in[i * stride + p];
  }
}

// Lines of a factor as columns of a panel, with the SSE that every x86-64 has. Included between the pragmas
// of a folder.

/// Four lines of `k` contiguous elements as columns: out[p * width + i] = in[i * stride + p].
static void transpose_f32(float *out, size_t width, const float *in, size_t stride, size_t k) {
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

static void transpose_f64(double *out, size_t width, const double *in, size_t stride, size_t k) {
  for (size_t p = 0; p < k; p++) {
    for (size_t i = 0; i < 4; i++) out[p * width + i] = in[i * stride + p];
  }
}

// Products of bf16 pairs by f32 arithmetic, which adds as VDPBF16PS does while MXCSR says so: a product of two bf16
// is exact in f32, and fused multiply-adds that flush what is below 2^-126 are then the instruction's own. Included between
// the pragmas of a folder, behind its tile, with
//   TILE (function of gemm_tile.h)

/// TILE in the rounding of gemm_bf16.h. The tile is a call of its own, over whose end no arithmetic is moved.
static void tile_flushing(
  float *tile, const ck_bf16_pair *a, size_t line, size_t step, const ck_bf16_pair *b, size_t k) {
  // Nearest even, no exceptions, flush to zero, denormals are zeros.
  const unsigned int flushing = 0x9FC0, before = _mm_getcsr();
  _mm_setcsr(flushing);
  TILE(tile, a, line, step, b, k);
  _mm_setcsr(before);
}

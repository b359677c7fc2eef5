// What the choice of the instruction set means for results; see target.h.
#include "CKernels.h"
#include "target.h"

int ck_uses_avx2(void) {
#if CK_X86
  return ck_has_avx2();
#else
  return 0;
#endif
}

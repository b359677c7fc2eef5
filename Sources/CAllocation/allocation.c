#include "CAllocation.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

// glibc's own allocator, under the names that it keeps for programs that define malloc.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Atomic(ca_failure_handler) on_failure;

void ca_on_failure(ca_failure_handler handler) { atomic_store(&on_failure, handler); }

static void *checked(void *memory, size_t byte_count) {
  if (memory == NULL && byte_count > 0) {
    ca_failure_handler handler = atomic_load(&on_failure);
    if (handler != NULL) handler(byte_count);
  }
  return memory;
}

void *malloc(size_t byte_count) { return checked(__libc_malloc(byte_count), byte_count); }

void *calloc(size_t count, size_t size) {
  size_t byte_count;
  if (__builtin_mul_overflow(count, size, &byte_count)) byte_count = (size_t)-1;
  return checked(__libc_calloc(count, size), byte_count);
}

void *realloc(void *old, size_t byte_count) { return checked(__libc_realloc(old, byte_count), byte_count); }

void *aligned_alloc(size_t alignment, size_t byte_count) {
  return checked(__libc_memalign(alignment, byte_count), byte_count);
}

int posix_memalign(void **memory, size_t alignment, size_t byte_count) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void *found = aligned_alloc(alignment, byte_count);
  if (found == NULL && byte_count > 0) return ENOMEM;
  *memory = found;
  return 0;
}

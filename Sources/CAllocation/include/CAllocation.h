// What happens when the process gets no more memory. Swift aborts then, with a message of its own and a backtrace; a C
// library returns an error that looks like a damaged file.
#ifndef CALLOCATION_H
#define CALLOCATION_H

#include <stddef.h>

/// Told of an allocation that failed, on the thread that asked for it, which may hold any lock: it must not allocate.
/// If it returns, the allocation returns a null pointer as usual.
typedef void (*ca_failure_handler)(size_t byte_count);

/// Has failed allocations of the whole process reported to `handler`. Linking this replaces malloc and its kin by
/// functions that call those of glibc.
void ca_on_failure(ca_failure_handler handler);

#endif

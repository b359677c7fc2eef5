// System calls and settings that Glibc's module does not show.
#include <fcntl.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Swaps what two names of one file system lead to, in one step (`renameat2` with RENAME_EXCHANGE, linux/fs.h).
/// 0, or -1 with errno: EINVAL where the file system cannot.
static inline int exchange_names(const char *a, const char *b) {
  return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2u);
}

/// Renames `old` unless something is called `new` already (`renameat2` with RENAME_NOREPLACE, linux/fs.h).
/// 0, or -1 with errno: EEXIST if so, EINVAL where the file system cannot.
static inline int rename_to_free_name(const char *old, const char *new) {
  return (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 1u);
}

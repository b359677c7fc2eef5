// System calls and settings that Glibc's module does not show.
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <malloc.h>
#include <sys/ioctl.h>
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

/// Opens a file without a name in a directory, for writing; -1 with errno where the file system cannot (`open(2)`,
/// O_TMPFILE).
static inline int open_nameless(const char *directory) { return open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600); }

/// Begins to bring a range of a file to the disk and does not wait for it (`sync_file_range(2)`). What fails then is told
/// by the next `fsync`.
static inline void begin_writeback(int fd, off_t offset, off_t count) {
  (void)sync_file_range(fd, offset, count, SYNC_FILE_RANGE_WRITE);
}

/// Columns of the terminal that `fd` is; 0 if it is none or does not tell (`ioctl_tty(2)`).
static inline int terminal_columns(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

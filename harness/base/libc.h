#pragma once
/* What glibc has and other C libraries (musl) have not, or call by another name. */
#include <stddef.h>

/* What ioctl() takes for a request. */
#ifdef __GLIBC__
typedef unsigned long libc_ioctl_request;
#else
typedef int libc_ioctl_request;
#endif

/* "ENOENT" where the library has names, else what strerror() says; never NULL. Between fork and
 * exec, too. */
const char *libc_error_name(int number);

/* The number of the signal "USR1" (without SIG); 0: there is none of that name. */
int libc_signal_number(const char *name);

/* Give back to the kernel what malloc has free. Libraries that do so by themselves have nothing to
 * be asked for. */
void libc_trim(void);

/* For a program with many threads that come and go: keep one arena for all of them, and let blocks
 * of so many bytes or more go back at once. Nothing where malloc has no such settings. */
void libc_keep_little(size_t mmap_bytes);

/* Let two paths change places, at once. 0, or -1 with errno (EINVAL, ENOSYS: it cannot be done). */
int libc_exchange(const char *a, const char *b);

#pragma once
/* Files: small kernel files read whole, results written whole or not at all.
 *
 * Every path is relative to a directory descriptor (AT_FDCWD for the working directory), so tests
 * point the same code at a folder of their own. Errors name the path. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/* Append the whole file to `buffer`, whose bound holds. */
int file_read(int dir_fd, const char *path, struct buffer *buffer, struct error *err);

/* Read an already open file from its start into text[size], terminated, cut at size - 1, in one
 * system call: for the kernel's small files, which come in one piece (seq_file's single_open). They
 * are kept open and read again and again. Returns the length, or -1 with errno set. */
ssize_t file_reread(int fd, char *text, size_t size);

/* Read a file that holds one number. "max" reads as UINT64_MAX. */
int file_read_u64(int dir_fd, const char *path, uint64_t *ret, struct error *err);

/* Write text to an existing (kernel) file in one write. */
int file_write(int dir_fd, const char *path, const char *text, struct error *err);

/* Replace `path` by these bytes, through a temporary file in the same folder and a rename: readers
 * see the old file or the new one. */
int file_write_atomic(int dir_fd, const char *path, const void *data, size_t length,
                      struct error *err);

/* The same, for nobody but us: mode 0600. */
int file_write_private(int dir_fd, const char *path, const void *data, size_t length,
                       struct error *err);

/* mkdir -p, mode 0777 less umask. */
int file_make_directories(const char *path, struct error *err);

/* The same, the last folder for nobody but us: mode 0700, also when it was there. Folders above it
 * that are not there are made as ever. */
int file_make_private_directory(const char *path, struct error *err);

/* Keep of a tree what is a file or a folder, each for nobody but us (0600, 0700) and without
 * set-user-ID: links, pipes, sockets and devices are removed, none is followed. For what others
 * have written, before any of it is opened. */
int file_keep_plain(const char *path, struct error *err);

/* Make a tree that user's and group's; links are not followed. */
int file_give_tree(const char *path, uid_t user, gid_t group, struct error *err);

/* rm -rf, whatever is in there: folders whose mode keeps us out are opened up, no depth is too
 * great, no link is followed. What is mounted in there stays, and is an error, as are files that
 * may not be removed; a path that does not exist is success. */
int file_remove_tree(const char *path, struct error *err);

/* Whether there is anything of that name. */
bool file_exists(int dir_fd, const char *path);

/* The last `lines` lines of a file, at most `size - 1` bytes, control characters made visible;
 * "" when it is empty or cannot be read. Returns its length. */
size_t file_tail(int dir_fd, const char *path, unsigned lines, char *text, size_t size);

/* A malloc'd "directory/name"; the caller owns it; NULL when out of memory. */
char *file_join(const char *directory, const char *name);

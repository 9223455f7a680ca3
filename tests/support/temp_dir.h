#pragma once
/* A folder of its own for a test, with files written in one line each. Failures end the test. */
#include <limits.h>

struct temp_dir {
    char path[PATH_MAX];
    int fd;
};

/* Make it; release it with temp_dir_done(), contents and all. */
struct temp_dir temp_dir_make(void);
void temp_dir_done(struct temp_dir *dir); /* for CLEANUP */

/* Write a file; folders in its name are made. */
void temp_dir_write(const struct temp_dir *dir, const char *name, const char *text);

/* Make a symbolic link, as in /proc/PID/fd. */
void temp_dir_link(const struct temp_dir *dir, const char *name, const char *target);

#pragma once
/* A log of what many short programs print, through one pipe, bounded: of much output the end stays,
 * for that is what tells why something failed. */
#include <sys/types.h>

#include "base/error.h"

/* At most so much is kept on the disk; when it is reached, the older half goes. */
#define OUTPUT_LOG_MAX_BYTES ((off_t)1024 * 1024)

struct output_log {
    int fd;       /* the file; -1: none */
    int pipe_fd;  /* where output arrives; readable when there is some; -1: none */
    int write_fd; /* for those who print */
    off_t size_bytes;
};

#define OUTPUT_LOG_NONE ((struct output_log){.fd = -1, .pipe_fd = -1, .write_fd = -1})

/* Append to the file at `path`, made if need be. */
int output_log_open(const char *path, struct output_log *ret, struct error *err);

/* Takes what is in the pipe, closes everything. Fit for CLEANUP. */
void output_log_done(struct output_log *log);

/* Move what has arrived into the file, at most 64 KiB of it: whoever prints without end shall not
 * keep us from everything else. Returns how much it was. */
size_t output_log_take(struct output_log *log);

/* A line of ours. */
void output_log_say(struct output_log *log, const char *text);

#pragma once
/* A log of a program that may print without end, bounded: the beginning stays, and the end.
 *
 * Up to BOUNDED_LOG_HEAD_BYTES are written as they come. What follows is kept in memory, the last
 * BOUNDED_LOG_TAIL_BYTES of it, and written behind the head by bounded_log_flush(), from the begin
 * of a line on; where something is missing a line says how much. A log that is there is continued:
 * the file itself tells what was left out before. One writer at a time; not thread safe. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define BOUNDED_LOG_HEAD_BYTES ((size_t)14 << 20)
#define BOUNDED_LOG_TAIL_BYTES ((size_t)2 << 20)

struct bounded_log;

/* The log at `path`, made if need be. The caller owns *ret. ERROR_ENVIRONMENT: it cannot be
 * written. */
int bounded_log_open(const char *path, struct bounded_log **ret, struct error *err);

/* Flushes. NULL is fine. */
void bounded_log_free(struct bounded_log *log);

/* Take what was printed. What cannot be written is lost, and the first reason is kept. */
void bounded_log_add(struct bounded_log *log, const char *data, size_t length);

/* Is there something that only bounded_log_flush() writes? */
bool bounded_log_is_dirty(const struct bounded_log *log);

/* All that is to be kept is in the file. */
void bounded_log_flush(struct bounded_log *log);

/* The errno of the first write that failed; 0: none did. */
int bounded_log_failure(const struct bounded_log *log);

/* How many bytes are missing in the middle of the log at `path`; 0 also when there is none. */
uint64_t bounded_log_left_out(const char *path);

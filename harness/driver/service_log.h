#pragma once
/* What a program of a run prints, on its way into a file: through a pipe, as container engines have
 * it, and bounded (base/bounded_log.h), so that no service fills a disk by talking.
 *
 * A thread of ours moves it, and never makes the program wait for longer than a disk does. What is
 * in the pipe is charged to who wrote it, 64 KiB at most. The pipe ends with the instance: who is
 * left and still prints gets SIGPIPE. */
#include "base/account.h"
#include "base/error.h"

struct service_log;

/* A pipe into the log at `path`, which is made or continued. The caller owns *ret. */
int service_log_open(const char *path, struct service_log **ret, struct error *err);

/* Takes what is in the pipe still, and ends. NULL is fine. */
void service_log_free(struct service_log *log);
void service_log_freep(struct service_log **log); /* for CLEANUP */

/* For the program's standard output and error; borrowed. Until service_log_begin(). */
int service_log_fd(const struct service_log *log);

/* The program runs as another user, who may open its standard output anew (/dev/stdout). */
int service_log_give(const struct service_log *log, const struct account *user, struct error *err);

/* The program has been started: begin to take what it prints. */
int service_log_begin(struct service_log *log, struct error *err);

/* What was printed until now is in the file; gives up after a second. Returns the errno of the
 * first write that failed, 0 when none did. NULL is fine. */
int service_log_sync(struct service_log *log);

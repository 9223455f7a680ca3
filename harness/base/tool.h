#pragma once
/* Tools: programs of this machine (git, make) that are run to their end, without a shell.
 *
 * A tool has a session of its own, no input, and is waited for; when the user asks to stop, or its
 * time is up, all of its process group is ended. */
#include "base/buffer.h"
#include "base/process.h"

struct tool_spec {
    const char *const *words; /* NULL-terminated; the first is looked up in PATH without a slash */
    char *const *env;         /* NULL: ours */
    const char *cwd;          /* NULL: ours */
    nsec_t timeout_ns;        /* 0: as long as it takes */
    struct buffer *out;       /* what it prints is appended, as far as there is room; NULL: none */
    struct buffer *error_out; /* the same of standard error; may be the same buffer */
    const char *log_path;     /* not NULL: both go to this file instead, which is replaced */
};

/* Run it; *ret_end tells how it ended. ERROR_ENVIRONMENT when it is not there (errno ENOENT) or its
 * time is up, ERROR_INTERRUPTED when the user asked to stop. */
int tool_run(const struct tool_spec *spec, struct process_end *ret_end, struct error *err);

/* Did it end with exit status 0? */
bool tool_went_well(const struct process_end *end);

#pragma once
/* Errors: one value that carries what went wrong up to the one place that prints it.
 *
 * The doctrine, for every function in this program that takes a `struct error *`:
 *    0   success; outputs are set, the error is untouched
 *   -1   failure; outputs are untouched, the error holds a kind and a text
 *   >0   only where a header names the condition; the caller handles it and never forwards it
 *
 * A text says what was being done, to what, what was found and what was expected. Callers add
 * context in front of it (error_prefix), so that the chain reads from the outside in. Library code
 * never prints and never exits. A NULL error pointer is allowed: the text is then dropped. */
#include <stdarg.h>

/* What the failure means to the user; each has its own exit status (see cli/exit_status.h). */
enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,       /* the command line or a scenario is wrong */
    ERROR_ENVIRONMENT, /* this machine cannot do it; the text names the fix */
    ERROR_SERVICE,     /* the service under test failed, for another cause than memory */
    ERROR_INTERRUPTED, /* the user asked to stop */
    ERROR_INTERNAL,    /* anything else: out of memory, an unexpected errno */
};

struct error {
    enum error_kind kind;
    int errno_value; /* the errno behind it, or 0 */
    char text[6144]; /* never NULL, always terminated; may hold several lines (the tail of a log) */
};

/* Set kind and text. Always returns -1, so that failing reads `return error_set(err, …)`. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with ": " and the name of errno_value at the end. */
int error_set_errno(struct error *err, enum error_kind kind, int errno_value, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));

/* Put context and ": " in front of the text. Always returns -1. */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Out of memory. Always returns -1. */
int error_out_of_memory(struct error *err);

#pragma once
/* `leakcage run --bisect`: the exit status as `git bisect run` reads it.
 *
 *   0    good: every verdict as expected (without an expectation: not a leak)
 *   1    bad: another verdict
 *   125  this commit cannot be tested: inconclusive, repeats that do not agree, a service that
 *        fails for another cause than memory, a build that fails, a file that is not there
 *   128… stop: 128 and the usual status (130 wrong command line or interrupted, 131 this machine
 *        cannot). git takes any other status for "bad", and would be led to a wrong commit.
 *
 * One line on standard output says which of them it is, and why. */
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/options.h"

enum bisect_status {
    BISECT_GOOD = 0,
    BISECT_BAD = 1,
    BISECT_SKIP = 125,
    BISECT_STOP = 128, /* to which the usual status is added */
};

/* Is --bisect on the command line? As written, before it is parsed: an error in there must not look
 * like a bad commit. */
bool bisect_is_asked(int argc, const char *const *argv);

/* Options that go with --bisect only, or do not go with it. ERROR_USAGE. */
int bisect_check_options(const struct options *options, struct error *err);

/* From the usual exit status; from an error, of which "there is no such file" (ENOENT) skips: it
 * was not there yet in this commit. */
int bisect_status_of(enum exit_status status);
int bisect_status_of_error(const struct error *err);

/* From the records, in the order of the plan: its first `n_runs` runs, and then all of them again
 * as often as they were repeated. The sentence, "bad (leak, +1.0 KiB per request)", goes into
 * text[size]. */
int bisect_judge(const struct record *const *records, size_t n_records, size_t n_runs, char *text,
                 size_t size);

/* Build (--build) in the working directory. 0: built, or there is nothing to build. 1: it failed:
 * that was said, and *ret is the status. */
int bisect_build(const struct options *options, struct console *console, int *ret,
                 struct error *err);

/* Say what bisect_judge() finds, and return it; the same of an error that was printed. */
int bisect_end(const struct options *options, const struct console *console, size_t n_runs);
int bisect_end_of_error(const struct options *options, const struct error *err);

#pragma once
/* leakcage for tests: "this function, called 10,000 times within 32 MiB, must not leak".
 *
 *     struct leakcage_result result;
 *     struct leakcage_options options = {.calls = 10000, .limit_bytes = 32 << 20};
 *     ck_assert_msg(leakcage_check(parse_one, NULL, &options, &result) == 0, "%s", result.reason);
 *
 * leakcage_check() forks a child into a cgroup v2 of its own (swap and huge pages off), has it call
 * the function in a warm-up and in cycles, looks after each cycle at what the kernel cannot take
 * back (heap, mappings, shared memory, threads, sockets, files), and reaches a verdict. The caller
 * survives whatever the child does: a crash, exit(), a call that hangs, the limit.
 *
 * It is a test for what accumulates: a leak that a first call makes and no later one repeats is no
 * leak to it. About `calls` are made, warm-up included, before there is a verdict; where they do
 * not decide, and to follow a leak, it goes on within the budget.
 *
 * UNAVAILABLE is no pass: this machine has no cgroup v2 that we may use, and nothing was measured.
 * The reason says what mends it ("leakcage vm -- ./test" always does). Let the test fail then, or
 * skip it by name. (In a delegated systemd scope the processes of the scope are moved into a leaf
 * of it, as cgroup v2 wants.)
 *
 * The child is a copy of the calling thread alone. If the program has others when it forks, locks
 * that they hold stay locked in the child (malloc's are seen to): check before they start, or have
 * them idle. Standard output and error of the child go to its log, whose end is in the reason of a
 * failure. All other descriptors are shared with the caller. atexit() handlers do not run.
 *
 * One check at a time in a process, on any thread, which must live until it returns; tests in
 * processes of their own may run side by side. While it runs nobody else may reap children of this
 * process (a SIGCHLD handler, SIG_IGN). Nothing is left behind, and nothing is kept between calls.
 * (libcheck: tcase_set_timeout() is 4 s by default; 60 suit.) */
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum leakcage_verdict {
    LEAKCAGE_UNAVAILABLE, /* not measured: this machine cannot; the reason has the fix */
    LEAKCAGE_INVALID,     /* not measured: the options are wrong */
    LEAKCAGE_FAILED,      /* it crashed, exited, hung, or half of the calls returned other than 0 */
    LEAKCAGE_INCONCLUSIVE, /* the evidence was not enough; the reason says what would decide */
    LEAKCAGE_LEAK,         /* memory grows with the calls, and does not stop */
    LEAKCAGE_PRESSURE,     /* it does not grow, and does not fit into the limit */
    LEAKCAGE_LAZY_RELEASE, /* it does not grow; what was freed stays up (in the allocator, say) */
    LEAKCAGE_CLEAN         /* none of these */
};

/* Zero is a default everywhere; so are options that are NULL. */
struct leakcage_options {
    uint64_t calls;           /* 10,000; at least 30 */
    uint64_t limit_bytes;     /* of the cgroup: memory.max; 64 MiB, at least 1 MiB */
    const char *name;         /* of the result, from letters and digits; "function" */
    uint64_t warm_up_calls;   /* before the first floor, out of `calls`; a sixth of them */
    uint32_t cycles;          /* at most so many; 30, at least 5 */
    uint32_t budget_ms;       /* of all of it; 60,000 */
    uint32_t call_timeout_ms; /* then a call hangs, and is killed; 10,000 */
    uint32_t settle_ms;       /* rest after a cycle, for what is freed late; 50 */
    /* A folder NAME is put in there, in place of one that is there: `leakcage report`, `judge` and
     * so on read it. NULL: nothing is kept. */
    const char *results_dir;
    int (*set_up)(void *context);     /* in the child, before its first call; 0: well */
    void (*tear_down)(void *context); /* in the child, after its last, unless it was killed */
    uint64_t reserved[8];             /* 0 */
};

#define LEAKCAGE_FLOORS_MAX 64

/* Owns all that is in it. What was not measured is NAN or -1, never 0. */
struct leakcage_result {
    enum leakcage_verdict verdict;
    char cause[16]; /* "heap", "threads", "sockets", "files", "shmem", "kernel", "mappings", … */
    char reason[4096]; /* the verdict, in words and figures; of a failure with the end of the log */
    double growth_bytes_per_call;               /* of a leak … */
    double growth_low_bytes, growth_high_bytes; /* … and its 95 % interval */
    double smallest_leak_bytes_per_call;        /* that this check would have found */
    int64_t floor_bytes[LEAKCAGE_FLOORS_MAX];   /* what remained before and after each cycle */
    uint32_t n_floors;                          /* the last ones, when there were more */
    uint32_t starts;                            /* of the child: more than 1 after kills */
    uint64_t calls, failed_calls;               /* done; of these, returned other than 0 */
    int64_t peak_bytes;                         /* the highest use of the cgroup */
    uint64_t limit_bytes;                       /* of the cgroup */
    uint64_t oom_kills;                         /* the child was killed at the limit */
    int64_t duration_ms;                        /* of all of it */
    char folder[1024];                          /* where the result is kept; "": nowhere */
};

/* What the caller was compiled against: later versions add fields at the ends of both structs. */
#define LEAKCAGE_ABI 1U

/* Call this through leakcage_check(). */
int leakcage_check_abi(unsigned abi, int (*function)(void *context), void *context,
                       const struct leakcage_options *options, struct leakcage_result *result);

/* Check a function; a call that went well returns 0. Returns 0 when it does not leak and fits (the
 * verdict is CLEAN or LAZY_RELEASE), 1 otherwise. `result` may be NULL: then the reason of a 1 goes
 * to standard error. */
static inline int leakcage_check(int (*function)(void *context), void *context,
                                 const struct leakcage_options *options,
                                 struct leakcage_result *result)
{
    return leakcage_check_abi(LEAKCAGE_ABI, function, context, options, result);
}

/* "clean", "lazy-release", …; the version of the library. Both are constant. */
const char *leakcage_verdict_name(enum leakcage_verdict verdict);
const char *leakcage_version(void);

#ifdef __cplusplus
}
#endif

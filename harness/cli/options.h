#pragma once
/* The command line: argv to struct options, and all usage text.
 *
 * Strings are borrowed from argv. An option that was not given is NULL, 0 or false: what the
 * scenario says then holds. */
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "driver/driver.h"
#include "load/profile.h"
#include "scenario/scenario.h"
#include "timeline/judgement.h"

#define OPTIONS_JOBS_MAX    64
#define OPTIONS_ENV_MAX     64
#define OPTIONS_ARGS_MAX    16
#define OPTIONS_REV_MAX     16
#define OPTIONS_REPEATS_MAX 32
#define OPTIONS_OUTPUT_DIR  "results" /* unless -o says so */

enum command {
    COMMAND_RUN,
    COMMAND_COMPARE,
    COMMAND_GATE,
    COMMAND_EXPLAIN,
    COMMAND_JUDGE,
    COMMAND_REPORT,
    COMMAND_LIST,
    COMMAND_SHOW,
    COMMAND_DOCTOR,
    COMMAND_SERVE, /* results and what runs, as a local page */
    COMMAND_CLEAN,
    COMMAND_VM,       /* run any command in the guest: for tests and for looking around */
    COMMAND_GUEST,    /* the other end of driver vm; not for people */
    COMMAND_COMPLETE, /* for shells; not for people */
    COMMAND_HELP,
    COMMAND_VERSION,
};

struct options {
    enum command command;
    const char *const *operands;        /* scenarios, result folders, a topic; NULL-terminated */
    const char *const *service_command; /* after "--"; NULL: none. NULL-terminated */
    const char *variant;                /* "all": the scenario and every variant */
    const char *driver;                 /* NULL: auto */
    const char *output_dir;             /* of `report` a file; NULL: standard output */
    unsigned jobs;                      /* runs at a time; 0: not given */
    struct request_kind url_requests[LOAD_KINDS_MAX]; /* method NULL: not given; "@FILE" */
    unsigned n_requests;
    const char *load_command; /* to be split into words */
    unsigned port;
    const char *env[OPTIONS_ENV_MAX]; /* "NAME=VALUE" */
    unsigned n_env;
    const char *cwd;
    const char *user;
    const char *collect[SCENARIO_COLLECT_MAX]; /* "NAME=URL" */
    unsigned n_collect;
    const char *image;
    const char *engine;
    const char *attach;
    const char *pod;       /* file */
    const char *container; /* which one of the pod's */
    const char *shard;     /* "I/N" or "auto"; NULL: the whole plan */
    bool has_restart;
    enum restart_policy restart;
    double time_scale;
    const char *ready;
    const char *trim;
    const char *gc;
    const char *heap;
    uint64_t limit_bytes; /* 0: not given */
    uint64_t high_bytes;
    uint64_t min_bytes;
    unsigned cycles;
    uint64_t requests;
    uint64_t warmup;
    bool has_warmup;
    unsigned concurrency;
    double rate_per_s;
    nsec_t budget_ns;
    unsigned sample_hz;
    bool thp_system;
    bool has_expectation;
    enum verdict_kind expect;
    bool expects_cause;
    enum cause expect_cause;
    const char *builds;                 /* "plain,race" */
    const char *allocators;             /* "glibc,jemalloc"; a path has a slash */
    const char *args[OPTIONS_ARGS_MAX]; /* words to be added to the command: each a variant */
    unsigned n_args;
    const char *a, *b;                /* two commands, to be split into words */
    const char *rev[OPTIONS_REV_MAX]; /* git revisions */
    unsigned n_rev;
    const char *build_command; /* builds a revision; to be split into words */
    unsigned repeats;          /* 0: not given */
    uint32_t instruments;      /* explain: those to be used; 0: those that fit */
    bool bisect;               /* the exit status is for `git bisect run` */
    const char *baseline;      /* gate: the file */
    bool update, prune;        /* gate: write what is right into the baseline; take out the rest */
    const char *against;       /* gate: a git revision, or a command, to be split into words */
    double false_alarm_rate;   /* of a whole gate: 0.01 is 1 %; 0: not given */
    bool json, markdown;
    bool junit, sarif, openmetrics; /* report: as files that CI systems read */
    bool timeline; /* report: of the whole timeline, where a form can be of either */
    bool html, svg, png, csv, trace; /* report: as a page, a picture, the samples as data */
    bool watch, no_watch; /* run: a live view; neither: where the terminal has room for it */
    bool quiet, no_color;
    bool allow_outside; /* scenarios may name paths outside of their folder */
    struct driver_options driver_options;
};

/* Parse; the arrays point into argv. Errors are ERROR_USAGE and name the option. */
int options_parse(int argc, char **argv, struct options *ret, struct error *err);

/* What `leakcage help` prints. */
void options_print_help(FILE *out);

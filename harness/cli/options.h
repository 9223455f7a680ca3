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
#include "timeline/judgement.h"

#define OPTIONS_JOBS_MAX 64

enum command {
    COMMAND_RUN,
    COMMAND_JUDGE,
    COMMAND_REPORT,
    COMMAND_LIST,
    COMMAND_SHOW,
    COMMAND_DOCTOR,
    COMMAND_CLEAN,
    COMMAND_VM,    /* run any command in the guest: for tests and for looking around */
    COMMAND_GUEST, /* the other end of driver vm; not for people */
    COMMAND_HELP,
    COMMAND_VERSION,
};

struct options {
    enum command command;
    const char *const *operands;        /* scenarios, result folders, a topic; NULL-terminated */
    const char *const *service_command; /* after "--"; NULL: none. NULL-terminated */
    const char *variant;                /* "all": the scenario and every variant */
    const char *driver;                 /* NULL: auto */
    const char *output_dir;             /* "results"; of `report` a file, NULL: standard output */
    const char *shard;                  /* "I/N" or "auto"; NULL: the whole plan */
    unsigned jobs;                      /* runs at a time; 0: not given */
    const char *url_paths[LOAD_KINDS_MAX];
    unsigned n_url_paths;
    const char *ready;
    const char *trim;
    const char *heap;
    uint64_t limit_bytes; /* 0: not given */
    uint64_t high_bytes;
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
    bool json;
    bool markdown;
    bool quiet;
    bool no_color;
    struct driver_options driver_options;
};

/* Parse; the arrays point into argv. Errors are ERROR_USAGE and name the option. */
int options_parse(int argc, char **argv, struct options *ret, struct error *err);

/* What `leakcage help` prints. */
void options_print_help(FILE *out);

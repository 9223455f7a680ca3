#pragma once
/* What a list shows of a result, and of a run that goes on: a line each.
 *
 * A result's line comes from its result.json alone, as it was stored, and from its explanation: a
 * list of thousands must not judge thousands of timelines. A run's comes from the first and the
 * last whole line of its live feed (run/live_feed.h). What cannot be taken says why, and is no
 * reason to hide the others. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/owner.h"

#define SERVE_WORD_MAX 32
#define SERVE_NAME_MAX 256
#define SERVE_WHY_MAX  512

/* A number that may be absent. */
struct serve_number {
    bool present;
    double value;
};

/* What tells one state of a file from the next. */
struct serve_stamp {
    uint64_t device, inode;
    int64_t size_bytes;
    int64_t mtime_ns; /* since the Unix epoch */
};

struct serve_row {
    char *key;                    /* owned: "0/unclosed-body", see serve_results.h */
    char *dir;                    /* owned: the result's folder */
    const char *root;             /* borrowed: the folder that the user named, as a real path */
    struct serve_stamp stamp;     /* of result.json */
    struct serve_stamp explained; /* of explain/explanation.json; all zeroes: there is none */
    char why[SERVE_WHY_MAX];      /* it is broken, and nothing below is known; "": it is not */
    char id[SERVE_NAME_MAX];
    char label[SERVE_NAME_MAX]; /* of its variant; "": none */
    char verdict[SERVE_WORD_MAX];
    char cause[SERVE_WORD_MAX];   /* "": none */
    char outcome[SERVE_WORD_MAX]; /* "pass" */
    char place[SERVE_NAME_MAX];   /* who takes what grows, "f registry.c:41"; "": not explained */
    char error[SERVE_NAME_MAX];   /* why there is no verdict; "": there is one */
    struct serve_number growth_bytes_per_request, growth_bytes_per_s;
    struct serve_number floor_bytes; /* after the last cycle */
    struct serve_number peak_bytes, limit_bytes, duration_s, requests;
};

/* A run that goes on. */
struct serve_run {
    char *key;                  /* owned: as its result will have it */
    char *feed;                 /* owned: the file */
    char owner[OWNER_NAME_MAX]; /* whose it is, as base/owner.h has it */
    char id[SERVE_NAME_MAX];
    char label[SERVE_NAME_MAX];
    char phase[SERVE_NAME_MAX];
    struct serve_number limit_bytes, started_unix_s; /* of the first line */
    struct serve_number t_s, cycle, cycles_max, requests, requests_goal, current_bytes;
};

/* The stamp of a file; false: there is no such file. */
bool serve_stamp_of(const char *path, struct serve_stamp *ret);
bool serve_stamp_is(const struct serve_stamp *a, const struct serve_stamp *b);

/* The stamps of the result in `dir`; false: there is no result.json. */
bool serve_stamps_of(const char *dir, struct serve_stamp *ret, struct serve_stamp *ret_explained);

/* Fill in the row of `dir` (with key, dir and root set already): what is wrong is in it. */
void serve_row_read(struct serve_row *row);
void serve_row_done(struct serve_row *row);

/* Read how the run goes on, from the feed's file. 1: it does not go on, or there is no feed. */
int serve_run_read(struct serve_run *run);
void serve_run_done(struct serve_run *run);

#pragma once
/* A report for CI systems with what it points to, as gate_ci.h and records_ci.h make it. */
#include "base/arena.h"
#include "base/buffer.h"
#include "report/ci_report.h"

struct ci_list {
    struct ci_report report; /* what it points to is the arena's, or borrowed from what it is of */
    struct arena *arena;     /* owned */
    struct ci_case *cases;   /* the report's, to be filled */
    bool failed;             /* out of memory */
};

/* An empty report of ours with room for so many cases. Then fill `cases`, and ask ci_list_end(). */
void ci_list_begin(struct ci_list *list, size_t n_cases);
int ci_list_end(struct ci_list *list, struct error *err);
void ci_list_done(struct ci_list *list); /* for CLEANUP */

/* The arena's; NULL, and the list has failed, when out of memory. */
void *ci_list_alloc(struct ci_list *list, size_t size);
const char *ci_list_printf(struct ci_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One more line behind `text`, which may be NULL. */
const char *ci_list_line(struct ci_list *list, const char *text, const char *line);

/* NULL for "" and NULL. */
const char *ci_list_word(const char *text);

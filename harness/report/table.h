#pragma once
/* The table of many runs: a row a record, the same cells on a terminal and in Markdown, then how
 * many had which outcome, of each that is not as expected, why, and of each that is explained, who
 * takes what grows.
 *
 * Pure: records in, text out. What was not measured is an empty cell, on a terminal "-". */
#include "base/buffer.h"
#include "explain/explanation.h"
#include "report/terminal.h"
#include "scenario/record.h"

enum table_format {
    TABLE_TERMINAL, /* aligned columns */
    TABLE_MARKDOWN, /* a table as GitHub and GitLab show it */
};

struct table {
    const struct record *const *records; /* borrowed, in the order of the rows */
    size_t n_records;
    const struct explanation *const *explanations; /* of each, NULL among them; NULL: there are
                                                      none */
    enum table_format format;
    struct terminal_style style; /* of TABLE_TERMINAL */
};

/* Append the table to `out`. */
int table_write(const struct table *table, struct buffer *out, struct error *err);

/* The first warning of so many records (NULL among them: none was left), and how many of them have
 * any; NULL: none has. Borrowed. */
const char *records_warning(const struct record *const *records, size_t n, size_t *ret_warned);

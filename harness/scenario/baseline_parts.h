#pragma once
/* The inside of a baseline, shared by baseline.c (which keeps entries), baseline_entry.c (which
 * makes them), baseline_read.c and baseline_write.c. Everybody else uses baseline.h. */
#include "base/json.h"
#include "base/json_writer.h"
#include "scenario/baseline.h"

/* What a figure can be at all. All but growth are whole. */
struct baseline_range {
    double minimum, maximum;
    bool whole;
};

/* Of this figure. */
struct baseline_range baseline_figure_range(enum gate_figure figure);

/* The figure's key in the file. */
const char *baseline_figure_name(enum gate_figure figure);

/* As it is stored: growth to a hundredth of a byte, the others whole, and no -0. */
double baseline_figure_round(enum gate_figure figure, double value);

/* Is it visible text, at least a character of it? */
bool baseline_is_fact(const char *text);

/* Can the entry be written and read again? ERROR_USAGE says why not. */
int baseline_check_entry(const struct baseline_entry *entry, struct error *err);

/* A further entry, behind the others and zeroed; the caller fills it in. Borrowed. */
int baseline_append(struct baseline *baseline, struct baseline_entry **ret, struct error *err);

/* How messages call the two sides of a difference. */
struct baseline_sides {
    const char *left;  /* "in the baseline" */
    const char *right; /* "here" */
};

/* baseline_same_…() of any two. */
bool baseline_match_environment(const struct baseline_environment *left,
                                const struct baseline_environment *right,
                                const struct baseline_sides *sides, char *text);
bool baseline_match_work(const struct baseline_work *left, const struct baseline_work *right,
                         const struct baseline_sides *sides, char *text);

/* One object of "entries", read into a zeroed entry, and written. */
int baseline_read_entry(const struct json_place *place, struct baseline_entry *ret,
                        struct error *err);
void baseline_write_entry(struct json_writer *writer, const struct baseline_entry *entry);

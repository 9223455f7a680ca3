/* An entry of a baseline's file, read. What is not as it is written is refused: what a gate passes
 * must not hang on a guess. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "scenario/baseline_parts.h"
#include "scenario/build.h"

#define RATE_MAX 1e9

static int read_required(const struct json_place *object, const char *key, struct json_place *ret,
                         struct error *err)
{
    if (!json_member(object, key, ret))
        return json_error(object, err, "found no \"%s\", expected one", key);
    return 0;
}

/* Visible text that fits; "" when there is none. */
static int read_fact(const struct json_place *object, const char *key, char *ret, size_t size,
                     struct error *err)
{
    struct json_place place;
    const char *text = NULL;
    if (!json_member(object, key, &place))
        return 0;
    if (json_string(&place, &text, err) < 0)
        return -1;
    if (!baseline_is_fact(text) || strlen(text) >= size)
        return json_error_expected(&place, err, "1 to %zu visible ASCII characters", size - 1);
    snprintf(ret, size, "%s", text);
    return 0;
}

/* A name that keeps this rule; "" when there is none. */
static int read_name(const struct json_place *object, const char *key, bool is_build,
                     char ret[SCENARIO_NAME_MAX], struct error *err)
{
    struct json_place place;
    const char *text = NULL;
    if (!json_member(object, key, &place))
        return 0;
    if (json_string(&place, &text, err) < 0)
        return -1;
    if (!(is_build ? build_is_name(text) : scenario_is_name(text)))
        return json_error_expected(&place, err, "%s",
                                   is_build ? BUILD_NAME_EXPECTED : SCENARIO_NAME_EXPECTED);
    snprintf(ret, SCENARIO_NAME_MAX, "%s", text);
    return 0;
}

/* A whole number that is required, or left alone when it is not there. */
static int read_unsigned(const struct json_place *object, const char *key, unsigned minimum,
                         unsigned *ret, struct error *err)
{
    struct json_place place;
    uint64_t value = 0;
    if (!json_member(object, key, &place))
        return 0;
    if (json_count(&place, minimum, UINT_MAX, &value, err) < 0)
        return -1;
    *ret = (unsigned)value;
    return 0;
}

static int read_count(const struct json_place *object, const char *key, uint64_t *ret,
                      struct error *err)
{
    struct json_place place;
    if (!json_member(object, key, &place))
        return 0;
    return json_count(&place, 0, UINT64_C(1) << 53, ret, err);
}

static int read_key(const struct json_place *object, struct baseline_key *ret, struct error *err)
{
    struct json_place place;
    if (read_required(object, "scenario", &place, err) < 0 ||
        read_name(object, "scenario", false, ret->scenario, err) < 0 ||
        read_name(object, "variant", false, ret->variant, err) < 0 ||
        read_name(object, "build", true, ret->build, err) < 0)
        return -1;
    return read_name(object, "malloc", false, ret->allocator, err);
}

static int read_thp(const struct json_place *object, struct record_machine *ret, struct error *err)
{
    static const char *const words[] = {"never", "madvise", "always", NULL};
    struct json_place place;
    const char *text = NULL;
    if (!json_member(object, "thp", &place))
        return 0;
    if (json_string(&place, &text, err) < 0)
        return -1;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) != 0)
            continue;
        snprintf(ret->thp, sizeof(ret->thp), "%s", text);
        return 0;
    }
    return json_error_word(&place, text, words, err);
}

static int read_environment(const struct json_place *entry, struct baseline_environment *ret,
                            struct error *err)
{
    static const char *const known[] = {"kernel", "architecture", "driver", "accel", "libc",
                                        "cpus",   "page_bytes",   "thp",    NULL};
    static const char *const required[] = {"kernel", "driver", "cpus"};
    struct record_machine *machine = &ret->machine;
    struct json_place object;
    struct json_place place;
    if (read_required(entry, "environment", &object, err) < 0 ||
        json_expect_object(&object, err) < 0 || json_check_keys(&object, known, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LENGTH(required); i++)
        if (read_required(&object, required[i], &place, err) < 0)
            return -1;
    if (read_fact(&object, "kernel", ret->kernel, sizeof(ret->kernel), err) < 0 ||
        read_fact(&object, "architecture", machine->architecture, sizeof(machine->architecture),
                  err) < 0 ||
        read_fact(&object, "driver", ret->driver, sizeof(ret->driver), err) < 0 ||
        read_fact(&object, "accel", ret->accel, sizeof(ret->accel), err) < 0 ||
        read_fact(&object, "libc", machine->libc, sizeof(machine->libc), err) < 0 ||
        read_unsigned(&object, "cpus", 1, &ret->cpus, err) < 0 ||
        read_unsigned(&object, "page_bytes", 1, &machine->page_bytes, err) < 0)
        return -1;
    return read_thp(&object, machine, err);
}

static int read_work(const struct json_place *entry, struct baseline_work *ret, struct error *err)
{
    static const char *const known[] = {"limit_bytes", "cycle_requests", "warmup_requests",
                                        "concurrency", "cycles_min",     "rate_per_s",
                                        NULL};
    static const char *const required[] = {"cycle_requests", "concurrency", "cycles_min"};
    struct json_place object;
    struct json_place place;
    if (read_required(entry, "work", &object, err) < 0 || json_expect_object(&object, err) < 0 ||
        json_check_keys(&object, known, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LENGTH(required); i++)
        if (read_required(&object, required[i], &place, err) < 0)
            return -1;
    ret->limit_bytes = UINT64_MAX;
    ret->has_warmup = json_member(&object, "warmup_requests", &place);
    if (read_count(&object, "limit_bytes", &ret->limit_bytes, err) < 0 ||
        read_count(&object, "cycle_requests", &ret->cycle_requests, err) < 0 ||
        read_count(&object, "warmup_requests", &ret->warmup_requests, err) < 0 ||
        read_unsigned(&object, "concurrency", 0, &ret->concurrency, err) < 0 ||
        read_unsigned(&object, "cycles_min", 0, &ret->cycles_min, err) < 0)
        return -1;
    if (!json_member(&object, "rate_per_s", &place))
        return 0;
    return json_number(&place, 0, RATE_MAX, &ret->rate_per_s, err);
}

/* What each repeat was called; how many there are goes by that. */
static int read_verdicts(const struct json_place *object, struct baseline_entry *ret,
                         struct error *err)
{
    struct json_place row;
    struct json_place item;
    if (read_required(object, "verdict", &row, err) < 0 ||
        json_expect_array(&row, GATE_RUNS_MAX, err) < 0)
        return -1;
    if (json_length(&row) == 0)
        return json_error_expected(&row, err, "1 to %d repeats", GATE_RUNS_MAX);
    for (bool more = json_first(&row, &item); more; more = json_next(&row, &item)) {
        struct comparison_run *run = &ret->runs[ret->n_runs++];
        const char *word = NULL;
        if (json_string(&item, &word, err) < 0)
            return -1;
        if (!verdict_kind_from_name(word, &run->kind))
            return json_error_word(&item, word, verdict_kind_names, err);
        run->judged = true;
    }
    return 0;
}

/* An array that has a value for each repeat. */
static int read_row(const struct json_place *row, unsigned n_runs, struct error *err)
{
    if (json_expect_array(row, GATE_RUNS_MAX, err) < 0)
        return -1;
    if (json_length(row) != n_runs)
        return json_error(row, err,
                          "found %zu repeats in \"%s\", expected %u, as many as in \"verdict\"",
                          json_length(row), json_key(row), n_runs);
    return 0;
}

static int read_causes(const struct json_place *object, struct baseline_entry *ret,
                       struct error *err)
{
    struct json_place row;
    struct json_place item;
    if (read_required(object, "cause", &row, err) < 0 || read_row(&row, ret->n_runs, err) < 0)
        return -1;
    for (bool more = json_first(&row, &item); more; more = json_next(&row, &item)) {
        const char *word = NULL;
        if (json_string(&item, &word, err) < 0)
            return -1;
        if (!cause_from_name(word, &ret->runs[item.index].cause))
            return json_error_word(&item, word, cause_names, err);
    }
    return 0;
}

/* null: this repeat has no such figure. */
static int read_figure(const struct json_place *item, enum gate_figure figure,
                       struct comparison_run *run, struct error *err)
{
    struct baseline_range range = baseline_figure_range(figure);
    double value = 0;
    if (json_is_null(item))
        return 0;
    if (json_number(item, range.minimum, range.maximum, &value, err) < 0)
        return -1;
    if (range.whole && value != round(value))
        return json_error_expected(item, err, "a whole number, or null");
    figures_set(&run->figures, gate_figure_info[figure].figure, value + 0.0); /* -0 is 0 */
    return 0;
}

static int read_figures(const struct json_place *object, struct baseline_entry *ret,
                        struct error *err)
{
    for (enum gate_figure figure = 0; figure < GATE_FIGURE_MAX_; figure++) {
        struct json_place row;
        struct json_place item;
        if (!json_member(object, baseline_figure_name(figure), &row))
            continue;
        if (read_row(&row, ret->n_runs, err) < 0)
            return -1;
        for (bool more = json_first(&row, &item); more; more = json_next(&row, &item))
            if (read_figure(&item, figure, &ret->runs[item.index], err) < 0)
                return -1;
    }
    return 0;
}

int baseline_read_entry(const struct json_place *place, struct baseline_entry *ret,
                        struct error *err)
{
    static const char *const first[] = {"scenario",    "variant", "build",   "malloc",
                                        "environment", "work",    "verdict", "cause"};
    const char *known[ARRAY_LENGTH(first) + GATE_FIGURE_MAX_ + 1] = {NULL};
    memcpy(known, first, sizeof(first));
    for (enum gate_figure figure = 0; figure < GATE_FIGURE_MAX_; figure++)
        known[ARRAY_LENGTH(first) + figure] = baseline_figure_name(figure);

    ret->line = json_line(place);
    if (json_expect_object(place, err) < 0 || json_check_keys(place, known, err) < 0 ||
        read_key(place, &ret->key, err) < 0 ||
        read_environment(place, &ret->environment, err) < 0 ||
        read_work(place, &ret->work, err) < 0 || read_verdicts(place, ret, err) < 0 ||
        read_causes(place, ret, err) < 0)
        return -1;
    return read_figures(place, ret, err);
}

/* Entries of a baseline: what they are made of, and what they cannot be. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "scenario/baseline_match.h"
#include "scenario/baseline_parts.h"
#include "scenario/build.h"

#define BYTES_TOP  ((double)((uint64_t)1 << 50))
#define GROWTH_TOP 1e15
#define COUNT_TOP  1e9

const char *baseline_figure_name(enum gate_figure figure)
{
    return figure_info[gate_figure_info[figure].figure].key;
}

struct baseline_range baseline_figure_range(enum gate_figure figure)
{
    switch (figure) {
    case GATE_GROWTH:
        return (struct baseline_range){-GROWTH_TOP, GROWTH_TOP, false};
    case GATE_RETAINED:
        return (struct baseline_range){-BYTES_TOP, BYTES_TOP, true};
    case GATE_THREADS:
    case GATE_DESCRIPTORS:
        return (struct baseline_range){0, COUNT_TOP, true};
    default:
        return (struct baseline_range){0, BYTES_TOP, true};
    }
}

double baseline_figure_round(enum gate_figure figure, double value)
{
    double scale = baseline_figure_range(figure).whole ? 1 : 100;
    return round(value * scale) / scale + 0.0; /* -0 is 0 */
}

bool baseline_is_fact(const char *text)
{
    if (text[0] == '\0')
        return false;
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

/* --- what names a case, and what its figures depend on --- */

static void key_set(char name[SCENARIO_NAME_MAX], const char *text)
{
    snprintf(name, SCENARIO_NAME_MAX, "%s", text != NULL ? text : "");
}

void baseline_key_of_run(const struct run_spec *run, struct baseline_key *ret)
{
    key_set(ret->scenario, run->scenario);
    key_set(ret->variant, run->variant);
    key_set(ret->build, run->build);
    key_set(ret->allocator, run->allocator);
}

void baseline_key_of_record(const struct record *record, struct baseline_key *ret)
{
    key_set(ret->scenario, record->scenario);
    key_set(ret->variant, record->variant);
    key_set(ret->build, record->build);
    key_set(ret->allocator, record->allocator);
}

const char *baseline_key_text(const struct baseline_key *key, char *text)
{
    bool has_build = key->build[0] != '\0';
    bool has_allocator = key->allocator[0] != '\0';
    snprintf(text, BASELINE_KEY_TEXT_MAX, "%s%s%s%s%s%s%s%s", key->scenario,
             key->variant[0] != '\0' ? "." : "", key->variant,
             has_build || has_allocator ? " [" : "", key->build,
             has_build && has_allocator ? "+" : "", key->allocator,
             has_build || has_allocator ? "]" : "");
    return text;
}

bool baseline_work_of_run(const struct run_spec *run, struct baseline_work *ret)
{
    const struct settings *settings = &run->settings;
    *ret = (struct baseline_work){
        .limit_bytes = settings->limit_bytes,
        .cycle_requests = settings->cycle_requests,
        .has_warmup = true,
        .warmup_requests = settings->warmup_requests,
        .concurrency = settings->load.concurrency,
        .cycles_min = settings->cycles_min,
        .rate_per_s = settings->load.rate_per_s,
    };
    return settings->attach == NULL;
}

void baseline_work_of_record(const struct record *record, struct baseline_work *ret)
{
    const struct verdict_question *question = &record->question;
    const struct record_work *work = &record->work;
    *ret = (struct baseline_work){
        .limit_bytes = question->limit_bytes,
        .cycle_requests = work->known ? work->cycle_requests : question->cycle_requests,
        .has_warmup = work->known,
        .warmup_requests = work->known ? work->warmup_requests : 0,
        .concurrency = question->concurrency,
        .cycles_min = question->cycles_min,
        .rate_per_s = question->rate_per_s,
    };
}

void baseline_environment_of_record(const struct record *record, struct baseline_environment *ret)
{
    memset(ret, 0, sizeof(*ret));
    snprintf(ret->kernel, sizeof(ret->kernel), "%s", record->kernel);
    snprintf(ret->driver, sizeof(ret->driver), "%s", record->driver);
    snprintf(ret->accel, sizeof(ret->accel), "%s", record->accel);
    ret->cpus = record->cpus;
    ret->machine = record->machine;
}

/* --- what cannot be --- */

static const char *entry_bad_name(const struct baseline_key *key)
{
    if (!scenario_is_name(key->scenario))
        return "scenario";
    if (key->variant[0] != '\0' && !scenario_is_name(key->variant))
        return "variant";
    if (key->build[0] != '\0' && !build_is_name(key->build))
        return "build";
    return key->allocator[0] != '\0' && !scenario_is_name(key->allocator) ? "allocator" : NULL;
}

/* The fact that is not there and must be, or holds what is not visible. */
static const char *entry_bad_fact(const struct baseline_environment *environment)
{
    const struct record_machine *machine = &environment->machine;
    const struct {
        const char *name, *text;
        bool required;
    } facts[] = {
        {"kernel", environment->kernel, true}, {"driver", environment->driver, true},
        {"accel", environment->accel, false},  {"architecture", machine->architecture, false},
        {"C library", machine->libc, false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(facts); i++)
        if (facts[i].text[0] == '\0' ? facts[i].required : !baseline_is_fact(facts[i].text))
            return facts[i].name;
    static const char *const words[] = {"", "never", "madvise", "always"};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strcmp(machine->thp, words[i]) == 0)
            return environment->cpus > 0 ? NULL : "number of CPUs";
    return "transparent huge pages";
}

static int entry_check_figures(const struct baseline_entry *entry, const char *name,
                               struct error *err)
{
    for (unsigned i = 0; i < entry->n_runs; i++) {
        const struct figures *figures = &entry->runs[i].figures;
        for (enum gate_figure figure = 0; figure < GATE_FIGURE_MAX_; figure++) {
            struct baseline_range range = baseline_figure_range(figure);
            enum figure of_run = gate_figure_info[figure].figure;
            double value = figures->value[of_run];
            if (!figures_has(figures, of_run) || (value >= range.minimum && value <= range.maximum))
                continue;
            return error_set(err, ERROR_USAGE,
                             "%s: found %s of %g in run %u, expected %g to %g: is the recording "
                             "whole?",
                             name, baseline_figure_name(figure), value, i + 1, range.minimum,
                             range.maximum);
        }
    }
    return 0;
}

int baseline_check_entry(const struct baseline_entry *entry, struct error *err)
{
    char name[BASELINE_KEY_TEXT_MAX];
    baseline_key_text(&entry->key, name);
    const char *bad = entry_bad_name(&entry->key);
    if (bad != NULL)
        return error_set(err, ERROR_USAGE, "%s: found a %s whose name is none, expected %s", name,
                         bad,
                         strcmp(bad, "build") == 0 ? BUILD_NAME_EXPECTED : SCENARIO_NAME_EXPECTED);
    bad = entry_bad_fact(&entry->environment);
    if (bad != NULL)
        return error_set(err, ERROR_USAGE,
                         "%s: its runs do not say their %s as leakcage writes it: without that "
                         "nothing can be compared with them",
                         name, bad);
    if (entry->n_runs == 0 || entry->n_runs > GATE_RUNS_MAX)
        return error_set(err, ERROR_USAGE, "%s: found %u runs, expected 1 to %d", name,
                         entry->n_runs, GATE_RUNS_MAX);
    return entry_check_figures(entry, name, err);
}

/* --- from records --- */

static void entry_add_run(const struct record *record, struct comparison_run *ret)
{
    struct figures figures;
    figures_of_run(record->timeline, &record->question, &record->verdict, &figures);
    memset(ret, 0, sizeof(*ret));
    ret->judged = true;
    ret->kind = record->verdict.kind;
    ret->cause = record->verdict.cause;
    for (enum gate_figure figure = 0; figure < GATE_FIGURE_MAX_; figure++) {
        enum figure of_run = gate_figure_info[figure].figure;
        if (figures_has(&figures, of_run))
            figures_set(&ret->figures, of_run,
                        baseline_figure_round(figure, figures.value[of_run]));
    }
}

/* A further record beside those that the entry is made of already. */
static int entry_check_record(const struct baseline_entry *entry, const struct record *record,
                              struct error *err)
{
    static const struct baseline_sides sides = {"in the first run", "in another one"};
    static_assert(BASELINE_DIFFERENCE_MAX >= BASELINE_KEY_TEXT_MAX, "room for either");
    char name[BASELINE_KEY_TEXT_MAX];
    char text[BASELINE_DIFFERENCE_MAX];
    struct baseline_key key;
    struct baseline_environment environment;
    struct baseline_work work;
    baseline_key_text(&entry->key, name);
    baseline_key_of_record(record, &key);
    baseline_environment_of_record(record, &environment);
    baseline_work_of_record(record, &work);
    if (baseline_compare_keys(&entry->key, &key) != 0)
        return error_set(err, ERROR_USAGE, "found runs of %s and of %s, expected one case", name,
                         baseline_key_text(&key, text));
    if (!baseline_match_environment(&entry->environment, &environment, &sides, text) ||
        !baseline_match_work(&entry->work, &work, &sides, text))
        return error_set(err, ERROR_USAGE, "%s: its runs cannot stand side by side: %s", name,
                         text);
    return 0;
}

int baseline_entry_of_records(const struct record *const *records, size_t n,
                              struct baseline_entry *ret, struct error *err)
{
    CLEANUP(freep) struct baseline_entry *entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < n && entry->n_runs < GATE_RUNS_MAX; i++) {
        const struct record *record = records[i];
        if (record->error.kind != ERROR_NONE)
            continue;
        if (entry->n_runs == 0) {
            baseline_key_of_record(record, &entry->key);
            baseline_environment_of_record(record, &entry->environment);
            baseline_work_of_record(record, &entry->work);
        } else if (entry_check_record(entry, record, err) < 0) {
            return -1;
        }
        entry_add_run(record, &entry->runs[entry->n_runs++]);
    }
    if (entry->n_runs == 0)
        return 1;
    if (baseline_check_entry(entry, err) < 0)
        return -1;
    *ret = *entry;
    return 0;
}

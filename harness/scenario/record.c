#include "scenario/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Through so many kills a pod's leak is followed. */
#define KILLS_MIN 3

static const char *const termination_names[TERMINATION_MAX_] = {
    [TERMINATION_DECIDED] = "decided",         [TERMINATION_BUDGET] = "budget",
    [TERMINATION_OOM_KILLED] = "oom-killed",   [TERMINATION_SERVICE_FAILED] = "service-failed",
    [TERMINATION_INTERRUPTED] = "interrupted", [TERMINATION_DRIVER_FAILED] = "driver-failed",
};

static const char *const outcome_names[OUTCOME_MAX_] = {
    [OUTCOME_PASS] = "pass",
    [OUTCOME_FAIL] = "fail",
    [OUTCOME_ERROR] = "error",
    [OUTCOME_UNDECIDED] = "undecided",
};

const char *termination_name(enum termination termination)
{
    return termination_names[termination];
}

bool termination_from_name(const char *name, enum termination *ret)
{
    for (unsigned i = 0; i < TERMINATION_MAX_; i++) {
        if (strcmp(termination_names[i], name) != 0)
            continue;
        *ret = (enum termination)i;
        return true;
    }
    return false;
}

const char *outcome_name(enum outcome outcome)
{
    return outcome_names[outcome];
}

int record_new(const struct run_spec *spec, struct record **ret, struct error *err)
{
    CLEANUP(record_freep) struct record *record = calloc(1, sizeof(*record));
    if (record == NULL)
        return error_out_of_memory(err);
    if (timeline_new(TIMELINE_SAMPLES_MAX, &record->timeline, err) < 0)
        return -1;

    const struct settings *settings = &spec->settings;
    snprintf(record->id, sizeof(record->id), "%s", spec->id);
    snprintf(record->scenario, sizeof(record->scenario), "%s", spec->scenario);
    snprintf(record->variant, sizeof(record->variant), "%s",
             spec->variant != NULL ? spec->variant : "");
    snprintf(record->label, sizeof(record->label), "%s", spec->label != NULL ? spec->label : "");
    snprintf(record->build, sizeof(record->build), "%s", spec->build != NULL ? spec->build : "");
    snprintf(record->allocator, sizeof(record->allocator), "%s",
             spec->allocator != NULL ? spec->allocator : "");
    snprintf(record->sanitizer_options, sizeof(record->sanitizer_options), "%s",
             spec->sanitizer_options != NULL ? spec->sanitizer_options : "");
    record->group = spec->group;
    record->position = spec->position;
    record->has_expectation = settings->has_expectation;
    record->expect = settings->expect;
    record->expects_cause = settings->expects_cause;
    record->expect_cause = settings->expect_cause;
    record->gate = settings->gate;
    record->gate.line = 0;
    record->sample_hz = settings->sample_hz;
    record->work = (struct record_work){
        .known = true,
        .cycle_requests = settings->cycle_requests,
        .warmup_requests = settings->warmup_requests,
    };
    record->question = (struct verdict_question){
        .limit_bytes = settings->limit_bytes,
        .concurrency = settings->load.concurrency,
        .rate_per_s = settings->load.rate_per_s,
        .cycles_max = settings->cycles,
        .cycles_min = settings->cycles_min,
        .cycle_requests = settings->cycle_requests,
        .can_trim = settings->trim != NULL,
        .can_reclaim = settings->attach == NULL,
        .attached = settings->attach != NULL,
        .stays_down = settings->restart.policy == RESTART_NEVER,
    };
    record->restart = settings->restart;
    if (record_has_backoff(record) && settings->attach == NULL)
        record->question.kills_min = KILLS_MIN;
    snprintf(record->pod, sizeof(record->pod), "%s", settings->pod != NULL ? settings->pod : "");
    *ret = take_ptr(&record);
    return 0;
}

void record_set_runtimes(struct record *record, const struct runtime *runtimes, unsigned n,
                         bool heap_is_told, bool collects)
{
    struct verdict_question *question = &record->question;
    bool garbage = runtimes == NULL;
    record->n_runtimes = n < RECORD_RUNTIMES_MAX ? n : RECORD_RUNTIMES_MAX;
    if (runtimes == NULL)
        record->n_runtimes = 0;
    for (unsigned i = 0; i < record->n_runtimes; i++)
        record->runtimes[i] = runtimes[i];
    for (unsigned i = 0; i < record->n_runtimes; i++) {
        garbage = garbage || runtime_has_garbage(runtimes[i].kind);
        question->heap_is_constant = question->heap_is_constant || runtimes[i].heap_is_constant;
        if (runtimes[i].has_heap_max)
            question->heap_max_bytes += runtimes[i].heap_max_bytes;
    }
    question->heap_is_exact = heap_is_told && (collects || !garbage);
    question->heap_is_collected = garbage && collects;
    question->heap_has_garbage = garbage && !collects && runtimes != NULL;
}

const char *record_sanitizer_text(const struct record *record, char *text)
{
    const char *options = record->sanitizer_options;
    bool is_thread = strncmp(options, "TSAN", 4) == 0;
    text[0] = '\0';
    if (options[0] != '\0')
        snprintf(text, RECORD_SANITIZER_TEXT_MAX,
                 "%s: run with %s, so that %s (--env %.*s=... to choose)",
                 is_thread ? "ThreadSanitizer" : "AddressSanitizer", options,
                 is_thread ? "its history stays small" : "what is freed is free",
                 (int)strcspn(options, "="), options);
    return text;
}

void record_free(struct record *record)
{
    if (record == NULL)
        return;
    timeline_free(record->timeline);
    free(record);
}

void record_freep(struct record **record)
{
    record_free(*record);
}

void record_warn(struct record *record, const char *format, ...)
{
    if (record->n_warnings == RECORD_WARNINGS_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(record->warnings[record->n_warnings++], sizeof(record->warnings[0]), format,
              arguments);
    va_end(arguments);
}

void record_warn_once(struct record *record, const char *text)
{
    for (unsigned i = 0; i < record->n_warnings; i++)
        if (strcmp(record->warnings[i], text) == 0)
            return;
    record_warn(record, "%s", text);
}

struct run_end *record_add_end(struct record *record, const struct run_end *end)
{
    if (record->n_ends == RECORD_ENDS_MAX)
        return NULL;
    record->ends[record->n_ends] = *end;
    return &record->ends[record->n_ends++];
}

bool record_has_backoff(const struct record *record)
{
    return record->restart.policy == RESTART_ALWAYS || record->restart.policy == RESTART_ON_FAILURE;
}

static enum outcome record_outcome(const struct record *record)
{
    if (record->error.kind != ERROR_NONE)
        return OUTCOME_ERROR;
    if (record->has_expectation) {
        bool matches = record->verdict.kind == record->expect &&
                       (!record->expects_cause || record->verdict.cause == record->expect_cause);
        if (matches)
            return OUTCOME_PASS;
        return record->verdict.kind == VERDICT_INCONCLUSIVE ? OUTCOME_UNDECIDED : OUTCOME_FAIL;
    }
    if (record->verdict.kind == VERDICT_INCONCLUSIVE)
        return OUTCOME_UNDECIDED;
    return record->verdict.kind == VERDICT_LEAK ? OUTCOME_FAIL : OUTCOME_PASS;
}

void record_judge(struct record *record)
{
    struct verdict *verdict = &record->verdict;
    verdict_decide(record->timeline, &record->question, verdict);
    /* More cycles, which the verdict would ask for, are not what is missing then. */
    if (record->error.kind != ERROR_NONE && verdict->kind == VERDICT_INCONCLUSIVE)
        snprintf(verdict->reason, sizeof(verdict->reason), "the run failed: %.*s",
                 (int)strcspn(record->error.text, "\n;"), record->error.text);
    record->outcome = record_outcome(record);
}

const char *record_expectation_text(const struct record *record, char *text, size_t size)
{
    text[0] = '\0';
    if (record->has_expectation && record->expects_cause)
        snprintf(text, size, "%s (%s)", verdict_kind_name(record->expect),
                 cause_name(record->expect_cause));
    else if (record->has_expectation)
        snprintf(text, size, "%s", verdict_kind_name(record->expect));
    return text;
}

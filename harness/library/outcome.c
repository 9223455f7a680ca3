#include "library/outcome.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "library/wording.h"
#include "load/function_work.h"
#include "verdict/indicators.h"

/* Room for what is said before its words are ours. */
#define OUTCOME_TEXT_MAX 8192

void outcome_init(struct leakcage_result *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->growth_bytes_per_call = NAN;
    ret->growth_low_bytes = NAN;
    ret->growth_high_bytes = NAN;
    ret->smallest_leak_bytes_per_call = NAN;
    ret->peak_bytes = -1;
    ret->duration_ms = -1;
}

void outcome_of_error(const struct error *err, struct leakcage_result *ret)
{
    char text[OUTCOME_TEXT_MAX];
    switch (err->kind) {
    case ERROR_ENVIRONMENT:
        ret->verdict = LEAKCAGE_UNAVAILABLE;
        snprintf(text, sizeof(text),
                 "not checked: %s. Without any of this, run the test in a virtual machine: "
                 "leakcage vm -- ./my-test",
                 err->text);
        break;
    case ERROR_USAGE:
        ret->verdict = LEAKCAGE_INVALID;
        snprintf(text, sizeof(text), "not checked: %s", err->text);
        break;
    default:
        ret->verdict = LEAKCAGE_FAILED;
        snprintf(text, sizeof(text), "failed: %s", err->text);
    }
    wording_of_functions(text, ret->reason, sizeof(ret->reason));
}

static enum leakcage_verdict outcome_verdict(enum verdict_kind kind)
{
    switch (kind) {
    case VERDICT_CLEAN:
        return LEAKCAGE_CLEAN;
    case VERDICT_LEAK:
        return LEAKCAGE_LEAK;
    case VERDICT_PRESSURE:
        return LEAKCAGE_PRESSURE;
    case VERDICT_LAZY_RELEASE:
        return LEAKCAGE_LAZY_RELEASE;
    default:
        return LEAKCAGE_INCONCLUSIVE;
    }
}

/* What its end means, where that is ours to know; "": it says so itself. */
static void outcome_explain_end(const struct record *record, nsec_t call_timeout_ns, char *text,
                                size_t size)
{
    const struct timeline *timeline = record->timeline;
    const struct cycle *last =
        timeline->n_cycles > 0 ? &timeline->cycles[timeline->n_cycles - 1] : NULL;
    const struct run_end *end = record->n_ends > 0 ? &record->ends[record->n_ends - 1] : NULL;
    char duration[UNITS_TEXT_MAX];
    text[0] = '\0';
    if (last != NULL && last->counts.timed_out > 0)
        snprintf(text, size, "a call hung, and was killed after %s at most (.call_timeout_ms): ",
                 units_format_duration(call_timeout_ns, duration));
    else if (end != NULL && end->has_exit_code && end->exit_code == FUNCTION_EXIT_SET_UP)
        snprintf(text, size, "set_up did not return 0: ");
    else if (end != NULL && end->has_exit_code && end->exit_code == FUNCTION_EXIT_CHANNEL)
        snprintf(text, size,
                 "a call closed descriptors that are not its own, or returned twice "
                 "(fork): ");
}

/* Out of the end of the log: the line that says no more than that the child was set up. */
static void outcome_drop_ready(char *text)
{
    static const char line[] = "\n" FUNCTION_READY;
    static const char nothing[] = "; it printed nothing"; /* which is shorter */
    static const char head[] = "; the end of what it printed:";
    char *found = strstr(text, line);
    if (found == NULL)
        return;
    memmove(found, found + strlen(line), strlen(found + strlen(line)) + 1);
    size_t length = strlen(text);
    if (length >= strlen(head) && strcmp(text + length - strlen(head), head) == 0)
        memcpy(text + length - strlen(head), nothing, sizeof(nothing));
}

static void outcome_say_failure(const struct record *record, nsec_t call_timeout_ns,
                                struct leakcage_result *ret)
{
    struct error err = record->error;
    char cause[200];
    outcome_drop_ready(err.text);
    outcome_explain_end(record, call_timeout_ns, cause, sizeof(cause));
    if (cause[0] != '\0')
        (void)error_prefix(&err, "%.*s", (int)strlen(cause) - 2, cause);
    outcome_of_error(&err, ret);
}

/* " +64.0 B per call (95 %: 63.9 B to 64.1 B)", or the smallest that would have been found. */
static void outcome_say_growth(const struct verdict *verdict, char *text, size_t size)
{
    char amount[3][UNITS_TEXT_MAX];
    text[0] = '\0';
    if (verdict->kind == VERDICT_LEAK && verdict->growth.present)
        snprintf(text, size, ", +%s per call (95 %%: %s to %s)",
                 units_format_bytes(verdict->growth.estimate, amount[0]),
                 units_format_bytes(verdict->growth.low, amount[1]),
                 units_format_bytes(verdict->growth.high, amount[2]));
    else if (verdict->kind == VERDICT_LEAK && verdict->has_time_rate)
        snprintf(text, size, ", +%s/s", units_format_bytes(verdict->bytes_per_s, amount[0]));
}

static void outcome_say(const struct record *record, struct leakcage_result *ret)
{
    const struct verdict *verdict = &record->verdict;
    char text[OUTCOME_TEXT_MAX];
    char growth[200];
    char smallest[200] = "";
    char amount[UNITS_TEXT_MAX];
    outcome_say_growth(verdict, growth, sizeof(growth));
    if (verdict->kind != VERDICT_LEAK && verdict->has_smallest_leak)
        snprintf(smallest, sizeof(smallest),
                 "; a leak of %s per call or more would have been found",
                 units_format_bytes(verdict->smallest_leak_bytes, amount));
    snprintf(text, sizeof(text), "%s%s%s%s: %s%s%s%s%s%s", verdict_kind_name(verdict->kind),
             verdict->cause != CAUSE_NONE ? ": " : "",
             verdict->cause != CAUSE_NONE ? cause_name(verdict->cause) : "", growth,
             verdict->reason, verdict->evidence[0] != '\0' ? "; " : "", verdict->evidence,
             verdict->effect[0] != '\0' ? "; " : "", verdict->effect, smallest);
    wording_of_functions(text, ret->reason, sizeof(ret->reason));
}

static void outcome_take_figures(const struct record *record, struct leakcage_result *ret)
{
    const struct timeline *timeline = record->timeline;
    const struct verdict *verdict = &record->verdict;
    struct floor_parts floors;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        ret->calls += load_counts_completed(&cycle->counts);
        ret->failed_calls += load_counts_completed(&cycle->counts) - cycle->counts.ok;
        ret->oom_kills += cycle->oom_kills;
        if (cycle->peak_bytes != SURVEY_ABSENT && (int64_t)cycle->peak_bytes > ret->peak_bytes)
            ret->peak_bytes = (int64_t)cycle->peak_bytes;
        floors = indicators_floor(&cycle->floor);
        if (!cycle->complete || !floors.present)
            continue;
        if (ret->n_floors == LEAKCAGE_FLOORS_MAX)
            memmove(&ret->floor_bytes[0], &ret->floor_bytes[1],
                    --ret->n_floors * sizeof(ret->floor_bytes[0]));
        ret->floor_bytes[ret->n_floors++] = floors.total_bytes;
    }
    ret->starts = record->starts;
    ret->limit_bytes = record->question.limit_bytes;
    ret->duration_ms = record->duration_ns / NSEC_PER_MSEC;
    if (verdict->growth.present) {
        ret->growth_bytes_per_call = verdict->growth.estimate;
        ret->growth_low_bytes = verdict->growth.low;
        ret->growth_high_bytes = verdict->growth.high;
    }
    if (verdict->has_smallest_leak)
        ret->smallest_leak_bytes_per_call = verdict->smallest_leak_bytes;
}

void outcome_of_record(const struct record *record, nsec_t call_timeout_ns,
                       struct leakcage_result *ret)
{
    outcome_take_figures(record, ret);
    if (record->error.kind != ERROR_NONE) {
        outcome_say_failure(record, call_timeout_ns, ret);
        return;
    }
    ret->verdict = outcome_verdict(record->verdict.kind);
    if (record->verdict.cause != CAUSE_NONE)
        snprintf(ret->cause, sizeof(ret->cause), "%s", cause_name(record->verdict.cause));
    outcome_say(record, ret);
}

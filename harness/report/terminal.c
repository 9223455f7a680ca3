#include "report/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "report/pod_status.h"
#include "report/sparkline.h"
#include "verdict/indicators.h"

#define SPARKLINE_CELLS 40
#define FLOORS_MAX      8
#define MIB_BYTES       (1024.0 * 1024)
/* Room for a label with its colours. */
#define TERMINAL_LABEL_MAX 128

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_WARN, TONE_DIM, TONE_BOLD };

static const char *terminal_tone(const struct terminal_style *style, enum tone tone)
{
    static const char *const codes[] = {
        [TONE_PLAIN] = "\033[0m",   [TONE_GOOD] = "\033[1;32m", [TONE_BAD] = "\033[1;31m",
        [TONE_WARN] = "\033[1;33m", [TONE_DIM] = "\033[2m",     [TONE_BOLD] = "\033[1m",
    };
    return style->color ? codes[tone] : "";
}

static enum tone terminal_verdict_tone(enum verdict_kind kind)
{
    switch (kind) {
    case VERDICT_CLEAN:
        return TONE_GOOD;
    case VERDICT_LEAK:
        return TONE_BAD;
    default:
        return TONE_WARN;
    }
}

/* The verdict in capitals, as the eye should find it: "LAZY RELEASE". */
static const char *terminal_verdict_word(enum verdict_kind kind)
{
    static const char *const words[VERDICT_KIND_MAX_] = {
        [VERDICT_INCONCLUSIVE] = "INCONCLUSIVE",
        [VERDICT_CLEAN] = "CLEAN",
        [VERDICT_LEAK] = "LEAK",
        [VERDICT_PRESSURE] = "PRESSURE",
        [VERDICT_LAZY_RELEASE] = "LAZY RELEASE",
    };
    return words[kind];
}

static const char *terminal_separator(const struct terminal_style *style)
{
    return style->utf8 ? " · " : " | ";
}

static int terminal_label(struct buffer *out, const struct terminal_style *style, const char *label,
                          struct error *err)
{
    return buffer_printf(out, err, "  %s%-8s%s ", terminal_tone(style, TONE_DIM), label,
                         terminal_tone(style, TONE_PLAIN));
}

/* "5 cycles of 250 requests"; "of 24 to 250" when they were not all about as planned, as after a
 * kill. Nothing without cycles. */
static void terminal_cycles(const struct record *record, const char *separator, struct buffer *out)
{
    unsigned cycles = 0;
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    for (size_t i = 0; i < record->timeline->n_cycles; i++) {
        const struct cycle *cycle = &record->timeline->cycles[i];
        if (cycle->kind != CYCLE_MEASURE)
            continue;
        cycles++;
        least = cycle->requests < least ? cycle->requests : least;
        most = cycle->requests > most ? cycle->requests : most;
    }
    if (cycles == 0)
        return;
    uint64_t planned = record->question.cycle_requests;
    buffer_printf(out, NULL, "%s%u cycle%s of ", separator, cycles, cycles == 1 ? "" : "s");
    if (least * 4 < planned * 3 || most * 4 > planned * 5)
        buffer_printf(out, NULL, "%" PRIu64 " to %" PRIu64 " requests", least, most);
    else
        buffer_printf(out, NULL, "%" PRIu64 " requests", planned);
}

static int terminal_headline(const struct record *record, const struct terminal_style *style,
                             struct buffer *out, struct error *err)
{
    char limit[UNITS_TEXT_MAX];
    char duration[UNITS_TEXT_MAX];
    const char *separator = terminal_separator(style);

    buffer_printf(out, NULL, "%s%s%s%s", terminal_tone(style, TONE_BOLD), record->id,
                  terminal_tone(style, TONE_PLAIN), separator);
    if (record->question.limit_bytes == UINT64_MAX)
        buffer_append_text(out, "no limit", NULL);
    else
        buffer_printf(out, NULL, "limit %s",
                      units_format_bytes((double)record->question.limit_bytes, limit));
    if (record->target[0] != '\0')
        buffer_printf(out, NULL, "%s%s", separator, record->target);
    buffer_printf(out, NULL, "%sdriver %s (%s%s%s)", separator, record->driver, record->kernel,
                  record->accel[0] != '\0' ? ", " : "", record->accel);
    terminal_cycles(record, separator, out);
    return buffer_printf(out, err, "%s%s\n\n", separator,
                         units_format_duration(record->duration_ns - record->waited_ns, duration));
}

static int terminal_memory(const struct record *record, const struct terminal_style *style,
                           struct buffer *out, struct error *err)
{
    uint64_t peak = 0;
    char text[UNITS_TEXT_MAX];
    char limit[UNITS_TEXT_MAX];
    if (record->timeline->n_memory == 0 || !indicators_peak(record->timeline, ~0U, &peak))
        return 0;
    bool limited = record->question.limit_bytes != UINT64_MAX;
    double top = limited ? (double)record->question.limit_bytes : (double)peak;
    terminal_label(out, style, indicators_is_by_process(record->timeline) ? "rss" : "memory", NULL);
    sparkline_write(record->timeline, SPARKLINE_CELLS, top, style, out, NULL);
    buffer_printf(out, NULL, "   peak %s", units_format_bytes((double)peak, text));
    if (limited)
        buffer_printf(out, NULL, " of %s",
                      units_format_bytes((double)record->question.limit_bytes, limit));
    uint64_t kills = indicators_oom_kills(record->timeline);
    if (kills > 0)
        buffer_printf(out, NULL, ", OOM-killed %" PRIu64 " time%s", kills, kills == 1 ? "" : "s");
    buffer_append_text(out, "\n", NULL);
    if (!sparkline_has_ends(record))
        return 0;
    terminal_label(out, style, "", NULL);
    sparkline_write_ends(record, SPARKLINE_CELLS, style, out, NULL);
    return buffer_printf(out, err, "   %s killed for memory%s\n", sparkline_kill_mark(style),
                         sparkline_has_failures(record) ? ", ! failed" : "");
}

/* One floor, in the unit and with the digits that fit the highest. */
static void terminal_floor(double floor_bytes, double highest_bytes, const char *before,
                           struct buffer *out)
{
    bool small = highest_bytes < MIB_BYTES;
    double unit = small ? MIB_BYTES / 1024 : MIB_BYTES;
    int digits = highest_bytes < 20 * unit ? 2 : 1;
    buffer_printf(out, NULL, "%s%.*f", before, small ? 0 : digits, floor_bytes / unit);
}

/* "7.1 → 15.3 → 23.5 MiB": every floor, or the first and the last ones. */
static int terminal_floors(const struct record *record, const struct terminal_style *style,
                           struct buffer *out, struct error *err)
{
    struct floor_series series;
    indicators_floor_series(record->timeline, record->question.cycles_min + 1, &series);
    if (series.n == 0)
        return 0;
    double highest = 0;
    for (size_t i = 0; i < series.n; i++)
        highest = series.floor_bytes[i] > highest ? series.floor_bytes[i] : highest;
    terminal_label(out, style, "floor", NULL);
    const char *arrow = style->utf8 ? " → " : " > ";
    const char *gap = style->utf8 ? " → … → " : " > ... > ";
    const char *before = "";
    for (size_t i = 0; i < series.n; i++) {
        if (series.n > FLOORS_MAX && i >= 3 && i + 4 < series.n) {
            before = gap;
            continue;
        }
        terminal_floor(series.floor_bytes[i], highest, before, out);
        before = arrow;
    }
    return buffer_printf(out, err, " %s\n", highest < MIB_BYTES ? "KiB" : "MiB");
}

static int terminal_verdict(const struct record *record, const struct terminal_style *style,
                            struct buffer *out, struct error *err)
{
    const struct verdict *verdict = &record->verdict;
    char estimate[UNITS_TEXT_MAX];
    char low[UNITS_TEXT_MAX];
    char high[UNITS_TEXT_MAX];
    terminal_label(out, style, "verdict", NULL);
    buffer_printf(out, NULL, "%s%s%s", terminal_tone(style, terminal_verdict_tone(verdict->kind)),
                  terminal_verdict_word(verdict->kind), terminal_tone(style, TONE_PLAIN));
    if (verdict->kind == VERDICT_LEAK && verdict->has_time_rate)
        buffer_printf(out, NULL, "   +%s per second, with requests or without",
                      units_format_bytes(verdict->bytes_per_s, estimate));
    else if (verdict->kind == VERDICT_LEAK && verdict->growth.present)
        buffer_printf(out, NULL, "   +%s per request (95 %%: %s to %s)",
                      units_format_bytes(verdict->growth.estimate, estimate),
                      units_format_bytes(verdict->growth.low, low),
                      units_format_bytes(verdict->growth.high, high));
    else
        buffer_printf(out, NULL, "   %s", verdict->reason);
    buffer_append_text(out, "\n", NULL);
    if (verdict->kind != VERDICT_LEAK && verdict->has_smallest_leak &&
        verdict->kind != VERDICT_INCONCLUSIVE) {
        terminal_label(out, style, "", NULL);
        buffer_printf(out, NULL, "a leak of %s per request or more would have been found\n",
                      units_format_bytes(verdict->smallest_leak_bytes, estimate));
    }
    if (verdict->cause != CAUSE_NONE) {
        terminal_label(out, style, "cause", NULL);
        buffer_printf(out, NULL, "%s%s%s\n", cause_name(verdict->cause),
                      verdict->evidence[0] != '\0' ? ": " : "", verdict->evidence);
    }
    if (verdict->processes.n > 0) {
        terminal_label(out, style, "process", NULL);
        buffer_printf(out, NULL, "%s\n", verdict->processes.text);
    }
    if (verdict->effect[0] != '\0') {
        terminal_label(out, style, "effect", NULL);
        buffer_printf(out, NULL, "%s\n", verdict->effect);
    }
    return buffer_append_text(out, "", err);
}

/* What `kubectl get pod` would say, of a run that goes by a restart policy of Kubernetes. */
static int terminal_pod(const struct record *record, const struct terminal_style *style,
                        struct buffer *out, struct error *err)
{
    if (record->restart.policy == RESTART_AT_ONCE)
        return 0;
    CLEANUP(buffer_done) struct buffer label = BUFFER_INIT(TERMINAL_LABEL_MAX);
    if (terminal_label(&label, style, "pod", err) < 0)
        return -1;
    const char *const indents[2] = {buffer_text(&label), "           "};
    return pod_status_write(record, indents, out, err);
}

/* What a probe released; what grew meanwhile was not released. */
static const char *terminal_released(int64_t bytes, char *text)
{
    return units_format_bytes(bytes > 0 ? (double)bytes : 0, text);
}

/* A share in per cent, without a sign when it is none. */
static double terminal_percent(double share)
{
    return share > -0.005 && share < 0.005 ? 0 : 100 * share;
}

/* Where the growth is held, and what gave memory back. */
static int terminal_held(const struct record *record, const struct terminal_style *style,
                         struct buffer *out, struct error *err)
{
    const struct verdict *verdict = &record->verdict;
    const char *separator = "";
    char text[UNITS_TEXT_MAX];
    if (!verdict->has_shares && !verdict->has_reclaim && !verdict->has_collect)
        return 0;
    terminal_label(out, style, "held in", NULL);
    if (verdict->has_shares) {
        buffer_printf(out, NULL, "kernel%s %.0f %%, heap %.0f %%",
                      indicators_is_by_process(record->timeline) ? " (counted)" : "",
                      terminal_percent(verdict->share_kernel),
                      terminal_percent(verdict->share_user));
        if (verdict->share_shmem > 0.005)
            buffer_printf(out, NULL, ", shmem %.0f %%", 100 * verdict->share_shmem);
        separator = terminal_separator(style);
    }
    if (verdict->has_reclaim) {
        buffer_printf(out, NULL, "%sreclaim gave back %s", separator,
                      terminal_released(verdict->released_reclaim_bytes, text));
        separator = terminal_separator(style);
    }
    if (verdict->has_collect) {
        buffer_printf(out, NULL, "%scollection %s", separator,
                      terminal_released(verdict->released_collect_bytes, text));
        separator = terminal_separator(style);
    }
    if (verdict->has_trim)
        buffer_printf(out, NULL, "%strim %s", separator,
                      terminal_released(verdict->released_trim_bytes, text));
    if (verdict->has_rest)
        buffer_printf(out, NULL, "%srest %s", terminal_separator(style),
                      terminal_released(verdict->released_rest_bytes, text));
    return buffer_append_text(out, "\n", err);
}

/* What the service's allocator said at the last measured floor. */
static int terminal_allocator(const struct record *record, const struct terminal_style *style,
                              struct buffer *out, struct error *err)
{
    char arena[UNITS_TEXT_MAX];
    char in_use[UNITS_TEXT_MAX];
    char unused[UNITS_TEXT_MAX];
    const struct cycle *cycle = indicators_last_cycle(record->timeline, CYCLE_MEASURE);
    if (cycle == NULL || !survey_has_allocator(&cycle->floor))
        return 0;
    terminal_label(out, style, "malloc", NULL);
    return buffer_printf(out, err, "%s in arenas, %s in use, %s free\n",
                         units_format_bytes((double)cycle->floor.value[SURVEY_HEAP_ARENA], arena),
                         units_format_bytes((double)cycle->floor.value[SURVEY_HEAP_IN_USE], in_use),
                         units_format_bytes((double)cycle->floor.value[SURVEY_HEAP_FREE], unused));
}

/* The runtimes, each once, and how large their heaps may become. */
static int terminal_runtimes(const struct record *record, const struct terminal_style *style,
                             struct buffer *out, struct error *err)
{
    for (unsigned i = 0; i < record->n_runtimes; i++) {
        char text[RUNTIME_TEXT_MAX];
        char other[RUNTIME_TEXT_MAX];
        unsigned same = 1;
        bool said = false;
        runtime_text(&record->runtimes[i], text);
        for (unsigned k = 0; k < record->n_runtimes && !said; k++) {
            bool equal = k != i && strcmp(runtime_text(&record->runtimes[k], other), text) == 0;
            said = equal && k < i;
            same += equal;
        }
        if (said)
            continue;
        terminal_label(out, style, "runtime", NULL);
        if (same > 1)
            buffer_printf(out, NULL, "%u times ", same);
        buffer_printf(out, NULL, "%s\n", text);
    }
    return buffer_append_text(out, "", err);
}

static int terminal_notes(const struct record *record, const char *results_dir,
                          const struct terminal_style *style, struct buffer *out, struct error *err)
{
    static const struct {
        enum tone tone;
        const char *word;
    } outcomes[OUTCOME_MAX_] = {
        [OUTCOME_PASS] = {TONE_GOOD, "pass"},
        [OUTCOME_FAIL] = {TONE_BAD, "FAIL"},
        [OUTCOME_ERROR] = {TONE_WARN, "no verdict"},
        [OUTCOME_UNDECIDED] = {TONE_WARN, "no verdict"},
    };
    char sanitizer[RECORD_SANITIZER_TEXT_MAX];
    if (record_sanitizer_text(record, sanitizer)[0] != '\0') {
        terminal_label(out, style, "note", NULL);
        buffer_printf(out, NULL, "%s\n", sanitizer);
    }
    for (unsigned i = 0; i < record->verdict.n_findings; i++) {
        terminal_label(out, style, "note", NULL);
        buffer_printf(out, NULL, "%s\n", record->verdict.findings[i]);
    }
    for (unsigned i = 0; i < record->n_warnings; i++) {
        terminal_label(out, style, "warning", NULL);
        buffer_printf(out, NULL, "%s\n", record->warnings[i]);
    }
    char expected[64];
    record_expectation_text(record, expected, sizeof(expected));
    if (expected[0] != '\0') {
        terminal_label(out, style, "expected", NULL);
        buffer_printf(out, NULL, "%s: %s%s%s\n", expected,
                      terminal_tone(style, outcomes[record->outcome].tone),
                      outcomes[record->outcome].word, terminal_tone(style, TONE_PLAIN));
    }
    if (results_dir != NULL) {
        terminal_label(out, style, "results", NULL);
        buffer_printf(out, NULL, "%s\n", results_dir);
    }
    return buffer_append_text(out, "\n", err);
}

int terminal_write_record(const struct record *record, const char *results_dir,
                          const struct terminal_style *style, struct buffer *out, struct error *err)
{
    if (terminal_headline(record, style, out, err) < 0)
        return -1;
    if (record->error.kind != ERROR_NONE) {
        terminal_label(out, style, "error", NULL);
        buffer_printf(out, NULL, "%s%s%s\n", terminal_tone(style, TONE_BAD), record->error.text,
                      terminal_tone(style, TONE_PLAIN));
        if (terminal_pod(record, style, out, err) < 0)
            return -1;
        return terminal_notes(record, results_dir, style, out, err);
    }
    if (terminal_runtimes(record, style, out, err) < 0 ||
        terminal_memory(record, style, out, err) < 0 ||
        terminal_floors(record, style, out, err) < 0 || terminal_pod(record, style, out, err) < 0)
        return -1;
    buffer_append_text(out, "\n", NULL);
    if (terminal_verdict(record, style, out, err) < 0 ||
        terminal_held(record, style, out, err) < 0 ||
        terminal_allocator(record, style, out, err) < 0)
        return -1;
    return terminal_notes(record, results_dir, style, out, err);
}

int terminal_write_summary(const struct record *const *records, size_t n_records,
                           const struct terminal_style *style, struct buffer *out,
                           struct error *err)
{
    unsigned counts[OUTCOME_MAX_] = {0};
    for (size_t i = 0; i < n_records; i++) {
        const struct record *record = records[i];
        char duration[UNITS_TEXT_MAX];
        bool pass = record->outcome == OUTCOME_PASS;
        counts[record->outcome]++;
        buffer_printf(out, NULL, "  %s%-5s%s %-28s %-13s %-12s %s\n",
                      terminal_tone(style, pass ? TONE_GOOD : TONE_BAD),
                      outcome_name(record->outcome), terminal_tone(style, TONE_PLAIN), record->id,
                      record->error.kind != ERROR_NONE ? "-"
                                                       : verdict_kind_name(record->verdict.kind),
                      cause_name(record->verdict.cause),
                      units_format_duration(record->duration_ns - record->waited_ns, duration));
    }
    return buffer_printf(out, err, "  %u passed, %u failed, %u undecided, %u in error\n\n",
                         counts[OUTCOME_PASS], counts[OUTCOME_FAIL], counts[OUTCOME_UNDECIDED],
                         counts[OUTCOME_ERROR]);
}

#include "report/record_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "report/pod_status.h"
#include "report/sparkline.h"
#include "scenario/instruments.h"
#include "scenario/record_instruments.h"
#include "verdict/indicators.h"

#define SPARKLINE_CELLS 40
#define FLOORS_MAX      8
#define MIB_BYTES       (1024.0 * 1024)
#define LINE_TEXT_MAX   ((size_t)256 * 1024)

/* Lines in the making. */
struct line_writer {
    const struct record_lines *lines; /* borrowed */
    record_line_take *take;
    void *user;
    bool judged;
    struct buffer text; /* of the line that is being made */
    bool failed;
    struct error error;
};

/* The verdict in capitals, as the eye should find it: "LAZY RELEASE". */
static const char *line_verdict_word(enum verdict_kind kind)
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

static enum record_tone line_verdict_tone(enum verdict_kind kind)
{
    switch (kind) {
    case VERDICT_CLEAN:
        return RECORD_TONE_GOOD;
    case VERDICT_LEAK:
        return RECORD_TONE_BAD;
    default:
        return RECORD_TONE_WARN;
    }
}

static const char *line_separator(const struct record_lines *lines)
{
    return lines->utf8 ? " · " : " | ";
}

/* Add to the text of the line. */
static void line_add(struct line_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void line_add(struct line_writer *writer, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length < 0 || writer->failed)
        return;
    if (buffer_append_text(&writer->text, text, &writer->error) < 0)
        writer->failed = true;
}

/* Hand over the line: `line` with what it has beside the text. */
static void line_hand_over(struct line_writer *writer, struct record_line line)
{
    line.before = line.before != NULL ? line.before : "";
    line.word = line.word != NULL ? line.word : "";
    line.after = line.after != NULL ? line.after : "";
    line.judged = writer->judged;
    if (!writer->failed)
        writer->take(writer->user, &line);
    buffer_clear(&writer->text);
}

/* Hand over what was added, as a line of this name. */
static void line_end(struct line_writer *writer, const char *name)
{
    line_hand_over(writer,
                   (struct record_line){.name = name, .before = buffer_text(&writer->text)});
}

/* A text that may be of any length. */
static void line_of(struct line_writer *writer, const char *name, const char *text)
{
    line_hand_over(writer, (struct record_line){.name = name, .before = text});
}

/* "5 cycles of 250 requests"; "of 24 to 250" when they were not all about as planned, as after a
 * kill. Nothing without cycles. */
static void headline_cycles(const struct record *record, const char *separator, struct buffer *out)
{
    unsigned cycles = 0;
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    for (size_t i = 0; i < record->timeline->n_cycles; i++) {
        const struct cycle *cycle = &record->timeline->cycles[i];
        if (cycle->kind != CYCLE_MEASURE)
            continue;
        uint64_t size = cycle_size(cycle);
        cycles += cycle_count(cycle);
        least = size < least ? size : least;
        most = size > most ? size : most;
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

int record_headline_write(const struct record_lines *lines, struct buffer *out, struct error *err)
{
    const struct record *record = lines->record;
    const char *separator = line_separator(lines);
    char limit[UNITS_TEXT_MAX];
    char duration[UNITS_TEXT_MAX];

    buffer_append_text(out, separator, NULL);
    if (record->question.limit_bytes == UINT64_MAX)
        buffer_append_text(out, "no limit", NULL);
    else
        buffer_printf(out, NULL, "limit %s",
                      units_format_bytes((double)record->question.limit_bytes, limit));
    if (record->target[0] != '\0')
        buffer_printf(out, NULL, "%s%s", separator, record->target);
    buffer_printf(out, NULL, "%sdriver %s (%s%s%s)", separator, record->driver, record->kernel,
                  record->accel[0] != '\0' ? ", " : "", record->accel);
    headline_cycles(record, separator, out);
    return buffer_printf(out, err, "%s%s", separator,
                         units_format_duration(record->duration_ns - record->waited_ns, duration));
}

/* The row of blocks, and the marks below it. */
static void lines_of_sparkline(struct line_writer *writer, const char *name, const char *peak,
                               double top_bytes)
{
    const struct record *record = writer->lines->record;
    const struct terminal_style style = {.utf8 = writer->lines->utf8};
    struct buffer *text = &writer->text;
    if (sparkline_write(record->timeline, SPARKLINE_CELLS, top_bytes, &style, text,
                        &writer->error) < 0)
        writer->failed = true;
    line_hand_over(writer,
                   (struct record_line){.name = name, .before = buffer_text(text), .after = peak});
    if (!sparkline_has_ends(record))
        return;
    char legend[64];
    snprintf(legend, sizeof(legend), "%s killed for memory%s", sparkline_kill_mark(&style),
             sparkline_has_failures(record) ? ", ! failed" : "");
    if (sparkline_write_ends(record, SPARKLINE_CELLS, &style, text, &writer->error) < 0)
        writer->failed = true;
    line_hand_over(writer,
                   (struct record_line){.name = "", .before = buffer_text(text), .after = legend});
}

static void lines_of_memory(struct line_writer *writer)
{
    const struct record *record = writer->lines->record;
    uint64_t peak = 0;
    char peak_text[UNITS_TEXT_MAX];
    char limit_text[UNITS_TEXT_MAX];
    if (record->timeline->n_memory == 0 || !indicators_peak(record->timeline, ~0U, &peak))
        return;
    bool limited = record->question.limit_bytes != UINT64_MAX;
    uint64_t top = limited ? record->question.limit_bytes : peak;
    const char *name = indicators_is_by_process(record->timeline) ? "rss" : "memory";
    line_add(writer, "peak %s", units_format_bytes((double)peak, peak_text));
    if (limited)
        line_add(writer, " of %s", units_format_bytes((double)top, limit_text));
    uint64_t kills = indicators_oom_kills(record->timeline);
    if (kills > 0)
        line_add(writer, ", OOM-killed %" PRIu64 " time%s", kills, kills == 1 ? "" : "s");
    if (!writer->lines->sparkline) {
        line_end(writer, name);
        return;
    }
    char said[256];
    snprintf(said, sizeof(said), "%s", buffer_text(&writer->text));
    buffer_clear(&writer->text);
    lines_of_sparkline(writer, name, said, (double)top);
}

/* One floor, in the unit and with the digits that fit the highest. */
static void line_add_floor(struct line_writer *writer, double floor_bytes, double highest_bytes,
                           const char *before)
{
    bool small = highest_bytes < MIB_BYTES;
    double unit = small ? MIB_BYTES / 1024 : MIB_BYTES;
    int digits = highest_bytes < 20 * unit ? 2 : 1;
    line_add(writer, "%s%.*f", before, small ? 0 : digits, floor_bytes / unit);
}

/* "7.1 → 15.3 → 23.5 MiB": every floor, or the first and the last ones. */
static void lines_of_floors(struct line_writer *writer)
{
    const struct record *record = writer->lines->record;
    struct floor_series series;
    indicators_floor_series(record->timeline, record->question.cycles_min + 1, &series);
    if (series.n == 0)
        return;
    double highest = 0;
    for (size_t i = 0; i < series.n; i++)
        highest = series.floor_bytes[i] > highest ? series.floor_bytes[i] : highest;
    const char *arrow = writer->lines->utf8 ? " → " : " > ";
    const char *gap = writer->lines->utf8 ? " → … → " : " > ... > ";
    const char *before = "";
    for (size_t i = 0; i < series.n; i++) {
        if (series.n > FLOORS_MAX && i >= 3 && i + 4 < series.n) {
            before = gap;
            continue;
        }
        line_add_floor(writer, series.floor_bytes[i], highest, before);
        before = arrow;
    }
    line_add(writer, " %s", highest < MIB_BYTES ? "KiB" : "MiB");
    line_end(writer, "floor");
}

static void lines_of_verdict(struct line_writer *writer)
{
    const struct verdict *verdict = &writer->lines->record->verdict;
    char estimate[UNITS_TEXT_MAX];
    char low[UNITS_TEXT_MAX];
    char high[UNITS_TEXT_MAX];
    if (verdict->kind == VERDICT_LEAK && verdict->has_time_rate)
        line_add(writer, "+%s per second, with requests or without",
                 units_format_bytes(verdict->bytes_per_s, estimate));
    else if (verdict->kind == VERDICT_LEAK && verdict->growth.present)
        line_add(writer, "+%s per request (95 %%: %s to %s)",
                 units_format_bytes(verdict->growth.estimate, estimate),
                 units_format_bytes(verdict->growth.low, low),
                 units_format_bytes(verdict->growth.high, high));
    else
        line_add(writer, "%s", verdict->reason);
    line_hand_over(writer, (struct record_line){.name = "verdict",
                                                .word = line_verdict_word(verdict->kind),
                                                .tone = line_verdict_tone(verdict->kind),
                                                .after = buffer_text(&writer->text)});
    if (verdict->kind != VERDICT_LEAK && verdict->has_smallest_leak &&
        verdict->kind != VERDICT_INCONCLUSIVE) {
        line_add(writer, "a leak of %s per request or more would have been found",
                 units_format_bytes(verdict->smallest_leak_bytes, estimate));
        line_end(writer, "");
    }
    if (verdict->cause != CAUSE_NONE) {
        line_add(writer, "%s%s%s", cause_name(verdict->cause),
                 verdict->evidence[0] != '\0' ? ": " : "", verdict->evidence);
        line_end(writer, "cause");
    }
    if (verdict->processes.n > 0)
        line_of(writer, "process", verdict->processes.text);
    if (verdict->effect[0] != '\0')
        line_of(writer, "effect", verdict->effect);
}

/* What `kubectl get pod` would say, of a run that goes by a restart policy of Kubernetes. */
static void lines_of_pod(struct line_writer *writer)
{
    static const char *const indents[2] = {"", ""};
    CLEANUP(buffer_done) struct buffer table = BUFFER_INIT(LINE_TEXT_MAX);
    if (pod_status_write(writer->lines->record, indents, &table, &writer->error) < 0)
        writer->failed = true;
    const char *name = "pod";
    for (char *row = table.data; row != NULL && *row != '\0'; name = "") {
        char *end = row + strcspn(row, "\n");
        bool more = *end != '\0';
        *end = '\0';
        line_of(writer, name, row);
        row = more ? end + 1 : NULL;
    }
}

/* What a probe released; what grew meanwhile was not released. */
static const char *line_released(int64_t bytes, char *text)
{
    return units_format_bytes(bytes > 0 ? (double)bytes : 0, text);
}

/* A share in per cent, without a sign when it is none. */
static double line_percent(double share)
{
    return share > -0.005 && share < 0.005 ? 0 : 100 * share;
}

/* Where the growth is held, and what gave memory back. */
static void lines_of_held(struct line_writer *writer)
{
    const struct record *record = writer->lines->record;
    const struct verdict *verdict = &record->verdict;
    const char *separator = "";
    char text[UNITS_TEXT_MAX];
    if (!verdict->has_shares && !verdict->has_reclaim && !verdict->has_collect)
        return;
    if (verdict->has_shares) {
        line_add(writer, "kernel%s %.0f %%, heap %.0f %%",
                 indicators_is_by_process(record->timeline) ? " (counted)" : "",
                 line_percent(verdict->share_kernel), line_percent(verdict->share_user));
        if (verdict->share_shmem > 0.005)
            line_add(writer, ", shmem %.0f %%", 100 * verdict->share_shmem);
        separator = line_separator(writer->lines);
    }
    if (verdict->has_reclaim) {
        line_add(writer, "%sreclaim gave back %s", separator,
                 line_released(verdict->released_reclaim_bytes, text));
        separator = line_separator(writer->lines);
    }
    if (verdict->has_collect) {
        line_add(writer, "%scollection %s", separator,
                 line_released(verdict->released_collect_bytes, text));
        separator = line_separator(writer->lines);
    }
    if (verdict->has_trim)
        line_add(writer, "%strim %s", separator, line_released(verdict->released_trim_bytes, text));
    if (verdict->has_rest)
        line_add(writer, "%srest %s", line_separator(writer->lines),
                 line_released(verdict->released_rest_bytes, text));
    line_end(writer, "held in");
}

/* What the service's allocator said at the last measured floor. */
static void lines_of_allocator(struct line_writer *writer)
{
    char arena[UNITS_TEXT_MAX];
    char in_use[UNITS_TEXT_MAX];
    char unused[UNITS_TEXT_MAX];
    const struct cycle *cycle =
        indicators_last_cycle(writer->lines->record->timeline, CYCLE_MEASURE);
    if (cycle == NULL || !survey_has_allocator(&cycle->floor))
        return;
    line_add(writer, "%s in arenas, %s in use, %s free",
             units_format_bytes((double)cycle->floor.value[SURVEY_HEAP_ARENA], arena),
             units_format_bytes((double)cycle->floor.value[SURVEY_HEAP_IN_USE], in_use),
             units_format_bytes((double)cycle->floor.value[SURVEY_HEAP_FREE], unused));
    line_end(writer, "malloc");
}

/* The runtimes, each once, and how large their heaps may become. */
static void lines_of_runtimes(struct line_writer *writer)
{
    const struct record *record = writer->lines->record;
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
        if (same > 1)
            line_add(writer, "%u times ", same);
        line_add(writer, "%s", text);
        line_end(writer, "runtime");
    }
}

/* What an instrument did to the service, unless that is said with one before; several that are one
 * thing have the same effect. */
static void lines_of_effect(struct line_writer *writer, unsigned index)
{
    const struct record *record = writer->lines->record;
    const char *effect = record->instruments[index].effect;
    for (unsigned i = 0; i < index; i++)
        if (strcmp(record->instruments[i].effect, effect) == 0)
            return;
    if (*effect == '\0')
        return;
    for (unsigned i = index; i < record->n_instruments; i++)
        if (strcmp(record->instruments[i].effect, effect) == 0)
            line_add(writer, "%s%s", i > index ? ", " : "", record->instruments[i].name);
    line_add(writer, ": %s", effect);
    line_end(writer, "note");
}

/* Which instruments looked into it, what they did to it, and which could not. */
static void lines_of_instruments(struct line_writer *writer)
{
    const struct record *record = writer->lines->record;
    char text[INSTRUMENTS_TEXT_MAX + 2 * INSTRUMENT_KIND_MAX_];
    if (record->n_instruments == 0)
        return;
    if (record_instruments_text(record, text, sizeof(text))[0] != '\0') {
        line_add(writer, "with instruments: %s", text);
        line_end(writer, "note");
    }
    for (unsigned i = 0; i < record->n_instruments; i++) {
        const struct record_instrument *instrument = &record->instruments[i];
        lines_of_effect(writer, i);
        if (instrument->state == RECORD_INSTRUMENT_USED)
            continue;
        line_add(writer, "%s %s: %s", instrument->name,
                 instrument->state == RECORD_INSTRUMENT_FAILED ? "failed" : "cannot work here",
                 instrument->why);
        line_end(writer, "warning");
    }
}

/* A leak that was found is half of it: who holds it is the other. What a test called cannot be
 * repeated from here. */
static void line_of_next(struct line_writer *writer)
{
    const struct record *record = writer->lines->record;
    const char *dir = writer->lines->next_dir;
    if (dir == NULL || record->error.kind != ERROR_NONE || record->verdict.kind != VERDICT_LEAK ||
        record->n_instruments > 0 || strcmp(record->driver, "function") == 0)
        return;
    bool plain = strpbrk(dir, " \t\"'$&;()<>|*?`\\~#") == NULL;
    line_add(writer, "leakcage explain %s%s%s", plain ? "" : "\"", dir, plain ? "" : "\"");
    line_end(writer, "next");
}

static void lines_of_notes(struct line_writer *writer)
{
    static const struct {
        enum record_tone tone;
        const char *word;
    } outcomes[OUTCOME_MAX_] = {
        [OUTCOME_PASS] = {RECORD_TONE_GOOD, "pass"},
        [OUTCOME_FAIL] = {RECORD_TONE_BAD, "FAIL"},
        [OUTCOME_ERROR] = {RECORD_TONE_WARN, "no verdict"},
        [OUTCOME_UNDECIDED] = {RECORD_TONE_WARN, "no verdict"},
    };
    const struct record *record = writer->lines->record;
    char sanitizer[RECORD_SANITIZER_TEXT_MAX];
    lines_of_instruments(writer);
    if (record_sanitizer_text(record, sanitizer)[0] != '\0')
        line_of(writer, "note", sanitizer);
    for (unsigned i = 0; i < record->verdict.n_findings; i++)
        line_of(writer, "note", record->verdict.findings[i]);
    for (unsigned i = 0; i < record->n_warnings; i++)
        line_of(writer, "warning", record->warnings[i]);
    char expected[64];
    record_expectation_text(record, expected, sizeof(expected));
    if (expected[0] != '\0') {
        line_add(writer, "%s: ", expected);
        line_hand_over(writer, (struct record_line){.name = "expected",
                                                    .before = buffer_text(&writer->text),
                                                    .word = outcomes[record->outcome].word,
                                                    .tone = outcomes[record->outcome].tone});
    }
    if (writer->lines->results_dir != NULL)
        line_of(writer, "results", writer->lines->results_dir);
    line_of_next(writer);
}

int record_lines_each(const struct record_lines *lines, record_line_take *take, void *user,
                      struct error *err)
{
    const struct record *record = lines->record;
    struct line_writer writer = {
        .lines = lines, .take = take, .user = user, .text = BUFFER_INIT(LINE_TEXT_MAX)};
    if (record->error.kind != ERROR_NONE) {
        line_hand_over(&writer, (struct record_line){.name = "error",
                                                     .word = record->error.text,
                                                     .tone = RECORD_TONE_BAD});
        lines_of_pod(&writer);
    } else {
        lines_of_runtimes(&writer);
        lines_of_memory(&writer);
        lines_of_floors(&writer);
        lines_of_pod(&writer);
        writer.judged = true;
        lines_of_verdict(&writer);
        lines_of_held(&writer);
        lines_of_allocator(&writer);
    }
    lines_of_notes(&writer);
    buffer_done(&writer.text);
    if (writer.failed)
        return error_set(err, writer.error.kind, "%s", writer.error.text);
    return 0;
}

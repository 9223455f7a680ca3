#include "export/export_csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/ci_text.h"
#include "report/line_text.h"
#include "timeline/csv.h"
#include "verdict/indicators.h"

#define CSV_TEXT_MAX ((size_t)64 * 1024)
/* What a row takes at the most besides what is the same on all rows of its run. */
#define CSV_ROW_MAX ((size_t)16 * 1024)

/* Columns behind those that every row has, and before those of marks. */
static const char *const csv_load_columns[] = {
    "started_count",   "ok_count",        "other_status_count", "refused_count",
    "reset_count",     "timed_out_count", "failed_count",       "completed_count",
    "in_flight_count", "requests_per_s",  "latency_p50_s",      "latency_p99_s",
};
#define CSV_LOAD_COLUMNS (sizeof(csv_load_columns) / sizeof(csv_load_columns[0]))
#define CSV_COMPLETED    7

/* Of a survey: what the floor is made of, and the counts. RSS has its column already. */
static const enum survey_field csv_survey_fields[] = {
    SURVEY_PROCESSES, SURVEY_THREADS,    SURVEY_PSS_ANON,    SURVEY_PSS_FILE,  SURVEY_PSS_SHMEM,
    SURVEY_LAZY_FREE, SURVEY_HEAP_ARENA, SURVEY_HEAP_IN_USE, SURVEY_HEAP_FREE, SURVEY_MAPPINGS,
    SURVEY_FD_SOCKET, SURVEY_FD_FILE,    SURVEY_FD_PIPE,
};
#define CSV_SURVEY_FIELDS (sizeof(csv_survey_fields) / sizeof(csv_survey_fields[0]))

/* The characters that begin a formula, also as wide as those of East Asian scripts. */
static bool csv_is_formula(const char *text)
{
    static const char *const begins[] = {
        "=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
    while (*text == ' ')
        text++;
    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
        if (strncmp(text, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

void export_csv_text(struct buffer *out, const char *text)
{
    CLEANUP(buffer_done) struct buffer plain = BUFFER_INIT(CSV_TEXT_MAX);
    struct error ignored;
    if (line_text_append(text, LINE_TEXT_UTF8, &plain, &ignored) < 0)
        buffer_clear(&plain);
    CLEANUP(buffer_done) struct buffer guarded = BUFFER_INIT(CSV_TEXT_MAX + 1);
    (void)buffer_append_text(&guarded, csv_is_formula(buffer_text(&plain)) ? "'" : "", NULL);
    (void)buffer_append_text(&guarded, buffer_text(&plain), NULL);
    csv_text(out, buffer_text(&guarded));
}

static void csv_skip(struct buffer *out, size_t n)
{
    static const char commas[] =
        ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,";
    (void)buffer_append(out, commas, n < sizeof(commas) - 1 ? n : sizeof(commas) - 1, NULL);
}

static void csv_number(struct buffer *out, double value)
{
    char text[CI_NUMBER_MAX];
    (void)buffer_printf(out, NULL, "%s,", ci_number(value, text));
}

/* Seconds, to the microsecond. */
static void csv_seconds(struct buffer *out, nsec_t t_ns)
{
    nsec_t us = t_ns / NSEC_PER_USEC;
    (void)buffer_printf(out, NULL, "%" PRId64 ".%06" PRId64 ",", us / 1000000, us % 1000000);
}

static void csv_latency(struct buffer *out, nsec_t latency_ns)
{
    if (latency_ns >= 0)
        csv_number(out, (double)latency_ns / (double)NSEC_PER_SEC);
    else
        csv_absent(out);
}

static void csv_header(struct buffer *out)
{
    static const char *const first[] = {
        "run",    "scenario", "variant", "build", "allocator",  "row",         "t_s",
        "unix_s", "start",    "phase",   "cycle", "cycle_kind", "limit_bytes", "working_set_bytes"};
    static const char *const marks[] = {"mark", "mark_value", "mark_text"};
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
        csv_text(out, first[i]);
    for (unsigned i = 0; i < MEMORY_FIELD_MAX; i++)
        csv_text(out, memory_field_info[i].column);
    for (size_t i = 0; i < CSV_LOAD_COLUMNS; i++)
        csv_text(out, csv_load_columns[i]);
    csv_text(out, "floor_bytes");
    csv_text(out, "descriptors_count");
    for (size_t i = 0; i < CSV_SURVEY_FIELDS; i++)
        csv_text(out, survey_field_column[csv_survey_fields[i]]);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        csv_text(out, marks[i]);
    csv_end_row(out);
}

static void csv_memory(struct buffer *out, const struct memory_sample *sample,
                       const struct survey *survey)
{
    uint64_t working_set = 0;
    if (export_working_set(sample, &working_set))
        csv_u64(out, working_set);
    else
        csv_absent(out);
    for (unsigned i = 0; i < MEMORY_FIELD_MAX; i++) {
        if (memory_sample_has(sample, (enum memory_field)i))
            csv_u64(out, sample->value[i]);
        else if (i == MEMORY_RSS && survey != NULL && survey_has(survey, SURVEY_RSS))
            csv_u64(out, survey->value[SURVEY_RSS]);
        else
            csv_absent(out);
    }
}

static void csv_load(struct buffer *out, const struct export_step *at)
{
    const struct load_counts *counts = &at->load->counts;
    const uint64_t values[] = {
        counts->started,    counts->ok,        counts->other_status, counts->refused,
        counts->reset,      counts->timed_out, counts->failed,       load_counts_completed(counts),
        at->load->in_flight};
    double rate = 0;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        csv_u64(out, values[i]);
    if (export_rate(at->before, at->load, &rate))
        csv_number(out, rate);
    else
        csv_absent(out);
    csv_latency(out, at->load->latency_p50_ns);
    csv_latency(out, at->load->latency_p99_ns);
}

static void csv_survey(struct buffer *out, const struct export_step *at)
{
    struct floor_parts floor = indicators_floor(at->survey);
    uint64_t descriptors = 0;
    csv_skip(out, CSV_COMPLETED);
    csv_u64(out, at->completed);
    csv_skip(out, CSV_LOAD_COLUMNS - CSV_COMPLETED - 1);
    if (at->kind == EXPORT_FLOOR && floor.present)
        csv_i64(out, floor.total_bytes);
    else
        csv_absent(out);
    if (export_descriptors(at->survey, &descriptors))
        csv_u64(out, descriptors);
    else
        csv_absent(out);
    for (size_t i = 0; i < CSV_SURVEY_FIELDS; i++) {
        if (survey_has(at->survey, csv_survey_fields[i]))
            csv_u64(out, at->survey->value[csv_survey_fields[i]]);
        else
            csv_absent(out);
    }
}

/* What every row has, behind the names. */
static void csv_place(struct buffer *out, const struct record *record, const struct export_step *at)
{
    static const char *const rows[] = {
        [EXPORT_MARK] = "mark",       [EXPORT_MEMORY] = "memory", [EXPORT_LOAD] = "load",
        [EXPORT_SETTLED] = "settled", [EXPORT_FLOOR] = "floor",
    };
    csv_text(out, rows[at->kind]);
    csv_seconds(out, at->t_ns);
    if (record->started_unix_ms > 0)
        csv_seconds(out, record->started_unix_ms * NSEC_PER_MSEC + at->t_ns);
    else
        csv_absent(out);
    csv_u64(out, at->start);
    export_csv_text(out, at->phase != NULL ? at->phase->text : "");
    if (at->cycle != NULL) {
        csv_u64(out, (uint64_t)(at->cycle - record->timeline->cycles));
        csv_text(out, cycle_kind_name(at->cycle->kind));
    } else {
        csv_skip(out, 2);
    }
    if (record->question.limit_bytes != UINT64_MAX)
        csv_u64(out, record->question.limit_bytes);
    else
        csv_absent(out);
}

static void csv_row(struct buffer *out, const struct record *record, const struct export_step *at)
{
    csv_place(out, record, at);
    if (at->memory != NULL || at->survey != NULL)
        csv_memory(out, at->memory != NULL ? at->memory : &at->survey->memory, at->survey);
    else
        csv_skip(out, 1 + (size_t)MEMORY_FIELD_MAX);
    if (at->survey != NULL) {
        csv_survey(out, at);
    } else {
        if (at->load != NULL)
            csv_load(out, at);
        else
            csv_skip(out, CSV_LOAD_COLUMNS);
        csv_skip(out, 2 + CSV_SURVEY_FIELDS);
    }
    if (at->mark != NULL) {
        csv_text(out, mark_kind_name(at->mark->kind));
        csv_u64(out, at->mark->value);
        export_csv_text(out, at->mark->text);
    } else {
        csv_skip(out, 3);
    }
    csv_end_row(out);
}

static int csv_run(const struct record *record, struct buffer *out, struct error *err)
{
    CLEANUP(buffer_done) struct buffer names = BUFFER_INIT(8 * CSV_TEXT_MAX);
    export_csv_text(&names, record->id);
    export_csv_text(&names, record->scenario);
    export_csv_text(&names, record->variant);
    export_csv_text(&names, record->build);
    export_csv_text(&names, record->allocator);
    struct export_walk walk;
    export_walk_begin(&walk, record->timeline);
    while (export_walk_next(&walk)) {
        if (buffer_reserve(out, names.length + CSV_ROW_MAX, err) < 0)
            return -1;
        (void)buffer_append(out, names.data, names.length, NULL);
        csv_row(out, record, &walk.at);
    }
    return 0;
}

int export_csv_write(const struct stored_record *runs, size_t n, struct buffer *out,
                     struct error *err)
{
    if (buffer_reserve(out, CSV_ROW_MAX, err) < 0)
        return export_too_large("CSV", err);
    csv_header(out);
    for (size_t i = 0; i < n; i++)
        if (csv_run(runs[i].record, out, err) < 0)
            return export_too_large("CSV", err);
    return 0;
}

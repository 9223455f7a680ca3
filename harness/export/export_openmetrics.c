#include "export/export_openmetrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "export/export_series.h"
#include "report/ci_openmetrics.h"
#include "report/openmetrics_text.h"
#include "report/records_ci.h"

#define SAMPLE_TEXT_MAX 64
#define PREFIX_MAX      ((size_t)64 * 1024)
/* A value that stands is said again after so long… */
#define REPEAT_MS 1000
/* …and the limit, which never moves: sooner than Prometheus forgets it (5 minutes). */
#define LIMIT_REPEAT_MS 60000

/* A sample, and what stands before it on its line. */
struct sample {
    int64_t unix_ms;
    uint64_t value;
    bool present;
};

struct sample_line {
    struct ci_writer *writer;
    const struct buffer *prefix; /* "family{labels} " */
    uint64_t divisor;
    struct sample written, next; /* the last on paper, and the one that may follow */
};

/* In the unit of the family, exactly: "0.000251". */
static const char *sample_value(uint64_t value, uint64_t divisor, char *text)
{
    if (divisor == 1)
        snprintf(text, SAMPLE_TEXT_MAX, "%" PRIu64, value);
    else
        snprintf(text, SAMPLE_TEXT_MAX,
                 divisor == 1000000 ? "%" PRIu64 ".%06" PRIu64 : "%" PRIu64 ".%09" PRIu64,
                 value / divisor, value % divisor);
    return text;
}

static void sample_write(struct sample_line *line, const struct sample *sample)
{
    char text[SAMPLE_TEXT_MAX];
    ci_put(line->writer, buffer_text(line->prefix));
    ci_put(line->writer, sample_value(sample->value, line->divisor, text));
    ci_put(line->writer, " ");
    ci_put(line->writer, openmetrics_time(sample->unix_ms, text));
    ci_put(line->writer, "\n");
    line->written = *sample;
}

/* Of what is read within a millisecond the last counts. What has not changed is written again only
 * when it has stood for long, or is the last there is. */
static void sample_flush(struct sample_line *line, bool is_last)
{
    const struct sample *next = &line->next;
    if (!next->present)
        return;
    if (is_last || !line->written.present || next->value != line->written.value ||
        next->unix_ms >= line->written.unix_ms + REPEAT_MS)
        sample_write(line, next);
    line->next.present = false;
}

static void sample_add(struct sample_line *line, int64_t unix_ms, uint64_t value)
{
    if (line->next.present && unix_ms > line->next.unix_ms)
        sample_flush(line, false);
    line->next = (struct sample){.unix_ms = unix_ms, .value = value, .present = true};
}

static int64_t openmetrics_at(const struct record *record, nsec_t t_ns)
{
    return record->started_unix_ms + t_ns / NSEC_PER_MSEC;
}

/* "family_total{scenario="…",stall="some"} " */
static void openmetrics_prefix(struct ci_writer *writer, const struct export_series *series,
                               const struct ci_case *item)
{
    const char *const more[] = {series->label, series->value, NULL};
    ci_put(writer, series->family);
    ci_put(writer, strcmp(series->type, "counter") == 0 ? "_total" : "");
    openmetrics_labels(writer, item, series->label != NULL ? more : NULL);
    ci_put(writer, " ");
}

/* The samples of a series in one run, with its family in front unless that is there. */
static void openmetrics_series(struct ci_writer *writer, const struct export_series *series,
                               const struct record *record, const struct ci_case *item,
                               bool *described)
{
    CLEANUP(buffer_done) struct buffer prefix = BUFFER_INIT(PREFIX_MAX);
    struct ci_writer prefix_writer;
    struct sample_line line = {.writer = writer, .prefix = &prefix, .divisor = series->divisor};
    struct export_walk walk;
    ci_begin(&prefix_writer, &prefix);
    openmetrics_prefix(&prefix_writer, series, item);
    export_walk_begin(&walk, record->timeline);
    while (!writer->failed && export_walk_next(&walk)) {
        uint64_t value = 0;
        if (!series->read(&walk.at, series->field, &value))
            continue;
        if (!*described)
            openmetrics_describe(writer,
                                 &(struct openmetrics_family){series->family, series->type,
                                                              series->unit, series->help, NULL});
        *described = true;
        sample_add(&line, openmetrics_at(record, walk.at.t_ns), value);
    }
    sample_flush(&line, true);
    if (ci_end(&prefix_writer, &writer->error) < 0)
        writer->failed = true;
}

/* A constant, as often as it has to be said. */
static void openmetrics_limit(struct ci_writer *writer, const struct record *record,
                              const struct ci_case *item, bool *described)
{
    static const struct export_series limit = {.family = "leakcage_limit_bytes", .type = "gauge"};
    CLEANUP(buffer_done) struct buffer prefix = BUFFER_INIT(PREFIX_MAX);
    struct sample_line line = {.writer = writer, .prefix = &prefix, .divisor = 1};
    struct ci_writer prefix_writer;
    if (record->question.limit_bytes == UINT64_MAX)
        return;
    if (!*described)
        openmetrics_describe(writer,
                             &(struct openmetrics_family){limit.family, limit.type, "bytes",
                                                          "What the service may use", NULL});
    *described = true;
    ci_begin(&prefix_writer, &prefix);
    openmetrics_prefix(&prefix_writer, &limit, item);
    int64_t end_ms = openmetrics_at(record, record->duration_ns);
    for (int64_t ms = record->started_unix_ms; ms < end_ms; ms += LIMIT_REPEAT_MS)
        sample_add(&line, ms, record->question.limit_bytes);
    sample_add(&line, end_ms, record->question.limit_bytes);
    sample_flush(&line, true);
    if (ci_end(&prefix_writer, &writer->error) < 0)
        writer->failed = true;
}

static void openmetrics_timelines(struct ci_writer *writer, const struct stored_record *runs,
                                  const struct ci_report *report, size_t n)
{
    bool described = false;
    size_t n_series = export_series_count();
    for (size_t i = 0; i < n; i++)
        openmetrics_limit(writer, runs[i].record, &report->cases[i], &described);
    const char *family = "";
    for (size_t k = 0; k < n_series; k++) {
        struct export_series series;
        export_series_at(k, &series);
        if (strcmp(series.family, family) != 0)
            described = false;
        family = series.family;
        for (size_t i = 0; i < n; i++)
            openmetrics_series(writer, &series, runs[i].record, &report->cases[i], &described);
    }
}

/* Is the figure of a run among what is said as it went on? */
static bool openmetrics_is_timeline(const char *figure)
{
    size_t n_series = export_series_count();
    if (strcmp(figure, "limit_bytes") == 0)
        return true;
    for (size_t k = 0; k < n_series; k++) {
        struct export_series series;
        export_series_at(k, &series);
        if (strcmp(series.family + strlen("leakcage_"), figure) == 0)
            return true;
    }
    return false;
}

/* The cases with the time of their end, and without the figures that have a timeline. */
static void openmetrics_set_ends(struct ci_list *list, const struct stored_record *runs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct ci_case *item = &list->cases[i];
        struct ci_metric *kept =
            ci_list_alloc(list, (item->n_metrics + 1) * sizeof(*item->metrics));
        size_t n_kept = 0;
        for (size_t k = 0; kept != NULL && k < item->n_metrics; k++)
            if (!openmetrics_is_timeline(item->metrics[k].name))
                kept[n_kept++] = item->metrics[k];
        item->metrics = kept;
        item->n_metrics = n_kept;
        item->unix_ms = openmetrics_at(runs[i].record, runs[i].record->duration_ns);
    }
}

/* Is it known when each of them began? */
static int openmetrics_check_dates(const struct stored_record *runs, size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct record *record = runs[i].record;
        const char *dir = runs[i].dir != NULL ? runs[i].dir : record->id;
        if (record->started_unix_ms <= 0)
            return error_set(err, ERROR_USAGE,
                             "%s/result.json: found no \"started_unix_s\" (an older leakcage did "
                             "not note when a run began), expected it, for samples without a date "
                             "are of no use to Prometheus: add it there, in seconds since 1970; "
                             "where the file is as it was written, that is what `date -r "
                             "%s/result.json +%%s` says less %.0f, which the run took",
                             dir, dir, (double)record->duration_ns / (double)NSEC_PER_SEC);
    }
    return 0;
}

int export_openmetrics_write(const struct stored_record *runs, size_t n, struct buffer *out,
                             struct error *err)
{
    if (openmetrics_check_dates(runs, n, err) < 0)
        return -1;
    CLEANUP(ci_list_done) struct ci_list list = {0};
    if (records_ci(&(struct records_ci_input){.items = runs, .n = n}, &list, err) < 0)
        return -1;
    openmetrics_set_ends(&list, runs, n);
    if (list.failed)
        return error_out_of_memory(err);

    struct ci_writer writer;
    ci_begin(&writer, out);
    openmetrics_timelines(&writer, runs, &list.report, n);
    ci_openmetrics_families(&writer, &list.report);
    ci_put(&writer, "# EOF\n");
    return ci_end(&writer, err) < 0 ? export_too_large("OpenMetrics", err) : 0;
}

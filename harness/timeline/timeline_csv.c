#include "timeline/timeline_csv.h"

#include <string.h>

#include "timeline/csv.h"

/* Columns of timeline.csv, in order: t_ns, row, the memory fields, the load fields, the mark. */
static const char *const load_columns[] = {
    "started_count",   "ok_count",     "other_status_count", "refused_count",  "reset_count",
    "timed_out_count", "failed_count", "in_flight_count",    "latency_p50_ns", "latency_p99_ns",
};
#define LOAD_COLUMNS   (sizeof(load_columns) / sizeof(load_columns[0]))
#define MARK_COLUMNS   3
#define FIRST_MEMORY   2
#define TIMELINE_WIDTH (FIRST_MEMORY + (size_t)MEMORY_FIELD_MAX + LOAD_COLUMNS + MARK_COLUMNS)

/* Where things are in a file: it has a column for RSS when samples have one. */
struct timeline_columns {
    unsigned memory; /* how many memory fields */
    size_t load;     /* the first of the load's, and of the mark's */
    size_t mark;
    size_t width;
};

static void timeline_csv_absent(struct buffer *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        csv_absent(out);
}

/* How many memory fields these samples are written with. */
static unsigned timeline_csv_memory_fields(const struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->n_memory; i++)
        if (memory_sample_has(&timeline->memory[i], MEMORY_RSS))
            return MEMORY_FIELD_MAX;
    return MEMORY_CGROUP_FIELD_MAX;
}

static void timeline_csv_header(struct buffer *out, unsigned fields)
{
    csv_text(out, "t_ns");
    csv_text(out, "row");
    for (unsigned i = 0; i < fields; i++)
        csv_text(out, memory_field_info[i].column);
    for (size_t i = 0; i < LOAD_COLUMNS; i++)
        csv_text(out, load_columns[i]);
    csv_text(out, "mark");
    csv_text(out, "mark_value");
    csv_text(out, "mark_text");
    csv_end_row(out);
}

static void timeline_csv_memory(struct buffer *out, const struct memory_sample *sample,
                                unsigned fields)
{
    csv_i64(out, sample->t_ns);
    csv_text(out, "memory");
    for (unsigned i = 0; i < fields; i++) {
        if (memory_sample_has(sample, (enum memory_field)i))
            csv_u64(out, sample->value[i]);
        else
            csv_absent(out);
    }
    timeline_csv_absent(out, LOAD_COLUMNS + MARK_COLUMNS);
    csv_end_row(out);
}

static void csv_latency(struct buffer *out, nsec_t latency_ns)
{
    if (latency_ns >= 0)
        csv_i64(out, latency_ns);
    else
        csv_absent(out);
}

static void timeline_csv_load(struct buffer *out, const struct load_sample *sample, unsigned fields)
{
    csv_i64(out, sample->t_ns);
    csv_text(out, "load");
    timeline_csv_absent(out, fields);
    csv_u64(out, sample->counts.started);
    csv_u64(out, sample->counts.ok);
    csv_u64(out, sample->counts.other_status);
    csv_u64(out, sample->counts.refused);
    csv_u64(out, sample->counts.reset);
    csv_u64(out, sample->counts.timed_out);
    csv_u64(out, sample->counts.failed);
    csv_u64(out, sample->in_flight);
    csv_latency(out, sample->latency_p50_ns);
    csv_latency(out, sample->latency_p99_ns);
    timeline_csv_absent(out, MARK_COLUMNS);
    csv_end_row(out);
}

static void timeline_csv_mark(struct buffer *out, const struct mark *mark, unsigned fields)
{
    csv_i64(out, mark->t_ns);
    csv_text(out, "mark");
    timeline_csv_absent(out, fields + LOAD_COLUMNS);
    csv_text(out, mark_kind_name(mark->kind));
    csv_u64(out, mark->value);
    csv_text(out, mark->text);
    csv_end_row(out);
}

int timeline_csv_write(const struct timeline *timeline, struct buffer *out, struct error *err)
{
    unsigned fields = timeline_csv_memory_fields(timeline);
    timeline_csv_header(out, fields);
    size_t m = 0;
    size_t l = 0;
    size_t k = 0;
    for (;;) {
        nsec_t memory_ns = m < timeline->n_memory ? timeline->memory[m].t_ns : NSEC_NEVER;
        nsec_t load_ns = l < timeline->n_load ? timeline->load[l].t_ns : NSEC_NEVER;
        nsec_t mark_ns = k < timeline->n_marks ? timeline->marks[k].t_ns : NSEC_NEVER;
        if (buffer_reserve(out, 4096, err) < 0)
            return error_prefix(err, "timeline.csv");
        if (mark_ns != NSEC_NEVER && mark_ns <= memory_ns && mark_ns <= load_ns)
            timeline_csv_mark(out, &timeline->marks[k++], fields);
        else if (memory_ns != NSEC_NEVER && memory_ns <= load_ns)
            timeline_csv_memory(out, &timeline->memory[m++], fields);
        else if (load_ns != NSEC_NEVER)
            timeline_csv_load(out, &timeline->load[l++], fields);
        else
            return 0;
    }
}

static int timeline_csv_read_memory(const struct csv_reader *row,
                                    const struct timeline_columns *columns, nsec_t t_ns,
                                    struct timeline *timeline, struct error *err)
{
    struct memory_sample sample = {.t_ns = t_ns};
    for (unsigned i = 0; i < columns->memory; i++) {
        uint64_t value = 0;
        if (row->fields[FIRST_MEMORY + i][0] == '\0')
            continue;
        if (csv_read_u64(row, FIRST_MEMORY + i, 0, &value, err) < 0)
            return -1;
        memory_sample_set(&sample, (enum memory_field)i, value);
    }
    return timeline_add_memory(timeline, &sample, err) < 0 ? csv_row_error(row, err) : 0;
}

static int timeline_csv_read_load(const struct csv_reader *row,
                                  const struct timeline_columns *columns, nsec_t t_ns,
                                  struct timeline *timeline, struct error *err)
{
    struct load_sample sample = {.t_ns = t_ns};
    uint64_t *const counts[] = {
        &sample.counts.started, &sample.counts.ok,    &sample.counts.other_status,
        &sample.counts.refused, &sample.counts.reset, &sample.counts.timed_out,
        &sample.counts.failed,  &sample.in_flight,
    };
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (csv_read_u64(row, columns->load + i, 0, counts[i], err) < 0)
            return -1;
    if (csv_read_i64(row, columns->load + 8, -1, &sample.latency_p50_ns, err) < 0 ||
        csv_read_i64(row, columns->load + 9, -1, &sample.latency_p99_ns, err) < 0)
        return -1;
    return timeline_add_load(timeline, &sample, err) < 0 ? csv_row_error(row, err) : 0;
}

static int timeline_csv_read_mark(const struct csv_reader *row,
                                  const struct timeline_columns *columns, nsec_t t_ns,
                                  struct timeline *timeline, struct error *err)
{
    enum mark_kind kind = MARK_PHASE;
    uint64_t value = 0;
    if (!mark_kind_from_name(row->fields[columns->mark], &kind))
        return error_set(err, ERROR_USAGE, "%s:%u: unknown mark \"%.40s\"", row->name, row->line,
                         row->fields[columns->mark]);
    if (csv_read_u64(row, columns->mark + 1, 0, &value, err) < 0)
        return -1;
    timeline_add_mark(timeline, t_ns, kind, value, row->fields[columns->mark + 2]);
    return 0;
}

/* The header must be the one this version writes, column by column, with RSS or without. */
static int timeline_csv_check_header(const struct csv_reader *row, struct timeline_columns *ret,
                                     struct error *err)
{
    unsigned memory =
        row->n_fields + 1 == TIMELINE_WIDTH ? MEMORY_CGROUP_FIELD_MAX : MEMORY_FIELD_MAX;
    if (row->n_fields != TIMELINE_WIDTH && memory == MEMORY_FIELD_MAX)
        return error_set(err, ERROR_USAGE, "%s:1: found %zu columns, expected %zu", row->name,
                         row->n_fields, TIMELINE_WIDTH);
    for (unsigned i = 0; i < memory; i++)
        if (strcmp(row->fields[FIRST_MEMORY + i], memory_field_info[i].column) != 0)
            return error_set(err, ERROR_USAGE, "%s:1: column %u: found \"%.60s\", expected \"%s\"",
                             row->name, i + 3, row->fields[FIRST_MEMORY + i],
                             memory_field_info[i].column);
    *ret = (struct timeline_columns){
        .memory = memory,
        .load = FIRST_MEMORY + (size_t)memory,
        .mark = FIRST_MEMORY + (size_t)memory + LOAD_COLUMNS,
        .width = row->n_fields,
    };
    return 0;
}

int timeline_csv_read(const char *name, char *text, struct timeline *timeline, struct error *err)
{
    struct csv_reader row;
    struct timeline_columns columns = {.memory = 0};
    csv_reader_init(&row, name, text);
    int status = csv_reader_next(&row, err);
    if (status > 0)
        return error_set(err, ERROR_USAGE, "%s: is empty", name);
    if (status < 0 || timeline_csv_check_header(&row, &columns, err) < 0)
        return -1;

    while ((status = csv_reader_next(&row, err)) == 0) {
        nsec_t t_ns = 0;
        if (row.n_fields != columns.width)
            return error_set(err, ERROR_USAGE, "%s:%u: found %zu columns, expected %zu", name,
                             row.line, row.n_fields, columns.width);
        if (csv_read_i64(&row, 0, 0, &t_ns, err) < 0)
            return -1;

        const char *kind = row.fields[1];
        int added = -1;
        if (strcmp(kind, "memory") == 0)
            added = timeline_csv_read_memory(&row, &columns, t_ns, timeline, err);
        else if (strcmp(kind, "load") == 0)
            added = timeline_csv_read_load(&row, &columns, t_ns, timeline, err);
        else if (strcmp(kind, "mark") == 0)
            added = timeline_csv_read_mark(&row, &columns, t_ns, timeline, err);
        else
            error_set(err, ERROR_USAGE, "%s:%u: unknown row \"%.40s\"", name, row.line, kind);
        if (added < 0)
            return -1;
    }
    return status < 0 ? -1 : 0;
}

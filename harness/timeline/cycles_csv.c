#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "timeline/csv.h"
#include "timeline/timeline_csv.h"

/* The plain columns of a cycle: one table for writing and reading. */
enum column_type {
    COLUMN_U64,
    COLUMN_I64,
    COLUMN_UNSIGNED,
    COLUMN_BOOL,
    COLUMN_LATENCY,
    COLUMN_DURATION
};

struct cycle_column {
    const char *name;
    enum column_type type;
    size_t offset;
};

#define COLUMN(name, type, member)                 \
    {                                              \
        name, type, offsetof(struct cycle, member) \
    }

#define COLUMN_COLLECTED "collected_bytes"
#define COLUMN_FOLDED    "folded_count"
#define COLUMN_PAUSES    "pauses_ns"

static const struct cycle_column cycle_columns[] = {
    COLUMN("start", COLUMN_UNSIGNED, start),
    COLUMN("concurrency_count", COLUMN_UNSIGNED, concurrency),
    COLUMN("requests_count", COLUMN_U64, requests),
    COLUMN("started_count", COLUMN_U64, counts.started),
    COLUMN("ok_count", COLUMN_U64, counts.ok),
    COLUMN("other_status_count", COLUMN_U64, counts.other_status),
    COLUMN("refused_count", COLUMN_U64, counts.refused),
    COLUMN("reset_count", COLUMN_U64, counts.reset),
    COLUMN("timed_out_count", COLUMN_U64, counts.timed_out),
    COLUMN("failed_count", COLUMN_U64, counts.failed),
    COLUMN("begin_ns", COLUMN_I64, begin_ns),
    COLUMN("load_end_ns", COLUMN_I64, load_end_ns),
    COLUMN("settled_ns", COLUMN_I64, settled_ns),
    COLUMN("floor_ns", COLUMN_I64, floor_ns),
    COLUMN("complete", COLUMN_BOOL, complete),
    COLUMN("came_to_rest", COLUMN_BOOL, came_to_rest),
    COLUMN("deadline_hit", COLUMN_BOOL, deadline_hit),
    COLUMN("peak_bytes", COLUMN_U64, peak_bytes),
    COLUMN("oom_kills_count", COLUMN_U64, oom_kills),
    COLUMN("events_max_count", COLUMN_U64, events_max),
    COLUMN("events_high_count", COLUMN_U64, events_high),
    COLUMN("psi_full_us", COLUMN_U64, psi_full_us),
    COLUMN("reclaimed", COLUMN_BOOL, reclaimed),
    COLUMN("reclaimed_bytes", COLUMN_I64, reclaimed_bytes),
    COLUMN("squeeze_bytes", COLUMN_U64, squeeze_bytes),
    COLUMN(COLUMN_COLLECTED, COLUMN_U64, collected_bytes),
    COLUMN("latency_p50_ns", COLUMN_LATENCY, latency_p50_ns),
    COLUMN("latency_p99_ns", COLUMN_LATENCY, latency_p99_ns),
    COLUMN(COLUMN_FOLDED, COLUMN_UNSIGNED, folded),
    COLUMN(COLUMN_PAUSES, COLUMN_DURATION, pauses_ns),
};
#define CYCLE_COLUMNS (sizeof(cycle_columns) / sizeof(cycle_columns[0]))

/* Per survey: the memory fields, the survey's fields, three lists. */
#define SURVEY_WIDTH ((size_t)MEMORY_CGROUP_FIELD_MAX + SURVEY_FIELD_MAX + 3)
#define CYCLES_WIDTH (1 + CYCLE_COLUMNS + 2 * SURVEY_WIDTH)
_Static_assert(CYCLES_WIDTH <= CSV_FIELDS_MAX, "a row does not fit");

#define COLUMN_NAME_MAX 96
#define COLUMN_MISSING  SIZE_MAX

/* Which column of a file each of ours is; in the same order. */
struct cycles_columns {
    size_t at[CYCLES_WIDTH]; /* COLUMN_MISSING: the file does not have it */
    size_t n;                /* of the file */
};

/* Row and reader go by one list of columns; this names each. Returns text[96]. */
static const char *cycles_csv_column(size_t index, char *text)
{
    static const char *const lists[] = {"sockets", "files", "processes"};
    if (index == 0)
        return "kind";
    if (index <= CYCLE_COLUMNS)
        return cycle_columns[index - 1].name;
    size_t i = index - 1 - CYCLE_COLUMNS;
    const char *prefix = i < SURVEY_WIDTH ? "settled" : "floor";
    i %= SURVEY_WIDTH;
    const char *name = i < MEMORY_CGROUP_FIELD_MAX ? memory_field_info[i].column
                       : i < MEMORY_CGROUP_FIELD_MAX + SURVEY_FIELD_MAX
                           ? survey_field_column[i - MEMORY_CGROUP_FIELD_MAX]
                           : lists[i - MEMORY_CGROUP_FIELD_MAX - SURVEY_FIELD_MAX];
    snprintf(text, COLUMN_NAME_MAX, "%s_%s", prefix, name);
    return text;
}

/* May a recording lack it? What an older version did not know. */
static bool cycles_csv_is_optional(size_t index)
{
    static const char *const later[] = {COLUMN_COLLECTED, COLUMN_FOLDED, COLUMN_PAUSES};
    bool is_later = false;
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
        is_later = is_later || (index > 0 && index <= CYCLE_COLUMNS &&
                                strcmp(cycle_columns[index - 1].name, later[i]) == 0);
    if (is_later)
        return true;
    return index > CYCLE_COLUMNS &&
           (index - 1 - CYCLE_COLUMNS) % SURVEY_WIDTH < MEMORY_CGROUP_FIELD_MAX + SURVEY_FIELD_MAX;
}

/* The names that lists are made of must not hold their separators, and the file stays a text. */
static void cycles_csv_escape(struct buffer *list, const char *name)
{
    while (*name != '\0') {
        size_t length = utf8_length(name);
        unsigned char byte = (unsigned char)*name;
        bool is_control = byte < ' ' || byte == 0x7f ||
                          (length == 2 && byte == 0xc2 && (unsigned char)name[1] < 0xa0);
        if (length == 0 || is_control || strchr(";=%:\"", byte) != NULL)
            (void)buffer_printf(list, NULL, "%%%02x", byte);
        else
            (void)buffer_append(list, name, length, NULL);
        name += length > 0 && !is_control ? length : 1;
    }
}

static int cycles_csv_hex(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *place = digit != '\0' ? strchr(digits, digit) : NULL;
    return place != NULL ? (int)(place - digits) : -1;
}

static void cycles_csv_unescape(char *name)
{
    char *out = name;
    for (; *name != '\0'; name++) {
        int high = *name == '%' ? cycles_csv_hex(name[1]) : -1;
        int low = high >= 0 ? cycles_csv_hex(name[2]) : -1;
        if (low >= 0) {
            *out++ = (char)(16 * high + low);
            name += 2;
        } else {
            *out++ = *name;
        }
    }
    *out = '\0';
}

static void cycles_csv_groups(struct buffer *out, const struct survey_group *groups, unsigned n)
{
    struct buffer list = BUFFER_INIT(65536);
    for (unsigned i = 0; i < n; i++) {
        cycles_csv_escape(&list, groups[i].name);
        (void)buffer_printf(&list, NULL, "=%" PRIu64, groups[i].count);
        if (groups[i].bytes != SURVEY_ABSENT)
            (void)buffer_printf(&list, NULL, ":%" PRIu64, groups[i].bytes);
        (void)buffer_append_text(&list, i + 1 < n ? ";" : "", NULL);
    }
    csv_text(out, buffer_text(&list));
    buffer_done(&list);
}

/* One more number of a process; nothing where it is not known. */
static void cycles_csv_more(struct buffer *list, uint64_t value)
{
    (void)buffer_append_text(list, ":", NULL);
    if (value != SURVEY_ABSENT)
        (void)buffer_printf(list, NULL, "%" PRIu64, value);
}

static void cycles_csv_processes(struct buffer *out, const struct survey *survey)
{
    struct buffer list = BUFFER_INIT(65536);
    for (unsigned i = 0; i < survey->n_processes; i++) {
        const struct survey_process *process = &survey->processes[i];
        (void)buffer_printf(&list, NULL, "%d:", process->pid);
        cycles_csv_escape(&list, process->name);
        (void)buffer_printf(&list, NULL, "=%" PRIu64 ":%" PRIu64, process->anon_bytes,
                            process->threads);
        if (process->descriptors != SURVEY_ABSENT || process->shmem_bytes != SURVEY_ABSENT) {
            cycles_csv_more(&list, process->descriptors);
            cycles_csv_more(&list, process->shmem_bytes);
        }
        (void)buffer_append_text(&list, i + 1 < survey->n_processes ? ";" : "", NULL);
    }
    csv_text(out, buffer_text(&list));
    buffer_done(&list);
}

static void cycles_csv_survey(struct buffer *out, const struct survey *survey)
{
    for (unsigned i = 0; i < MEMORY_CGROUP_FIELD_MAX; i++) {
        if (memory_sample_has(&survey->memory, (enum memory_field)i))
            csv_u64(out, survey->memory.value[i]);
        else
            csv_absent(out);
    }
    for (unsigned i = 0; i < SURVEY_FIELD_MAX; i++) {
        if (survey_has(survey, (enum survey_field)i))
            csv_u64(out, survey->value[i]);
        else
            csv_absent(out);
    }
    cycles_csv_groups(out, survey->sockets, survey->n_sockets);
    cycles_csv_groups(out, survey->files, survey->n_files);
    cycles_csv_processes(out, survey);
}

static void cycles_csv_plain(struct buffer *out, const struct cycle *cycle,
                             const struct cycle_column *column)
{
    const char *place = (const char *)cycle + column->offset;
    bool of_several = column->offset == offsetof(struct cycle, folded) ||
                      column->offset == offsetof(struct cycle, pauses_ns);
    if (of_several && cycle->folded == 0) {
        csv_absent(out);
        return;
    }
    switch (column->type) {
    case COLUMN_U64: {
        uint64_t value = 0;
        memcpy(&value, place, sizeof(value));
        if (value == SURVEY_ABSENT)
            csv_absent(out);
        else
            csv_u64(out, value);
        break;
    }
    case COLUMN_I64:
    case COLUMN_DURATION:
    case COLUMN_LATENCY: {
        int64_t value = 0;
        memcpy(&value, place, sizeof(value));
        if (column->type == COLUMN_LATENCY && value < 0)
            csv_absent(out);
        else
            csv_i64(out, value);
        break;
    }
    case COLUMN_UNSIGNED: {
        unsigned value = 0;
        memcpy(&value, place, sizeof(value));
        csv_u64(out, value);
        break;
    }
    case COLUMN_BOOL: {
        bool value = false;
        memcpy(&value, place, sizeof(value));
        csv_u64(out, value);
        break;
    }
    }
}

int cycles_csv_write(const struct timeline *timeline, struct buffer *out, struct error *err)
{
    char name[COLUMN_NAME_MAX];
    for (size_t i = 0; i < CYCLES_WIDTH; i++)
        csv_text(out, cycles_csv_column(i, name));
    csv_end_row(out);

    for (size_t i = 0; i < timeline->n_cycles; i++) {
        if (buffer_reserve(out, 65536, err) < 0)
            return error_prefix(err, "cycles.csv");
        const struct cycle *cycle = &timeline->cycles[i];
        csv_text(out, cycle_kind_name(cycle->kind));
        for (size_t k = 0; k < CYCLE_COLUMNS; k++)
            cycles_csv_plain(out, cycle, &cycle_columns[k]);
        cycles_csv_survey(out, &cycle->settled);
        cycles_csv_survey(out, &cycle->floor);
        csv_end_row(out);
    }
    return 0;
}

static int cycles_csv_read_plain(const struct csv_reader *row, size_t index, struct cycle *cycle,
                                 struct error *err)
{
    const struct cycle_column *column = &cycle_columns[index];
    char *place = (char *)cycle + column->offset;
    uint64_t value = 0;
    int64_t number = 0;
    switch (column->type) {
    case COLUMN_I64:
    case COLUMN_LATENCY:
        if (csv_read_i64(row, 1 + index, -1, &number, err) < 0)
            return -1;
        memcpy(place, &number, sizeof(number));
        return 0;
    case COLUMN_U64:
        if (csv_read_u64(row, 1 + index, SURVEY_ABSENT, &value, err) < 0)
            return -1;
        memcpy(place, &value, sizeof(value));
        return 0;
    case COLUMN_DURATION:
        if (csv_read_i64(row, 1 + index, 0, &number, err) < 0)
            return -1;
        memcpy(place, &number, sizeof(number));
        return 0;
    case COLUMN_UNSIGNED: {
        if (csv_read_u64(row, 1 + index, 0, &value, err) < 0)
            return -1;
        unsigned narrow = value < UINT_MAX ? (unsigned)value : UINT_MAX;
        memcpy(place, &narrow, sizeof(narrow));
        return 0;
    }
    case COLUMN_BOOL: {
        if (csv_read_u64(row, 1 + index, 0, &value, err) < 0)
            return -1;
        bool flag = value != 0;
        memcpy(place, &flag, sizeof(flag));
        return 0;
    }
    }
    return 0;
}

static unsigned cycles_csv_read_groups(char *text, struct survey_group *groups)
{
    unsigned n = 0;
    char *rest = NULL;
    for (char *item = strtok_r(text, ";", &rest); item != NULL && n < SURVEY_GROUPS_MAX;
         item = strtok_r(NULL, ";", &rest)) {
        char *equals = strrchr(item, '=');
        if (equals == NULL)
            continue;
        *equals = '\0';
        cycles_csv_unescape(item);
        snprintf(groups[n].name, sizeof(groups[n].name), "%s", item);
        char *end = NULL;
        groups[n].count = strtoull(equals + 1, &end, 10);
        groups[n++].bytes = *end == ':' ? strtoull(end + 1, NULL, 10) : SURVEY_ABSENT;
    }
    return n;
}

/* The number behind the next colon, which an older recording does not have. */
static uint64_t cycles_csv_read_more(char **text)
{
    if (**text != ':')
        return SURVEY_ABSENT;
    char *start = *text + 1;
    uint64_t value = strtoull(start, text, 10);
    return *text == start ? SURVEY_ABSENT : value;
}

static void cycles_csv_read_processes(char *text, struct survey *survey)
{
    char *rest = NULL;
    for (char *item = strtok_r(text, ";", &rest);
         item != NULL && survey->n_processes < SURVEY_PROCESSES_MAX;
         item = strtok_r(NULL, ";", &rest)) {
        struct survey_process process = {0};
        char *colon = strchr(item, ':');
        char *equals = strrchr(item, '=');
        if (colon == NULL || equals == NULL)
            continue;
        *colon = '\0';
        *equals = '\0';
        cycles_csv_unescape(colon + 1);
        process.pid = (int32_t)strtol(item, NULL, 10);
        snprintf(process.name, sizeof(process.name), "%s", colon + 1);
        char *end = NULL;
        process.anon_bytes = strtoull(equals + 1, &end, 10);
        process.threads = cycles_csv_read_more(&end);
        process.descriptors = cycles_csv_read_more(&end);
        process.shmem_bytes = cycles_csv_read_more(&end);
        survey->processes[survey->n_processes++] = process;
    }
}

static int cycles_csv_read_survey(const struct csv_reader *row, size_t first, struct survey *survey,
                                  struct error *err)
{
    survey_init(survey);
    uint64_t value = 0;
    for (unsigned i = 0; i < MEMORY_CGROUP_FIELD_MAX; i++) {
        if (row->fields[first + i][0] == '\0')
            continue;
        if (csv_read_u64(row, first + i, 0, &value, err) < 0)
            return -1;
        memory_sample_set(&survey->memory, (enum memory_field)i, value);
    }
    first += MEMORY_CGROUP_FIELD_MAX;
    for (unsigned i = 0; i < SURVEY_FIELD_MAX; i++)
        if (csv_read_u64(row, first + i, SURVEY_ABSENT, &survey->value[i], err) < 0)
            return -1;
    first += SURVEY_FIELD_MAX;
    survey->n_sockets = cycles_csv_read_groups(row->fields[first], survey->sockets);
    survey->n_files = cycles_csv_read_groups(row->fields[first + 1], survey->files);
    cycles_csv_read_processes(row->fields[first + 2], survey);
    return 0;
}

/* The header must name the columns that this version writes, in their order; what is optional may
 * be missing, nothing else may be there. */
static int cycles_csv_read_header(const struct csv_reader *row, struct cycles_columns *ret,
                                  struct error *err)
{
    char name[COLUMN_NAME_MAX];
    ret->n = 0;
    for (size_t i = 0; i < CYCLES_WIDTH; i++) {
        const char *expected = cycles_csv_column(i, name);
        const char *found = ret->n < row->n_fields ? row->fields[ret->n] : "(nothing)";
        bool is_there = strcmp(found, expected) == 0;
        if (!is_there && !cycles_csv_is_optional(i))
            return error_set(err, ERROR_USAGE, "%s:1: column %zu: found \"%.60s\", expected \"%s\"",
                             row->name, ret->n + 1, found, expected);
        ret->at[i] = is_there ? ret->n++ : COLUMN_MISSING;
    }
    if (row->n_fields != ret->n)
        return error_set(err, ERROR_USAGE, "%s:1: found %zu columns, expected %zu", row->name,
                         row->n_fields, ret->n);
    return 0;
}

/* Lay a row of the file out as this version writes it: what is missing is an empty field. */
static int cycles_csv_lay_out(struct csv_reader *row, const struct cycles_columns *columns,
                              struct error *err)
{
    if (row->n_fields != columns->n)
        return error_set(err, ERROR_USAGE, "%s:%u: found %zu columns, expected %zu", row->name,
                         row->line, row->n_fields, columns->n);
    char *last = row->fields[row->n_fields - 1];
    char *empty = last + strlen(last);
    for (size_t i = CYCLES_WIDTH; i-- > 0;) /* from the end: columns only move to the right */
        row->fields[i] = columns->at[i] != COLUMN_MISSING ? row->fields[columns->at[i]] : empty;
    row->n_fields = CYCLES_WIDTH;
    return 0;
}

int cycles_csv_read(const char *name, char *text, struct timeline *timeline, struct error *err)
{
    struct csv_reader row;
    csv_reader_init(&row, name, text);
    int status = csv_reader_next(&row, err);
    if (status != 0)
        return status < 0 ? -1 : error_set(err, ERROR_USAGE, "%s: is empty", name);

    struct cycles_columns columns;
    if (cycles_csv_read_header(&row, &columns, err) < 0)
        return -1;

    while ((status = csv_reader_next(&row, err)) == 0) {
        if (cycles_csv_lay_out(&row, &columns, err) < 0)
            return -1;
        struct cycle cycle = {0};
        if (!cycle_kind_from_name(row.fields[0], &cycle.kind))
            return error_set(err, ERROR_USAGE, "%s:%u: unknown kind of cycle \"%.40s\"", name,
                             row.line, row.fields[0]);
        for (size_t i = 0; i < CYCLE_COLUMNS; i++)
            if (cycles_csv_read_plain(&row, i, &cycle, err) < 0)
                return -1;
        size_t first = 1 + CYCLE_COLUMNS;
        if (cycles_csv_read_survey(&row, first, &cycle.settled, err) < 0 ||
            cycles_csv_read_survey(&row, first + SURVEY_WIDTH, &cycle.floor, err) < 0)
            return -1;
        cycle.settled.t_ns = cycle.settled_ns;
        cycle.floor.t_ns = cycle.floor_ns;
        if (timeline_add_cycle(timeline, &cycle, err) < 0)
            return csv_row_error(&row, err);
    }
    return status < 0 ? -1 : 0;
}

#include "view/view_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define VIEW_SECOND ((double)NSEC_PER_SEC)
/* psi_*_us are microseconds. */
#define VIEW_USEC 1e-6

/* All but the line that matters most are drawn by so many times fewer stretches. */
#define VIEW_OTHERS_COARSER 4

/* What is read while one series is made. */
struct view_gathering {
    const struct record *record;
    unsigned stretches;
    struct view_series_list *list;
    nsec_t *breaks; /* owned: when something began anew, or stopped; sorted */
    size_t n_breaks;
    struct chart_point *points; /* owned; of the series that is being made */
    size_t n, capacity;
    struct error *err;
};

static void view_gathering_done(struct view_gathering *gathering)
{
    free(gathering->breaks);
    free(gathering->points);
}

/* When the service was started, and when the others' turns began: what was before and what comes
 * after are not one line. */
static int view_find_breaks(struct view_gathering *gathering)
{
    const struct timeline *timeline = gathering->record->timeline;
    gathering->breaks = calloc(timeline->n_marks + 1, sizeof(*gathering->breaks));
    if (gathering->breaks == NULL)
        return error_out_of_memory(gathering->err);
    for (size_t i = 0; i < timeline->n_marks; i++) {
        const struct mark *mark = &timeline->marks[i];
        bool others = mark->kind == MARK_PHASE && strcmp(mark->text, TIMELINE_PHASE_OTHERS) == 0;
        if (mark->kind == MARK_START || others)
            gathering->breaks[gathering->n_breaks++] = mark->t_ns;
    }
    return 0;
}

/* Is there a break in (from_ns, to_ns]? *place goes along with times that do not fall. */
static bool view_is_broken(const struct view_gathering *gathering, size_t *place, nsec_t from_ns,
                           nsec_t to_ns)
{
    while (*place < gathering->n_breaks && gathering->breaks[*place] <= from_ns)
        ++*place;
    return *place < gathering->n_breaks && gathering->breaks[*place] <= to_ns;
}

static int view_add_point(struct view_gathering *gathering, double x, double y)
{
    if (gathering->n == gathering->capacity) {
        size_t capacity = gathering->capacity > 0 ? 2 * gathering->capacity : 1024;
        struct chart_point *grown = reallocarray(gathering->points, capacity, sizeof(*grown));
        if (grown == NULL)
            return error_out_of_memory(gathering->err);
        gathering->points = grown;
        gathering->capacity = capacity;
    }
    gathering->points[gathering->n++] = (struct chart_point){x, y};
    return 0;
}

static int view_add_gap(struct view_gathering *gathering)
{
    return gathering->n == 0 ? 0 : view_add_point(gathering, NAN, NAN);
}

/* Of neighbours that have one value, the first and the last are enough. */
static size_t view_drop_repeats(struct chart_thinned *points, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool repeats = kept > 1 && !points[i].after_gap && !points[kept - 1].after_gap &&
                       points[kept - 1].point.y >= points[i].point.y &&
                       points[kept - 1].point.y <= points[i].point.y &&
                       points[kept - 2].point.y >= points[i].point.y &&
                       points[kept - 2].point.y <= points[i].point.y;
        if (repeats)
            kept--;
        points[kept++] = points[i];
    }
    return kept;
}

/* Make the points gathered so far a series like `series`, and begin anew. */
static int view_end_series(struct view_gathering *gathering, struct view_series series)
{
    struct view_series_list *list = gathering->list;
    size_t n = gathering->n;
    bool any = false;
    for (size_t i = 0; i < n && !any; i++)
        any = chart_is_drawn(&gathering->points[i]);
    gathering->n = 0;
    if (!any || list->n == VIEW_SERIES_MAX)
        return 0;
    double end_s = (double)gathering->record->duration_ns / VIEW_SECOND;
    const struct chart_columns columns = {.per_unit = end_s > 0 ? gathering->stretches / end_s : 0,
                                          .n = gathering->stretches};
    size_t room = 2 * (size_t)gathering->stretches + 2;
    /* What fits need not be thinned. */
    bool fits = n <= room;
    series.points = calloc(room, sizeof(*series.points));
    if (series.points == NULL)
        return error_out_of_memory(gathering->err);
    if (fits) {
        for (size_t i = 0; i < n; i++)
            if (chart_is_drawn(&gathering->points[i]))
                series.points[series.n++] = (struct chart_thinned){
                    gathering->points[i],
                    series.n == 0 || !chart_is_drawn(&gathering->points[i - 1])};
    } else {
        series.n = chart_thin(gathering->points, n, &columns, series.points);
    }
    series.n = view_drop_repeats(series.points, series.n);
    list->items[list->n++] = series;
    return 0;
}

/* One field of the samples as it is, less another one (MEMORY_FIELD_MAX_: nothing). */
static int view_of_field(struct view_gathering *gathering, enum memory_field field,
                         enum memory_field less, struct view_series series)
{
    const struct timeline *timeline = gathering->record->timeline;
    size_t place = 0;
    nsec_t before_ns = 0;
    for (size_t i = 0; i < timeline->n_memory; i++) {
        const struct memory_sample *sample = &timeline->memory[i];
        bool both = less == MEMORY_FIELD_MAX_ || memory_sample_has(sample, less);
        if (!memory_sample_has(sample, field) || !both)
            continue;
        double value = (double)sample->value[field];
        if (less != MEMORY_FIELD_MAX_)
            value = fmax(value - (double)sample->value[less], 0);
        if ((view_is_broken(gathering, &place, before_ns, sample->t_ns) &&
             view_add_gap(gathering) < 0) ||
            view_add_point(gathering, (double)sample->t_ns / VIEW_SECOND, value) < 0)
            return -1;
        before_ns = sample->t_ns;
    }
    return view_end_series(gathering, series);
}

/* The share of the time by which a total of microseconds rose. */
static int view_of_stall(struct view_gathering *gathering, enum memory_field field,
                         struct view_series series)
{
    const struct timeline *timeline = gathering->record->timeline;
    const struct memory_sample *before = NULL;
    size_t place = 0;
    for (size_t i = 0; i < timeline->n_memory; i++) {
        const struct memory_sample *sample = &timeline->memory[i];
        if (!memory_sample_has(sample, field))
            continue;
        bool anew = before == NULL || sample->value[field] < before->value[field] ||
                    view_is_broken(gathering, &place, before->t_ns, sample->t_ns);
        if (!anew && sample->t_ns == before->t_ns)
            continue;
        if (anew && view_add_gap(gathering) < 0)
            return -1;
        if (!anew) {
            double stall_s = (double)(sample->value[field] - before->value[field]) * VIEW_USEC;
            double passed_s = (double)(sample->t_ns - before->t_ns) / VIEW_SECOND;
            if (view_add_point(gathering, (double)sample->t_ns / VIEW_SECOND,
                               fmin(stall_s / passed_s, 1)) < 0)
                return -1;
        }
        before = sample;
    }
    return view_end_series(gathering, series);
}

/* What a survey tells; false: it does not. */
typedef bool view_survey_value(const struct survey *survey, double *ret);

static bool view_survey_field(const struct survey *survey, enum survey_field field, double *ret)
{
    if (!survey_has(survey, field))
        return false;
    *ret = (double)survey->value[field];
    return true;
}

static bool view_survey_rss(const struct survey *survey, double *ret)
{
    return view_survey_field(survey, SURVEY_RSS, ret);
}

static bool view_survey_heap(const struct survey *survey, double *ret)
{
    return view_survey_field(survey, SURVEY_HEAP_IN_USE, ret);
}

static bool view_survey_threads(const struct survey *survey, double *ret)
{
    return view_survey_field(survey, SURVEY_THREADS, ret);
}

static bool view_survey_descriptors(const struct survey *survey, double *ret)
{
    static const enum survey_field kinds[] = {SURVEY_FD_SOCKET, SURVEY_FD_FILE,
                                              SURVEY_FD_PIPE,   SURVEY_FD_ANON_INODE,
                                              SURVEY_FD_DEVICE, SURVEY_FD_OTHER};
    double sum = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        double count = 0;
        if (!view_survey_field(survey, kinds[i], &count))
            return false;
        sum += count;
    }
    *ret = sum;
    return true;
}

/* What the surveys tell, twice a cycle. */
static int view_of_surveys(struct view_gathering *gathering, view_survey_value *value,
                           struct view_series series)
{
    const struct timeline *timeline = gathering->record->timeline;
    unsigned start = 0;
    nsec_t before_ns = -1;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        const struct survey *surveys[] = {&cycle->settled, &cycle->floor};
        for (size_t k = 0; cycle->complete && k < ARRAY_LENGTH(surveys); k++) {
            double y = 0;
            if (surveys[k]->t_ns <= before_ns || !value(surveys[k], &y))
                continue;
            if ((cycle->start != start && view_add_gap(gathering) < 0) ||
                view_add_point(gathering, (double)surveys[k]->t_ns / VIEW_SECOND, y) < 0)
                return -1;
            before_ns = surveys[k]->t_ns;
            start = cycle->start;
        }
    }
    series.apart = true;
    return view_end_series(gathering, series);
}

static uint64_t view_completed(const struct load_counts *counts)
{
    return load_counts_completed(counts);
}

static uint64_t view_failed(const struct load_counts *counts)
{
    return load_counts_completed(counts) - counts->ok;
}

/* The load that a time is part of: the place of its cycle, from 1; 0: no cycle is known there.
 * *place goes along with times that do not fall. */
static size_t view_load_of(const struct timeline *timeline, size_t *place, nsec_t t_ns)
{
    while (*place < timeline->n_cycles && timeline->cycles[*place].begin_ns <= t_ns)
        ++*place;
    return *place;
}

/* By how much a total of the load rose, per second. Between two cycles nothing was asked of the
 * service: each begins with the totals that the one before ended with. */
static int view_of_load(struct view_gathering *gathering,
                        uint64_t (*total)(const struct load_counts *counts),
                        struct view_series series)
{
    const struct timeline *timeline = gathering->record->timeline;
    uint64_t before = 0;
    nsec_t before_ns = 0;
    size_t place = 0;
    size_t load_before = 0;
    for (size_t i = 0; i < timeline->n_load; i++) {
        const struct load_sample *sample = &timeline->load[i];
        size_t load = view_load_of(timeline, &place, sample->t_ns);
        uint64_t now = total(&sample->counts);
        if (load != load_before) {
            const struct cycle *cycle = &timeline->cycles[load - 1];
            bool anew = load_before > 0 && timeline->cycles[load_before - 1].start != cycle->start;
            before = anew ? 0 : before;
            before_ns = cycle->begin_ns;
            if (view_add_gap(gathering) < 0)
                return -1;
        }
        load_before = load;
        before = now < before ? 0 : before; /* it was started anew, and nothing tells when */
        if (sample->t_ns <= before_ns)
            continue;
        double passed_s = (double)(sample->t_ns - before_ns) / VIEW_SECOND;
        if (view_add_point(gathering, (double)sample->t_ns / VIEW_SECOND,
                           (double)(now - before) / passed_s) < 0)
            return -1;
        before = now;
        before_ns = sample->t_ns;
    }
    return view_end_series(gathering, series);
}

static bool view_anything_failed(const struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->n_load; i++)
        if (view_failed(&timeline->load[i].counts) > 0)
            return true;
    return false;
}

static int view_of_latency(struct view_gathering *gathering, bool is_p99, struct view_series series)
{
    const struct timeline *timeline = gathering->record->timeline;
    size_t place = 0;
    size_t load_before = 0;
    for (size_t i = 0; i < timeline->n_load; i++) {
        const struct load_sample *sample = &timeline->load[i];
        nsec_t latency_ns = is_p99 ? sample->latency_p99_ns : sample->latency_p50_ns;
        size_t load = view_load_of(timeline, &place, sample->t_ns);
        if (latency_ns < 0)
            continue;
        if ((load != load_before && view_add_gap(gathering) < 0) ||
            view_add_point(gathering, (double)sample->t_ns / VIEW_SECOND,
                           (double)latency_ns / VIEW_SECOND) < 0)
            return -1;
        load_before = load;
    }
    return view_end_series(gathering, series);
}

static bool view_has_field(const struct timeline *timeline, enum memory_field field)
{
    for (size_t i = 0; i < timeline->n_memory; i++)
        if (memory_sample_has(&timeline->memory[i], field))
            return true;
    return false;
}

static int view_gather_memory(struct view_gathering *gathering)
{
#define VIEW_MEMORY(KEY, NAME, ON) \
    ((struct view_series){         \
        .key = (KEY), .name = (NAME), .panel = "memory", .unit = "bytes", .on = (ON)})
    const struct timeline *timeline = gathering->record->timeline;
    static const enum memory_field nothing = MEMORY_FIELD_MAX_;
    struct view_series current = VIEW_MEMORY("current_bytes", "memory.current", true);
    struct view_series rss = VIEW_MEMORY("rss_bytes", "RSS", true);
    /* What the limit is about: of processes without a cgroup, that is RSS. */
    current.main = true;
    rss.main = !view_has_field(timeline, MEMORY_CURRENT);
    if (view_of_field(gathering, MEMORY_CURRENT, nothing, current) < 0)
        return -1;
    if (view_has_field(timeline, MEMORY_RSS)) {
        if (view_of_field(gathering, MEMORY_RSS, nothing, rss) < 0)
            return -1;
    } else if (view_of_surveys(gathering, view_survey_rss, VIEW_MEMORY("rss_bytes", "RSS", true)) <
               0) {
        return -1;
    }
    static const struct {
        const char *key, *name;
        enum memory_field field, less;
        bool on;
    } fields[] = {
        {"working_set_bytes", "working set", MEMORY_CURRENT, MEMORY_INACTIVE_FILE, false},
        {"anon_bytes", "anon", MEMORY_ANON, MEMORY_FIELD_MAX_, true},
        {"file_bytes", "file", MEMORY_FILE, MEMORY_FIELD_MAX_, false},
        {"kernel_bytes", "kernel", MEMORY_KERNEL, MEMORY_FIELD_MAX_, true},
        {"shmem_bytes", "shmem", MEMORY_SHMEM, MEMORY_FIELD_MAX_, false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (view_of_field(gathering, fields[i].field, fields[i].less,
                          VIEW_MEMORY(fields[i].key, fields[i].name, fields[i].on)) < 0)
            return -1;
    return view_of_surveys(gathering, view_survey_heap,
                           VIEW_MEMORY("heap_in_use_bytes", "heap in use", false));
#undef VIEW_MEMORY
}

static int view_gather_load(struct view_gathering *gathering)
{
    static const struct view_series rate = {.key = "rate_per_s",
                                            .name = "requests",
                                            .panel = "requests",
                                            .unit = "requests/s",
                                            .decimals = 2,
                                            .on = true};
    static const struct view_series failed = {.key = "failed_per_s",
                                              .name = "failed",
                                              .panel = "requests",
                                              .unit = "requests/s",
                                              .decimals = 2,
                                              .on = true};
    static const struct view_series p50 = {
        .key = "p50_s", .name = "p50", .panel = "latency", .unit = "s", .decimals = 6, .on = true};
    static const struct view_series p99 = {
        .key = "p99_s", .name = "p99", .panel = "latency", .unit = "s", .decimals = 6, .on = true};
    if (view_of_load(gathering, view_completed, rate) < 0)
        return -1;
    if (view_anything_failed(gathering->record->timeline) &&
        view_of_load(gathering, view_failed, failed) < 0)
        return -1;
    return view_of_latency(gathering, false, p50) < 0 || view_of_latency(gathering, true, p99) < 0
               ? -1
               : 0;
}

static int view_gather_pressure(struct view_gathering *gathering)
{
    static const struct view_series some = {.key = "psi_some_share",
                                            .name = "some stalled",
                                            .panel = "pressure",
                                            .unit = "share",
                                            .decimals = 4,
                                            .on = true};
    static const struct view_series full = {.key = "psi_full_share",
                                            .name = "all stalled",
                                            .panel = "pressure",
                                            .unit = "share",
                                            .decimals = 4,
                                            .on = true};
    return view_of_stall(gathering, MEMORY_PSI_SOME, some) < 0 ||
                   view_of_stall(gathering, MEMORY_PSI_FULL, full) < 0
               ? -1
               : 0;
}

static int view_gather_processes(struct view_gathering *gathering)
{
    static const struct view_series threads = {.key = "threads_count",
                                               .name = "threads",
                                               .panel = "processes",
                                               .unit = "count",
                                               .on = true};
    static const struct view_series descriptors = {.key = "descriptors_count",
                                                   .name = "descriptors",
                                                   .panel = "processes",
                                                   .unit = "count",
                                                   .on = true};
    /* pids.current counts tasks: every thread. */
    int status = view_has_field(gathering->record->timeline, MEMORY_PIDS)
                     ? view_of_field(gathering, MEMORY_PIDS, MEMORY_FIELD_MAX_, threads)
                     : view_of_surveys(gathering, view_survey_threads, threads);
    return status < 0 ? -1 : view_of_surveys(gathering, view_survey_descriptors, descriptors);
}

int view_series_gather(const struct record *record, unsigned stretches,
                       struct view_series_list *ret, struct error *err)
{
    CLEANUP(view_gathering_done)
    struct view_gathering gathering = {
        .record = record, .stretches = stretches, .list = ret, .err = err};
    return view_find_breaks(&gathering) < 0 || view_gather_memory(&gathering) < 0 ||
                   view_gather_load(&gathering) < 0 || view_gather_pressure(&gathering) < 0 ||
                   view_gather_processes(&gathering) < 0
               ? -1
               : 0;
}

void view_series_done(struct view_series_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i].points);
    *list = (struct view_series_list){0};
}

size_t view_series_points(const struct view_series_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        n += list->items[i].n;
    return n;
}

const struct view_series *view_series_find(const struct view_series_list *list, const char *key)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->items[i].key, key) == 0)
            return &list->items[i];
    return NULL;
}

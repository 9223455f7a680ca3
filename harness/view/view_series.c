#include "view/view_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "view/view_points.h"

/* psi_*_us are microseconds. */
#define VIEW_USEC 1e-6

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
    struct view_rate rate = {.per_s = VIEW_USEC, .most = 1};
    bool begun = false;
    size_t place = 0;
    for (size_t i = 0; i < timeline->n_memory; i++) {
        const struct memory_sample *sample = &timeline->memory[i];
        if (!memory_sample_has(sample, field))
            continue;
        uint64_t total = sample->value[field];
        bool anew = !begun || total < rate.to_total ||
                    view_is_broken(gathering, &place, rate.to_ns, sample->t_ns);
        if (anew && view_add_gap(gathering) < 0)
            return -1;
        if (anew)
            view_rate_begin(&rate, sample->t_ns, total);
        else if (view_rate_add(gathering, &rate, sample->t_ns, total) < 0)
            return -1;
        begun = true;
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

/* Are the loads at these places, as view_load_of() has them, of two starts of the service? */
static bool view_is_new_start(const struct timeline *timeline, size_t before, size_t load)
{
    return before > 0 && load > 0 &&
           timeline->cycles[before - 1].start != timeline->cycles[load - 1].start;
}

/* By how much a total of the load rose, per second. Between two cycles nothing was asked of the
 * service: each begins with the total that the one before ended with, or, where the service was
 * started anew in between, with none. */
static int view_of_load(struct view_gathering *gathering,
                        uint64_t (*total)(const struct load_counts *counts),
                        struct view_series series)
{
    const struct timeline *timeline = gathering->record->timeline;
    struct view_rate rate = {.per_s = 1, .most = INFINITY};
    size_t place = 0;
    size_t load_before = 0;
    for (size_t i = 0; i < timeline->n_load; i++) {
        const struct load_sample *sample = &timeline->load[i];
        size_t load = view_load_of(timeline, &place, sample->t_ns);
        uint64_t now = total(&sample->counts);
        if (load != load_before || now < rate.to_total) {
            bool anew = now < rate.to_total || view_is_new_start(timeline, load_before, load);
            if (view_add_gap(gathering) < 0)
                return -1;
            view_rate_begin(&rate, load > 0 ? timeline->cycles[load - 1].begin_ns : sample->t_ns,
                            anew ? 0 : rate.to_total);
        }
        load_before = load;
        if (view_rate_add(gathering, &rate, sample->t_ns, now) < 0)
            return -1;
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
        {"sock_bytes", "sockets' buffers", MEMORY_SOCK, MEMORY_FIELD_MAX_, false},
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

int view_series_gather(const struct record *record, const struct view_fineness *fineness,
                       struct view_series_list *ret, struct error *err)
{
    CLEANUP(view_gathering_done)
    struct view_gathering gathering = {
        .record = record, .fineness = *fineness, .list = ret, .err = err};
    return view_gathering_begin(&gathering) < 0 || view_gather_memory(&gathering) < 0 ||
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

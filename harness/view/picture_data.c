#include "view/picture_data.h"

#include <math.h>
#include <string.h>

/* Rates are told for so many stretches of a run, and for none that is shorter than that. */
#define DATA_STRETCHES     160
#define DATA_STRETCH_MIN_S 0.1

static double data_s(nsec_t t_ns)
{
    return (double)t_ns / (double)NSEC_PER_SEC;
}

struct picture_data picture_data_of(const struct record *record, struct arena *arena)
{
    const struct timeline *timeline = record->timeline;
    nsec_t end_ns = record->duration_ns;
    if (timeline->n_memory > 0 && timeline->memory[timeline->n_memory - 1].t_ns > end_ns)
        end_ns = timeline->memory[timeline->n_memory - 1].t_ns;
    if (timeline->n_marks > 0 && timeline->marks[timeline->n_marks - 1].t_ns > end_ns)
        end_ns = timeline->marks[timeline->n_marks - 1].t_ns;
    return (struct picture_data){.record = record, .arena = arena, .end_s = data_s(end_ns)};
}

struct picture_points picture_points_new(struct picture_data *data, size_t room)
{
    struct chart_point *points = arena_alloc(data->arena, (room + 1) * sizeof(*points));
    data->failed = data->failed || points == NULL;
    return (struct picture_points){.points = points};
}

static void data_add(struct picture_points *points, double x, double y)
{
    points->points[points->n++] = (struct chart_point){.x = x, .y = y};
}

static void data_gap(struct picture_points *points)
{
    if (points->n > 0 && isfinite(points->points[points->n - 1].y))
        data_add(points, NAN, NAN);
}

/* Goes through the marks beside what is looked at. */
struct data_breaks {
    const struct timeline *timeline;
    size_t next;
};

/* Did the instance end, or others take their turn, between the time before and this one? */
static bool data_breaks_till(struct data_breaks *breaks, nsec_t t_ns)
{
    bool found = false;
    const struct timeline *timeline = breaks->timeline;
    for (; breaks->next < timeline->n_marks && timeline->marks[breaks->next].t_ns <= t_ns;
         breaks->next++) {
        const struct mark *mark = &timeline->marks[breaks->next];
        found = found || mark->kind == MARK_EXIT || mark->kind == MARK_START ||
                (mark->kind == MARK_PHASE && strstr(mark->text, "others") != NULL);
    }
    return found;
}

struct picture_points picture_memory(struct picture_data *data, enum memory_field field,
                                     enum memory_field more)
{
    const struct timeline *timeline = data->record->timeline;
    struct picture_points ret = picture_points_new(data, 2 * timeline->n_memory);
    struct data_breaks breaks = {.timeline = timeline};
    for (size_t i = 0; ret.points != NULL && i < timeline->n_memory; i++) {
        const struct memory_sample *sample = &timeline->memory[i];
        if (data_breaks_till(&breaks, sample->t_ns))
            data_gap(&ret);
        if (!memory_sample_has(sample, field) ||
            (more != MEMORY_FIELD_MAX_ && !memory_sample_has(sample, more)))
            continue;
        double amount = (double)sample->value[field];
        if (more != MEMORY_FIELD_MAX_)
            amount += (double)sample->value[more];
        data_add(&ret, data_s(sample->t_ns), amount);
    }
    return ret;
}

static double data_stretch(const struct picture_data *data)
{
    return fmax(data->end_s / DATA_STRETCHES, DATA_STRETCH_MIN_S);
}

struct picture_points picture_stalls(struct picture_data *data, enum memory_field field)
{
    const struct timeline *timeline = data->record->timeline;
    struct picture_points ret = picture_points_new(data, 2 * timeline->n_memory);
    struct data_breaks breaks = {.timeline = timeline};
    const struct memory_sample *from = NULL;
    for (size_t i = 0; ret.points != NULL && i < timeline->n_memory; i++) {
        const struct memory_sample *sample = &timeline->memory[i];
        if (data_breaks_till(&breaks, sample->t_ns)) {
            data_gap(&ret);
            from = NULL;
        }
        if (!memory_sample_has(sample, field))
            continue;
        if (from == NULL || sample->value[field] < from->value[field]) {
            from = sample;
            continue;
        }
        double stretch_s = data_s(sample->t_ns - from->t_ns);
        if (stretch_s < data_stretch(data))
            continue;
        double waited_s = (double)(sample->value[field] - from->value[field]) / 1e6;
        data_add(&ret, data_s(sample->t_ns), 100 * fmin(waited_s / stretch_s, 1));
        from = sample;
    }
    return ret;
}

nsec_t picture_cycle_end(const struct timeline *timeline, size_t cycle, nsec_t run_end_ns)
{
    const struct cycle *it = &timeline->cycles[cycle];
    nsec_t end_ns = it->begin_ns;
    end_ns = it->load_end_ns > end_ns ? it->load_end_ns : end_ns;
    end_ns = it->settled_ns > end_ns ? it->settled_ns : end_ns;
    end_ns = it->floor_ns > end_ns ? it->floor_ns : end_ns;
    if (end_ns > it->begin_ns)
        return end_ns;
    end_ns = cycle + 1 < timeline->n_cycles ? timeline->cycles[cycle + 1].begin_ns : run_end_ns;
    for (size_t i = 0; i < timeline->n_marks; i++)
        if (timeline->marks[i].kind == MARK_EXIT && timeline->marks[i].t_ns > it->begin_ns &&
            timeline->marks[i].t_ns < end_ns)
            end_ns = timeline->marks[i].t_ns;
    return end_ns;
}

nsec_t picture_load_end(const struct timeline *timeline, size_t cycle, nsec_t run_end_ns)
{
    const struct cycle *it = &timeline->cycles[cycle];
    return it->load_end_ns > it->begin_ns ? it->load_end_ns
                                          : picture_cycle_end(timeline, cycle, run_end_ns);
}

/* A stretch in the making. */
struct data_rate {
    struct picture_points *points;
    double from_s;
    uint64_t from;
};

/* The stretch ends here. */
static void data_rate_put(struct data_rate *rate, double to_s, uint64_t to)
{
    if (to_s <= rate->from_s || to < rate->from)
        return;
    double per_s = (double)(to - rate->from) / (to_s - rate->from_s);
    data_add(rate->points, rate->from_s, per_s);
    *rate = (struct data_rate){.points = rate->points, .from_s = to_s, .from = to};
}

/* Closes the steps of a cycle: the last value holds to its end. */
static void data_rate_end(struct data_rate *rate, size_t first)
{
    struct picture_points *points = rate->points;
    if (points->n > first)
        data_add(points, rate->from_s, points->points[points->n - 1].y);
    data_gap(points);
}

struct picture_points picture_rate(struct picture_data *data)
{
    const struct timeline *timeline = data->record->timeline;
    nsec_t run_end_ns = (nsec_t)(data->end_s * (double)NSEC_PER_SEC);
    struct picture_points ret =
        picture_points_new(data, 2 * timeline->n_load + 4 * timeline->n_cycles);
    struct data_rate rate = {.points = &ret};
    size_t next = 0;
    uint64_t completed = 0;
    for (size_t i = 0; ret.points != NULL && i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (cycle->concurrency == 0)
            continue;
        nsec_t end_ns = picture_load_end(timeline, i, run_end_ns);
        size_t first = ret.n;
        for (; next < timeline->n_load && timeline->load[next].t_ns <= cycle->begin_ns; next++)
            completed = load_counts_completed(&timeline->load[next].counts);
        rate.from_s = data_s(cycle->begin_ns);
        rate.from = completed;
        uint64_t all = completed + load_counts_completed(&cycle->counts);
        for (; next < timeline->n_load && timeline->load[next].t_ns <= end_ns; next++) {
            double t_s = data_s(timeline->load[next].t_ns);
            completed = load_counts_completed(&timeline->load[next].counts);
            if (t_s - rate.from_s >= data_stretch(data))
                data_rate_put(&rate, t_s, completed);
        }
        if (data_s(end_ns) - rate.from_s >= data_stretch(data) / 2)
            data_rate_put(&rate, data_s(end_ns), all > completed ? all : completed);
        data_rate_end(&rate, first);
    }
    return ret;
}

struct picture_points picture_latency(struct picture_data *data, bool p99)
{
    const struct timeline *timeline = data->record->timeline;
    struct picture_points ret = picture_points_new(data, 2 * timeline->n_load + timeline->n_cycles);
    size_t cycle = 0;
    for (size_t i = 0; ret.points != NULL && i < timeline->n_load; i++) {
        const struct load_sample *sample = &timeline->load[i];
        nsec_t latency_ns = p99 ? sample->latency_p99_ns : sample->latency_p50_ns;
        bool next = false;
        for (; cycle < timeline->n_cycles && timeline->cycles[cycle].begin_ns <= sample->t_ns;
             cycle++)
            next = true;
        if (next)
            data_gap(&ret);
        if (latency_ns >= 0)
            data_add(&ret, data_s(sample->t_ns), (double)latency_ns);
    }
    return ret;
}

struct picture_points picture_survey(struct picture_data *data, enum survey_field field)
{
    const struct timeline *timeline = data->record->timeline;
    struct picture_points ret = picture_points_new(data, 3 * timeline->n_cycles);
    unsigned start = 0;
    for (size_t i = 0; ret.points != NULL && i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (cycle->start != start)
            data_gap(&ret);
        start = cycle->start;
        if (survey_has(&cycle->settled, field) && cycle->settled_ns > 0)
            data_add(&ret, data_s(cycle->settled_ns), (double)cycle->settled.value[field]);
        if (survey_has(&cycle->floor, field) && cycle->floor_ns > cycle->settled_ns)
            data_add(&ret, data_s(cycle->floor_ns), (double)cycle->floor.value[field]);
    }
    return ret;
}

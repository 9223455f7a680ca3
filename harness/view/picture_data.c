#include "view/picture_data.h"

#include <math.h>

/* As fine as a picture is. */
static const struct view_fineness data_fineness = {.main = 800, .others = 400};

double picture_seconds(nsec_t t_ns)
{
    return (double)t_ns / (double)NSEC_PER_SEC;
}

int picture_data_init(struct picture_data *data, const struct record *record, struct error *err)
{
    const struct timeline *timeline = record->timeline;
    nsec_t end_ns = record->duration_ns;
    if (timeline->n_memory > 0 && timeline->memory[timeline->n_memory - 1].t_ns > end_ns)
        end_ns = timeline->memory[timeline->n_memory - 1].t_ns;
    if (timeline->n_marks > 0 && timeline->marks[timeline->n_marks - 1].t_ns > end_ns)
        end_ns = timeline->marks[timeline->n_marks - 1].t_ns;
    *data = (struct picture_data){
        .record = record, .arena = arena_new(), .end_s = picture_seconds(end_ns)};
    if (data->arena == NULL)
        return error_out_of_memory(err);
    return view_series_gather(record, &data_fineness, &data->list, err);
}

void picture_data_done(struct picture_data *data)
{
    view_series_done(&data->list);
    arena_free(data->arena);
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

struct picture_points picture_series(struct picture_data *data, const char *key,
                                     const char **ret_name)
{
    const struct view_series *series = view_series_find(&data->list, key);
    if (series == NULL)
        return (struct picture_points){.n = 0};
    struct picture_points ret = picture_points_new(data, 2 * series->n);
    for (size_t i = 0; ret.points != NULL && i < series->n; i++) {
        if (series->points[i].after_gap && i > 0)
            data_add(&ret, NAN, NAN);
        data_add(&ret, series->points[i].point.x, series->points[i].point.y);
    }
    if (ret_name != NULL)
        *ret_name = series->name;
    return ret;
}

struct picture_points picture_survey(struct picture_data *data, enum survey_field field)
{
    const struct timeline *timeline = data->record->timeline;
    struct picture_points ret = picture_points_new(data, 3 * timeline->n_cycles);
    unsigned start = 0;
    for (size_t i = 0; ret.points != NULL && i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (cycle->start != start && ret.n > 0)
            data_add(&ret, NAN, NAN);
        start = cycle->start;
        if (survey_has(&cycle->settled, field) && cycle->settled_ns > 0)
            data_add(&ret, picture_seconds(cycle->settled_ns), (double)cycle->settled.value[field]);
        if (survey_has(&cycle->floor, field) && cycle->floor_ns > cycle->settled_ns)
            data_add(&ret, picture_seconds(cycle->floor_ns), (double)cycle->floor.value[field]);
    }
    return ret;
}

double picture_cycle_end(const struct picture_data *data, size_t cycle)
{
    const struct timeline *timeline = data->record->timeline;
    const struct cycle *it = &timeline->cycles[cycle];
    nsec_t end_ns = it->begin_ns;
    end_ns = it->load_end_ns > end_ns ? it->load_end_ns : end_ns;
    end_ns = it->settled_ns > end_ns ? it->settled_ns : end_ns;
    end_ns = it->floor_ns > end_ns ? it->floor_ns : end_ns;
    if (end_ns > it->begin_ns)
        return picture_seconds(end_ns);
    double end_s = cycle + 1 < timeline->n_cycles
                       ? picture_seconds(timeline->cycles[cycle + 1].begin_ns)
                       : data->end_s;
    for (size_t i = 0; i < timeline->n_marks; i++)
        if (timeline->marks[i].kind == MARK_EXIT && timeline->marks[i].t_ns > it->begin_ns)
            return fmin(end_s, picture_seconds(timeline->marks[i].t_ns));
    return end_s;
}

double picture_load_end(const struct picture_data *data, size_t cycle)
{
    const struct cycle *it = &data->record->timeline->cycles[cycle];
    return it->load_end_ns > it->begin_ns ? picture_seconds(it->load_end_ns)
                                          : picture_cycle_end(data, cycle);
}

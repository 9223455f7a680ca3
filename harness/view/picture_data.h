#pragma once
/* What a run looked like over time, as points for pictures: seconds since its start, and amounts in
 * base units (bytes, seconds, 1/s, shares, counts). Where nothing ran is a gap. Private to
 * pictures. */
#include "base/arena.h"
#include "report/chart_svg.h"
#include "scenario/record.h"
#include "view/view_series.h"

struct picture_data {
    const struct record *record; /* borrowed */
    struct arena *arena;         /* owned; points are its */
    struct view_series_list list;
    double end_s; /* of the run */
    bool failed;  /* out of memory: points are not whole */
};

/* Points of a line; they may be changed. */
struct picture_points {
    struct chart_point *points;
    size_t n;
};

/* Gather the data of this run, to be released by picture_data_done(), which is fit for CLEANUP. */
int picture_data_init(struct picture_data *data, const struct record *record, struct error *err);
void picture_data_done(struct picture_data *data);

/* Room for so many points; without memory the data has failed, and nothing may be added. */
struct picture_points picture_points_new(struct picture_data *data, size_t room);

/* A series of view_series.h, by its key, and in *ret_name (unless NULL) as people say it; without
 * points when there is none. */
struct picture_points picture_series(struct picture_data *data, const char *key,
                                     const char **ret_name);

/* A field of surveys, when settled and at the floor of each cycle. */
struct picture_points picture_survey(struct picture_data *data, enum survey_field field);

/* When a cycle ended, and when its load did, as far as it tells, in seconds: a cycle that was cut
 * short ends with its instance. */
double picture_cycle_end(const struct picture_data *data, size_t cycle);
double picture_load_end(const struct picture_data *data, size_t cycle);

/* A time of the run in seconds. */
double picture_seconds(nsec_t t_ns);

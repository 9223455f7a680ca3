#include "report/chart_frame.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "report/chart_thin.h"

/* From tick to tick, about. */
#define FRAME_X_PIXELS 90
#define FRAME_Y_PIXELS 38

/* A close-up has at least so much of the highest value below the lines, and if these take more than
 * so much of it, it is none. */
#define FRAME_CLOSE_UP_LEAST 0.02
#define FRAME_CLOSE_UP_MOST  0.6

/* What is at most so many times as high as the points is shown beside them. */
#define FRAME_NEAR 2.5

/* Beyond these, times have minutes, and hours. */
#define FRAME_SECONDS_MAX 120
#define FRAME_MINUTES_MAX 7200

/* 1, 2 or 5 times a power of ten: about so many steps to the range. */
static double frame_step(double range, double steps)
{
    double raw = range / steps;
    double power = pow(10, floor(log10(raw)));
    double rest = raw / power;
    return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

/* Seconds, as people divide minutes, hours and days. */
static double frame_step_time(double range, double steps)
{
    static const double nice[] = {1,   2,   5,    10,   15,   30,    60,    120,  300,
                                  600, 900, 1800, 3600, 7200, 10800, 21600, 43200};
    double raw = range / steps;
    if (raw <= nice[0])
        return frame_step(range, steps);
    for (size_t i = 0; i < ARRAY_LENGTH(nice); i++)
        if (raw <= nice[i])
            return nice[i];
    return 86400 * frame_step(range / 86400, steps);
}

/* Where 0 is so far below that differences would be some pixels only, the axis begins elsewhere. */
static void frame_look_closely(struct chart_frame *frame)
{
    double range = frame->y_max - frame->y_lowest;
    double below = fmax(0.1 * range, FRAME_CLOSE_UP_LEAST * frame->y_max);
    frame->close_up = frame->chart->close_up && frame->y_lowest - below > 0 &&
                      range < FRAME_CLOSE_UP_MOST * frame->y_max;
    if (frame->close_up)
        frame->y_min = frame->y_lowest - below;
}

static void frame_reach_points(struct chart_frame *frame)
{
    const struct chart *chart = frame->chart;
    for (size_t i = 0; i < chart->n_series; i++) {
        for (size_t k = 0; k < chart->series[i].n; k++) {
            const struct chart_point *point = &chart->series[i].points[k];
            if (!chart_is_drawn(point))
                continue;
            frame->points++;
            frame->x_min = fmin(frame->x_min, point->x);
            frame->x_max = fmax(frame->x_max, point->x);
            frame->y_min = fmin(frame->y_min, point->y);
            frame->y_max = fmax(frame->y_max, point->y);
            frame->y_lowest = fmin(frame->y_lowest, point->y);
        }
    }
}

/* What is not far above the points is shown, too. */
static void frame_reach_high(struct chart_frame *frame, double high, double near)
{
    if (high > frame->y_max && high <= near)
        frame->y_max = high;
}

static void frame_reach_others(struct chart_frame *frame)
{
    const struct chart *chart = frame->chart;
    double near = FRAME_NEAR * frame->y_max;
    for (size_t i = 0; i < chart->n_rules; i++)
        frame_reach_high(frame, chart->rules[i].y, near);
    for (size_t i = 0; i < chart->n_bands; i++) {
        frame_reach_high(frame, chart->bands[i].high, near);
        frame->y_lowest = fmin(frame->y_lowest, chart->bands[i].low);
    }
}

void chart_frame_init(struct chart_frame *frame, const struct chart *chart,
                      const struct chart_place *place)
{
    *frame = (struct chart_frame){.chart = chart, .place = place, .y_lowest = CHART_VALUE_MAX};
    frame_reach_points(frame);
    frame_reach_others(frame);
    frame_look_closely(frame);
    if (place->has_range) {
        frame->x_min = place->x_min;
        frame->x_max = place->x_max;
    }
    if (frame->x_max <= frame->x_min)
        frame->x_max = frame->x_min + 1;
    if (frame->y_max <= frame->y_min)
        frame->y_max = frame->y_min + 1;
    double y_steps = fmax(2, floor(place->height / FRAME_Y_PIXELS));
    double y_range = frame->y_max - frame->y_min;
    frame->y_step = frame_step(y_range, y_steps);
    if (frame->y_step > y_range) /* one tick would tell nothing */
        frame->y_step = frame_step(y_range, 2 * y_steps);
    double steps = fmax(2, floor(place->width / FRAME_X_PIXELS));
    double range = frame->x_max - frame->x_min;
    frame->x_step = chart->x_is_time ? frame_step_time(range, steps) : frame_step(range, steps);
    frame->y_max += 0.04 * (frame->y_max - frame->y_min);
    frame->y_min = frame->y_min < 0 || frame->close_up
                       ? floor(frame->y_min / frame->y_step) * frame->y_step
                       : 0;
}

static double frame_round(double at)
{
    return round(at * 10) / 10;
}

double chart_frame_x(const struct chart_frame *frame, double x)
{
    double share = (x - frame->x_min) / (frame->x_max - frame->x_min);
    return frame_round(frame->place->left + frame->place->width * share);
}

double chart_frame_y(const struct chart_frame *frame, double y)
{
    double share = (y - frame->y_min) / (frame->y_max - frame->y_min);
    return frame_round(frame->place->top + frame->place->height * (1 - share));
}

bool chart_frame_shows(const struct chart_frame *frame, double y)
{
    return y >= frame->y_min && y <= frame->y_max;
}

const char *chart_frame_number(double value, double step, char *text)
{
    double decimals = step < 1 ? fmin(-floor(log10(step) + 1e-9), 9) : 0;
    struct units_scale scale = {.divisor = 1, .name = "", .decimals = (int)decimals};
    if (fabs(value) < step / 2)
        value = 0;
    if (fabs(value) >= 1e7) {
        snprintf(text, UNITS_TEXT_MAX, "%.4g", value);
        return text;
    }
    return units_format_scaled(value, &scale, text);
}

const char *chart_time_label(double x_max)
{
    return x_max <= FRAME_SECONDS_MAX   ? "time, s"
           : x_max <= FRAME_MINUTES_MAX ? "time, min:s"
                                        : "time, h:min";
}

const char *chart_frame_tick(const struct chart_frame *frame, double value, char *text)
{
    bool by_clock = frame->chart->x_is_time && frame->x_max > FRAME_SECONDS_MAX;
    if (!by_clock || fabs(value) >= 1e7)
        return chart_frame_number(value, frame->x_step, text);
    long whole = lround(frame->x_max > FRAME_MINUTES_MAX ? value / 60 : value);
    snprintf(text, UNITS_TEXT_MAX, "%s%ld:%02ld", whole < 0 ? "-" : "", labs(whole) / 60,
             labs(whole) % 60);
    return text;
}

#include <math.h>

#include "verdict/growth.h"

/* What is a step at all: twice what a floor moves by itself, for several moves add up. */
#define HISTORY_STEP_MIN_BYTES (2 * GROWTH_NOISE_BYTES)
/* It stands still for good after so many times the rest before its last step. The rests of an array
 * that doubles are each twice as long as the one before. */
#define HISTORY_REST_TIMES 2.5
/* A window's rate at less than this share of the one before: it slows down. */
#define HISTORY_SLOWER_MAX 0.7
/* Then even its later half must keep up with its earlier one to pass for steady… */
#define HISTORY_LASTING_MIN 0.9
/* …and in the third window at this share it dies away, however unevenly. */
#define HISTORY_THIRD_MAX 0.6
/* Doubling is seen by so many steps, each so many times the one before (arrays grow by a quarter,
 * by half, or double). Four are not enough: the new space of a V8 takes those, from 1 to 16 MiB,
 * and then no more. */
#define DOUBLING_STEPS    5
#define DOUBLING_STEP_MIN 1.2
#define DOUBLING_STEP_MAX 3.0
/* The last of them is this share of all that was gained, at the least: an array is all there is, or
 * most of it. Smaller steps are an allocator's, whose heights go by the work between the looks. */
#define DOUBLING_SHARE_MIN 0.15
/* What is filled between them, per request, is the same each time, but for this. */
#define DOUBLING_RATE_SPREAD 1.1

/* A rise to a new height: by how much, after how many requests at the most, and how many fewer it
 * may have been: it was seen at the end of a cycle. */
struct history_step {
    double requests;
    double unsure_requests;
    double height_bytes;
};

struct history_steps {
    double rise_bytes; /* from the first floor to the highest */
    size_t n;          /* the last DOUBLING_STEPS of them are in `last`, the latest first */
    struct history_step last[DOUBLING_STEPS];
};

/* The steps by which the floor reached new heights; what rises and falls is none. */
static void history_find_steps(const struct floor_series *history, double still_bytes,
                               struct history_steps *ret)
{
    ret->n = 0;
    double top = history->floor_bytes[0];
    for (size_t i = 1; i < history->n; i++) {
        double height = history->floor_bytes[i] - top;
        if (height <= still_bytes)
            continue;
        for (size_t k = DOUBLING_STEPS - 1; k > 0; k--)
            ret->last[k] = ret->last[k - 1];
        ret->last[0] = (struct history_step){
            .requests = history->requests[i],
            .unsure_requests = history->requests[i] - history->requests[i - 1],
            .height_bytes = height,
        };
        ret->n++;
        top = history->floor_bytes[i];
    }
    ret->rise_bytes = top - history->floor_bytes[0];
}

/* The requests between two steps, at the least (0: they may have come together) and at the most. */
static double history_least_gap(const struct history_step *step, const struct history_step *before)
{
    return fmax(0, step->requests - step->unsure_requests - before->requests);
}

static double history_most_gap(const struct history_step *step, const struct history_step *before)
{
    return step->requests - before->requests + before->unsure_requests;
}

/* Has it stood still for long enough, measured by the rests it took before? Also when each step
 * took more rest than it grew: that is a growth that dies away. */
static bool history_has_rested(const struct floor_series *history,
                               const struct history_steps *steps)
{
    if (steps->n == 0)
        return true;
    double before = steps->n > 1 ? steps->last[1].requests : 0;
    double gap = steps->last[0].requests - before;
    double rest = history->requests[history->n - 1] - steps->last[0].requests;
    if (rest >= HISTORY_REST_TIMES * gap)
        return true;
    if (steps->n < 3)
        return false;
    double least_gap = history_least_gap(&steps->last[0], &steps->last[1]);
    double most_gap_before = history_most_gap(&steps->last[1], &steps->last[2]);
    return steps->last[0].height_bytes * most_gap_before <
           GROWTH_LASTING_MIN * steps->last[1].height_bytes * least_gap;
}

/* Has it so when new heights within its noise do not count? Of ups and downs only. */
static bool history_has_rested_within(const struct floor_series *history,
                                      const struct growth *growth)
{
    struct history_steps steps;
    if (!growth->jitters)
        return false;
    history_find_steps(history, fmax(HISTORY_STEP_MIN_BYTES, growth->noise_bytes), &steps);
    return history_has_rested(history, &steps);
}

/* Steps that double after rests that double: what each step made room for was filled at the same
 * rate before the next one came. */
static bool history_doubles(const struct history_steps *steps, struct trend *ret)
{
    if (steps->n < DOUBLING_STEPS ||
        steps->last[0].height_bytes < DOUBLING_SHARE_MIN * steps->rise_bytes)
        return false;
    double low = 0; /* of the rates that all of them allow */
    double high = INFINITY;
    double filled = 0;
    for (size_t i = 0; i + 1 < DOUBLING_STEPS; i++) {
        const struct history_step *step = &steps->last[i];
        const struct history_step *before = &steps->last[i + 1];
        double times = step->height_bytes / before->height_bytes;
        double least_gap = history_least_gap(step, before);
        if (times < DOUBLING_STEP_MIN || times > DOUBLING_STEP_MAX)
            return false;
        low = fmax(low, before->height_bytes / history_most_gap(step, before));
        if (least_gap > 0)
            high = fmin(high, before->height_bytes / least_gap);
        filled += before->height_bytes;
    }
    if (low > DOUBLING_RATE_SPREAD * high)
        return false;
    ret->slope = filled / (steps->last[0].requests - steps->last[DOUBLING_STEPS - 1].requests);
    ret->low = fmin(low, ret->slope);
    ret->high = 2 * fmax(fmin(high, 2 * ret->slope), ret->slope); /* just after a step */
    return true;
}

void growth_weigh_history(const struct floor_series *history, const struct growth *before,
                          struct growth *growth)
{
    if (history->n < 2 || growth->shape == GROWTH_TOO_FEW)
        return;
    struct history_steps steps;
    history_find_steps(history, fmax(HISTORY_STEP_MIN_BYTES, history->noise_bytes), &steps);
    struct trend doubling = growth->trend;
    if (growth->shape != GROWTH_STEADY && history_doubles(&steps, &doubling)) {
        growth->shape = GROWTH_STEADY;
        growth->trend = doubling;
        growth->by_doubling = true;
        growth->requests = history->requests[history->n - 1];
        growth->doubt = NULL;
        return;
    }
    if ((growth->shape == GROWTH_FLAT || growth->shape == GROWTH_FADING) &&
        !history_has_rested(history, &steps) && !history_has_rested_within(history, growth)) {
        growth->shape = GROWTH_UNCLEAR;
        growth->doubt = "its last step is too recent to tell that it was the last";
    }
    if (before == NULL || !before->has_trend || before->trend.slope <= 0)
        return;
    bool slower = growth->trend.slope < HISTORY_SLOWER_MAX * before->trend.slope;
    if (slower && growth->shape == GROWTH_STEADY &&
        growth->fade - growth->fade_error < HISTORY_LASTING_MIN) {
        growth->shape = GROWTH_UNCLEAR;
        growth->doubt = "it grows ever more slowly";
    }
    /* In the third window no warm-up is left that made the second one faster. */
    if (growth->window >= 2 && growth->shape == GROWTH_UNCLEAR &&
        growth->trend.slope < HISTORY_THIRD_MAX * before->trend.slope)
        growth->shape = GROWTH_FADING;
    /* A whole window more of work, and still slower and slower. */
    if (slower && growth->shape == GROWTH_UNCLEAR && growth->trend.n >= before->trend.n &&
        growth->fade + growth->fade_error < 1 && growth->dies_away)
        growth->shape = GROWTH_FADING;
}

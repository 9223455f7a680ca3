#include "explain/in_step.h"

#include <math.h>

/* What is given back, of all that moved. */
#define FALLS_SHARE_MAX 0.25
/* An increment below this share of the whole rise is none. */
#define QUIET_SHARE 0.02
/* Of the whole rise, in one step; fewer increments say less. */
#define LARGEST_SHARE_MAX     0.6
#define LARGEST_SHARE_FEW_MAX 0.75
#define INCREMENTS_FEW        4
/* The rate of the judged points by that of what came before. */
#define BEFORE_RATE_MIN 0.5
/* A step that follows may be so much smaller than the one before and still be one of a kind. */
#define STEP_SHRINK_MAX 0.8

/* The judged points as increments. */
struct in_step_moves {
    size_t n;
    double increment[IN_STEP_POINTS_MAX];
    double work[IN_STEP_POINTS_MAX];
    double net, up, down;
    double largest;
    size_t rises; /* increments that are worth the name */
};

double in_step_slope(const struct in_step_series *series)
{
    double mean_x = 0, mean_y = 0, sxx = 0, sxy = 0;
    size_t n = series->n - series->n_before;
    const double *x = series->x + series->n_before;
    const double *y = series->y + series->n_before;
    if (n < 2)
        return 0;
    for (size_t i = 0; i < n; i++) {
        mean_x += x[i] / (double)n;
        mean_y += y[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        sxx += (x[i] - mean_x) * (x[i] - mean_x);
        sxy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    return sxx > 0 ? sxy / sxx : 0;
}

static void in_step_moves(const struct in_step_series *series, size_t first,
                          struct in_step_moves *ret)
{
    *ret = (struct in_step_moves){.n = 0};
    for (size_t i = first + 1; i < series->n && ret->n < IN_STEP_POINTS_MAX; i++) {
        double increment = series->y[i] - series->y[i - 1];
        ret->increment[ret->n] = increment;
        ret->work[ret->n++] = series->x[i] - series->x[i - 1];
        ret->net += increment;
        ret->up += fmax(increment, 0);
        ret->down += fmax(-increment, 0);
        ret->largest = fmax(ret->largest, increment);
    }
    for (size_t i = 0; i < ret->n; i++)
        ret->rises += ret->increment[i] > QUIET_SHARE * ret->net;
}

/* Rate over some of the increments. */
static double in_step_rate(const struct in_step_moves *moves, size_t first, size_t n)
{
    double increments = 0, work = 0;
    for (size_t i = first; i < first + n; i++) {
        increments += moves->increment[i];
        work += moves->work[i];
    }
    return work > 0 ? increments / work : 0;
}

/* By how much the rates of single increments stray from a line through them. */
static double in_step_stray(const struct in_step_moves *moves)
{
    double position[IN_STEP_POINTS_MAX];
    double rate[IN_STEP_POINTS_MAX];
    double squares = 0, mean = 0;
    for (size_t i = 0; i < moves->n; i++) {
        position[i] = (double)i;
        rate[i] = moves->work[i] > 0 ? moves->increment[i] / moves->work[i] : 0;
        mean += rate[i] / (double)moves->n;
    }
    const struct in_step_series line = {.x = position, .y = rate, .n = moves->n};
    double slope = in_step_slope(&line);
    for (size_t i = 0; i < moves->n; i++) {
        double off = rate[i] - mean - slope * (position[i] - (double)(moves->n - 1) / 2);
        squares += off * off;
    }
    return moves->n > 2 ? sqrt(squares / (double)(moves->n - 2)) : 0;
}

/* Does the later half rise as the earlier one did? */
static bool in_step_lasts(const struct in_step_moves *moves)
{
    size_t half = moves->n / 2;
    if (half == 0)
        return true;
    double earlier = in_step_rate(moves, 0, half);
    double later = in_step_rate(moves, moves->n - half, half);
    double error = in_step_stray(moves) * sqrt(2.0 / (double)half);
    return later + error >= IN_STEP_LASTING_MIN * earlier;
}

/* Is what rose before no more than twice as steep? */
static bool in_step_goes_on(const struct in_step_series *series)
{
    if (series->n_before == 0)
        return true;
    size_t first = series->n_before;
    double work = series->x[first] - series->x[0];
    double before = work > 0 ? (series->y[first] - series->y[0]) / work : 0;
    double span = series->x[series->n - 1] - series->x[first];
    double now = span > 0 ? (series->y[series->n - 1] - series->y[first]) / span : 0;
    return now >= BEFORE_RATE_MIN * before;
}

/* Does every step that is worth the name at least equal the one before it, or nearly? */
static bool in_step_climbs(const struct in_step_moves *moves)
{
    double before = 0;
    for (size_t i = 0; i < moves->n; i++) {
        if (moves->increment[i] <= QUIET_SHARE * moves->net)
            continue;
        if (moves->increment[i] < STEP_SHRINK_MAX * before)
            return false;
        before = moves->increment[i];
    }
    return true;
}

bool in_step_grows(const struct in_step_series *series, bool by_doubling)
{
    struct in_step_moves moves;
    if (series->n < series->n_before + 3)
        return false;
    in_step_moves(series, series->n_before, &moves);
    if (moves.net <= 0 || moves.down > FALLS_SHARE_MAX * (moves.up + moves.down))
        return false;
    double largest_max = moves.n < INCREMENTS_FEW ? LARGEST_SHARE_FEW_MAX : LARGEST_SHARE_MAX;
    bool even = moves.rises >= 2 && moves.largest <= largest_max * moves.net;
    if (even && in_step_lasts(&moves) && in_step_goes_on(series))
        return true;

    /* Steps that double: all that is known of it, for one of them is half of everything. */
    struct in_step_moves all;
    in_step_moves(series, 0, &all);
    if (all.net <= 0 || all.down > FALLS_SHARE_MAX * (all.up + all.down))
        return false;
    bool grew_before = series->y[0] > 0 && by_doubling;
    return (all.rises >= 2 || grew_before) && in_step_climbs(&all) &&
           (by_doubling || (moves.rises >= 2 && in_step_lasts(&moves)));
}

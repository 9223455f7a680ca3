#include "verdict/evidence_time.h"

/* Growth without load that is more than a floor moves by itself. */
#define OTHERS_MIN_BYTES_PER_S (32.0 * 1024)

bool evidence_is_steady_in_time(const struct verdict_question *question, struct evidence *ret)
{
    size_t n = ret->series.n;
    struct floor_series by_time = ret->series;
    nsec_t begin_ns = by_time.cycle[0]->floor_ns;
    double span_ns = (double)(by_time.cycle[n - 1]->floor_ns - begin_ns);
    for (size_t i = 0; i < n; i++)
        by_time.requests[i] =
            ret->series.requests[n - 1] * (double)(by_time.cycle[i]->floor_ns - begin_ns) / span_ns;
    struct growth growth;
    growth_assess(&by_time, question->cycles_min, &growth);
    if (growth.shape != GROWTH_STEADY)
        return false;
    ret->growth = growth;
    return true;
}

void evidence_heed_others(const struct verdict_question *question, struct evidence *ret)
{
    ret->has_others =
        question->attached && ret->has_rest_rate && ret->rest_bytes_per_s >= OTHERS_MIN_BYTES_PER_S;
    bool by_work = ret->growth.shape == GROWTH_STEADY && evidence_repeat_holds(ret);
    if (!ret->has_others || by_work || ret->growth.shape == GROWTH_TOO_FEW)
        return;
    ret->repeat = NULL; /* it says how growth goes by work */
    if (evidence_is_steady_in_time(question, ret))
        return;
    ret->growth.shape = GROWTH_UNCLEAR;
    ret->growth.doubt = "it grew while nothing was asked of it";
}

/* The part of the evidence that a collected heap's own numbers are. */
#include <math.h>

#include "verdict/evidence.h"
#include "verdict/heap_growth.h"

/* A floor that is restless for other reasons than its heap rises in its later half at this share of
 * the rate of the earlier one, at the most. */
#define RESTIVE_FADE_MAX 0.35
/* So many of the last floors tell that what a heap has in use stands still. */
#define HEAP_STILL_POINTS 4
/* A collected heap has come to its whole size when so much of it is held as private memory. */
#define HEAP_FULL_MIN 0.9

/* A floor that moved as a JIT compiler moves it: up and down, ever less, or in steps so uneven that
 * they are no rise in step with work. */
static bool evidence_is_restive(const struct growth *growth)
{
    return growth->shape == GROWTH_UNCLEAR &&
           (growth->trend.low <= 0 || growth->fade <= RESTIVE_FADE_MAX ||
            growth->total_bytes < growth->hidden_bytes);
}

/* What a heap has in use stands: as a floor does, or its last floors differ by no more than a
 * thread takes of a heap at a time. */
static bool evidence_heap_stands(const struct floor_series *heap, const struct growth *growth)
{
    if (growth->shape != GROWTH_UNCLEAR)
        return growth->shape == GROWTH_FLAT || growth->shape == GROWTH_FADING;
    double lowest = heap->floor_bytes[heap->n - 1];
    double highest = lowest;
    for (size_t i = heap->n - HEAP_STILL_POINTS; i < heap->n; i++) {
        lowest = fmin(lowest, heap->floor_bytes[i]);
        highest = fmax(highest, heap->floor_bytes[i]);
    }
    return highest - lowest <= GROWTH_NOISE_BYTES;
}

/* The floor, in the light of what its heap has in use. */
static void evidence_weigh_heap(bool heap_stands, const struct growth *heap,
                                const struct verdict_question *question, struct evidence *ret)
{
    struct growth *floor = &ret->growth;
    ret->heap_stands = heap_stands;
    ret->runtime_moves = heap_stands && question->heap_is_collected;
    ret->heap_smallest_leak = growth_smallest_leak(heap);
    if (floor->shape == GROWTH_STEADY && heap_growth_is_reserve(&ret->series)) {
        floor->shape = GROWTH_UNCLEAR;
        floor->doubt = "it is the heap's reserve that grew: nothing of it is in use";
    } else if ((floor->shape == GROWTH_FLAT || floor->shape == GROWTH_FADING) && !heap_stands) {
        floor->shape = GROWTH_UNCLEAR;
        floor->doubt = "what its heap has in use moved, and not for long enough to tell how";
    } else if (question->heap_is_collected && heap_stands && evidence_is_restive(floor)) {
        floor->shape = GROWTH_FADING;
        ret->restive = true;
    }
}

void evidence_hear_heap(const struct floor_series *before, const struct verdict_question *question,
                        struct evidence *ret)
{
    struct floor_series series;
    struct floor_series history;
    struct floor_series window_before = *before;
    if (!question->heap_is_exact || !heap_growth_series(&ret->series, &series) ||
        !heap_growth_series(&ret->history, &history))
        return;
    if (before->n > 0 && !heap_growth_series(before, &window_before))
        return;
    struct growth growth;
    growth_assess(&series, question->cycles_min, &growth);
    evidence_weigh(&history, &window_before, question, &growth);
    if (growth.shape != GROWTH_STEADY || ret->growth.shape == GROWTH_STEADY) {
        evidence_weigh_heap(evidence_heap_stands(&series, &growth), &growth, question, ret);
        return;
    }
    ret->by_heap = true;
    ret->series = series;
    ret->history = history;
    ret->growth = growth;
}

bool evidence_heap_hides(const struct evidence *evidence, const struct verdict_question *question)
{
    if (evidence->last == NULL || (question->heap_is_exact && evidence->has_heap))
        return false;
    if (question->heap_is_constant)
        return true;
    struct floor_parts floor = indicators_floor(&evidence->last->floor);
    return question->heap_max_bytes > 0 && floor.present &&
           (double)floor.user_bytes >= HEAP_FULL_MIN * (double)question->heap_max_bytes;
}

double evidence_heap_room(const struct evidence *evidence, const struct verdict_question *question)
{
    const struct floor_series *history = &evidence->history;
    if (history->n == 0)
        return -1;
    const struct survey *last = &history->cycle[history->n - 1]->floor;
    if (!survey_has_allocator(last))
        return -1;
    double whole = question->heap_max_bytes > 0 ? (double)question->heap_max_bytes
                                                : (double)last->value[SURVEY_HEAP_ARENA];
    double in_use = (double)last->value[SURVEY_HEAP_IN_USE];
    return whole > in_use ? whole - in_use : 0;
}

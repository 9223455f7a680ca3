#include "verdict/heap_growth.h"

/* The heap's own size makes this share of the floor's rise, at the least… */
#define RESERVE_SHARE_MIN 0.5
/* …and what is in use of it no more than this share. */
#define RESERVE_IN_USE_MAX 0.2

bool heap_growth_series(const struct floor_series *floors, struct floor_series *ret)
{
    *ret = *floors;
    ret->noise_bytes = 0;
    for (size_t i = 0; i < floors->n; i++) {
        const struct survey *floor = &floors->cycle[i]->floor;
        if (!survey_has(floor, SURVEY_HEAP_IN_USE))
            return false;
        ret->floor_bytes[i] = (double)floor->value[SURVEY_HEAP_IN_USE];
    }
    return floors->n >= 2;
}

bool heap_growth_is_reserve(const struct floor_series *floors)
{
    if (floors->n < 2)
        return false;
    const struct survey *first = &floors->cycle[0]->floor;
    const struct survey *last = &floors->cycle[floors->n - 1]->floor;
    if (!survey_has_allocator(first) || !survey_has_allocator(last))
        return false;
    double risen = floors->floor_bytes[floors->n - 1] - floors->floor_bytes[0];
    double arena = (double)last->value[SURVEY_HEAP_ARENA] - (double)first->value[SURVEY_HEAP_ARENA];
    double in_use =
        (double)last->value[SURVEY_HEAP_IN_USE] - (double)first->value[SURVEY_HEAP_IN_USE];
    return arena >= RESERVE_SHARE_MIN * risen && in_use <= RESERVE_IN_USE_MAX * risen;
}

#include "profile/profile_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Where each type of the result stands in the two. */
struct diff_types {
    unsigned from[PROFILE_TYPES_MAX];
    unsigned to[PROFILE_TYPES_MAX];
};

static int diff_match_types(const struct profile *from, const struct profile *to,
                            struct profile *ret, struct diff_types *types, struct error *err)
{
    unsigned first = 0;
    bool has_first = false;
    for (unsigned i = 0; i < to->n_types; i++) {
        const struct profile_type *type = &to->types[i];
        unsigned other = profile_find_type(from, type->type);
        if (other == from->n_types || strcmp(from->types[other].unit, type->unit) != 0)
            continue;
        if (to->default_type == i) {
            first = ret->n_types;
            has_first = true;
        }
        types->from[ret->n_types] = other;
        types->to[ret->n_types] = i;
        if (profile_add_type(ret, type->type, type->unit, err) < 0)
            return -1;
    }
    if (ret->n_types == 0)
        return error_set(err, ERROR_USAGE, "the two profiles have no type of values in common");
    if (has_first)
        ret->default_type = first;
    return 0;
}

/* Samples of one profile on their way into another, whose frames have other numbers. */
struct diff_way {
    const struct profile *from;
    struct profile *to;
    uint32_t *numbers; /* in `to`, from 1; 0: it is not there so far */
    uint32_t *stack;
    size_t capacity_stack;
};

static void diff_way_done(struct diff_way *way)
{
    free(way->numbers);
    free(way->stack);
}

static int diff_way_init(struct diff_way *way, const struct profile *from, struct profile *to,
                         struct error *err)
{
    *way = (struct diff_way){.from = from, .to = to};
    way->numbers = calloc(from->n_frames + 1, sizeof(*way->numbers));
    return way->numbers == NULL ? error_out_of_memory(err) : 0;
}

/* Add these values there, on the stack of this sample. */
static int diff_way_add(struct diff_way *way, const struct profile_sample *sample,
                        const int64_t *values, struct error *err)
{
    if (store_grow(&way->to->store, &way->stack, sample->depth, sizeof(*way->stack),
                   &way->capacity_stack, err) < 0)
        return -1;
    for (uint32_t i = 0; i < sample->depth; i++) {
        uint32_t frame = sample->frames[i];
        uint32_t number = 0;
        if (way->numbers[frame] == 0) {
            if (profile_add_frame(way->to, &way->from->frames[frame], &number, err) < 0)
                return -1;
            way->numbers[frame] = number + 1;
        }
        way->stack[i] = way->numbers[frame] - 1;
    }
    return profile_add_sample(way->to, way->stack, sample->depth, values, err);
}

/* Add one profile's samples, less (sign -1) or as they are. */
static int diff_add(struct profile *sum, const struct profile *profile, const unsigned *types,
                    int sign, struct error *err)
{
    CLEANUP(diff_way_done) struct diff_way way = {.numbers = NULL};
    if (diff_way_init(&way, profile, sum, err) < 0)
        return -1;
    for (size_t i = 0; i < profile->n_samples; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        int64_t values[PROFILE_TYPES_MAX];
        for (unsigned k = 0; k < sum->n_types; k++)
            values[k] = sign * sample->values[types[k]];
        if (diff_way_add(&way, sample, values, err) < 0)
            return -1;
    }
    return 0;
}

static bool diff_is_change(const struct profile *sum, const struct profile_sample *sample)
{
    bool changed = false;
    for (unsigned i = 0; i < sum->n_types; i++)
        changed = changed || sample->values[i] != 0;
    return changed;
}

/* The same without stacks on which nothing changed. */
static int diff_keep_changes(const struct profile *sum, struct profile *ret, struct error *err)
{
    CLEANUP(diff_way_done) struct diff_way way = {.numbers = NULL};
    if (diff_way_init(&way, sum, ret, err) < 0)
        return -1;
    for (unsigned i = 0; i < sum->n_types; i++) {
        if (profile_add_type(ret, sum->types[i].type, sum->types[i].unit, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < sum->n_samples; i++) {
        const struct profile_sample *sample = &sum->samples[i];
        if (diff_is_change(sum, sample) && diff_way_add(&way, sample, sample->values, err) < 0)
            return -1;
    }
    return 0;
}

/* What is not of its samples. */
static int diff_describe(const struct profile *from, const struct profile *to,
                         const struct profile *sum, struct profile *ret, struct error *err)
{
    ret->default_type = sum->default_type;
    ret->time_ns = to->time_ns;
    if (from->time_ns != 0 && to->time_ns != 0 &&
        __builtin_sub_overflow(to->time_ns, from->time_ns, &ret->duration_ns))
        ret->duration_ns = 0;
    ret->period = to->period;
    if (profile_add_name(ret, to->period_type.type, SIZE_MAX, &ret->period_type.type, err) < 0)
        return -1;
    return profile_add_name(ret, to->period_type.unit, SIZE_MAX, &ret->period_type.unit, err);
}

int profile_diff(const struct profile *from, const struct profile *to, struct profile **ret,
                 struct error *err)
{
    CLEANUP(profile_freep) struct profile *sum = NULL;
    CLEANUP(profile_freep) struct profile *changes = NULL;
    struct diff_types types = {.from = {0}};
    if (profile_new(&sum, err) < 0 || profile_new(&changes, err) < 0 ||
        diff_match_types(from, to, sum, &types, err) < 0 ||
        diff_add(sum, to, types.to, 1, err) < 0 || diff_add(sum, from, types.from, -1, err) < 0 ||
        diff_keep_changes(sum, changes, err) < 0 || diff_describe(from, to, sum, changes, err) < 0)
        return -1;
    *ret = take_ptr(&changes);
    return 0;
}

#include "profile/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Two frames are one when these are. No padding: it is compared as bytes. */
struct profile_frame_key {
    uint32_t function;
    uint32_t file;
    uint32_t module;
    uint32_t none; /* 0 */
    int64_t line;
};

int profile_new(struct profile **ret, struct error *err)
{
    CLEANUP(profile_freep) struct profile *profile = calloc(1, sizeof(*profile));
    if (profile == NULL)
        return error_out_of_memory(err);
    struct store *store = &profile->store;
    if (store_init(store, PROFILE_MEMORY_MAX_BYTES, err) < 0 ||
        intern_init(&profile->names, store, err) < 0 ||
        intern_init(&profile->functions, store, err) < 0 ||
        intern_init(&profile->frame_keys, store, err) < 0 ||
        intern_init(&profile->stacks, store, err) < 0)
        return -1;
    profile->period_type = (struct profile_type){"", ""};
    *ret = take_ptr(&profile);
    return 0;
}

void profile_free(struct profile *profile)
{
    if (profile == NULL)
        return;
    intern_done(&profile->names);
    intern_done(&profile->functions);
    intern_done(&profile->frame_keys);
    intern_done(&profile->stacks);
    store_done(&profile->store);
    free(profile->frames);
    free(profile->samples);
    free(profile);
}

void profile_freep(struct profile **profile)
{
    profile_free(*profile);
}

static int profile_name_id(struct profile *profile, const char *text, size_t length, uint32_t *ret,
                           struct error *err)
{
    return intern_add(&profile->names, text, strnlen(text, length), ret, err);
}

int profile_add_name(struct profile *profile, const char *text, size_t length, const char **ret,
                     struct error *err)
{
    uint32_t id = 0;
    if (profile_name_id(profile, text, length, &id, err) < 0)
        return -1;
    *ret = profile->names.keys[id].data;
    return 0;
}

int profile_add_type(struct profile *profile, const char *type, const char *unit, struct error *err)
{
    struct profile_type *added = &profile->types[profile->n_types];
    if (profile->n_types == PROFILE_TYPES_MAX)
        return error_set(err, ERROR_USAGE, "more than %d types of values", PROFILE_TYPES_MAX);
    if (profile_add_name(profile, type, SIZE_MAX, &added->type, err) < 0 ||
        profile_add_name(profile, unit, SIZE_MAX, &added->unit, err) < 0)
        return -1;
    profile->n_types++;
    profile->default_type = profile->n_types;
    return 0;
}

int profile_add_frame(struct profile *profile, const struct profile_frame *frame, uint32_t *ret,
                      struct error *err)
{
    struct profile_frame_key key = {.line = frame->line};
    const char *function = *frame->function != '\0' ? frame->function : "(unknown)";
    const char *module = frame->module != NULL ? frame->module : "";
    if (profile_name_id(profile, function, SIZE_MAX, &key.function, err) < 0 ||
        profile_name_id(profile, frame->file, SIZE_MAX, &key.file, err) < 0 ||
        profile_name_id(profile, module, SIZE_MAX, &key.module, err) < 0 ||
        intern_add(&profile->frame_keys, &key, sizeof(key), ret, err) < 0)
        return -1;
    if (*ret < profile->n_frames)
        return 0;

    struct profile_frame *added = NULL;
    uint32_t function_id = 0;
    if (store_grow(&profile->store, &profile->frames, profile->n_frames + 1, sizeof(*added),
                   &profile->capacity_frames, err) < 0 ||
        intern_add(&profile->functions, &key.function, sizeof(key.function), &function_id, err) < 0)
        return -1;
    added = &profile->frames[profile->n_frames++];
    *added = (struct profile_frame){
        .function = profile->names.keys[key.function].data,
        .file = profile->names.keys[key.file].data,
        .line = frame->line,
        .module = profile->names.keys[key.module].data,
        .function_id = function_id,
    };
    return 0;
}

/* Would the magnitudes still fit? */
static int profile_check_values(const struct profile *profile, const int64_t *values,
                                uint64_t *magnitudes, struct error *err)
{
    for (unsigned i = 0; i < profile->n_types; i++) {
        uint64_t magnitude = values[i] < 0 ? 0 - (uint64_t)values[i] : (uint64_t)values[i];
        if (magnitude > INT64_MAX - profile->magnitudes[i])
            return error_set(err, ERROR_USAGE, "the values of %s are beyond 64 bits",
                             profile->types[i].type);
        magnitudes[i] = profile->magnitudes[i] + magnitude;
    }
    return 0;
}

int profile_add_sample(struct profile *profile, const uint32_t *frames, uint32_t depth,
                       const int64_t *values, struct error *err)
{
    uint64_t magnitudes[PROFILE_TYPES_MAX];
    uint32_t id = 0;
    if (profile_check_values(profile, values, magnitudes, err) < 0 ||
        intern_add(&profile->stacks, frames, depth * sizeof(*frames), &id, err) < 0)
        return -1;
    if (id == profile->n_samples) {
        struct profile_sample sample = {.frames = profile->stacks.keys[id].data, .depth = depth};
        sample.values = store_alloc(&profile->store, profile->n_types * sizeof(*values), err);
        if (sample.values == NULL ||
            store_grow(&profile->store, &profile->samples, profile->n_samples + 1, sizeof(sample),
                       &profile->capacity_samples, err) < 0)
            return -1;
        profile->samples[profile->n_samples++] = sample;
    }
    for (unsigned i = 0; i < profile->n_types; i++)
        profile->samples[id].values[i] += values[i];
    memcpy(profile->magnitudes, magnitudes, profile->n_types * sizeof(*magnitudes));
    return 0;
}

const struct profile_sample *profile_find_sample(const struct profile *profile,
                                                 const uint32_t *frames, uint32_t depth)
{
    uint32_t id = intern_find(&profile->stacks, frames, depth * sizeof(*frames));
    return id < profile->n_samples ? &profile->samples[id] : NULL;
}

unsigned profile_find_type(const struct profile *profile, const char *type)
{
    unsigned i = 0;
    while (i < profile->n_types && strcmp(profile->types[i].type, type) != 0)
        i++;
    return i;
}

unsigned profile_first_type(const struct profile *profile)
{
    static const char *const wanted[] = {"inuse_space", "inuse_bytes", "live", "goroutine"};
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
        unsigned type = profile_find_type(profile, wanted[i]);
        if (type < profile->n_types)
            return type;
    }
    if (profile->default_type < profile->n_types || profile->n_types == 0)
        return profile->default_type;
    return profile->n_types - 1;
}

int64_t profile_total(const struct profile *profile, unsigned type)
{
    int64_t total = 0;
    for (size_t i = 0; i < profile->n_samples; i++)
        total += profile->samples[i].values[type];
    return total;
}

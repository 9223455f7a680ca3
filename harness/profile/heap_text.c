#include "profile/heap_text.h"

#include <inttypes.h>
#include <string.h>

#include "profile/frame_text.h"

/* Where its two numbers are; n_types: it has none such. */
struct heap_text_types {
    unsigned objects, bytes;
};

/* The type of that name, or else the first of that unit. */
static unsigned heap_text_type(const struct profile *profile, const char *name, const char *unit)
{
    unsigned type = profile_find_type(profile, name);
    for (unsigned i = 0; type == profile->n_types && i < profile->n_types; i++)
        if (strcmp(profile->types[i].unit, unit) == 0)
            return i;
    return type;
}

/* What a sample has of a type, if it is more than nothing. */
static int64_t heap_text_value(const struct profile *profile, const struct profile_sample *sample,
                               unsigned type)
{
    return type < profile->n_types && sample->values[type] > 0 ? sample->values[type] : 0;
}

static int heap_text_numbers(int64_t objects, int64_t bytes, const char *begin, struct buffer *out,
                             struct error *err)
{
    return buffer_printf(out, err, "%s%" PRId64 ": %" PRId64 " [ %" PRId64 ": %" PRId64 "] @",
                         begin, objects, bytes, objects, bytes);
}

static int heap_text_symbols(const struct profile *profile, struct buffer *out, struct error *err)
{
    if (buffer_append_text(out, "--- symbol\n", err) < 0)
        return -1;
    for (size_t i = 0; i < profile->n_frames; i++) {
        if (buffer_printf(out, err, "0x%016zx ", i + 1) < 0 ||
            frame_text_append(&profile->frames[i], out, err) < 0 ||
            buffer_append_text(out, "\n", err) < 0)
            return -1;
    }
    return buffer_append_text(out, "---\n", err);
}

static int heap_text_sample(const struct profile *profile, const struct heap_text_types *types,
                            const struct profile_sample *sample, struct buffer *out,
                            struct error *err)
{
    int64_t objects = heap_text_value(profile, sample, types->objects);
    int64_t bytes = heap_text_value(profile, sample, types->bytes);
    if (objects == 0 && bytes == 0)
        return 0;
    if (heap_text_numbers(objects, bytes, "  ", out, err) < 0)
        return -1;
    for (uint32_t i = 0; i < sample->depth; i++)
        if (buffer_printf(out, err, " 0x%016" PRIx64, (uint64_t)sample->frames[i] + 1) < 0)
            return -1;
    /* A line without any address is no line to it. */
    return buffer_append_text(out, sample->depth == 0 ? " 0x0\n" : "\n", err);
}

int heap_text_write(const struct profile *profile, struct buffer *out, struct error *err)
{
    const struct heap_text_types types = {
        .objects = heap_text_type(profile, "inuse_objects", "count"),
        .bytes = heap_text_type(profile, "inuse_space", "bytes"),
    };
    int64_t objects = 0;
    int64_t bytes = 0;
    if (types.objects == profile->n_types && types.bytes == profile->n_types)
        return 1;
    for (size_t i = 0; i < profile->n_samples; i++) {
        objects += heap_text_value(profile, &profile->samples[i], types.objects);
        bytes += heap_text_value(profile, &profile->samples[i], types.bytes);
    }
    if (heap_text_symbols(profile, out, err) < 0 ||
        heap_text_numbers(objects, bytes, "heap profile: ", out, err) < 0 ||
        buffer_append_text(out, " heapprofile\n", err) < 0)
        return -1;
    for (size_t i = 0; i < profile->n_samples; i++)
        if (heap_text_sample(profile, &types, &profile->samples[i], out, err) < 0)
            return -1;
    return 0;
}

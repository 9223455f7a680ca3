#pragma once
/* A profile: how much of something (bytes in use, goroutines) hangs on which stacks of calls.
 *
 * A sample is a stack and a value of each type; no two have the same stack. Labels of samples and
 * addresses are not kept: what was told apart by them alone is one sample, their sum. Frames and
 * names are interned: within one profile, equal ones have the same number (and address).
 *
 * The magnitudes of all values of a type fit into 64 bits together, so no sum of them overflows.
 * Memory is bounded (PROFILE_MEMORY_MAX_BYTES). What a file is to blame for is ERROR_USAGE. After
 * a failure of a profile_add_…() the profile can only be freed. */
#include <stdbool.h>

#include "profile/intern.h"

#define PROFILE_MEMORY_MAX_BYTES ((size_t)256 << 20)
#define PROFILE_TYPES_MAX        16

/* "inuse_space" in "bytes". */
struct profile_type {
    const char *type;
    const char *unit;
};

struct profile_frame {
    const char *function; /* never ""; an address where no name is known, "(unknown)" */
    const char *file;     /* "": not known */
    int64_t line;         /* 0: not known */
    const char *module;   /* path of the program or library; "": not known */
    uint32_t function_id; /* the same for all frames of that function */
};

struct profile_sample {
    const uint32_t *frames; /* numbers of frames, the leaf (where it was allocated) first */
    uint32_t depth;         /* of them; 0: nobody knows where */
    int64_t *values;        /* one of each type */
};

struct profile {
    struct profile_type types[PROFILE_TYPES_MAX];
    unsigned n_types;
    unsigned default_type; /* what its maker would show first; n_types: it does not say */
    struct profile_frame *frames;
    size_t n_frames;
    struct profile_sample *samples;
    size_t n_samples;
    int64_t time_ns;     /* when it was taken, Unix time; 0: not known */
    int64_t duration_ns; /* 0: at one moment */
    struct profile_type period_type;
    int64_t period; /* one sample is taken for so much; 0: not known */

    /* its own */
    struct store store;
    struct intern names, functions, frame_keys, stacks;
    size_t capacity_frames, capacity_samples;
    uint64_t magnitudes[PROFILE_TYPES_MAX];
};

/* An empty one. The caller owns it. */
int profile_new(struct profile **ret, struct error *err);
void profile_free(struct profile *profile);   /* NULL is fine */
void profile_freep(struct profile **profile); /* for CLEANUP */

/* A text that lives as long as the profile; `length` bytes of it, or up to a NUL. */
int profile_add_name(struct profile *profile, const char *text, size_t length, const char **ret,
                     struct error *err);

/* Add a type of values, before the first sample. */
int profile_add_type(struct profile *profile, const char *type, const char *unit,
                     struct error *err);

/* The number of this frame: equal ones have the same function, file, line and module. What it is
 * may be borrowed, a module of NULL is "", and function_id is found here. */
int profile_add_frame(struct profile *profile, const struct profile_frame *frame, uint32_t *ret,
                      struct error *err);

/* Add these values to the sample of this stack, which is there afterwards. */
int profile_add_sample(struct profile *profile, const uint32_t *frames, uint32_t depth,
                       const int64_t *values, struct error *err);

/* The sample with this stack; NULL: there is none. */
const struct profile_sample *profile_find_sample(const struct profile *profile,
                                                 const uint32_t *frames, uint32_t depth);

/* The type of that name; n_types: there is none. */
unsigned profile_find_type(const struct profile *profile, const char *type);

/* The type that somebody who looks for a leak wants to see: what is in use, before what was ever
 * allocated; else the profile's own; else the last. n_types of a profile without types. */
unsigned profile_first_type(const struct profile *profile);

/* The sum of all values of a type. */
int64_t profile_total(const struct profile *profile, unsigned type);

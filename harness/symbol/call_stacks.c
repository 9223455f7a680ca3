#include "symbol/call_stacks.h"

#include <stdlib.h>
#include <string.h>

#include "profile/intern.h"

#define CALL_FRAMES_MAX       (2 * CALL_STACKS_DEPTH_MAX) /* of a stack, with inlined ones */
#define CALL_STACKS_ORIGIN    "[started by]"
#define CALL_STACKS_MAX_BYTES ((size_t)256 << 20)

struct call_stacks {
    struct store store;
    struct intern intern; /* number 0 is the empty one */
};

int call_stacks_new(struct call_stacks **ret, struct error *err)
{
    uint32_t number = 0;
    struct call_stacks *stacks = calloc(1, sizeof(*stacks));
    if (stacks == NULL)
        return error_out_of_memory(err);
    if (store_init(&stacks->store, CALL_STACKS_MAX_BYTES, err) < 0 ||
        intern_init(&stacks->intern, &stacks->store, err) < 0 ||
        intern_add(&stacks->intern, "", 0, &number, err) < 0) {
        call_stacks_free(stacks);
        return -1;
    }
    *ret = stacks;
    return 0;
}

void call_stacks_free(struct call_stacks *stacks)
{
    if (stacks == NULL)
        return;
    intern_done(&stacks->intern);
    store_done(&stacks->store);
    free(stacks);
}

int call_stacks_add(struct call_stacks *stacks, const struct code_address *addresses, unsigned n,
                    uint32_t *ret, struct error *err)
{
    struct code_address key[CALL_STACKS_DEPTH_MAX];
    if (n > CALL_STACKS_DEPTH_MAX)
        n = CALL_STACKS_DEPTH_MAX;
    memset(key, 0, n * sizeof(*key)); /* no padding of unknown content in what is compared */
    for (unsigned i = 0; i < n; i++) {
        key[i].file = addresses[i].file;
        key[i].address = addresses[i].address;
    }
    return intern_add(&stacks->intern, key, n * sizeof(*key), ret, err);
}

const struct code_address *call_stacks_get(const struct call_stacks *stacks, uint32_t stack,
                                           unsigned *ret_n)
{
    const struct intern_key *key = &stacks->intern.keys[stack];
    *ret_n = (unsigned)(key->length / sizeof(struct code_address));
    return key->data;
}

/* Frames of a sample on their way into a profile. */
struct call_frames {
    const struct call_stacks *stacks;
    struct symbols *symbols;
    struct profile *profile;
    uint32_t frames[2 * (CALL_FRAMES_MAX + SYMBOLS_FRAMES_MAX) + 2];
    uint32_t n;
};

/* A frame that is no code. */
static int call_frames_add_text(struct call_frames *frames, const char *text, struct error *err)
{
    const struct profile_frame frame = {.function = text, .file = ""};
    return profile_add_frame(frames->profile, &frame, &frames->frames[frames->n++], err);
}

/* The frames of a stack; with so many inlined ones that they do not fit it is cut at the root. */
static int call_frames_add_stack(struct call_frames *frames, uint32_t stack, struct error *err)
{
    unsigned n_addresses = 0;
    const struct code_address *addresses = call_stacks_get(frames->stacks, stack, &n_addresses);
    uint32_t last = frames->n + CALL_FRAMES_MAX;
    for (unsigned i = 0; i < n_addresses && frames->n < last; i++) {
        struct symbols_frames found = {.n = 0};
        if (symbols_frames(frames->symbols, frames->profile, &addresses[i], i > 0, &found, err) < 0)
            return -1;
        memcpy(&frames->frames[frames->n], found.frames, found.n * sizeof(*found.frames));
        frames->n += found.n;
    }
    return 0;
}

int call_stacks_add_sample(const struct call_stacks *stacks, struct symbols *symbols,
                           struct profile *profile, const struct call_sample *sample,
                           const int64_t *values, struct error *err)
{
    struct call_frames frames = {.stacks = stacks, .symbols = symbols, .profile = profile};
    if (sample->label != NULL && call_frames_add_text(&frames, sample->label, err) < 0)
        return -1;
    if (call_frames_add_stack(&frames, sample->stack, err) < 0)
        return -1;
    if (sample->origin != 0 && (call_frames_add_text(&frames, CALL_STACKS_ORIGIN, err) < 0 ||
                                call_frames_add_stack(&frames, sample->origin, err) < 0))
        return -1;
    return profile_add_sample(profile, frames.frames, frames.n, values, err);
}

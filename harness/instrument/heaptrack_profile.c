#include "instrument/heaptrack_profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct heaptrack_sample {
    uint32_t stack; /* of call_stacks.h */
    struct heap_held held;
};

struct heaptrack_profile {
    struct instrument_share *share;
    uint32_t files[HEAPTRACK_MODULES_MAX]; /* of symbols.h */
    bool is_ours[HEAPTRACK_MODULES_MAX];   /* heaptrack itself */
    size_t n_files;
    struct heaptrack_sample *samples;
    size_t n_samples;
};

int heaptrack_profile_new(struct instrument_share *share, struct heaptrack_profile **ret,
                          struct error *err)
{
    struct heaptrack_profile *self = calloc(1, sizeof(*self));
    if (self == NULL)
        return error_out_of_memory(err);
    self->share = share;
    *ret = self;
    return 0;
}

void heaptrack_profile_free(struct heaptrack_profile *self)
{
    if (self == NULL)
        return;
    free(self->samples);
    free(self);
}

/* The kernel's own is told without the brackets that it has elsewhere. */
static const char *profile_path(const char *module)
{
    return strncmp(module, "linux-vdso", strlen("linux-vdso")) == 0 ? "[vdso]" : module;
}

static int profile_know_files(struct heaptrack_profile *self, const struct heaptrack_stream *stream,
                              struct error *err)
{
    for (; self->n_files < stream->n_modules; self->n_files++) {
        const char *module = stream->modules[self->n_files];
        self->is_ours[self->n_files] = strstr(module, "/libheaptrack_") != NULL;
        if (symbols_add_file(self->share->symbols, "", profile_path(module),
                             &self->files[self->n_files], err) < 0)
            return -1;
    }
    return 0;
}

/* The stack that ends in this trace. What is told are calls; all but the leaf are kept as where
 * they return to. */
static int profile_stack(struct heaptrack_profile *self, const struct heaptrack_stream *stream,
                         uint32_t trace, uint32_t *ret, struct error *err)
{
    struct code_address addresses[CALL_STACKS_DEPTH_MAX];
    unsigned n = 0;
    for (; trace != 0 && n < CALL_STACKS_DEPTH_MAX; trace = stream->traces[trace].parent) {
        const struct heaptrack_trace *call = &stream->traces[trace];
        if (n == 0 && call->module != 0 && self->is_ours[call->module - 1])
            continue;
        addresses[n] = (struct code_address){
            .file = call->module != 0 ? self->files[call->module - 1] : 0,
            .address = call->address + (n > 0),
        };
        n++;
    }
    return call_stacks_add(self->share->stacks, addresses, n, ret, err);
}

static int profile_note_samples(struct heaptrack_profile *self,
                                const struct heaptrack_stream *stream, struct error *err)
{
    const struct heap_blocks *blocks = &stream->blocks;
    size_t n = 0;
    for (size_t i = 0; i < blocks->n_held; i++)
        n += blocks->held[i].objects != 0;
    struct heaptrack_sample *samples = realloc(self->samples, (n + 1) * sizeof(*samples));
    if (samples == NULL)
        return error_out_of_memory(err);
    self->samples = samples;
    self->n_samples = 0;
    for (size_t i = 0; i < blocks->n_held; i++) {
        struct heaptrack_sample *sample = &samples[self->n_samples];
        if (blocks->held[i].objects == 0)
            continue;
        sample->held = blocks->held[i];
        if (profile_stack(self, stream, (uint32_t)i, &sample->stack, err) < 0)
            return -1;
        self->n_samples++;
    }
    return 0;
}

int heaptrack_profile_look(struct heaptrack_profile *self, const struct heaptrack_stream *stream,
                           struct error *err)
{
    pthread_mutex_lock(self->share->lock);
    int status = profile_know_files(self, stream, err);
    if (status == 0)
        status = profile_note_samples(self, stream, err);
    pthread_mutex_unlock(self->share->lock);
    return status;
}

static int profile_add_samples(struct heaptrack_profile *self, struct profile *profile,
                               struct error *err)
{
    if (profile_add_type(profile, "inuse_objects", "count", err) < 0 ||
        profile_add_type(profile, "inuse_space", "bytes", err) < 0)
        return -1;
    profile->default_type = 1;
    for (size_t i = 0; i < self->n_samples; i++) {
        const struct heaptrack_sample *sample = &self->samples[i];
        const struct call_sample hanging = {.stack = sample->stack};
        const int64_t values[] = {sample->held.objects, sample->held.bytes};
        if (call_stacks_add_sample(self->share->stacks, self->share->symbols, profile, &hanging,
                                   values, err) < 0)
            return -1;
    }
    return 0;
}

int heaptrack_profile_make(struct heaptrack_profile *self, struct profile **ret, struct error *err)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    if (profile_new(&profile, err) < 0)
        return -1;
    pthread_mutex_lock(self->share->lock);
    int status = profile_add_samples(self, profile, err);
    pthread_mutex_unlock(self->share->lock);
    if (status == 0)
        *ret = take_ptr(&profile);
    return status;
}

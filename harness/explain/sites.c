#include "explain/sites.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/profile_load.h"

#define SITES_MEMORY_MAX_BYTES ((size_t)256 << 20)
#define SITES_FLOORS_MAX       (EXPLAIN_BEFORE_MAX + EXPLAIN_JUDGED_MAX)

/* A profile that is being read, and the numbers of its frames in the merged one. */
struct sites_profile {
    const struct profile *profile;
    uint32_t *frames;
    unsigned types[SITE_MEASURE_MAX_]; /* n_types: it has none of these */
    double x;
    bool judged;
};

/* Texts of the merged profile are the same when their addresses are. No padding: it is a key. */
struct site_key {
    const char *function, *file, *wait_function, *wait_file;
    int64_t line, wait_line;
    const char *label;
    uint64_t flags; /* 1: allocates, 2: shared */
};

void sites_done(struct sites *sites)
{
    free(sites->items);
    free(sites->kinds);
    free(sites->stacks);
    intern_done(&sites->site_keys);
    intern_done(&sites->kind_keys);
    store_done(&sites->store);
    profile_free(sites->merged);
    *sites = (struct sites){.n = 0};
}

static void sites_choose_types(const struct profile *profile, unsigned *types)
{
    types[SITE_BYTES] = profile_find_type(profile, "inuse_space");
    types[SITE_OBJECTS] = profile_find_type(profile, "inuse_objects");
    unsigned first = profile_first_type(profile);
    if (first == profile->n_types)
        return;
    bool is_bytes = strcmp(profile->types[first].unit, "bytes") == 0;
    if (is_bytes && types[SITE_BYTES] == profile->n_types)
        types[SITE_BYTES] = first;
    if (!is_bytes && types[SITE_OBJECTS] == profile->n_types)
        types[SITE_OBJECTS] = first;
}

/* The frames of a profile, as they are called in the merged one. */
static int sites_merge_frames(struct sites *sites, struct sites_profile *source, struct error *err)
{
    const struct profile *profile = source->profile;
    source->frames = calloc(profile->n_frames + 1, sizeof(source->frames[0]));
    if (source->frames == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < profile->n_frames; i++) {
        struct profile_frame frame = profile->frames[i];
        char module[PATH_MAX];
        if (strncmp(frame.module, "/lib", 4) == 0) { /* a link to where it is, often */
            snprintf(module, sizeof(module), "/usr%s", frame.module);
            frame.module = module;
        }
        if (profile_add_frame(sites->merged, &frame, &source->frames[i], err) < 0)
            return -1;
    }
    return 0;
}

/* Is it shared memory? Its label says so: of mappings every one does (a private one has none), of
 * files all but those of the page cache. */
static bool sites_is_shared(const struct sites *sites, const char *label)
{
    if (*label == '\0' || strcmp(label, "before") == 0)
        return false;
    if (strcmp(sites->instrument, "mappings") == 0)
        return true;
    return strcmp(sites->instrument, "files") == 0 && strncmp(label, "cache ", 6) != 0;
}

static int sites_name(struct sites *sites, const char *text, const char **ret, struct error *err)
{
    return profile_add_name(sites->merged, text, strlen(text), ret, err);
}

/* What tells a site: its line, or else what it is. */
static int sites_key(struct sites *sites, const struct site_stack *stack, const struct place *place,
                     struct site_key *ret, struct error *err)
{
    const struct profile_sample *sample = &sites->merged->samples[stack->sample];
    const struct profile_frame *frames = sites->merged->frames;
    char pattern[PLACE_LABEL_MAX];
    memset(ret, 0, sizeof(*ret));
    bool has_line = place->line < place->end;
    uint32_t line = place->origin_line < sample->depth ? place->origin_line : place->line;
    if (line < sample->depth && (has_line || line == place->origin_line)) {
        const struct profile_frame *frame = &frames[sample->frames[line]];
        ret->function = frame->function;
        ret->file = frame->file;
        ret->line = frame->line;
        if (line != place->line && has_line) {
            const struct profile_frame *wait = &frames[sample->frames[place->line]];
            ret->wait_function = wait->function;
            ret->wait_file = wait->file;
            ret->wait_line = wait->line;
        }
    } else if (sites_name(sites, place_pattern(place->label, pattern), &ret->label, err) < 0) {
        return -1;
    } else if (place->begin < place->end) {
        ret->wait_function = frames[sample->frames[place->begin]].function;
        ret->wait_file = frames[sample->frames[place->begin]].file;
    }
    ret->flags = (place->allocates ? 1U : 0) | (sites_is_shared(sites, place->label) ? 2U : 0);
    return 0;
}

static int sites_add_site(struct sites *sites, const struct site_key *key, const char *label,
                          uint32_t *ret, struct error *err)
{
    size_t n = sites->site_keys.n;
    if (intern_add(&sites->site_keys, key, sizeof(*key), ret, err) < 0)
        return -1;
    if (*ret < n)
        return 0;
    if (store_grow(&sites->store, &sites->items, n + 1, sizeof(sites->items[0]), &sites->capacity,
                   err) < 0)
        return -1;
    struct site *site = &sites->items[n];
    *site = (struct site){.function = key->function != NULL ? key->function : "",
                          .file = key->file != NULL ? key->file : "",
                          .line = key->line,
                          .allocates = (key->flags & 1) != 0,
                          .is_shared = (key->flags & 2) != 0,
                          .is_before = strcmp(label, "before") == 0};
    for (unsigned i = 0; i < SITE_MEASURE_MAX_; i++) {
        site->values[i] =
            store_alloc(&sites->store, SITES_FLOORS_MAX * sizeof(site->values[i][0]), err);
        if (site->values[i] == NULL)
            return -1;
    }
    sites->n = n + 1;
    return 0;
}

/* The kind of a label within its site; each site has one at least. */
static int sites_add_kind(struct sites *sites, uint32_t site, const char *label, uint32_t *ret,
                          struct error *err)
{
    char key[sizeof(site) + PLACE_LABEL_MAX];
    const char *name = NULL;
    size_t n = sites->kind_keys.n;
    memcpy(key, &site, sizeof(site));
    place_pattern(label, key + sizeof(site));
    if (intern_add(&sites->kind_keys, key, sizeof(site) + strlen(key + sizeof(site)), ret, err) < 0)
        return -1;
    if (*ret < n) {
        struct site_kind *kind = &sites->kinds[*ret];
        kind->is_pattern = kind->is_pattern || strcmp(kind->label, label) != 0;
        return 0;
    }
    if (sites_name(sites, label, &name, err) < 0 ||
        store_grow(&sites->store, &sites->kinds, n + 1, sizeof(sites->kinds[0]),
                   &sites->capacity_kinds, err) < 0)
        return -1;
    sites->kinds[n] = (struct site_kind){.site = site, .label = name};
    sites->n_kinds = n + 1;
    return 0;
}

/* The stack of a sample of the source, which is there afterwards. */
static int sites_add_stack(struct sites *sites, const uint32_t *frames, uint32_t depth,
                           const struct place *place, struct site_stack **ret, struct error *err)
{
    static const int64_t nothing[PROFILE_TYPES_MAX];
    struct site_key key;
    if (profile_add_sample(sites->merged, frames, depth, nothing, err) < 0)
        return -1;
    const struct profile_sample *sample = profile_find_sample(sites->merged, frames, depth);
    size_t number = (size_t)(sample - sites->merged->samples);
    if (number < sites->n_stacks) {
        *ret = &sites->stacks[number];
        return 0;
    }
    if (store_grow(&sites->store, &sites->stacks, number + 1, sizeof(sites->stacks[0]),
                   &sites->capacity_stacks, err) < 0)
        return -1;
    struct site_stack *stack = &sites->stacks[number];
    *stack = (struct site_stack){.sample = (uint32_t)number};
    if (sites_key(sites, stack, place, &key, err) < 0 ||
        sites_add_site(sites, &key, place->label, &stack->site, err) < 0)
        return -1;
    sites->n_stacks = number + 1;
    *ret = stack;
    return 0;
}

static void sites_sum(struct site_sum *sum, const struct sites_profile *source, double value)
{
    sum->held += value;
    if (!source->judged)
        return;
    sum->y += value;
    sum->xy += value * source->x;
}

static int sites_add_sample(struct sites *sites, const struct sites_profile *source,
                            const struct profile_sample *sample, uint32_t *frames,
                            struct error *err)
{
    struct place place;
    struct site_stack *stack = NULL;
    uint32_t kind = 0;
    uint32_t depth = sample->depth < EXPLANATION_STACK_MAX ? sample->depth : EXPLANATION_STACK_MAX;
    for (uint32_t i = 0; i < depth; i++)
        frames[i] = source->frames[sample->frames[i]];
    place_of(sites->merged, frames, depth, &place);
    if (sites_add_stack(sites, frames, depth, &place, &stack, err) < 0 ||
        sites_add_kind(sites, stack->site, place.label, &kind, err) < 0)
        return -1;
    struct site *site = &sites->items[stack->site];
    stack->kind = kind;
    for (unsigned i = 0; i < SITE_MEASURE_MAX_; i++) {
        if (source->types[i] == source->profile->n_types)
            continue;
        double value = (double)sample->values[source->types[i]];
        site->values[i][sites->n_floors] += value;
        sites_sum(&stack->sums[i], source, value);
        sites_sum(&sites->kinds[kind].sums[i], source, value);
    }
    return 0;
}

/* What is held is told by the last floor alone. */
static void sites_forget_held(struct sites *sites)
{
    for (unsigned m = 0; m < SITE_MEASURE_MAX_; m++) {
        for (size_t i = 0; i < sites->n_kinds; i++)
            sites->kinds[i].sums[m].held = 0;
        for (size_t i = 0; i < sites->n_stacks; i++)
            sites->stacks[i].sums[m].held = 0;
    }
}

static int sites_add_profile(struct sites *sites, const struct profile *profile,
                             const struct explain_floor *floor, bool judged, struct error *err)
{
    struct sites_profile source = {.profile = profile, .x = floor->x, .judged = judged};
    uint32_t frames[EXPLANATION_STACK_MAX];
    sites_choose_types(profile, source.types);
    int status = sites_merge_frames(sites, &source, err);
    sites_forget_held(sites);
    for (size_t i = 0; status == 0 && i < profile->n_samples; i++)
        status = sites_add_sample(sites, &source, &profile->samples[i], frames, err);
    free(source.frames);
    if (status < 0)
        return -1;
    sites->x[sites->n_floors++] = floor->x;
    sites->n_before += judged ? 0 : 1;
    return 0;
}

static int sites_init(struct sites *sites, struct error *err)
{
    if (store_init(&sites->store, SITES_MEMORY_MAX_BYTES, err) < 0 ||
        intern_init(&sites->site_keys, &sites->store, err) < 0 ||
        intern_init(&sites->kind_keys, &sites->store, err) < 0 ||
        profile_new(&sites->merged, err) < 0)
        return -1;
    return profile_add_type(sites->merged, "held", "count", err);
}

/* A slope that comes to less than half a byte or object over all floors is an error of rounding. */
static double sites_whole(const struct sites *sites, double rate)
{
    double span = sites->x[sites->n_floors - 1] - sites->x[sites->n_before];
    return fabs(rate) * span < 0.5 ? 0 : rate;
}

static double sites_sum_rate(const struct sites *sites, const struct site_sum *sum)
{
    double n = (double)(sites->n_floors - sites->n_before);
    double mean = 0, sxx = 0;
    for (size_t i = sites->n_before; i < sites->n_floors; i++)
        mean += sites->x[i] / n;
    for (size_t i = sites->n_before; i < sites->n_floors; i++)
        sxx += (sites->x[i] - mean) * (sites->x[i] - mean);
    return sxx > 0 ? sites_whole(sites, (sum->xy - mean * sum->y) / sxx) : 0;
}

static void sites_fit_site(struct sites *sites, struct site *site)
{
    struct in_step_series series = {
        .x = sites->x, .n = sites->n_floors, .n_before = sites->n_before};
    for (unsigned i = 0; i < SITE_MEASURE_MAX_; i++) {
        series.y = site->values[i];
        site->rate[i] = sites_whole(sites, in_step_slope(&series));
        site->held[i] = sites->n_floors > 0 ? site->values[i][sites->n_floors - 1] : 0;
        sites->rate[i] += site->rate[i];
    }
    series.y = site->values[site->rate[SITE_BYTES] != 0 ? SITE_BYTES : SITE_OBJECTS];
    site->grows = !site->is_before && in_step_grows(&series, sites->floors->by_doubling);
}

static void sites_fit(struct sites *sites)
{
    for (size_t i = 0; i < sites->n; i++)
        sites_fit_site(sites, &sites->items[i]);
    for (unsigned m = 0; m < SITE_MEASURE_MAX_; m++) {
        for (size_t i = 0; i < sites->n_kinds; i++)
            sites->kinds[i].rate[m] = sites_sum_rate(sites, &sites->kinds[i].sums[m]);
        for (size_t i = 0; i < sites->n_stacks; i++)
            sites->stacks[i].rate[m] = sites_sum_rate(sites, &sites->stacks[i].sums[m]);
    }
}

/* The file of an instrument at a floor; NULL: there is none. */
static const struct collected_file *sites_file(const struct collected_files *files,
                                               const char *instrument, size_t row)
{
    size_t length = strlen(instrument);
    for (size_t i = 0; i < files->n; i++)
        if (files->items[i].cycle == row && (size_t)files->items[i].name_length == length &&
            memcmp(files->items[i].text, instrument, length) == 0)
            return &files->items[i];
    return NULL;
}

int sites_read(const struct collected_files *files, const char *instrument,
               const struct explain_floors *floors, struct sites *ret, struct error *err)
{
    *ret = (struct sites){.instrument = instrument, .floors = floors};
    if (sites_init(ret, err) < 0)
        return -1;
    for (size_t i = 0; i < floors->n; i++) {
        CLEANUP(profile_freep) struct profile *profile = NULL;
        bool judged = i >= floors->n_before;
        const struct collected_file *file = sites_file(files, instrument, floors->items[i].row);
        if (file == NULL || profile_load(files->fd, file->text, &profile, NULL) != 0) {
            ret->n_missing += judged ? 1 : 0;
            continue;
        }
        if (sites_add_profile(ret, profile, &floors->items[i], judged, err) < 0)
            return error_prefix(err, "%s", file->text);
    }
    if (ret->n_floors < ret->n_before + 1)
        return 1;
    sites_fit(ret);
    return 0;
}

double sites_stack_rate(const struct sites *sites, const struct site_stack *stack)
{
    const struct site *site = &sites->items[stack->site];
    const struct site_kind *kind = &sites->kinds[stack->kind];
    if (site->rate[SITE_BYTES] > 0)
        return stack->rate[SITE_BYTES] > 0 ? stack->rate[SITE_BYTES] : 0;
    if (stack->rate[SITE_OBJECTS] <= 0)
        return 0;
    if (site->explained > 0 && kind->explained > 0 && kind->rate[SITE_OBJECTS] > 0)
        return stack->rate[SITE_OBJECTS] * kind->explained / kind->rate[SITE_OBJECTS];
    return stack->rate[SITE_OBJECTS];
}

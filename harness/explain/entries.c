#include "explain/entries.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "explain/entry_list.h"
#include "profile/flame.h"
#include "verdict/indicators.h"

/* An entry below this share of the growth is not worth a line; what is counted is. */
#define ENTRY_SHARE_MIN 0.005
#define HELD_MAX        16
#define HELD_COUNTED    4 /* of them, at the end, what has no bytes */
/* Below this share of anonymous memory the heap's blocks are not what is held. */
#define HELD_HEAP_SHARE_MIN 0.5
/* A call below this share of what is explained is left out of the tree. */
#define TREE_SHARE_MIN 0.01
/* A profile has whole numbers; a rate may be less than a byte. */
#define TREE_SCALE 1024.0

/* What explains nothing may be shown beside what does: what somebody looks for, but no second look
 * at the same memory. */
static bool entries_shows_beside(const struct entry_site *item)
{
    return entry_is(item, "descriptors") || entry_is(item, "threads") || entry_is(item, "heap") ||
           (entry_is(item, "mappings") && !entry_site(item)->allocates);
}

int entries_of_growth(const struct accounts *accounts, struct explanation *explanation,
                      struct error *err)
{
    CLEANUP(entry_list_done) struct entry_list list = {.n = 0};
    if (entry_list_new(accounts, &list, err) < 0)
        return -1;
    for (unsigned k = 0; k < ACCOUNTS_MAX_; k++) {
        const struct sites *sites = &accounts->sites[k];
        for (uint32_t i = 0; accounts->present[k] && i < sites->n; i++) {
            const struct site *site = &sites->items[i];
            const struct entry_site item = {
                .sites = sites,
                .number = i,
                .bytes = site->explained,
                .objects = site->rate[SITE_OBJECTS],
                .grown = true,
            };
            if (site->grows && (site->explained > 0 || entries_shows_beside(&item)))
                entry_list_add(&list, accounts, &item);
        }
    }
    return entry_list_merge(&list, explanation, ENTRY_SHARE_MIN * explanation->measured_rate,
                            &explanation->entries, &explanation->n_entries, err);
}

/* Bytes of an instrument that are held at the last floor. */
static double entries_held(const struct accounts *accounts, enum accounts_instrument instrument)
{
    double held = 0;
    for (size_t i = 0; i < accounts->sites[instrument].n; i++)
        held += accounts->sites[instrument].items[i].held[SITE_BYTES];
    return held;
}

/* Which of two ways of looking at anonymous memory: by its blocks, or, where most of it is none, by
 * who touched it. */
static bool entries_takes_heap(const struct accounts *accounts)
{
    const struct explain_floors *floors = &accounts->floors;
    double heap = 0;
    for (unsigned i = ACCOUNTS_GO; i <= ACCOUNTS_MAPPINGS; i++)
        heap += entries_held(accounts, (enum accounts_instrument)i);
    struct floor_parts parts = indicators_floor(&floors->items[floors->n - 1].cycle->floor);
    return heap >= HELD_HEAP_SHARE_MIN * (double)parts.user_bytes;
}

static bool entries_is_held(const struct accounts *accounts, enum accounts_instrument instrument,
                            const struct site *site, bool takes_heap)
{
    bool pages = accounts->present[ACCOUNTS_PAGES] && !takes_heap;
    if (instrument == ACCOUNTS_PAGES)
        return pages;
    if (instrument == ACCOUNTS_MAPPINGS)
        return site->is_shared || !(pages || (site->allocates && takes_heap));
    return instrument > ACCOUNTS_MAPPINGS || !pages;
}

/* The most bytes, and then a few of what is only counted. */
static void entries_cut_held(struct explanation *explanation)
{
    unsigned n = 0;
    unsigned counted = 0;
    for (unsigned i = 0; i < explanation->n_held; i++) {
        bool has_bytes = explanation->held[i].held_bytes > 0;
        if (has_bytes ? n >= HELD_MAX - HELD_COUNTED : counted >= HELD_COUNTED)
            continue;
        counted += has_bytes ? 0 : 1;
        explanation->held[n++] = explanation->held[i];
    }
    explanation->n_held = n;
}

int entries_of_held(const struct accounts *accounts, struct explanation *explanation,
                    struct error *err)
{
    CLEANUP(entry_list_done) struct entry_list list = {.n = 0};
    if (accounts->floors.n == 0)
        return 0;
    if (entry_list_new(accounts, &list, err) < 0)
        return -1;
    bool takes_heap = entries_takes_heap(accounts);
    for (unsigned k = 0; k < ACCOUNTS_MAX_; k++) {
        const struct sites *sites = &accounts->sites[k];
        for (uint32_t i = 0; accounts->present[k] && i < sites->n; i++) {
            const struct site *site = &sites->items[i];
            if ((site->held[SITE_BYTES] <= 0 && site->held[SITE_OBJECTS] <= 0) ||
                !entries_is_held(accounts, (enum accounts_instrument)k, site, takes_heap))
                continue;
            const struct entry_site item = {.sites = sites,
                                            .number = i,
                                            .bytes = site->held[SITE_BYTES],
                                            .objects = site->held[SITE_OBJECTS]};
            entry_list_add(&list, accounts, &item);
        }
    }
    if (entry_list_merge(&list, explanation, 1, &explanation->held, &explanation->n_held, err) < 0)
        return -1;
    entries_cut_held(explanation);
    return 0;
}

/* The calls of a stack as frames of the tree: of a thread, those of who started it. */
static int entries_add_stack(const struct sites *sites, const struct site_stack *stack,
                             double bytes, struct profile *tree, struct error *err)
{
    struct place place;
    uint32_t frames[EXPLANATION_STACK_MAX];
    uint32_t n = 0;
    const struct profile *merged = sites->merged;
    const struct profile_sample *sample = &merged->samples[stack->sample];
    int64_t value = (int64_t)(bytes * TREE_SCALE);
    place_of(merged, sample->frames, sample->depth, &place);
    uint32_t begin = place.origin < sample->depth ? place.origin : place.begin;
    uint32_t end = place.origin < sample->depth ? sample->depth : place.end;
    for (uint32_t i = begin; i < end; i++)
        if (profile_add_frame(tree, &merged->frames[sample->frames[i]], &frames[n++], err) < 0)
            return -1;
    return n > 0 && value > 0 ? profile_add_sample(tree, frames, n, &value, err) : 0;
}

/* What each site explains, by its stacks in proportion to what they grow by. */
static int entries_add_sites(const struct sites *sites, struct profile *tree, struct error *err)
{
    CLEANUP(freep) double *all = calloc(sites->n + 1, sizeof(*all));
    if (all == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < sites->n_stacks; i++)
        all[sites->stacks[i].site] += sites_stack_rate(sites, &sites->stacks[i]);
    for (size_t i = 0; i < sites->n_stacks; i++) {
        const struct site_stack *stack = &sites->stacks[i];
        double rate = sites_stack_rate(sites, stack);
        double explained = sites->items[stack->site].explained;
        if (rate > 0 && explained > 0 &&
            entries_add_stack(sites, stack, explained * rate / all[stack->site], tree, err) < 0)
            return -1;
    }
    return 0;
}

static int entries_copy_tree(const struct flame *flame, struct explanation *explanation,
                             struct error *err)
{
    CLEANUP(freep) int64_t *numbers = calloc(flame->n_nodes + 1, sizeof(*numbers));
    explanation->nodes =
        arena_alloc(explanation->arena, (flame->n_nodes + 1) * sizeof(explanation->nodes[0]));
    if (numbers == NULL || explanation->nodes == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < flame->n_nodes; i++) {
        const struct flame_node *node = &flame->nodes[i];
        double bytes = (double)node->value / TREE_SCALE;
        numbers[i] = -1;
        if (node->frame < 0 || bytes < TREE_SHARE_MIN * explanation->explained_rate ||
            (node->parent > 0 && numbers[node->parent] < 0))
            continue;
        struct explanation_node *copy = &explanation->nodes[explanation->n_nodes];
        *copy = (struct explanation_node){.parent = node->parent > 0 ? numbers[node->parent] : -1,
                                          .bytes_per_request = bytes};
        if (!entry_copy_frame(explanation, &flame->profile->frames[node->frame], &copy->frame))
            return error_out_of_memory(err);
        numbers[i] = explanation->n_nodes++;
    }
    return 0;
}

int entries_tree(const struct accounts *accounts, struct explanation *explanation,
                 struct error *err)
{
    CLEANUP(profile_freep) struct profile *tree = NULL;
    CLEANUP(flame_done) struct flame flame = {.nodes = NULL};
    if (profile_new(&tree, err) < 0 || profile_add_type(tree, "grown", "bytes", err) < 0)
        return -1;
    for (unsigned k = 0; k < ACCOUNTS_MAX_; k++)
        if (accounts->present[k] && entries_add_sites(&accounts->sites[k], tree, err) < 0)
            return -1;
    if (tree->n_samples == 0)
        return 0;
    if (flame_make(tree, 0, EXPLANATION_NODES_MAX, &flame, err) < 0)
        return -1;
    return entries_copy_tree(&flame, explanation, err);
}

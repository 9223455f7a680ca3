#include "instrument/instrument_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "instrument/environment.h"
#include "instrument/thread_origins.h"
#include "scenario/instruments.h"
#include "scenario/record_instruments.h"

#define SET_MAX 16

enum set_phase { SET_BEGUN, SET_STARTED, SET_READY };

struct set_item {
    const struct instrument *instrument;
    void *self;
    bool active;
    bool tried; /* is active, or was, or cannot be */
};

struct instruments {
    struct run_spec spec; /* the site's, with what stands in for what cannot work */
    struct instrument_site site;
    struct instrument_share share;
    pthread_mutex_t lock; /* the share's */
    struct instrument_environment *environment;
    enum set_phase phase;
    struct set_item items[SET_MAX];
    unsigned n_items;
};

static uint32_t set_kinds(const struct instruments *set, const struct set_item *item)
{
    return item->instrument->kinds & set->spec.settings.instruments;
}

/* Is there another one that tells of this kind? */
static bool set_is_covered(const struct instruments *set, const struct set_item *but, unsigned kind)
{
    for (unsigned i = 0; i < set->n_items; i++)
        if (&set->items[i] != but && set->items[i].active &&
            (set->items[i].instrument->kinds >> kind & 1) != 0)
            return true;
    return false;
}

/* Into the record, for each kind that it is. */
static void set_note(const struct instruments *set, const struct set_item *item,
                     enum record_instrument_state state, const char *why, const char *effect)
{
    uint32_t kinds = set_kinds(set, item);
    for (unsigned kind = 0; kind < INSTRUMENT_KIND_MAX_; kind++) {
        struct record_instrument note = {.state = state};
        if ((kinds >> kind & 1) == 0)
            continue;
        snprintf(note.name, sizeof(note.name), "%s", instrument_name((enum instrument_kind)kind));
        snprintf(note.effect, sizeof(note.effect), "%s", effect);
        if (state != RECORD_INSTRUMENT_USED && set_is_covered(set, item, kind)) {
            note.state = RECORD_INSTRUMENT_USED;
            snprintf(note.effect, sizeof(note.effect), "a part of it is missing: %s", why);
        } else {
            snprintf(note.why, sizeof(note.why), "%s", why);
        }
        record_add_instrument(set->site.record, &note);
    }
}

/* All that it takes to have it in the phase that the others are in. As the functions of struct
 * instrument. */
static int set_bring_up(struct instruments *set, struct set_item *item,
                        const struct instrument_target *target, struct error *err)
{
    const struct instrument *instrument = item->instrument;
    item->tried = true;
    item->self = NULL;
    int status = instrument->begin(&set->share, set->environment, &item->self, err);
    if (status != 0)
        return status;
    item->active = true;
    if (set->phase >= SET_STARTED && instrument->started != NULL)
        status = instrument->started(item->self, target, err);
    if (status == 0 && set->phase >= SET_READY && instrument->ready != NULL)
        status = instrument->ready(item->self, target, err);
    return status;
}

static void set_stop(struct set_item *item)
{
    if (item->active && item->instrument->end != NULL)
        item->instrument->end(item->self);
    item->active = false;
    item->self = NULL;
}

static void set_activate(struct instruments *set, struct set_item *item,
                         const struct instrument_target *target);

/* What stands in for what cannot work, unless it is there anyway. What is later in the list comes
 * by itself while the set begins. */
static void set_replace(struct instruments *set, uint32_t kinds,
                        const struct instrument_target *target)
{
    uint32_t instead = 0;
    if ((kinds >> INSTRUMENT_HEAPTRACK & 1) != 0)
        instead |= 1U << INSTRUMENT_MALLOC;
    if ((kinds >> INSTRUMENT_MALLOC & 1) != 0)
        instead |= 1U << INSTRUMENT_PAGES;
    instead &= ~set->spec.settings.instruments;
    for (unsigned i = 0; instead != 0 && i < set->n_items; i++) {
        struct set_item *item = &set->items[i];
        if ((item->instrument->kinds & instead) == 0 || item->tried)
            continue;
        set->spec.settings.instruments |= item->instrument->kinds & instead;
        set_activate(set, item, target);
    }
}

static void set_lose(struct instruments *set, struct set_item *item, int status, const char *why,
                     const struct instrument_target *target)
{
    uint32_t kinds = set_kinds(set, item);
    set_stop(item);
    set_note(set, item, status > 0 ? RECORD_INSTRUMENT_IMPOSSIBLE : RECORD_INSTRUMENT_FAILED, why,
             "");
    set_replace(set, kinds, target);
}

/* Have it from now on, or say why not. */
static void set_activate(struct instruments *set, struct set_item *item,
                         const struct instrument_target *target)
{
    struct error err = {.kind = ERROR_NONE};
    int status = set_bring_up(set, item, target, &err);
    if (status != 0)
        set_lose(set, item, status, err.text, target);
    else
        set_note(set, item, RECORD_INSTRUMENT_USED, "", "");
}

static int set_make_share(struct instruments *set, struct error *err)
{
    pthread_mutex_init(&set->lock, NULL);
    set->share.site = &set->site;
    set->share.lock = &set->lock;
    if (symbols_new(&set->share.symbols, err) < 0 || call_stacks_new(&set->share.stacks, err) < 0 ||
        thread_origins_new(&set->share.origins, err) < 0)
        return -1;
    return instrument_environment_new(&set->spec, &set->environment, err);
}

/* What is asked for and in no list. */
static void set_note_unknown(const struct instruments *set)
{
    uint32_t unknown = set->spec.settings.instruments;
    for (unsigned i = 0; i < set->n_items; i++)
        unknown &= ~set->items[i].instrument->kinds;
    for (unsigned kind = 0; kind < INSTRUMENT_KIND_MAX_; kind++) {
        struct record_instrument note = {.state = RECORD_INSTRUMENT_IMPOSSIBLE,
                                         .why = "this leakcage does not have it"};
        if ((unknown >> kind & 1) == 0)
            continue;
        snprintf(note.name, sizeof(note.name), "%s", instrument_name((enum instrument_kind)kind));
        record_add_instrument(set->site.record, &note);
    }
}

int instrument_set_new(const struct instrument_site *site, const struct instrument *const *list,
                       struct instruments **ret, struct error *err)
{
    struct instruments *set = calloc(1, sizeof(*set));
    if (set == NULL)
        return error_out_of_memory(err);
    set->spec = *site->spec;
    set->site = *site;
    set->site.spec = &set->spec;
    if (set_make_share(set, err) < 0) {
        instrument_set_end(set);
        return -1;
    }
    for (; *list != NULL && set->n_items < SET_MAX; list++)
        set->items[set->n_items++].instrument = *list;
    for (unsigned i = 0; i < set->n_items; i++)
        if (set_kinds(set, &set->items[i]) != 0 && !set->items[i].tried)
            set_activate(set, &set->items[i], NULL);
    set_note_unknown(set);
    *ret = set;
    return 0;
}

const char *const *instrument_set_environment(const struct instruments *set)
{
    return instrument_environment_list(set->environment);
}

/* The set comes into this phase, each that is active by this function of its. */
static void set_enter(struct instruments *set, enum set_phase phase,
                      const struct instrument_target *target)
{
    bool was_active[SET_MAX] = {false};
    set->phase = phase;
    for (unsigned i = 0; i < set->n_items; i++)
        was_active[i] = set->items[i].active;
    for (unsigned i = 0; i < set->n_items; i++) {
        struct set_item *item = &set->items[i];
        const struct instrument *instrument = item->instrument;
        struct error err = {.kind = ERROR_NONE};
        int status = 0;
        if (!was_active[i])
            continue;
        if (phase == SET_STARTED && instrument->started != NULL)
            status = instrument->started(item->self, target, &err);
        if (phase == SET_READY && instrument->ready != NULL)
            status = instrument->ready(item->self, target, &err);
        if (status != 0)
            set_lose(set, item, status, err.text, target);
    }
}

void instrument_set_started(struct instruments *set, const struct instrument_target *target)
{
    set_enter(set, SET_STARTED, target);
}

void instrument_set_ready(struct instruments *set, const struct instrument_target *target)
{
    set_enter(set, SET_READY, target);
}

void instrument_set_settled(struct instruments *set)
{
    for (unsigned i = 0; i < set->n_items && interrupt_count() == 0; i++) {
        struct set_item *item = &set->items[i];
        struct error err = {.kind = ERROR_NONE};
        if (item->active && item->instrument->settled != NULL &&
            item->instrument->settled(item->self, &err) < 0)
            set_note(set, item, RECORD_INSTRUMENT_FAILED, err.text, "");
    }
}

void instrument_set_floor(struct instruments *set, size_t cycle)
{
    for (unsigned i = 0; i < set->n_items && interrupt_count() == 0; i++) {
        struct set_item *item = &set->items[i];
        struct error err = {.kind = ERROR_NONE};
        if (item->active && item->instrument->snapshot != NULL &&
            item->instrument->snapshot(item->self, set->site.files->collected_dir, cycle, &err) < 0)
            set_note(set, item, RECORD_INSTRUMENT_FAILED, err.text, "");
    }
}

void instrument_set_end(struct instruments *set)
{
    if (set == NULL)
        return;
    for (unsigned i = set->n_items; i-- > 0;) {
        struct set_item *item = &set->items[i];
        char effect[sizeof(((struct record_instrument *)NULL)->effect)] = "";
        if (item->active && item->instrument->effect != NULL)
            item->instrument->effect(item->self, effect, sizeof(effect));
        if (effect[0] != '\0')
            set_note(set, item, RECORD_INSTRUMENT_USED, "", effect);
        set_stop(item);
    }
    instrument_environment_free(set->environment);
    thread_origins_free(set->share.origins);
    call_stacks_free(set->share.stacks);
    symbols_free(set->share.symbols);
    pthread_mutex_destroy(&set->lock);
    free(set);
}

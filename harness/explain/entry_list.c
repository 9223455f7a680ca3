#include "explain/entry_list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

/* The sites that are looked at closer: those that are most. */
#define ENTRY_SITES_MAX 256
/* A kind of this share of its site's objects is a part of its own. */
#define PART_SHARE_MIN 0.02
void entry_list_done(struct entry_list *list)
{
    free(list->items);
}

const struct site *entry_site(const struct entry_site *item)
{
    return &item->sites->items[item->number];
}

static const struct site *entry_place(const struct entry_site *item)
{
    return &item->place_sites->items[item->place];
}

bool entry_is(const struct entry_site *item, const char *instrument)
{
    return strcmp(item->sites->instrument, instrument) == 0;
}

/* Things that are counted, and that somebody looks for whatever they weigh. */
static bool entry_is_counted(const struct entry_site *item)
{
    return entry_is(item, "descriptors") || entry_is(item, "threads");
}

/* The name in a label: what stands behind its last "/" or blank, without what is in brackets. */
static const char *entry_base_name(const char *label, size_t *ret_length)
{
    size_t length = strcspn(label, "(,");
    while (length > 0 && label[length - 1] == ' ')
        length--;
    size_t begin = length;
    while (begin > 0 && label[begin - 1] != '/' && label[begin - 1] != ' ' &&
           label[begin - 1] != ':')
        begin--;
    *ret_length = length - begin;
    return label + begin;
}

/* Who opened the file of this label, that grows most; what merely is open will do. */
static void entry_find_opener(const struct accounts *accounts, const char *label,
                              struct entry_site *item)
{
    const struct sites *sites = &accounts->sites[ACCOUNTS_DESCRIPTORS];
    size_t length = 0;
    size_t other_length = 0;
    const char *name = entry_base_name(label, &length);
    double most = -1;
    for (size_t i = 0; accounts->present[ACCOUNTS_DESCRIPTORS] && i < sites->n_kinds; i++) {
        const struct site_kind *kind = &sites->kinds[i];
        const char *other = entry_base_name(kind->label, &other_length);
        if (length < 2 || other_length != length || memcmp(name, other, length) != 0 ||
            *sites->items[kind->site].function == '\0' || kind->rate[SITE_OBJECTS] <= most)
            continue;
        most = fmax(kind->rate[SITE_OBJECTS], 0);
        item->place_sites = sites;
        item->place = kind->site;
    }
}

static const char *entry_label(const struct sites *sites, uint32_t site)
{
    for (size_t i = 0; i < sites->n_kinds; i++)
        if (sites->kinds[i].site == site)
            return sites->kinds[i].label;
    return "";
}

void entry_list_add(struct entry_list *list, const struct accounts *accounts,
                    const struct entry_site *site)
{
    struct entry_site *item = &list->items[list->n++];
    *item = *site;
    item->place_sites = item->sites;
    item->place = item->number;
    if (entry_is(item, "files") && *entry_site(item)->function == '\0')
        entry_find_opener(accounts, entry_label(item->sites, item->number), item);
}

int entry_list_new(const struct accounts *accounts, struct entry_list *ret, struct error *err)
{
    size_t n = 1;
    for (unsigned i = 0; i < ACCOUNTS_MAX_; i++)
        n += accounts->sites[i].n;
    ret->items = calloc(n, sizeof(ret->items[0]));
    return ret->items != NULL ? 0 : error_out_of_memory(err);
}

/* The same place: the same line, or the same site. */
static int entry_compare_place(const struct entry_site *left, const struct entry_site *right)
{
    const struct site *a = entry_place(left);
    const struct site *b = entry_place(right);
    bool has_a = *a->function != '\0';
    bool has_b = *b->function != '\0';
    if (has_a != has_b)
        return has_a ? -1 : 1;
    if (!has_a) {
        if (a == b)
            return 0;
        return (uintptr_t)a < (uintptr_t)b ? -1 : 1;
    }
    int order = strcmp(a->function, b->function);
    if (order == 0)
        order = strcmp(a->file, b->file);
    if (order == 0 && a->line != b->line)
        order = a->line < b->line ? -1 : 1;
    return order;
}

static int entry_compare_amounts(const void *a, const void *b)
{
    const struct entry_site *left = a;
    const struct entry_site *right = b;
    if (left->bytes != right->bytes)
        return left->bytes > right->bytes ? -1 : 1;
    return left->objects > right->objects ? -1 : left->objects < right->objects ? 1 : 0;
}

static int entry_compare_sites(const void *a, const void *b)
{
    const struct entry_site *left = a;
    const struct entry_site *right = b;
    int order = entry_compare_place(left, right);
    if (order != 0)
        return order;
    /* Threads first: their stacks tell of two places. Then what is most. */
    bool threads[] = {entry_is(left, "threads"), entry_is(right, "threads")};
    if (threads[0] != threads[1])
        return threads[0] ? -1 : 1;
    if (left->bytes != right->bytes)
        return left->bytes > right->bytes ? -1 : 1;
    if (left->objects != right->objects)
        return left->objects > right->objects ? -1 : 1;
    return strcmp(left->sites->instrument, right->sites->instrument);
}

/* The stack of a site that grows, or is held, most; and how many others do. */
static const struct site_stack *entry_top_stack(const struct entry_site *item, unsigned *ret_others)
{
    const struct site_stack *top = NULL;
    double most = 0;
    *ret_others = 0;
    for (size_t i = 0; i < item->place_sites->n_stacks; i++) {
        const struct site_stack *stack = &item->place_sites->stacks[i];
        if (stack->site != item->place)
            continue;
        double held = stack->sums[SITE_BYTES].held;
        held = held > 0 ? held : stack->sums[SITE_OBJECTS].held;
        double value = item->grown ? sites_stack_rate(item->place_sites, stack) : held;
        *ret_others += value > 0 ? 1 : 0;
        if (top != NULL && value <= most)
            continue;
        top = stack;
        most = value;
    }
    *ret_others -= *ret_others > 0 ? 1 : 0;
    return top;
}

static const char *entry_text(struct explanation *explanation, const char *text)
{
    return *text == '\0' ? "" : arena_strdup(explanation->arena, text);
}

bool entry_copy_frame(struct explanation *explanation, const struct profile_frame *frame,
                      struct explanation_frame *ret)
{
    *ret = (struct explanation_frame){
        .function = entry_text(explanation, frame->function),
        .file = entry_text(explanation, frame->file),
        .line = frame->line,
        .module = entry_text(explanation, frame->module),
        .is_system = place_is_system(frame),
    };
    return ret->function != NULL && ret->file != NULL && ret->module != NULL;
}

static int entry_copy_stack(const struct entry_site *item, struct explanation *explanation,
                            struct explanation_entry *ret, struct error *err)
{
    struct place place;
    const struct profile *merged = item->place_sites->merged;
    const struct site_stack *stack = entry_top_stack(item, &ret->more_stacks);
    if (stack == NULL)
        return 0;
    const struct profile_sample *sample = &merged->samples[stack->sample];
    place_of(merged, sample->frames, sample->depth, &place);
    ret->frames = arena_alloc(explanation->arena, (sample->depth + 1) * sizeof(ret->frames[0]));
    if (ret->frames == NULL)
        return error_out_of_memory(err);
    uint32_t line = sample->depth;
    uint32_t origin_line = sample->depth;
    for (uint32_t i = place.begin; i < sample->depth; i++) {
        if (i >= place.end && i < place.origin)
            continue; /* the mark between the two stacks */
        line = i == place.line && i < place.end ? ret->n_frames : line;
        origin_line = i == place.origin_line ? ret->n_frames : origin_line;
        if (!entry_copy_frame(explanation, &merged->frames[sample->frames[i]],
                              &ret->frames[ret->n_frames]))
            return error_out_of_memory(err);
        ret->n_frames++;
    }
    bool has_origin = place.origin < sample->depth;
    ret->line_frame = line < ret->n_frames ? line : ret->n_frames;
    ret->origin_frame = origin_line < ret->n_frames ? origin_line : ret->n_frames;
    ret->origin = has_origin ? place.end - place.begin : ret->n_frames;
    return 0;
}

/* The part of this instrument and label, new if there is none; NULL: no room. */
static struct explanation_part *entry_part(struct explanation_entry *entry, const char *instrument,
                                           const char *label)
{
    for (unsigned i = 0; i < entry->n_parts; i++)
        if (strcmp(entry->parts[i].instrument, instrument) == 0 &&
            strcmp(entry->parts[i].label, label) == 0)
            return &entry->parts[i];
    if (entry->n_parts == EXPLANATION_PARTS_MAX)
        return NULL;
    struct explanation_part *part = &entry->parts[entry->n_parts++];
    *part = (struct explanation_part){.instrument = instrument, .label = label};
    return part;
}

/* How much of its site a kind is; 0: not worth a part. */
static double entry_kind_weight(const struct entry_site *item, const struct site_kind *kind)
{
    double bytes = item->grown ? kind->rate[SITE_BYTES] : kind->sums[SITE_BYTES].held;
    double objects = item->grown ? kind->rate[SITE_OBJECTS] : kind->sums[SITE_OBJECTS].held;
    if (item->grown && kind->explained > 0)
        return kind->explained;
    return bytes != 0 ? fmax(bytes, 0) : fmax(objects, 0);
}

static double entry_site_weight(const struct entry_site *item, double least)
{
    double weight = 0;
    for (size_t i = 0; i < item->sites->n_kinds; i++) {
        const struct site_kind *kind = &item->sites->kinds[i];
        double one = kind->site == item->number ? entry_kind_weight(item, kind) : 0;
        weight += one >= least ? one : 0;
    }
    return weight;
}

static int entry_add_parts(const struct entry_site *item, struct explanation *explanation,
                           struct explanation_entry *entry, struct error *err)
{
    double least = PART_SHARE_MIN * entry_site_weight(item, 0);
    double all = entry_site_weight(item, least);
    const struct site *site = entry_site(item);
    for (size_t i = 0; all > 0 && i < item->sites->n_kinds; i++) {
        const struct site_kind *kind = &item->sites->kinds[i];
        char pattern[PLACE_LABEL_MAX];
        if (kind->site != item->number)
            continue;
        double weight = entry_kind_weight(item, kind);
        if (weight <= 0 || weight < least)
            continue;
        const char *label = entry_text(
            explanation, kind->is_pattern ? place_pattern(kind->label, pattern) : kind->label);
        const char *instrument = arena_strdup(explanation->arena, item->sites->instrument);
        if (label == NULL || instrument == NULL)
            return error_out_of_memory(err);
        struct explanation_part *part = entry_part(entry, instrument, label);
        if (part == NULL)
            continue;
        part->held_bytes += kind->sums[SITE_BYTES].held;
        part->held_objects += kind->sums[SITE_OBJECTS].held;
        if (!item->grown)
            continue;
        part->bytes_per_request += site->explained * weight / all;
        part->objects_per_request += kind->rate[SITE_OBJECTS];
    }
    return 0;
}

static int entry_compare_parts(const void *a, const void *b)
{
    const struct explanation_part *left = a;
    const struct explanation_part *right = b;
    const double values[][2] = {
        {left->bytes_per_request, right->bytes_per_request},
        {left->objects_per_request, right->objects_per_request},
        {left->held_bytes, right->held_bytes},
        {left->held_objects, right->held_objects},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++)
        if (values[i][0] != values[i][1])
            return values[i][0] > values[i][1] ? -1 : 1;
    int order = strcmp(left->instrument, right->instrument);
    return order != 0 ? order : strcmp(left->label, right->label);
}

static int entry_compare_entries(const void *a, const void *b)
{
    const struct explanation_entry *left = a;
    const struct explanation_entry *right = b;
    if (left->bytes_per_request != right->bytes_per_request)
        return left->bytes_per_request > right->bytes_per_request ? -1 : 1;
    if (left->held_bytes != right->held_bytes)
        return left->held_bytes > right->held_bytes ? -1 : 1;
    double counts[] = {left->n_parts > 0 ? left->parts[0].held_objects : 0,
                       right->n_parts > 0 ? right->parts[0].held_objects : 0};
    return counts[0] > counts[1] ? -1 : counts[0] < counts[1] ? 1 : 0;
}

/* Sites of one place, which stand together, as an entry. */
static int entry_make(const struct entry_site *items, size_t n, struct explanation *explanation,
                      struct explanation_entry *ret, struct error *err)
{
    *ret = (struct explanation_entry){.n_frames = 0};
    if (entry_copy_stack(&items[0], explanation, ret, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (entry_add_parts(&items[i], explanation, ret, err) < 0)
            return -1;
        ret->bytes_per_request += items[i].grown ? items[i].bytes : 0;
        ret->held_bytes += entry_site(&items[i])->held[SITE_BYTES];
    }
    qsort(ret->parts, ret->n_parts, sizeof(ret->parts[0]), entry_compare_parts);
    if (explanation->measured_rate > 0)
        ret->share = fmin(1, ret->bytes_per_request / explanation->measured_rate);
    return 0;
}

/* Is there something to say of these sites of one place? */
static bool entry_is_worth(const struct entry_site *items, size_t n, double least_bytes)
{
    double bytes = 0;
    bool counted = false;
    for (size_t i = 0; i < n; i++) {
        bytes += items[i].bytes;
        counted = counted || entry_is_counted(&items[i]);
    }
    return counted || (bytes > 0 && bytes >= least_bytes);
}

int entry_list_merge(struct entry_list *list, struct explanation *explanation, double least_bytes,
                     struct explanation_entry **ret, unsigned *ret_n, struct error *err)
{
    CLEANUP(freep) struct explanation_entry *entries = calloc(list->n + 1, sizeof(*entries));
    unsigned n = 0;
    if (entries == NULL)
        return error_out_of_memory(err);
    if (list->n > ENTRY_SITES_MAX) {
        qsort(list->items, list->n, sizeof(list->items[0]), entry_compare_amounts);
        list->n = ENTRY_SITES_MAX;
    }
    qsort(list->items, list->n, sizeof(list->items[0]), entry_compare_sites);
    for (size_t i = 0, end = 0; i < list->n; i = end) {
        for (end = i + 1; end < list->n; end++)
            if (entry_compare_place(&list->items[i], &list->items[end]) != 0)
                break;
        if (!entry_is_worth(&list->items[i], end - i, least_bytes))
            continue;
        if (entry_make(&list->items[i], end - i, explanation, &entries[n++], err) < 0)
            return -1;
    }
    qsort(entries, n, sizeof(*entries), entry_compare_entries);
    *ret_n = n < EXPLANATION_ENTRIES_MAX ? n : EXPLANATION_ENTRIES_MAX;
    *ret = take_ptr(&entries);
    return 0;
}

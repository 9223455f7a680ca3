#include "profile/flame.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/frame_text.h"

#define FLAME_SHOWN_MAX (FLAME_TEXT_MAX - 40)
#define FLAME_NONE      UINT32_MAX

/* A node of the whole tree. Children are a list. */
struct flame_call {
    uint32_t frame;
    uint32_t parent;
    int64_t value;
    uint32_t child; /* of those that are shown, the largest; FLAME_NONE: there is none */
    uint32_t next;
};

/* What tells a call from others. */
struct flame_call_key {
    uint32_t parent;
    uint32_t frame;
};

/* The whole tree, however large; call 0 is the root. */
struct flame_tree {
    struct store store;
    struct intern keys; /* the number of a key is the number of its call */
    struct flame_call *calls;
    size_t capacity;
};

static void flame_tree_done(struct flame_tree *tree)
{
    intern_done(&tree->keys);
    store_done(&tree->store);
    free(tree->calls);
}

/* The call of a frame beneath another, with the value added. */
static int flame_tree_add(struct flame_tree *tree, uint32_t parent, uint32_t frame, int64_t value,
                          uint32_t *ret, struct error *err)
{
    struct flame_call_key key = {parent, frame};
    uint32_t n = tree->keys.n;
    if (store_grow(&tree->store, &tree->calls, (size_t)n + 1, sizeof(*tree->calls), &tree->capacity,
                   err) < 0 ||
        intern_add(&tree->keys, &key, sizeof(key), ret, err) < 0)
        return -1;
    if (*ret == n)
        tree->calls[n] = (struct flame_call){frame, parent, 0, FLAME_NONE, FLAME_NONE};
    tree->calls[*ret].value += value;
    return 0;
}

/* From the root to the leaf; the negative ones only add up. */
static int flame_tree_fill(struct flame_tree *tree, const struct profile *profile, unsigned type,
                           int64_t *shrunk, struct error *err)
{
    uint32_t root = 0;
    if (flame_tree_add(tree, FLAME_NONE, FLAME_NONE, 0, &root, err) < 0)
        return -1;
    for (size_t i = 0; i < profile->n_samples; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        int64_t value = sample->values[type];
        if (value < 0)
            *shrunk -= value;
        if (value <= 0)
            continue;
        uint32_t at = root;
        tree->calls[root].value += value;
        uint32_t shown = sample->depth < FLAME_DEPTH_MAX ? sample->depth : FLAME_DEPTH_MAX;
        for (uint32_t k = 0; k < shown; k++) {
            if (flame_tree_add(tree, at, sample->frames[sample->depth - 1 - k], value, &at, err) <
                0)
                return -1;
        }
    }
    return 0;
}

struct flame_rank {
    int64_t value;
    uint32_t call;
};

/* The largest first; of equal ones the one that was there first, so a parent before its child. */
static int flame_rank_compare(const void *a, const void *b)
{
    const struct flame_rank *left = a;
    const struct flame_rank *right = b;
    if (left->value != right->value)
        return left->value > right->value ? -1 : 1;
    return left->call < right->call ? -1 : 1;
}

/* Add (sign 1) the calls of this part of the ranking to what their parents lose, or (-1) take them
 * from it. */
static void flame_lose(const struct flame_tree *tree, const struct flame_rank *ranks, size_t from,
                       size_t to, int sign, int64_t *lost)
{
    for (size_t i = from; i < to; i++)
        lost[tree->calls[ranks[i].call].parent] += sign * ranks[i].value;
}

/* The most of the ranking that can stay with no more nodes than that: those that stay, and one more
 * for each that loses children. `lost`, which is all zeroes, is filled with what each call loses.
 */
static size_t flame_choose(const struct flame_tree *tree, const struct flame_rank *ranks,
                           size_t nodes_max, int64_t *lost)
{
    size_t bound = tree->keys.n < nodes_max ? tree->keys.n : nodes_max;
    size_t least = 1;
    size_t most = bound;
    flame_lose(tree, ranks, bound, tree->keys.n, 1, lost);
    while (least < most) {
        size_t middle = least + (most - least + 1) / 2;
        size_t nodes = middle;
        flame_lose(tree, ranks, middle, bound, 1, lost);
        for (size_t i = 0; i < middle; i++)
            nodes += lost[ranks[i].call] > 0;
        flame_lose(tree, ranks, middle, bound, -1, lost);
        if (nodes <= nodes_max)
            least = middle;
        else
            most = middle - 1;
    }
    flame_lose(tree, ranks, least, bound, 1, lost);
    return least;
}

/* Hang the calls that stay on their parents, from the smallest, so that the largest comes first. */
static void flame_link(struct flame_tree *tree, const struct flame_rank *ranks, size_t kept)
{
    for (size_t i = kept; i-- > 1;) {
        struct flame_call *call = &tree->calls[ranks[i].call];
        call->next = tree->calls[call->parent].child;
        tree->calls[call->parent].child = ranks[i].call;
    }
}

/* The next one of a walk through the tree, a call before its children; FLAME_NONE: that was all.
 * Every call that the walk leaves behind gets its "(other)". */
static uint32_t flame_next(struct flame *flame, const struct flame_tree *tree, uint32_t at,
                           const int64_t *lost, const int64_t *numbers)
{
    uint32_t child = tree->calls[at].child;
    if (child != FLAME_NONE)
        return child;
    while (at != FLAME_NONE) {
        if (lost[at] > 0) {
            flame->nodes[flame->n_nodes++] =
                (struct flame_node){FLAME_OTHER, numbers[at], lost[at]};
            flame->other += lost[at];
        }
        if (tree->calls[at].next != FLAME_NONE)
            return tree->calls[at].next;
        at = tree->calls[at].parent;
    }
    return FLAME_NONE;
}

static int flame_lay_out(struct flame *flame, struct flame_tree *tree, size_t nodes_max,
                         struct error *err)
{
    size_t n = tree->keys.n;
    CLEANUP(freep) struct flame_rank *ranks = calloc(n, sizeof(*ranks));
    CLEANUP(freep) int64_t *lost = calloc(n, sizeof(*lost));
    CLEANUP(freep) int64_t *numbers = calloc(n, sizeof(*numbers));
    flame->nodes = calloc(nodes_max, sizeof(*flame->nodes));
    if (ranks == NULL || lost == NULL || numbers == NULL || flame->nodes == NULL)
        return error_out_of_memory(err);
    for (uint32_t i = 0; i < n; i++)
        ranks[i] = (struct flame_rank){tree->calls[i].value, i};
    qsort(ranks, n, sizeof(*ranks), flame_rank_compare);
    flame_link(tree, ranks, flame_choose(tree, ranks, nodes_max, lost));
    for (uint32_t at = 0; at != FLAME_NONE; at = flame_next(flame, tree, at, lost, numbers)) {
        const struct flame_call *call = &tree->calls[at];
        numbers[at] = (int64_t)flame->n_nodes;
        flame->nodes[flame->n_nodes++] = (struct flame_node){
            .frame = call->frame == FLAME_NONE ? FLAME_ROOT : (int64_t)call->frame,
            .parent = call->parent == FLAME_NONE ? -1 : numbers[call->parent],
            .value = call->value,
        };
    }
    return 0;
}

int flame_make(const struct profile *profile, unsigned type, size_t nodes_max, struct flame *ret,
               struct error *err)
{
    CLEANUP(flame_tree_done) struct flame_tree tree = {.calls = NULL};
    struct flame flame = {.profile = profile, .type = type};
    if (store_init(&tree.store, PROFILE_MEMORY_MAX_BYTES, err) < 0 ||
        intern_init(&tree.keys, &tree.store, err) < 0 ||
        flame_tree_fill(&tree, profile, type, &flame.shrunk, err) < 0)
        return -1;
    if (flame_lay_out(&flame, &tree, nodes_max, err) < 0) {
        flame_done(&flame);
        return -1;
    }
    *ret = flame;
    return 0;
}

void flame_done(struct flame *flame)
{
    free(flame->nodes);
    flame->nodes = NULL;
    flame->n_nodes = 0;
}

/* How much of a text is shown: FLAME_SHOWN_MAX bytes, and no character in part. */
static int flame_shown(const char *text)
{
    size_t length = strnlen(text, FLAME_SHOWN_MAX);
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return (int)length;
}

const char *flame_text(const char *name, char *text)
{
    int shown = flame_shown(name);
    snprintf(text, FLAME_TEXT_MAX, "%.*s%s", shown, name, name[shown] != '\0' ? "…" : "");
    return text;
}

/* The last two parts of a path say enough. */
static void flame_write_place(struct json_writer *writer, const struct profile_frame *frame)
{
    char text[FLAME_TEXT_MAX];
    if (*frame->file == '\0') {
        const char *module = frame_text_module(frame);
        snprintf(text, sizeof(text), "%.*s", flame_shown(module), module);
        json_write_text(writer, NULL, text);
        return;
    }
    const char *from = frame->file + strlen(frame->file);
    for (unsigned slashes = 0; from > frame->file; from--) {
        slashes += from[-1] == '/';
        if (slashes == 2)
            break;
    }
    if (frame->line > 0 && *from != '\0')
        snprintf(text, sizeof(text), "%.*s:%" PRId64, flame_shown(from), from, frame->line);
    else
        snprintf(text, sizeof(text), "%.*s", flame_shown(from), from);
    json_write_text(writer, NULL, text);
}

/* The frames that are shown, in the order of the nodes; `shown` is filled with their numbers. */
static size_t flame_number_frames(const struct flame *flame, int64_t *numbers, int64_t *shown)
{
    size_t n = 0;
    for (size_t i = 0; i < flame->profile->n_frames; i++)
        numbers[i] = -1;
    for (size_t i = 0; i < flame->n_nodes; i++) {
        int64_t frame = flame->nodes[i].frame;
        if (frame < 0 || numbers[frame] >= 0)
            continue;
        numbers[frame] = (int64_t)n;
        shown[n++] = frame;
    }
    return n;
}

static void flame_write_nodes(struct json_writer *writer, const struct flame *flame,
                              const int64_t *numbers)
{
    json_write_row(writer, "parent");
    for (size_t i = 0; i < flame->n_nodes; i++)
        json_write_i64(writer, NULL, flame->nodes[i].parent);
    json_write_close_array(writer);
    json_write_row(writer, "frame");
    for (size_t i = 0; i < flame->n_nodes; i++) {
        int64_t frame = flame->nodes[i].frame;
        json_write_i64(writer, NULL, frame < 0 ? frame : numbers[frame]);
    }
    json_write_close_array(writer);
    json_write_row(writer, "value");
    for (size_t i = 0; i < flame->n_nodes; i++)
        json_write_i64(writer, NULL, flame->nodes[i].value);
    json_write_close_array(writer);
}

void flame_write(struct json_writer *writer, const char *key, const struct flame *flame)
{
    char text[FLAME_TEXT_MAX];
    const struct profile *profile = flame->profile;
    CLEANUP(freep) int64_t *numbers = calloc(profile->n_frames + 1, sizeof(*numbers));
    CLEANUP(freep) int64_t *shown = calloc(flame->n_nodes + 1, sizeof(*shown));
    if (numbers == NULL || shown == NULL) {
        writer->failed = true;
        error_out_of_memory(&writer->error);
        return;
    }
    size_t n_shown = flame_number_frames(flame, numbers, shown);
    json_write_object(writer, key);
    json_write_text(writer, "type", profile->types[flame->type].type);
    json_write_text(writer, "unit", profile->types[flame->type].unit);
    json_write_i64(writer, "total", flame->nodes[0].value);
    if (flame->shrunk > 0)
        json_write_i64(writer, "shrunk", flame->shrunk);
    if (flame->other > 0)
        json_write_i64(writer, "other", flame->other);
    json_write_row(writer, "functions");
    for (size_t i = 0; i < n_shown; i++)
        json_write_text(writer, NULL, flame_text(profile->frames[shown[i]].function, text));
    json_write_close_array(writer);
    json_write_row(writer, "places");
    for (size_t i = 0; i < n_shown; i++)
        flame_write_place(writer, &profile->frames[shown[i]]);
    json_write_close_array(writer);
    flame_write_nodes(writer, flame, numbers);
    json_write_close_object(writer);
}

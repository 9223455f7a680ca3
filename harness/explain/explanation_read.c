/* The reading half of explanation_json.h. */
#include "explain/explanation_json.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"

/* Beyond this no rate and no amount is one. */
#define EXPLANATION_AMOUNT_MAX 1e18
#define EXPLANATION_FRAMES_MAX 16384

/* What is being read, and the table of its frames. */
struct explanation_reader {
    struct explanation *explanation;
    struct explanation_frame *frames;
    size_t n_frames;
};

static int explanation_need(const struct json_place *object, const char *key,
                            struct json_place *ret, struct error *err)
{
    if (json_member(object, key, ret))
        return 0;
    return json_error(object, err, "\"%s\" is missing", key);
}

static int explanation_read_number(const struct json_place *object, const char *key, double *ret,
                                   struct error *err)
{
    struct json_place place;
    if (!json_member(object, key, &place)) {
        *ret = 0;
        return 0;
    }
    return json_number(&place, -EXPLANATION_AMOUNT_MAX, EXPLANATION_AMOUNT_MAX, ret, err);
}

static int explanation_read_count(const struct json_place *object, const char *key,
                                  uint64_t maximum, uint64_t *ret, struct error *err)
{
    struct json_place place;
    return json_member(object, key, &place) ? json_count(&place, 0, maximum, ret, err) : 0;
}

static int explanation_read_bool(const struct json_place *object, const char *key, bool *ret,
                                 struct error *err)
{
    struct json_place place;
    return json_member(object, key, &place) ? json_bool(&place, ret, err) : 0;
}

/* A text of the arena's; "" where there is none. */
static int explanation_read_text(const struct explanation_reader *reader,
                                 const struct json_place *object, const char *key, const char **ret,
                                 struct error *err)
{
    struct json_place place;
    const char *text = "";
    if (json_member(object, key, &place) && json_string(&place, &text, err) < 0)
        return -1;
    *ret = *text == '\0' ? "" : arena_strdup(reader->explanation->arena, text);
    return *ret != NULL ? 0 : error_out_of_memory(err);
}

static int explanation_read_sentence(const struct json_place *object, const char *key, char *ret,
                                     struct error *err)
{
    struct json_place place;
    const char *text = "";
    if (json_member(object, key, &place) && json_string(&place, &text, err) < 0)
        return -1;
    snprintf(ret, EXPLANATION_TEXT_MAX, "%s", text);
    return 0;
}

static int explanation_read_frame(const struct explanation_reader *reader,
                                  const struct json_place *object, struct explanation_frame *ret,
                                  struct error *err)
{
    uint64_t line = 0;
    *ret = (struct explanation_frame){.line = 0};
    if (json_expect_object(object, err) < 0 ||
        explanation_read_text(reader, object, "function", &ret->function, err) < 0 ||
        explanation_read_text(reader, object, "file", &ret->file, err) < 0 ||
        explanation_read_text(reader, object, "module", &ret->module, err) < 0 ||
        explanation_read_count(object, "line", INT32_MAX, &line, err) < 0)
        return -1;
    ret->line = (int64_t)line;
    return explanation_read_bool(object, "system", &ret->is_system, err);
}

static int explanation_read_frames(struct explanation_reader *reader, const struct json_place *root,
                                   struct error *err)
{
    struct json_place array;
    struct json_place item;
    if (explanation_need(root, "frames", &array, err) < 0 ||
        json_expect_array(&array, EXPLANATION_FRAMES_MAX, err) < 0)
        return -1;
    reader->frames = arena_alloc(reader->explanation->arena,
                                 (json_length(&array) + 1) * sizeof(reader->frames[0]));
    if (reader->frames == NULL)
        return error_out_of_memory(err);
    for (bool more = json_first(&array, &item); more; more = json_next(&array, &item))
        if (explanation_read_frame(reader, &item, &reader->frames[reader->n_frames++], err) < 0)
            return -1;
    return 0;
}

static int explanation_read_frame_number(const struct explanation_reader *reader,
                                         const struct json_place *place,
                                         struct explanation_frame *ret, struct error *err)
{
    uint64_t number = 0;
    if (reader->n_frames == 0)
        return json_error(place, err, "there are no frames");
    if (json_count(place, 0, reader->n_frames - 1, &number, err) < 0)
        return -1;
    *ret = reader->frames[number];
    return 0;
}

static int explanation_read_part(const struct explanation_reader *reader,
                                 const struct json_place *object, struct explanation_part *ret,
                                 struct error *err)
{
    if (json_expect_object(object, err) < 0 ||
        explanation_read_text(reader, object, "instrument", &ret->instrument, err) < 0 ||
        explanation_read_text(reader, object, "label", &ret->label, err) < 0 ||
        explanation_read_number(object, "bytes_rate", &ret->bytes_per_request, err) < 0 ||
        explanation_read_number(object, "objects_rate", &ret->objects_per_request, err) < 0 ||
        explanation_read_number(object, "held_bytes", &ret->held_bytes, err) < 0)
        return -1;
    return explanation_read_number(object, "held_objects", &ret->held_objects, err);
}

static int explanation_read_parts(const struct explanation_reader *reader,
                                  const struct json_place *object, struct explanation_entry *ret,
                                  struct error *err)
{
    struct json_place array;
    struct json_place item;
    if (explanation_need(object, "parts", &array, err) < 0 ||
        json_expect_array(&array, EXPLANATION_PARTS_MAX, err) < 0)
        return -1;
    for (bool more = json_first(&array, &item); more; more = json_next(&array, &item))
        if (explanation_read_part(reader, &item, &ret->parts[ret->n_parts++], err) < 0)
            return -1;
    return 0;
}

static int explanation_read_stack(const struct explanation_reader *reader,
                                  const struct json_place *object, struct explanation_entry *ret,
                                  struct error *err)
{
    struct json_place array;
    struct json_place item;
    if (explanation_need(object, "stack", &array, err) < 0 ||
        json_expect_array(&array, EXPLANATION_STACK_MAX, err) < 0)
        return -1;
    ret->frames =
        arena_alloc(reader->explanation->arena, (json_length(&array) + 1) * sizeof(ret->frames[0]));
    if (ret->frames == NULL)
        return error_out_of_memory(err);
    for (bool more = json_first(&array, &item); more; more = json_next(&array, &item))
        if (explanation_read_frame_number(reader, &item, &ret->frames[ret->n_frames++], err) < 0)
            return -1;
    return 0;
}

/* Where in its stack; n_frames: nowhere. */
static int explanation_read_position(const struct json_place *object, const char *key,
                                     const struct explanation_entry *entry, unsigned *ret,
                                     struct error *err)
{
    uint64_t position = entry->n_frames;
    if (explanation_read_count(object, key, entry->n_frames, &position, err) < 0)
        return -1;
    *ret = (unsigned)position;
    return 0;
}

/* Lines of source; none where there are none. */
static int explanation_read_source(const struct explanation_reader *reader,
                                   const struct json_place *object, struct explanation_source *ret,
                                   struct error *err)
{
    struct json_place source, array, item;
    uint64_t first = 0;
    const char *text = NULL;
    if (!json_member(object, "source", &source))
        return 0;
    if (json_expect_object(&source, err) < 0 ||
        explanation_read_count(&source, "first", INT32_MAX, &first, err) < 0 ||
        explanation_need(&source, "lines", &array, err) < 0 ||
        json_expect_array(&array, EXPLANATION_SOURCE_MAX, err) < 0)
        return -1;
    const char **lines =
        arena_alloc(reader->explanation->arena, (json_length(&array) + 1) * sizeof(*lines));
    if (lines == NULL)
        return error_out_of_memory(err);
    *ret = (struct explanation_source){.first = (int64_t)first, .lines = lines};
    for (bool more = json_first(&array, &item); more; more = json_next(&array, &item)) {
        if (json_string(&item, &text, err) < 0)
            return -1;
        lines[ret->n] = arena_strdup(reader->explanation->arena, text);
        if (lines[ret->n++] == NULL)
            return error_out_of_memory(err);
    }
    return 0;
}

static int explanation_read_entry(const struct explanation_reader *reader,
                                  const struct json_place *object, struct explanation_entry *ret,
                                  struct error *err)
{
    uint64_t more_stacks = 0;
    if (json_expect_object(object, err) < 0 ||
        explanation_read_number(object, "share", &ret->share, err) < 0 ||
        explanation_read_number(object, "bytes_rate", &ret->bytes_per_request, err) < 0 ||
        explanation_read_number(object, "held_bytes", &ret->held_bytes, err) < 0 ||
        explanation_read_parts(reader, object, ret, err) < 0 ||
        explanation_read_stack(reader, object, ret, err) < 0 ||
        explanation_read_position(object, "line_frame", ret, &ret->line_frame, err) < 0 ||
        explanation_read_position(object, "origin", ret, &ret->origin, err) < 0 ||
        explanation_read_position(object, "origin_frame", ret, &ret->origin_frame, err) < 0 ||
        explanation_read_count(object, "more_stacks", UINT32_MAX, &more_stacks, err) < 0 ||
        explanation_read_source(reader, object, &ret->source, err) < 0)
        return -1;
    ret->more_stacks = (unsigned)more_stacks;
    return 0;
}

static int explanation_read_entries(const struct explanation_reader *reader,
                                    const struct json_place *array, struct explanation_entry **ret,
                                    unsigned *ret_n, struct error *err)
{
    struct json_place item;
    if (json_expect_array(array, EXPLANATION_ENTRIES_MAX, err) < 0)
        return -1;
    *ret = calloc(json_length(array) + 1, sizeof(**ret));
    if (*ret == NULL)
        return error_out_of_memory(err);
    for (bool more = json_first(array, &item); more; more = json_next(array, &item))
        if (explanation_read_entry(reader, &item, &(*ret)[(*ret_n)++], err) < 0)
            return -1;
    return 0;
}

static int explanation_read_tree(const struct explanation_reader *reader,
                                 const struct json_place *array, struct error *err)
{
    struct explanation *explanation = reader->explanation;
    struct json_place item;
    struct json_place frame;
    if (json_expect_array(array, EXPLANATION_NODES_MAX, err) < 0)
        return -1;
    explanation->nodes =
        arena_alloc(explanation->arena, (json_length(array) + 1) * sizeof(explanation->nodes[0]));
    if (explanation->nodes == NULL)
        return error_out_of_memory(err);
    for (bool more = json_first(array, &item); more; more = json_next(array, &item)) {
        struct explanation_node *node = &explanation->nodes[explanation->n_nodes];
        double parent = 0;
        if (json_expect_object(&item, err) < 0 ||
            explanation_need(&item, "frame", &frame, err) < 0 ||
            explanation_read_frame_number(reader, &frame, &node->frame, err) < 0 ||
            explanation_read_number(&item, "bytes_rate", &node->bytes_per_request, err) < 0 ||
            explanation_read_number(&item, "parent", &parent, err) < 0)
            return -1;
        if (parent < -1 || parent >= explanation->n_nodes || parent != (double)(int64_t)parent)
            return json_error(&item, err, "its parent does not stand before it");
        node->parent = (int64_t)parent;
        explanation->n_nodes++;
    }
    return 0;
}

static int explanation_read_areas(const struct explanation_reader *reader,
                                  const struct json_place *array, struct error *err)
{
    struct explanation *explanation = reader->explanation;
    struct json_place item;
    if (json_expect_array(array, EXPLANATION_AREAS_MAX, err) < 0)
        return -1;
    for (bool more = json_first(array, &item); more; more = json_next(array, &item)) {
        struct explanation_area *area = &explanation->areas[explanation->n_areas++];
        if (json_expect_object(&item, err) < 0 ||
            explanation_read_text(reader, &item, "name", &area->name, err) < 0 ||
            explanation_read_number(&item, "measured_rate", &area->measured_rate, err) < 0 ||
            explanation_read_number(&item, "explained_rate", &area->explained_rate, err) < 0)
            return -1;
    }
    return 0;
}

static int explanation_check_schema(const struct json_place *root, struct error *err)
{
    struct json_place place;
    const char *text = NULL;
    if (json_expect_object(root, err) < 0 || explanation_need(root, "schema", &place, err) < 0 ||
        json_string(&place, &text, err) < 0)
        return -1;
    return strcmp(text, EXPLANATION_SCHEMA) == 0
               ? 0
               : json_error_expected(&place, err, "\"" EXPLANATION_SCHEMA "\"");
}

static int explanation_read_facts(const struct json_place *root, struct explanation *ret,
                                  struct error *err)
{
    struct json_place place;
    const char *per = "request";
    if (json_member(root, "per", &place) && json_string(&place, &per, err) < 0)
        return -1;
    ret->by_time = strcmp(per, "second") == 0;
    if (explanation_read_bool(root, "grows", &ret->grows, err) < 0 ||
        explanation_read_number(root, "measured_rate", &ret->measured_rate, err) < 0 ||
        explanation_read_number(root, "explained_rate", &ret->explained_rate, err) < 0 ||
        explanation_read_number(root, "share", &ret->share, err) < 0 ||
        explanation_read_sentence(root, "missing", ret->missing, err) < 0 ||
        explanation_read_sentence(root, "holding", ret->holding, err) < 0 ||
        explanation_read_bool(root, "agrees", &ret->agrees, err) < 0 ||
        explanation_read_sentence(root, "disagreement", ret->disagreement, err) < 0)
        return -1;
    return explanation_read_number(root, "slowdown", &ret->slowdown, err);
}

static int explanation_read(const struct json_place *root, struct explanation *explanation,
                            struct error *err)
{
    struct explanation_reader reader = {.explanation = explanation};
    struct json_place areas, entries, held, tree;
    if (explanation_check_schema(root, err) < 0 ||
        explanation_read_facts(root, explanation, err) < 0 ||
        explanation_read_frames(&reader, root, err) < 0 ||
        explanation_need(root, "areas", &areas, err) < 0 ||
        explanation_need(root, "entries", &entries, err) < 0 ||
        explanation_need(root, "held", &held, err) < 0 ||
        explanation_need(root, "tree", &tree, err) < 0 ||
        explanation_read_areas(&reader, &areas, err) < 0 ||
        explanation_read_entries(&reader, &entries, &explanation->entries, &explanation->n_entries,
                                 err) < 0 ||
        explanation_read_entries(&reader, &held, &explanation->held, &explanation->n_held, err) < 0)
        return -1;
    return explanation_read_tree(&reader, &tree, err);
}

int explanation_load(const char *dir, struct explanation **ret, struct error *err)
{
    CLEANUP(freep) char *path = file_join(dir, EXPLANATION_FILE);
    CLEANUP(json_freep) struct json_document *document = NULL;
    CLEANUP(explanation_freep) struct explanation *explanation = NULL;
    if (path == NULL)
        return error_out_of_memory(err);
    if (!file_exists(AT_FDCWD, path))
        return 1;
    if (json_load_file(path, EXPLANATION_FILE_MAX_BYTES, &document, err) < 0 ||
        explanation_new(&explanation, err) < 0)
        return -1;
    const struct json_place root = json_root(document);
    if (explanation_read(&root, explanation, err) < 0)
        return -1;
    *ret = take_ptr(&explanation);
    return 0;
}

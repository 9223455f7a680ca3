#include "cli/result_list.h"

#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "scenario/plan.h"

#define LIST_FILE_MAX_BYTES ((size_t)4 * 1024 * 1024)

const struct result_list_kind result_list_comparison = {
    .file = "comparison.json", .key = "variants", .one = "comparison"};
const struct result_list_kind result_list_gate = {
    .file = "gate.json", .key = "cases", .one = "gate"};

/* Operands, one after the other. */
struct result_list {
    struct arena *arena;
    const char **items;
    size_t n;
    size_t capacity;
};

static int result_list_add(struct result_list *list, const char *item, struct error *err)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        const char **items = arena_alloc(list->arena, capacity * sizeof(*items));
        if (items == NULL)
            return error_out_of_memory(err);
        if (list->n > 0)
            memcpy(items, list->items, list->n * sizeof(*items));
        list->items = items;
        list->capacity = capacity;
    }
    if (item == NULL)
        return error_out_of_memory(err);
    list->items[list->n++] = item;
    return 0;
}

/* A result that was at `path` when the file was written: in its folder now (which may have
 * been moved), else there still. */
static const char *result_list_find(const struct result_list *list, const char *folder,
                                    const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *here = arena_printf(list->arena, "%s/%s", folder, slash != NULL ? slash + 1 : path);
    if (here == NULL || file_exists(AT_FDCWD, here))
        return here;
    return arena_strdup(list->arena, path);
}

/* The results of one variant, or case. */
static int result_list_add_results(struct result_list *list, const char *folder,
                                   const struct json_place *part, struct error *err)
{
    struct json_place results;
    struct json_place item;
    if (!json_member(part, "results", &results))
        return 0;
    if (json_expect_array(&results, LIST_FILE_MAX_BYTES, err) < 0)
        return -1;
    for (bool more = json_first(&results, &item); more; more = json_next(&results, &item)) {
        const char *path = NULL;
        if (json_string(&item, &path, err) < 0)
            return -1;
        if (result_list_add(list, result_list_find(list, folder, path), err) < 0)
            return -1;
    }
    return 0;
}

/* What the file at `path` says that it is made of. */
static int result_list_read(struct result_list *list, const struct result_list_kind *kind,
                            const char *folder, const char *path, struct error *err)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    struct json_place parts;
    struct json_place part;
    if (json_load_file(path, LIST_FILE_MAX_BYTES, &document, err) < 0)
        return -1;
    struct json_place root = json_root(document);
    if (json_expect_object(&root, err) < 0)
        return -1;
    if (!json_member(&root, kind->key, &parts))
        return json_error(&root, err, "found no \"%s\", expected those of a %s", kind->key,
                          kind->one);
    if (json_expect_array(&parts, PLAN_RUNS_MAX, err) < 0)
        return -1;
    size_t before = list->n;
    for (bool more = json_first(&parts, &part); more; more = json_next(&parts, &part))
        if (result_list_add_results(list, folder, &part, err) < 0)
            return -1;
    if (list->n == before)
        return json_error(&root, err, "found a %s of no results, expected some", kind->one);
    return 0;
}

int result_list_expand(struct arena *arena, const struct result_list_kind *kind,
                       const char *const *operands, const char *const **ret, struct error *err)
{
    struct result_list list = {.arena = arena};
    for (; *operands != NULL; operands++) {
        CLEANUP(freep) char *path = file_join(*operands, kind->file);
        if (path == NULL)
            return error_out_of_memory(err);
        int status = file_exists(AT_FDCWD, path)
                         ? result_list_read(&list, kind, *operands, path, err)
                         : result_list_add(&list, *operands, err);
        if (status < 0)
            return -1;
    }
    const char **items = arena_alloc(arena, (list.n + 1) * sizeof(*items));
    if (items == NULL)
        return error_out_of_memory(err);
    if (list.n > 0)
        memcpy(items, list.items, list.n * sizeof(*items));
    *ret = items;
    return 0;
}

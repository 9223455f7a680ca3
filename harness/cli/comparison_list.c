#include "cli/comparison_list.h"

#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/compare_report.h"

#define LIST_FILE_MAX_BYTES ((size_t)4 * 1024 * 1024)

/* Operands, one after the other. */
struct comparison_list {
    struct arena *arena;
    const char **items;
    size_t n;
    size_t capacity;
};

static int comparison_list_add(struct comparison_list *list, const char *item, struct error *err)
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

/* A result that was at `path` when the comparison was written: in its folder now (which may have
 * been moved), else there still. */
static const char *comparison_list_find(const struct comparison_list *list, const char *folder,
                                        const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *here = arena_printf(list->arena, "%s/%s", folder, slash != NULL ? slash + 1 : path);
    if (here == NULL || file_exists(AT_FDCWD, here))
        return here;
    return arena_strdup(list->arena, path);
}

/* The results of one variant. */
static int comparison_list_add_results(struct comparison_list *list, const char *folder,
                                       const struct json_place *variant, struct error *err)
{
    struct json_place results;
    struct json_place item;
    if (!json_member(variant, "results", &results))
        return 0;
    if (json_expect_array(&results, LIST_FILE_MAX_BYTES, err) < 0)
        return -1;
    for (bool more = json_first(&results, &item); more; more = json_next(&results, &item)) {
        const char *path = NULL;
        if (json_string(&item, &path, err) < 0)
            return -1;
        if (comparison_list_add(list, comparison_list_find(list, folder, path), err) < 0)
            return -1;
    }
    return 0;
}

/* What the comparison at `path` is made of. */
static int comparison_list_read(struct comparison_list *list, const char *folder, const char *path,
                                struct error *err)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    struct json_place variants;
    struct json_place variant;
    if (json_load_file(path, LIST_FILE_MAX_BYTES, &document, err) < 0)
        return -1;
    struct json_place root = json_root(document);
    if (json_expect_object(&root, err) < 0)
        return -1;
    if (!json_member(&root, "variants", &variants))
        return json_error(&root, err, "found no \"variants\", expected those of a comparison");
    if (json_expect_array(&variants, COMPARISON_VARIANTS_MAX, err) < 0)
        return -1;
    size_t before = list->n;
    for (bool more = json_first(&variants, &variant); more; more = json_next(&variants, &variant))
        if (comparison_list_add_results(list, folder, &variant, err) < 0)
            return -1;
    if (list->n == before)
        return json_error(&root, err, "found a comparison of no results, expected two at least");
    return 0;
}

int comparison_list_expand(struct arena *arena, const char *const *operands,
                           const char *const **ret, struct error *err)
{
    struct comparison_list list = {.arena = arena};
    for (; *operands != NULL; operands++) {
        CLEANUP(freep) char *path = file_join(*operands, COMPARE_REPORT_JSON);
        if (path == NULL)
            return error_out_of_memory(err);
        int status = file_exists(AT_FDCWD, path) ? comparison_list_read(&list, *operands, path, err)
                                                 : comparison_list_add(&list, *operands, err);
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

#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json_document.h"
#include "base/units.h"
#include "base/utf8.h"

/* Text that is loaded without a file of its own: bounded, so that offsets fit into 32 bits. */
enum { JSON_TEXT_MAX_BYTES = 64 * 1024 * 1024 };

void json_free(struct json_document *document)
{
    if (document == NULL)
        return;
    cJSON_Delete(document->root);
    json_marks_done(&document->marks);
    free(document->nodes);
    free(document->text);
    free(document->name);
    free(document);
}

void json_freep(struct json_document **document)
{
    json_free(*document);
}

/* Number the nodes in pre-order; the depth is bounded by the scanner. */
static size_t json_number_nodes(const cJSON *node, struct json_node_mark *nodes, size_t next,
                                size_t count)
{
    for (; node != NULL && next < count; node = node->next) {
        nodes[next] = (struct json_node_mark){.node = node, .mark = next};
        next++;
        next = json_number_nodes(node->child, nodes, next, count);
    }
    return next;
}

static int json_compare_nodes(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)((const struct json_node_mark *)left)->node;
    uintptr_t b = (uintptr_t)((const struct json_node_mark *)right)->node;
    return (a > b) - (a < b);
}

const struct json_mark *json_find_mark(const struct json_document *document, const cJSON *node)
{
    struct json_node_mark wanted = {.node = node};
    const struct json_node_mark *found = bsearch(&wanted, document->nodes, document->marks.count,
                                                 sizeof(wanted), json_compare_nodes);
    return found != NULL ? &document->marks.items[found->mark] : NULL;
}

static int json_index(struct json_document *document, struct error *err)
{
    size_t count = document->marks.count;
    document->nodes = calloc(count, sizeof(*document->nodes));
    if (document->nodes == NULL)
        return error_out_of_memory(err);
    if (json_number_nodes(document->root, document->nodes, 0, count) != count)
        return error_set(err, ERROR_INTERNAL, "%s: cJSON and the scanner disagree", document->name);
    qsort(document->nodes, count, sizeof(*document->nodes), json_compare_nodes);
    return 0;
}

/* By key, then by place. */
static int json_compare_keys(const void *left, const void *right)
{
    const struct json_node_mark *a = left;
    const struct json_node_mark *b = right;
    int order = strcmp(a->node->string, b->node->string);
    return order != 0 ? order : (a->mark > b->mark) - (a->mark < b->mark);
}

/* The keys of one object are different. */
static int json_check_object_keys(const struct json_document *document, const cJSON *object,
                                  struct error *err)
{
    size_t count = (size_t)cJSON_GetArraySize(object);
    CLEANUP(freep) struct json_node_mark *keys = calloc(count + 1, sizeof(*keys));
    if (keys == NULL)
        return error_out_of_memory(err);

    size_t filled = 0;
    for (const cJSON *child = object->child; child != NULL; child = child->next) {
        const struct json_mark *mark = json_find_mark(document, child);
        keys[filled++] = (struct json_node_mark){child, (size_t)(mark - document->marks.items)};
    }
    qsort(keys, count, sizeof(*keys), json_compare_keys);

    for (size_t i = 1; i < count; i++) {
        if (strcmp(keys[i - 1].node->string, keys[i].node->string) != 0)
            continue;
        const struct json_mark *marks = document->marks.items;
        char key[64];
        snprintf(key, sizeof(key), "%.60s", keys[i].node->string);
        utf8_tame(key, false);
        return error_set(err, ERROR_USAGE,
                         "%s:%u: found the key \"%s\" again (first on line %u), expected every key "
                         "once in an object",
                         document->name, marks[keys[i].mark].key_line, key,
                         marks[keys[i - 1].mark].key_line);
    }
    return 0;
}

/* No object below `node` has a key twice; the depth is bounded by the scanner. */
static int json_check_duplicates(const struct json_document *document, const cJSON *node,
                                 struct error *err)
{
    if (cJSON_IsObject(node) && json_check_object_keys(document, node, err) < 0)
        return -1;
    for (const cJSON *child = node->child; child != NULL; child = child->next)
        if (child->child != NULL && json_check_duplicates(document, child, err) < 0)
            return -1;
    return 0;
}

int json_load_text(const char *name, const char *text, size_t length, struct json_document **ret,
                   struct error *err)
{
    if (length > JSON_TEXT_MAX_BYTES)
        return error_set(err, ERROR_USAGE, "%s: found %zu bytes, expected at most %d", name, length,
                         JSON_TEXT_MAX_BYTES);

    CLEANUP(json_freep) struct json_document *document = calloc(1, sizeof(*document));
    if (document == NULL)
        return error_out_of_memory(err);
    document->name = strdup(name);
    document->text = calloc(1, length + 1);
    document->length = length;
    if (document->name == NULL || document->text == NULL)
        return error_out_of_memory(err);
    if (length > 0)
        memcpy(document->text, text, length);

    if (json_scan(name, document->text, length, &document->marks, err) < 0)
        return -1;
    document->root = cJSON_ParseWithLength(document->text, length + 1);
    if (document->root == NULL)
        return error_set(err, ERROR_INTERNAL, "%s: cJSON cannot read it, or out of memory", name);
    if (json_index(document, err) < 0 || json_check_duplicates(document, document->root, err) < 0)
        return -1;

    *ret = take_ptr(&document);
    return 0;
}

/* Read at most one byte more than is allowed: a device or a pipe tells no size in advance. */
static int json_read_file(const char *path, size_t max_bytes, struct buffer *text,
                          struct error *err)
{
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_set_errno(err, ERROR_USAGE, errno, "cannot open %s", path);

    while (text->length <= max_bytes) {
        char chunk[16384];
        size_t room = max_bytes + 1 - text->length;
        ssize_t length = read(fd, chunk, room < sizeof(chunk) ? room : sizeof(chunk));
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return error_set_errno(err, ERROR_USAGE, errno, "cannot read %s", path);
        if (length == 0)
            return 0;
        if (buffer_append(text, chunk, (size_t)length, err) < 0)
            return error_prefix(err, "%s", path);
    }

    char limit[UNITS_TEXT_MAX];
    return error_set(err, ERROR_USAGE, "%s: found more than %s, expected a smaller file", path,
                     units_format_bytes((double)max_bytes, limit));
}

int json_load_file(const char *path, size_t max_bytes, struct json_document **ret,
                   struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(max_bytes + 1);
    if (json_read_file(path, max_bytes, &text, err) < 0)
        return -1;
    return json_load_text(path, buffer_text(&text), text.length, ret, err);
}

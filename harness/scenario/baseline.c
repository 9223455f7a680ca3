#include "scenario/baseline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "scenario/baseline_parts.h"

#define BASELINE_SCHEMA_STEM "leakcage.baseline/"
#define ROOM_FIRST           4

int baseline_new(struct baseline **ret, struct error *err)
{
    struct baseline *baseline = calloc(1, sizeof(*baseline));
    if (baseline == NULL) {
        error_out_of_memory(err);
        return -1; /* plainly: the analyser does not see that a call always returns it */
    }
    *ret = baseline;
    return 0;
}

void baseline_free(struct baseline *baseline)
{
    if (baseline == NULL)
        return;
    free(baseline->entries);
    free(baseline);
}

void baseline_freep(struct baseline **baseline)
{
    baseline_free(*baseline);
}

int baseline_compare_keys(const struct baseline_key *left, const struct baseline_key *right)
{
    int order = strcmp(left->scenario, right->scenario);
    if (order == 0)
        order = strcmp(left->variant, right->variant);
    if (order == 0)
        order = strcmp(left->build, right->build);
    return order != 0 ? order : strcmp(left->allocator, right->allocator);
}

/* By key, then by the line of the file. */
static int baseline_compare_entries(const void *left, const void *right)
{
    const struct baseline_entry *a = left;
    const struct baseline_entry *b = right;
    int order = baseline_compare_keys(&a->key, &b->key);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

/* Where the key is, or belongs. */
static size_t baseline_place(const struct baseline *baseline, const struct baseline_key *key)
{
    size_t low = 0;
    size_t high = baseline->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (baseline_compare_keys(&baseline->entries[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct baseline_entry *baseline_find(const struct baseline *baseline,
                                           const struct baseline_key *key)
{
    size_t at = baseline_place(baseline, key);
    bool found = at < baseline->n && baseline_compare_keys(&baseline->entries[at].key, key) == 0;
    return found ? &baseline->entries[at] : NULL;
}

int baseline_append(struct baseline *baseline, struct baseline_entry **ret, struct error *err)
{
    if (baseline->n == BASELINE_ENTRIES_MAX)
        return error_set(err, ERROR_USAGE,
                         "a baseline has room for %d cases, and all of it is "
                         "taken: expected fewer, or another file for some",
                         BASELINE_ENTRIES_MAX);
    if (baseline->n == baseline->room) {
        size_t room = baseline->room > 0 ? 2 * baseline->room : ROOM_FIRST;
        void *entries = reallocarray(baseline->entries, room, sizeof(*baseline->entries));
        if (entries == NULL)
            return error_out_of_memory(err);
        baseline->entries = entries;
        baseline->room = room;
    }
    struct baseline_entry *entry = &baseline->entries[baseline->n++];
    memset(entry, 0, sizeof(*entry));
    *ret = entry;
    return 0;
}

int baseline_put(struct baseline *baseline, const struct baseline_entry *entry, struct error *err)
{
    if (baseline_check_entry(entry, err) < 0)
        return -1;
    size_t at = baseline_place(baseline, &entry->key);
    if (at < baseline->n && baseline_compare_keys(&baseline->entries[at].key, &entry->key) == 0) {
        baseline->entries[at] = *entry;
        return 0;
    }
    CLEANUP(freep) struct baseline_entry *copy = malloc(sizeof(*copy));
    struct baseline_entry *last = NULL;
    if (copy == NULL)
        return error_out_of_memory(err);
    *copy = *entry; /* the caller's may be one of ours, and they move */
    if (baseline_append(baseline, &last, err) < 0)
        return -1;
    struct baseline_entry *place = &baseline->entries[at];
    memmove(place + 1, place, (size_t)(last - place) * sizeof(*place));
    *place = *copy;
    return 0;
}

void baseline_remove(struct baseline *baseline, const struct baseline_key *key)
{
    const struct baseline_entry *found = baseline_find(baseline, key);
    if (found == NULL)
        return;
    struct baseline_entry *place = &baseline->entries[found - baseline->entries];
    size_t behind = baseline->n - (size_t)(place - baseline->entries) - 1;
    memmove(place, place + 1, behind * sizeof(*place));
    baseline->n--;
}

/* --- reading --- */

/* Is it the schema of a version that comes after ours? */
static bool baseline_is_later(const char *schema)
{
    size_t length = strlen(BASELINE_SCHEMA_STEM);
    if (strncmp(schema, BASELINE_SCHEMA_STEM, length) != 0)
        return false;
    const char *version = schema + length;
    size_t digits = strspn(version, "0123456789");
    return version[0] >= '1' && version[digits] == '\0' && (digits > 1 || version[0] > '1');
}

static int baseline_check_schema(const struct json_place *root, struct error *err)
{
    struct json_place place;
    const char *schema = NULL;
    if (!json_member(root, "schema", &place))
        return json_error(root, err,
                          "found no \"schema\", expected \"" BASELINE_SCHEMA
                          "\": is it a baseline, as leakcage gate --update writes it?");
    if (json_string(&place, &schema, err) < 0)
        return -1;
    if (strcmp(schema, BASELINE_SCHEMA) == 0)
        return 0;
    if (baseline_is_later(schema))
        return json_error(&place, err,
                          "found \"%.60s\", made by a later leakcage; this one reads /1: expected "
                          "\"" BASELINE_SCHEMA "\", or a later leakcage",
                          schema);
    return json_error_expected(&place, err, "\"" BASELINE_SCHEMA "\"");
}

/* Sort what was read, and refuse a case that is there twice. */
static int baseline_sort(struct baseline *baseline, const char *source, struct error *err)
{
    if (baseline->n > 0)
        qsort(baseline->entries, baseline->n, sizeof(*baseline->entries), baseline_compare_entries);
    for (size_t i = 1; i < baseline->n; i++) {
        const struct baseline_entry *first = &baseline->entries[i - 1];
        const struct baseline_entry *again = &baseline->entries[i];
        char text[BASELINE_KEY_TEXT_MAX];
        if (baseline_compare_keys(&first->key, &again->key) == 0)
            return error_set(err, ERROR_USAGE,
                             "%s:%u: found the case %s again (first on line %u), expected every "
                             "case once",
                             source, again->line, baseline_key_text(&again->key, text),
                             first->line);
    }
    return 0;
}

static int baseline_read(const char *source, const struct json_document *document,
                         struct baseline **ret, struct error *err)
{
    static const char *const known[] = {"schema", "entries", NULL};
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    struct json_place root = json_root(document);
    struct json_place entries;
    struct json_place place;
    if (json_expect_object(&root, err) < 0 || baseline_check_schema(&root, err) < 0 ||
        json_check_keys(&root, known, err) < 0)
        return -1;
    if (!json_member(&root, "entries", &entries))
        return json_error(&root, err, "found no \"entries\", expected an array of them");
    if (json_expect_array(&entries, BASELINE_ENTRIES_MAX, err) < 0 ||
        baseline_new(&baseline, err) < 0)
        return -1;
    for (bool more = json_first(&entries, &place); more; more = json_next(&entries, &place)) {
        struct baseline_entry *entry = NULL;
        if (baseline_append(baseline, &entry, err) < 0 ||
            baseline_read_entry(&place, entry, err) < 0)
            return -1;
    }
    if (baseline_sort(baseline, source, err) < 0)
        return -1;
    *ret = take_ptr(&baseline);
    return 0;
}

int baseline_load(const char *path, struct baseline **ret, struct error *err)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    struct error failure = {0};
    if (json_load_file(path, BASELINE_FILE_MAX_BYTES, &document, &failure) == 0)
        return baseline_read(path, document, ret, err);
    if (failure.errno_value != ENOENT) {
        if (err != NULL)
            *err = failure;
        return -1;
    }
    return baseline_new(ret, err) < 0 ? -1 : 1;
}

int baseline_load_text(const char *source, const char *text, size_t length, struct baseline **ret,
                       struct error *err)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    if (json_load_text(source, text, length, &document, err) < 0)
        return -1;
    return baseline_read(source, document, ret, err);
}

/* --- writing --- */

int baseline_write(const struct baseline *baseline, struct buffer *out, struct error *err)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    json_write_object(&writer, NULL);
    json_write_text(&writer, "schema", BASELINE_SCHEMA);
    json_write_array(&writer, "entries");
    for (size_t i = 0; i < baseline->n; i++)
        baseline_write_entry(&writer, &baseline->entries[i]);
    json_write_close_array(&writer);
    json_write_close_object(&writer);
    return json_writer_end(&writer, err);
}

/* Is this what the file holds already? */
static bool baseline_is_stored(const char *path, const struct buffer *text)
{
    CLEANUP(buffer_done) struct buffer stored = BUFFER_INIT(BASELINE_FILE_MAX_BYTES);
    return file_read(AT_FDCWD, path, &stored, NULL) == 0 && stored.length == text->length &&
           memcmp(buffer_text(&stored), buffer_text(text), text->length) == 0;
}

int baseline_store(const struct baseline *baseline, const char *path, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(BASELINE_FILE_MAX_BYTES);
    if (baseline_write(baseline, &text, err) < 0)
        return error_prefix(err, "%s", path);
    if (baseline_is_stored(path, &text))
        return 0;
    CLEANUP(freep) char *real = realpath(path, NULL); /* NULL: there is no such file yet */
    return file_write_atomic(AT_FDCWD, real != NULL ? real : path, buffer_text(&text), text.length,
                             err);
}

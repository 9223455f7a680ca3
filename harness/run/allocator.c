#include "run/allocator.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json.h"

#define ALLOCATOR_TIMEOUT_MS 1000L

/* Beyond this no number in JSON is exact; no machine has half of it. */
#define ALLOCATOR_MAX_BYTES ((uint64_t)1 << 50)

struct allocator_client {
    CURL *handle;   /* owned */
    char name[256]; /* "GET /debug/heap" */
};

static int allocator_member(const struct json_place *root, const char *key, uint64_t *ret,
                            struct error *err)
{
    struct json_place place;
    if (!json_member(root, key, &place))
        return json_error(root, err, "found no \"%s\"", key);
    return json_count(&place, 0, ALLOCATOR_MAX_BYTES, ret, err);
}

static int allocator_read(const struct json_place *root, struct allocator *ret, struct error *err)
{
    struct allocator allocator = ALLOCATOR_ABSENT;
    struct json_place mmapped;
    uint64_t mmapped_bytes = 0;
    if (json_expect_object(root, err) < 0 ||
        allocator_member(root, "arena_bytes", &allocator.arena_bytes, err) < 0 ||
        allocator_member(root, "in_use_bytes", &allocator.in_use_bytes, err) < 0 ||
        allocator_member(root, "free_bytes", &allocator.free_bytes, err) < 0)
        return -1;
    if (json_member(root, "mmapped_bytes", &mmapped) &&
        json_count(&mmapped, 0, ALLOCATOR_MAX_BYTES, &mmapped_bytes, err) < 0)
        return -1;
    allocator.in_use_bytes += mmapped_bytes;
    *ret = allocator;
    return 0;
}

int allocator_parse(const char *name, const char *text, size_t length, struct allocator *ret,
                    struct error *err)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    int status = json_load_text(name, text, length, &document, err);
    if (status == 0) {
        struct json_place root = json_root(document);
        status = allocator_read(&root, ret, err);
    }
    if (status < 0 && err != NULL && err->kind == ERROR_USAGE)
        err->kind = ERROR_SERVICE; /* no file of the user's */
    return status;
}

static size_t allocator_keep(char *data, size_t size, size_t count, void *context)
{
    return buffer_append(context, data, size * count, NULL) == 0 ? size * count : 0;
}

static void allocator_client_freep(struct allocator_client **client)
{
    allocator_client_free(*client);
}

int allocator_client_new(const char *base_url, const char *path, bool reuse,
                         struct allocator_client **ret, struct error *err)
{
    char url[1024];
    CLEANUP(allocator_client_freep) struct allocator_client *client = calloc(1, sizeof(*client));
    if (client == NULL)
        return error_out_of_memory(err);
    client->handle = curl_easy_init();
    if (client->handle == NULL)
        return error_out_of_memory(err);
    snprintf(client->name, sizeof(client->name), "GET %.240s", path);
    snprintf(url, sizeof(url), "%s%s", base_url, path);
    curl_easy_setopt(client->handle, CURLOPT_URL, url);
    curl_easy_setopt(client->handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client->handle, CURLOPT_PROXY, "");
    curl_easy_setopt(client->handle, CURLOPT_TIMEOUT_MS, ALLOCATOR_TIMEOUT_MS);
    curl_easy_setopt(client->handle, CURLOPT_FORBID_REUSE, reuse ? 0L : 1L);
    curl_easy_setopt(client->handle, CURLOPT_WRITEFUNCTION, allocator_keep);
    *ret = take_ptr(&client);
    return 0;
}

void allocator_client_free(struct allocator_client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->handle);
    free(client);
}

int allocator_ask(struct allocator_client *client, struct allocator *ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer body = BUFFER_INIT(ALLOCATOR_ANSWER_MAX_BYTES);
    curl_easy_setopt(client->handle, CURLOPT_WRITEDATA, &body);
    CURLcode code = curl_easy_perform(client->handle);
    long status = 0;
    curl_easy_getinfo(client->handle, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_WRITE_ERROR)
        return error_set(err, ERROR_SERVICE, "%s: the answer is longer than %zu KiB", client->name,
                         ALLOCATOR_ANSWER_MAX_BYTES / 1024);
    if (code != CURLE_OK)
        return error_set(err, ERROR_SERVICE, "%s: %s", client->name, curl_easy_strerror(code));
    if (status < 200 || status >= 300)
        return error_set(err, ERROR_SERVICE, "%s: answered %ld, expected 2xx", client->name,
                         status);
    return allocator_parse(client->name, buffer_text(&body), body.length, ret, err);
}

void allocator_note(const struct allocator *allocator, struct survey *survey)
{
    survey->value[SURVEY_HEAP_ARENA] = allocator->arena_bytes;
    survey->value[SURVEY_HEAP_IN_USE] = allocator->in_use_bytes;
    survey->value[SURVEY_HEAP_FREE] = allocator->free_bytes;
}

#include "run/collector.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define COLLECTOR_PATH_MAX 4096
#define COLLECTOR_URL_MAX  1024

/* The answer as it comes in. */
struct collector_answer {
    FILE *file;
    size_t length;
    bool too_long;
    unsigned char head[2];
};

static size_t collector_keep(char *data, size_t size, size_t count, void *context)
{
    struct collector_answer *answer = context;
    size_t length = size * count;
    for (size_t i = 0; i < length && answer->length + i < sizeof(answer->head); i++)
        answer->head[answer->length + i] = (unsigned char)data[i];
    answer->length += length;
    answer->too_long = answer->length > COLLECTOR_MAX_BYTES;
    return answer->too_long ? 0 : fwrite(data, size, count, answer->file) * size;
}

/* What the content is, by its first bytes (profiles of Go are gzip'ed) or what the service says. */
static const char *collector_ending(const struct collector_answer *answer, const char *type)
{
    if (answer->length >= 2 && answer->head[0] == 0x1f && answer->head[1] == 0x8b)
        return ".gz";
    if (type != NULL && strncmp(type, "application/json", strlen("application/json")) == 0)
        return ".json";
    if (type != NULL && strncmp(type, "text/", strlen("text/")) == 0)
        return ".txt";
    return "";
}

static int collector_transfer(CURL *handle, const char *url, struct collector_answer *answer,
                              struct error *err)
{
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, (long)COLLECTOR_MAX_S);
    curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, collector_keep);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer);
    CURLcode code = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (answer->too_long)
        return error_set(err, ERROR_SERVICE, "the answer is longer than %zu MiB",
                         COLLECTOR_MAX_BYTES >> 20);
    if (code != CURLE_OK)
        return error_set(err, ERROR_SERVICE, "%s", curl_easy_strerror(code));
    if (status < 200 || status >= 300)
        return error_set(err, ERROR_SERVICE, "answered %ld, expected 2xx", status);
    return 0;
}

/* Into a file of that name; its ending is known when it is there. */
static int collector_fetch_one(const struct collector *collector, const struct collect *collect,
                               size_t cycle, struct error *err)
{
    char path[COLLECTOR_PATH_MAX];
    char named[COLLECTOR_PATH_MAX + 8];
    char url[COLLECTOR_URL_MAX];
    struct collector_answer answer = {.file = NULL};
    CURL *handle = curl_easy_init();
    if (handle == NULL)
        return error_out_of_memory(err);
    snprintf(path, sizeof(path), "%s/%s.%03zu", collector->dir, collect->name, cycle);
    snprintf(url, sizeof(url), "%s%s", *collect->url == '/' ? collector->url : "", collect->url);
    answer.file = fopen(path, "we");
    if (answer.file == NULL) {
        curl_easy_cleanup(handle);
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot write %s", path);
    }
    int status = collector_transfer(handle, url, &answer, err);
    const char *type = NULL;
    curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &type);
    const char *ending = collector_ending(&answer, type);
    curl_easy_cleanup(handle);
    if (fclose(answer.file) != 0 && status == 0)
        status = error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot write %s", path);
    snprintf(named, sizeof(named), "%s%s", path, ending);
    if (status < 0)
        unlink(path);
    else if (*ending != '\0' && rename(path, named) < 0)
        status = error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot name %s", named);
    return status;
}

void collector_fetch(struct collector *collector, size_t cycle, struct record *record)
{
    struct error err = {.kind = ERROR_NONE};
    const struct settings *settings = collector->settings;
    if (settings->n_collect == 0)
        return;
    bool is_there = file_make_directories(collector->dir, &err) == 0;
    for (unsigned i = 0; i < settings->n_collect; i++) {
        const struct collect *collect = &settings->collect[i];
        if (is_there && collector_fetch_one(collector, collect, cycle, &err) == 0)
            continue;
        if ((collector->warned >> i & 1) == 0)
            record_warn(record, "%.48s was not collected: GET %.60s: %.70s", collect->name,
                        collect->url, err.text);
        collector->warned |= 1UL << i;
    }
}

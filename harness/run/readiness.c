#include "run/readiness.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define TRY_TIMEOUT_MS  1000L
#define POST_TIMEOUT_MS 10000L

static size_t readiness_discard(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

/* A handle for one local request; NULL when out of memory. */
static CURL *readiness_handle(const char *url, long timeout_ms)
{
    CURL *handle = curl_easy_init();
    if (handle == NULL)
        return NULL;
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, readiness_discard);
    return handle;
}

#define LOG_WORD "log:"

int readiness_init(struct readiness *readiness, const char *ready, const char *log_path,
                   struct error *err)
{
    *readiness = (struct readiness){.ready = ready, .last = "not tried"};
    if (strncmp(ready, LOG_WORD, strlen(LOG_WORD)) != 0)
        return 0;
    return line_watch_new(log_path, ready + strlen(LOG_WORD), &readiness->log, err);
}

void readiness_done(struct readiness *readiness)
{
    line_watch_free(readiness->log);
    readiness->log = NULL;
}

static bool readiness_try_log(struct readiness *readiness)
{
    if (line_watch_look(readiness->log))
        return true;
    snprintf(readiness->last, sizeof(readiness->last),
             "none of the %lu lines it printed matches \"%.200s\"",
             line_watch_lines(readiness->log), readiness->ready + strlen(LOG_WORD));
    return false;
}

static bool readiness_try_url(struct readiness *readiness)
{
    bool is_tcp = strcmp(readiness->ready, "tcp") == 0;
    char url[1024];
    snprintf(url, sizeof(url), "%s%s", readiness->url, is_tcp ? "/" : readiness->ready);
    CURL *handle = readiness_handle(url, TRY_TIMEOUT_MS);
    if (handle == NULL)
        return false;
    if (is_tcp)
        curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, 1L);

    CURLcode code = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(handle);

    if (code == CURLE_OK && (is_tcp || (status >= 200 && status < 300)))
        return true;
    if (code == CURLE_OK)
        snprintf(readiness->last, sizeof(readiness->last), "%s answers %ld, expected 2xx",
                 readiness->ready, status);
    else if (code == CURLE_COULDNT_CONNECT)
        snprintf(readiness->last, sizeof(readiness->last), "nothing listens on %s",
                 strstr(readiness->url, "//") != NULL ? strstr(readiness->url, "//") + 2
                                                      : readiness->url);
    else
        snprintf(readiness->last, sizeof(readiness->last), "%s: %s", readiness->ready,
                 curl_easy_strerror(code));
    return false;
}

bool readiness_try(struct readiness *readiness)
{
    if (strcmp(readiness->ready, "none") == 0)
        return true;
    if (readiness->log != NULL)
        return readiness_try_log(readiness);
    if (readiness->url != NULL)
        return readiness_try_url(readiness);
    snprintf(readiness->last, sizeof(readiness->last), "it has no port that could answer");
    return false;
}

int readiness_post(const char *base_url, const char *path, struct error *err)
{
    char url[1024];
    snprintf(url, sizeof(url), "%s%s", base_url, path);
    CURL *handle = readiness_handle(url, POST_TIMEOUT_MS);
    if (handle == NULL)
        return error_out_of_memory(err);
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, 0L);
    CURLcode code = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(handle);
    if (code != CURLE_OK)
        return error_set(err, ERROR_SERVICE, "POST %s: %s", path, curl_easy_strerror(code));
    if (status < 200 || status >= 300)
        return error_set(err, ERROR_SERVICE, "POST %s: answered %ld, expected 2xx", path, status);
    return 0;
}

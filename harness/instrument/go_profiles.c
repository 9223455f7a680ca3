#include "instrument/go_profiles.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "instrument/go_sampling.h"
#include "profile/profile_load.h"

#define SAMPLING_BYTES    4096
#define SAMPLING          "4096"
#define FETCH_BOUND_S     30L
#define TRY_BOUND_S       10L
#define URL_ROOM          512
#define HEAP_PATH         "/debug/pprof/heap"
#define GOROUTINE_PATH    "/debug/pprof/goroutine"
#define HOW_TO_SERVE_THEM "import _ \"net/http/pprof\" in it, on the mux of that port"

struct go_profile {
    const char *name;
    const char *path;
    const char *query;
};

/* Of what is collected at each floor; the first is tried when it is ready. */
static const struct go_profile go_profiles[] = {
    {"go-goroutines", GOROUTINE_PATH, ""},
    {"go-heap", HEAP_PATH, "?gc=1"},
};

struct go_service {
    char url[URL_ROOM];
    bool is_collected[ARRAY_LENGTH(go_profiles)]; /* by the scenario */
    char coarse[120]; /* why it notes no more than Go does by itself; "": it does */
};

/* Does the scenario fetch it by itself? */
static bool go_is_collected(const struct settings *settings, const struct go_profile *profile)
{
    size_t length = strlen(profile->path);
    for (unsigned i = 0; i < settings->n_collect; i++) {
        const char *url = settings->collect[i].url;
        if (strncmp(url, profile->path, length) == 0 && (url[length] == '\0' || url[length] == '?'))
            return true;
    }
    return false;
}

static int go_begin(struct instrument_share *share, struct instrument_environment *environment,
                    void **ret, struct error *err)
{
    const struct settings *settings = &share->site->spec->settings;
    CLEANUP(freep) struct go_service *go = calloc(1, sizeof(*go));
    if (go == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < ARRAY_LENGTH(go_profiles); i++)
        go->is_collected[i] = go_is_collected(settings, &go_profiles[i]);
    /* Where it is started here, from its first allocation on. */
    if (settings->attach == NULL &&
        instrument_environment_add(environment, "GODEBUG", "memprofilerate=" SAMPLING, ',', err) <
            0)
        return -1;
    *ret = take_ptr(&go);
    return 0;
}

static size_t go_keep(char *data, size_t size, size_t count, void *context)
{
    return buffer_append(context, data, size * count, NULL) < 0 ? 0 : size * count;
}

static int go_get(const char *url, long bound_s, struct buffer *answer, struct error *err)
{
    CURL *handle = curl_easy_init();
    if (handle == NULL)
        return error_out_of_memory(err);
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, bound_s);
    curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, go_keep);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer);
    CURLcode code = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(handle);
    if (code != CURLE_OK)
        return error_set(err, ERROR_SERVICE, "GET %s: %s", url, curl_easy_strerror(code));
    if (status != 200)
        return error_set(err, ERROR_SERVICE, "GET %s: answered %ld", url, status);
    return 0;
}

static int go_fetch(const struct go_service *go, const struct go_profile *which, long bound_s,
                    struct profile **ret, struct error *err)
{
    char url[URL_ROOM + 64];
    CLEANUP(buffer_done) struct buffer answer = BUFFER_INIT(PROFILE_FILE_MAX_BYTES);
    snprintf(url, sizeof(url), "%s%s%s", go->url, which->path, which->query);
    if (go_get(url, bound_s, &answer, err) < 0)
        return -1;
    if (profile_load_text(answer.data, answer.length, ret, err) != 0)
        return error_prefix(err, "GET %s", url);
    return 0;
}

/* False: none is Go's, as far as is known. */
static bool go_refine(struct go_service *go, const struct runtime_survey *processes)
{
    bool is_go = processes == NULL;
    for (unsigned i = 0; processes != NULL && i < processes->n; i++) {
        struct error why = {.kind = ERROR_NONE};
        if (processes->runtimes[i].kind != RUNTIME_GO)
            continue;
        is_go = true;
        if (go_sampling_refine(processes->runtimes[i].pid, SAMPLING_BYTES, &why) != 0)
            snprintf(go->coarse, sizeof(go->coarse), "%.110s", why.text);
    }
    return is_go;
}

static int go_ready(void *self, const struct instrument_target *target, struct error *err)
{
    struct go_service *go = self;
    CLEANUP(profile_freep) struct profile *profile = NULL;
    struct error why = {.kind = ERROR_NONE};
    if (!go_refine(go, target->processes)) {
        error_set(err, ERROR_SERVICE, "no process of it is a program of Go's");
        return 1;
    }
    snprintf(go->url, sizeof(go->url), "%s", target->url);
    if (go_fetch(go, &go_profiles[0], TRY_BOUND_S, &profile, &why) == 0)
        return 0;
    error_set(err, ERROR_SERVICE, "%.120s: " HOW_TO_SERVE_THEM, why.text);
    return 1;
}

static int go_snapshot(void *self, const char *dir, size_t cycle, struct error *err)
{
    const struct go_service *go = self;
    for (size_t i = 0; i < ARRAY_LENGTH(go_profiles); i++) {
        CLEANUP(profile_freep) struct profile *profile = NULL;
        if (go->is_collected[i])
            continue;
        if (go_fetch(go, &go_profiles[i], FETCH_BOUND_S, &profile, err) < 0 ||
            instrument_store(profile, dir, go_profiles[i].name, cycle, err) < 0)
            return -1;
    }
    return 0;
}

static void go_effect(const void *self, char *text, size_t size)
{
    const struct go_service *go = self;
    snprintf(text, size, "GET of its profiles at each floor%s%s%s",
             go->is_collected[1] ? "" : ", after a collection of all garbage",
             *go->coarse == '\0' ? "; it notes an allocation in 4 KiB, not in 512 KiB"
                                 : "; it notes an allocation in 512 KiB: ",
             go->coarse);
}

static void go_end(void *self)
{
    free(self);
}

const struct instrument instrument_go = {
    .kinds = 1u << INSTRUMENT_GO,
    .begin = go_begin,
    .ready = go_ready,
    .snapshot = go_snapshot,
    .effect = go_effect,
    .end = go_end,
};

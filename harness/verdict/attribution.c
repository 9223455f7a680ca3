#include "verdict/attribution.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

/* A count is only the cause when it can carry a share of the growth, with what each takes at the
 * least (indicators.h), a mapping a page. */
#define MAPPING_BYTES 4096.0
#define SHARE_MIN     0.05
#define COUNT_MIN     5

/* Beside a heap that proves nothing, one more in so many requests is no accident. */
#define COUNT_REQUESTS_MAX 10

/* A file that grew is named when it has at least this much of what grew. */
#define GROWN_FILE_SHARE_MIN 0.5

struct count_growth {
    double count; /* how many more */
    double per_request;
};

static struct count_growth attribution_count(const struct floor_series *series,
                                             enum survey_field field)
{
    const struct survey *first = &series->cycle[0]->floor;
    const struct survey *last = &series->cycle[series->n - 1]->floor;
    struct count_growth growth = {0};
    if (!survey_has(first, field) || !survey_has(last, field))
        return growth;
    growth.count = (double)last->value[field] - (double)first->value[field];
    growth.per_request = growth.count / series->requests[series->n - 1];
    return growth;
}

/* "one more X per request", "2.0 more X per request", "one more X every 12 requests". */
static void attribution_say_count(char *text, size_t size, double per_request, const char *what)
{
    if (per_request > 0.95 && per_request < 1.05)
        snprintf(text, size, "one more %s per request", what);
    else if (per_request >= 1)
        snprintf(text, size, "%.1f more %ss per request", per_request, what);
    else
        snprintf(text, size, "one more %s every %.1f requests", what, 1 / per_request);
}

static uint64_t attribution_group_count(const struct survey_group *groups, unsigned n,
                                        const char *name)
{
    for (unsigned i = 0; i < n; i++)
        if (strcmp(groups[i].name, name) == 0)
            return groups[i].count;
    return 0;
}

/* How much the group `name` grew between two lists. */
static uint64_t attribution_group_growth(const struct survey_group *first, unsigned n_first,
                                         const struct survey_group *group)
{
    uint64_t before = attribution_group_count(first, n_first, group->name);
    return group->count > before ? group->count - before : 0;
}

static bool attribution_is_local(const struct survey_group *group)
{
    return strncmp(group->name, "unix", 4) == 0;
}

/* The group that grew most between two lists, NULL when none did. A connection with a peer says
 * more than a socket pair that some library keeps beside it, and goes first. */
static const struct survey_group *attribution_top_group(const struct survey_group *first,
                                                        unsigned n_first,
                                                        const struct survey_group *last,
                                                        unsigned n_last)
{
    const struct survey_group *top = NULL;
    uint64_t most = 0;
    for (unsigned i = 0; i < n_last; i++) {
        uint64_t growth = attribution_group_growth(first, n_first, &last[i]);
        if (growth == 0 || (top != NULL && !attribution_is_local(top) && growth <= most))
            continue;
        if (top != NULL && attribution_is_local(&last[i]) &&
            (!attribution_is_local(top) || growth <= most))
            continue;
        most = growth;
        top = &last[i];
    }
    return top;
}

/* "one more open socket per request, ESTABLISHED to 127.0.0.1:9001", and what goes with it. */
static void attribution_say_sockets(const struct floor_series *series,
                                    const struct count_growth *sockets, struct attribution *ret)
{
    const struct survey *first = &series->cycle[0]->floor;
    const struct survey *last = &series->cycle[series->n - 1]->floor;
    const struct survey_group *top =
        attribution_top_group(first->sockets, first->n_sockets, last->sockets, last->n_sockets);
    double growth =
        top != NULL ? (double)attribution_group_growth(first->sockets, first->n_sockets, top) : 0;
    if (top == NULL || growth * 4 < sockets->count) {
        attribution_say_count(ret->evidence, sizeof(ret->evidence), sockets->per_request,
                              "open socket");
        return;
    }
    attribution_say_count(ret->evidence, sizeof(ret->evidence),
                          growth / series->requests[series->n - 1], "open socket");
    size_t length = strlen(ret->evidence);
    const char *space = strchr(top->name, ' ');
    if (space != NULL && !attribution_is_local(top))
        length += (size_t)snprintf(ret->evidence + length, sizeof(ret->evidence) - length,
                                   ", %.*s to %s", (int)(space - top->name), top->name, space + 1);
    else
        length += (size_t)snprintf(ret->evidence + length, sizeof(ret->evidence) - length, ", %s",
                                   top->name);
    if (sockets->count > 1.5 * growth && length < sizeof(ret->evidence))
        snprintf(ret->evidence + length, sizeof(ret->evidence) - length,
                 " (and %.1f others with it)", (sockets->count - growth) / growth);
}

static void attribution_say_file(const struct floor_series *series, struct attribution *ret)
{
    const struct survey *first = &series->cycle[0]->floor;
    const struct survey *last = &series->cycle[series->n - 1]->floor;
    const struct survey_group *top =
        attribution_top_group(first->files, first->n_files, last->files, last->n_files);
    size_t length = strlen(ret->evidence);
    if (top != NULL)
        snprintf(ret->evidence + length, sizeof(ret->evidence) - length, ", %s", top->name);
}

static uint64_t attribution_file_bytes(const struct survey *survey, const char *name)
{
    for (unsigned i = 0; i < survey->n_files; i++)
        if (strcmp(survey->files[i].name, name) == 0 && survey->files[i].bytes != SURVEY_ABSENT)
            return survey->files[i].bytes;
    return 0;
}

/* No more files than before: the one that has grown, if it can be that. */
static void attribution_say_grown_file(const struct floor_series *series, double shmem_bytes,
                                       struct attribution *ret)
{
    const struct survey *first = &series->cycle[0]->floor;
    const struct survey *last = &series->cycle[series->n - 1]->floor;
    const struct survey_group *grown = NULL;
    double most = GROWN_FILE_SHARE_MIN * shmem_bytes;
    for (unsigned i = 0; i < last->n_files; i++) {
        double growth = (double)attribution_file_bytes(last, last->files[i].name) -
                        (double)attribution_file_bytes(first, last->files[i].name);
        if (growth < most)
            continue;
        most = growth;
        grown = &last->files[i];
    }
    char text[UNITS_TEXT_MAX];
    size_t length = strlen(ret->evidence);
    if (grown != NULL)
        snprintf(ret->evidence + length, sizeof(ret->evidence) - length, "; %s grew by %s",
                 grown->name, units_format_bytes(most, text));
}

/* Where several processes run: those that grew. */
static void attribution_say_process(struct attribution *ret)
{
    const struct process_growth *growth = &ret->processes;
    size_t length = strlen(ret->evidence);
    if (growth->n == 1)
        snprintf(ret->evidence + length, sizeof(ret->evidence) - length, "%sin process %d (%s)",
                 length > 0 ? ", " : "", growth->process[0].pid, growth->process[0].name);
    else if (growth->n > 1)
        snprintf(ret->evidence + length, sizeof(ret->evidence) - length,
                 "%sin process %d (%s) and %u more", length > 0 ? ", " : "", growth->process[0].pid,
                 growth->process[0].name, growth->n - 1 + growth->n_more);
}

/* ", each with 29.0 KiB in the kernel and 8.4 KiB of its own": what one of them holds. */
static void attribution_say_each(const struct floor_series *series, double count,
                                 struct attribution *ret)
{
    struct floor_parts first = indicators_floor(&series->cycle[0]->floor);
    struct floor_parts last = indicators_floor(&series->cycle[series->n - 1]->floor);
    char kernel[UNITS_TEXT_MAX];
    char user[UNITS_TEXT_MAX];
    size_t length = strlen(ret->evidence);
    units_format_bytes((double)(last.kernel_bytes - first.kernel_bytes) / count, kernel);
    units_format_bytes((double)(last.user_bytes - first.user_bytes) / count, user);
    if (last.kernel_counted)
        snprintf(ret->evidence + length, sizeof(ret->evidence) - length,
                 ", each with %s of its own", user);
    else
        snprintf(ret->evidence + length, sizeof(ret->evidence) - length,
                 ", each with %s in the kernel and %s of its own", kernel, user);
}

static bool attribution_carries(const struct count_growth *growth, double each_bytes,
                                double total_bytes)
{
    return growth->count >= COUNT_MIN && growth->count * each_bytes >= SHARE_MIN * total_bytes;
}

/* A count that grows is a better cause than the bytes it holds: the bytes follow from it. */
static bool attribution_by_count(const struct floor_series *series, double total_bytes,
                                 struct attribution *ret)
{
    struct count_growth threads = attribution_count(series, SURVEY_THREADS);
    if (attribution_carries(&threads, THREAD_BYTES, total_bytes)) {
        ret->cause = CAUSE_THREADS;
        attribution_say_count(ret->evidence, sizeof(ret->evidence), threads.per_request, "thread");
        attribution_say_each(series, threads.count, ret);
        return true;
    }
    struct count_growth sockets = attribution_count(series, SURVEY_FD_SOCKET);
    if (attribution_carries(&sockets, SOCKET_BYTES, total_bytes)) {
        ret->cause = CAUSE_SOCKETS;
        attribution_say_sockets(series, &sockets, ret);
        return true;
    }
    struct count_growth files = attribution_count(series, SURVEY_FD_FILE);
    if (ret->share_shmem >= 0.5) {
        ret->cause = CAUSE_SHMEM;
        snprintf(ret->evidence, sizeof(ret->evidence),
                 "shared memory or files in memory (shmem) hold %.0f %% of the growth",
                 100 * ret->share_shmem);
        if (files.count >= COUNT_MIN)
            attribution_say_file(series, ret);
        else
            attribution_say_grown_file(series, ret->share_shmem * total_bytes, ret);
        return true;
    }
    if (attribution_carries(&files, FILE_BYTES, total_bytes)) {
        ret->cause = CAUSE_FILES;
        attribution_say_count(ret->evidence, sizeof(ret->evidence), files.per_request, "open file");
        attribution_say_file(series, ret);
        return true;
    }
    return false;
}

/* Kernel memory that no thread, socket or file accounts for. Where it is counted and not seen, what
 * was counted is known. */
static void attribution_say_kernel(const struct floor_series *series, struct attribution *ret)
{
    struct count_growth pipes = attribution_count(series, SURVEY_FD_PIPE);
    if (!indicators_floor(&series->cycle[series->n - 1]->floor).kernel_counted)
        snprintf(ret->evidence, sizeof(ret->evidence),
                 "kernel memory holds %.0f %% of the growth, with no more threads or descriptors",
                 100 * ret->share_kernel);
    else if (pipes.count >= COUNT_MIN)
        attribution_say_count(ret->evidence, sizeof(ret->evidence), pipes.per_request, "pipe end");
    else
        snprintf(ret->evidence, sizeof(ret->evidence),
                 "descriptors that are no sockets, files or pipes hold %.0f %% of the growth",
                 100 * ret->share_kernel);
}

/* Cause and evidence, whichever process it is in. False: nothing grew. */
static bool attribution_of_instance(const struct floor_series *series, struct attribution *ret)
{
    struct floor_parts first = indicators_floor(&series->cycle[0]->floor);
    struct floor_parts last = indicators_floor(&series->cycle[series->n - 1]->floor);
    double total = (double)(last.total_bytes - first.total_bytes);
    if (total <= 0)
        return false;
    ret->has_shares = true;
    ret->share_user = (double)(last.user_bytes - first.user_bytes) / total;
    ret->share_shmem = (double)(last.shmem_bytes - first.shmem_bytes) / total;
    ret->share_kernel = (double)(last.kernel_bytes - first.kernel_bytes) / total;

    if (attribution_by_count(series, total, ret))
        return true;
    if (ret->share_kernel >= 0.5) {
        ret->cause = CAUSE_KERNEL;
        attribution_say_kernel(series, ret);
        return true;
    }
    struct count_growth mappings = attribution_count(series, SURVEY_MAPPINGS);
    if (attribution_carries(&mappings, MAPPING_BYTES, total) && mappings.per_request > 0.5) {
        ret->cause = CAUSE_MAPPINGS;
        attribution_say_count(ret->evidence, sizeof(ret->evidence), mappings.per_request,
                              "mapping");
        return true;
    }
    snprintf(ret->evidence, sizeof(ret->evidence),
             "private memory holds %.0f %% of the growth, with no more threads or descriptors",
             100 * ret->share_user);
    return true;
}

void attribution_of_growth(const struct floor_series *series, struct attribution *ret)
{
    *ret = (struct attribution){.cause = CAUSE_HEAP};
    if (series->n < 2 || !attribution_of_instance(series, ret))
        return;
    process_growth_of(series, ret->cause, &ret->processes);
    attribution_say_process(ret);
}

bool attribution_beside_heap(const struct floor_series *series, struct attribution *ret)
{
    *ret = (struct attribution){.cause = CAUSE_NONE};
    if (series->n < 2)
        return false;
    struct floor_parts first = indicators_floor(&series->cycle[0]->floor);
    struct floor_parts last = indicators_floor(&series->cycle[series->n - 1]->floor);
    double beside = (double)(last.total_bytes - first.total_bytes) -
                    (double)(last.user_bytes - first.user_bytes);
    if (beside <= 0 || !attribution_by_count(series, beside, ret))
        return false;
    enum survey_field field = ret->cause == CAUSE_THREADS   ? SURVEY_THREADS
                              : ret->cause == CAUSE_SOCKETS ? SURVEY_FD_SOCKET
                                                            : SURVEY_FD_FILE;
    return attribution_count(series, field).per_request * COUNT_REQUESTS_MAX >= 1;
}

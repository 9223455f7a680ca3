#include "serve/serve_results.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/owner.h"
#include "cli/result_folders.h"
#include "run/live_feed.h"
#include "run/work_folder.h"
#include "serve/serve_folder.h"

/* RESULTS/SHARD/RUN, as result_folders.h has it. */
#define DEPTH_MAX 2
/* Whoever asks more often sees what was found last. */
#define LOOK_INTERVAL_NS (200 * NSEC_PER_MSEC)

struct serve_results {
    pthread_mutex_t lock;
    const char *const *folders; /* borrowed */
    char **roots;               /* owned; their real paths, NULL-terminated */
    struct serve_list list;
    nsec_t looked_ns; /* when that was, on CLOCK_MONOTONIC */
};

/* A look at all folders. */
struct look {
    const struct serve_results *results;
    struct serve_list *list; /* what is found */
    const char *root;        /* of the folder that is looked at */
};

static void serve_list_done(struct serve_list *list)
{
    for (size_t i = 0; i < list->n_rows; i++)
        serve_row_done(&list->rows[i]);
    for (size_t i = 0; i < list->n_runs; i++)
        serve_run_done(&list->runs[i]);
    free(list->rows);
    free(list->runs);
    *list = (struct serve_list){0};
}

int serve_results_new(const char *const *folders, struct serve_results **ret, struct error *err)
{
    size_t n = 0;
    while (folders[n] != NULL)
        n++;
    CLEANUP(serve_results_freep) struct serve_results *results = calloc(1, sizeof(*results));
    if (results == NULL)
        return error_out_of_memory(err);
    pthread_mutex_init(&results->lock, NULL);
    results->folders = folders;
    results->roots = calloc(n + 1, sizeof(*results->roots));
    if (results->roots == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < n; i++) {
        results->roots[i] = realpath(folders[i], NULL);
        if (results->roots[i] == NULL)
            return error_set_errno(err, ERROR_USAGE, errno, "cannot serve the folder %s",
                                   folders[i]);
        if (!result_folders_is_folder(folders[i]))
            return error_set(err, ERROR_USAGE, "%s: found a file, expected a folder of results",
                             folders[i]);
    }
    *ret = take_ptr(&results);
    return 0;
}

void serve_results_free(struct serve_results *results)
{
    if (results == NULL)
        return;
    serve_list_done(&results->list);
    for (char **root = results->roots; root != NULL && *root != NULL; root++)
        free(*root);
    free(results->roots);
    pthread_mutex_destroy(&results->lock);
    free(results);
}

void serve_results_freep(struct serve_results **results)
{
    serve_results_free(*results);
}

static int row_compare(const void *a, const void *b)
{
    const struct serve_row *left = a;
    const struct serve_row *right = b;
    return strcmp(left->key, right->key);
}

/* Take what is known of the row of that key from the list before, if its file is the same. */
static bool look_reuse(const struct look *look, struct serve_row *row)
{
    const struct serve_list *before = &look->results->list;
    struct serve_row *old = before->n_rows > 0 ? bsearch(row, before->rows, before->n_rows,
                                                         sizeof(*before->rows), row_compare)
                                               : NULL;
    /* A broken one may have been mended in another file than result.json. */
    if (old == NULL || old->dir == NULL || old->why[0] != '\0' || strcmp(old->dir, row->dir) != 0 ||
        !serve_stamp_is(&old->stamp, &row->stamp) ||
        !serve_stamp_is(&old->explained, &row->explained))
        return false;
    struct serve_row fresh = *row;
    *row = *old;
    row->key = fresh.key;
    row->dir = fresh.dir;
    return true;
}

/* Room for one more in an array that grows by doubling. */
static void *look_grow(void *items, size_t n, size_t size)
{
    bool full = n == 0 || (n >= 16 && (n & (n - 1)) == 0);
    return full ? reallocarray(items, n == 0 ? 16 : n * 2, size) : items;
}

/* Add the result in `dir`, or, with `why`, what is in the way there. */
static void look_add_row(struct look *look, const char *key, const char *dir, const char *why)
{
    struct serve_list *list = look->list;
    if (list->n_rows == SERVE_ROWS_MAX) {
        list->n_more++;
        return;
    }
    struct serve_row *grown = look_grow(list->rows, list->n_rows, sizeof(*grown));
    if (grown == NULL)
        return;
    list->rows = grown;
    struct serve_row *row = &grown[list->n_rows];
    *row = (struct serve_row){.key = strdup(key), .dir = strdup(dir), .root = look->root};
    if (row->key == NULL || row->dir == NULL) {
        serve_row_done(row);
        return;
    }
    list->n_rows++;
    bool stamped = serve_stamps_of(dir, &row->stamp, &row->explained);
    if (why != NULL)
        snprintf(row->why, sizeof(row->why), "%s", why);
    else if (!stamped || !look_reuse(look, row))
        serve_row_read(row);
}

/* A file of a live folder: ID.jsonl, in the session's folder of the results in `key`. */
static void look_add_run(struct look *look, const char *key, const char *live, const char *owner,
                         const char *name)
{
    struct serve_list *list = look->list;
    size_t length = strlen(name);
    size_t suffix = strlen(LIVE_FEED_SUFFIX);
    if (length <= suffix || strcmp(name + length - suffix, LIVE_FEED_SUFFIX) != 0 ||
        list->n_runs == SERVE_RUNS_MAX)
        return;
    struct serve_run *grown = look_grow(list->runs, list->n_runs, sizeof(*grown));
    if (grown == NULL)
        return;
    list->runs = grown;
    struct serve_run *run = &grown[list->n_runs];
    *run = (struct serve_run){.feed = file_join(live, name)};
    snprintf(run->id, sizeof(run->id), "%.*s", (int)(length - suffix), name);
    snprintf(run->owner, sizeof(run->owner), "%s", owner);
    if (asprintf(&run->key, "%s/%s", key, run->id) < 0)
        run->key = NULL;
    if (run->key == NULL || run->feed == NULL || serve_run_read(run) != 0)
        serve_run_done(run);
    else
        list->n_runs++;
}

static int look_by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* The runs of the session that works in `dir`/`name`. */
static void look_into_session(struct look *look, const char *key, const char *dir, const char *name)
{
    CLEANUP(freep) char *live = NULL;
    struct dirent **names = NULL;
    const char *owner = name + strlen(WORK_FOLDER_SESSION);
    if (strncmp(name, WORK_FOLDER_SESSION, strlen(WORK_FOLDER_SESSION)) != 0 ||
        owner_is_dead(owner))
        return;
    if (asprintf(&live, "%s/%s/%s", dir, name, LIVE_FEED_FOLDER) < 0) {
        live = NULL;
        return;
    }
    int n =
        serve_folder_is_within(look->root, live) ? scandir(live, &names, NULL, look_by_name) : -1;
    for (int i = 0; i < n; i++) {
        look_add_run(look, key, live, owner, names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

static void look_into(struct look *look, const char *key, const char *dir, unsigned depth);

static void look_at_entry(struct look *look, const char *key, const char *dir, const char *name,
                          unsigned depth)
{
    CLEANUP(freep) char *path = file_join(dir, name);
    CLEANUP(freep) char *below = file_join(key, name);
    if (name[0] == '.')
        look_into_session(look, key, dir, name);
    else if (path != NULL && below != NULL && result_folders_is_folder(path) &&
             serve_folder_is_within(look->root, path))
        look_into(look, below, path, depth - 1);
}

static void look_into(struct look *look, const char *key, const char *dir, unsigned depth)
{
    CLEANUP(freep) char *result = file_join(dir, "result.json");
    struct stat status;
    if (result == NULL)
        return;
    if (lstat(result, &status) == 0) {
        look_add_row(look, key, dir, NULL);
        return;
    }
    if (depth == 0)
        return;
    struct dirent **names = NULL;
    int n = scandir(dir, &names, NULL, look_by_name);
    if (n < 0) {
        struct error err = {.kind = ERROR_NONE};
        error_set_errno(&err, ERROR_USAGE, errno, "cannot read the folder %s", dir);
        look_add_row(look, key, dir, err.text);
        return;
    }
    for (int i = 0; i < n; i++) {
        look_at_entry(look, key, dir, names[i]->d_name, depth);
        free(names[i]);
    }
    free(names);
}

/* Look at everything; with the lock. */
static void results_look(struct serve_results *results)
{
    struct serve_list list = {0};
    struct look look = {.results = results, .list = &list};
    for (size_t i = 0; results->folders[i] != NULL; i++) {
        char key[24];
        snprintf(key, sizeof(key), "%zu", i);
        look.root = results->roots[i];
        look_into(&look, key, results->folders[i], DEPTH_MAX);
    }
    if (list.n_rows > 1)
        qsort(list.rows, list.n_rows, sizeof(*list.rows), row_compare);
    serve_list_done(&results->list);
    results->list = list;
    results->looked_ns = clock_now_ns();
}

const struct serve_list *serve_results_hold(struct serve_results *results)
{
    pthread_mutex_lock(&results->lock);
    if (results->looked_ns == 0 || clock_now_ns() - results->looked_ns >= LOOK_INTERVAL_NS)
        results_look(results);
    return &results->list;
}

void serve_results_release(struct serve_results *results)
{
    pthread_mutex_unlock(&results->lock);
}

/* Is that the key, or its last name? 2: the key, 1: the name. */
static int key_matches(const char *key, const char *asked)
{
    const char *slash = strrchr(key, '/');
    if (strcmp(key, asked) == 0)
        return 2;
    return slash != NULL && strcmp(slash + 1, asked) == 0 ? 1 : 0;
}

/* The index of the one that was asked for among `n`, whose keys stand `stride` apart; n: none. */
static size_t key_find(char *const *first, size_t n, size_t stride, const char *asked)
{
    size_t named = n;
    unsigned times = 0;
    for (size_t i = 0; i < n; i++) {
        char *const *key = (char *const *)(const void *)((const char *)first + i * stride);
        int match = key_matches(*key, asked);
        if (match == 2)
            return i;
        named = match == 1 ? i : named;
        times += match == 1;
    }
    return times == 1 ? named : n;
}

static size_t list_find(const struct serve_list *list, const char *key)
{
    return list->n_rows == 0 ? 0
                             : key_find(&list->rows[0].key, list->n_rows, sizeof(*list->rows), key);
}

int serve_results_find(struct serve_results *results, const char *key, struct serve_place *ret,
                       struct error *err)
{
    const struct serve_list *list = serve_results_hold(results);
    size_t found = list_find(list, key);
    if (found == list->n_rows) { /* it may be new */
        results_look(results);
        found = list_find(list, key);
    }
    int status = 1;
    if (found == list->n_rows)
        error_set(err, ERROR_USAGE, "there is no such result, or no longer");
    else if (list->rows[found].why[0] != '\0')
        error_set(err, ERROR_USAGE, "%s", list->rows[found].why);
    else
        status = 0;
    if (status == 0) {
        const struct serve_row *row = &list->rows[found];
        *ret = (struct serve_place){.key = strdup(row->key),
                                    .dir = strdup(row->dir),
                                    .root = strdup(row->root),
                                    .stamp = row->stamp,
                                    .explained = row->explained};
        if (ret->key == NULL || ret->dir == NULL || ret->root == NULL) {
            serve_place_done(ret);
            error_out_of_memory(err);
            status = 1;
        }
    }
    serve_results_release(results);
    return status;
}

void serve_place_done(struct serve_place *place)
{
    free(place->key);
    free(place->dir);
    free(place->root);
    *place = (struct serve_place){0};
}

static size_t list_find_run(const struct serve_list *list, const char *key)
{
    return list->n_runs == 0 ? 0
                             : key_find(&list->runs[0].key, list->n_runs, sizeof(*list->runs), key);
}

int serve_results_find_run(struct serve_results *results, const char *key, struct serve_run *ret)
{
    const struct serve_list *list = serve_results_hold(results);
    size_t found = list_find_run(list, key);
    if (found == list->n_runs) {
        results_look(results);
        found = list_find_run(list, key);
    }
    bool copied = false;
    if (found < list->n_runs) {
        *ret = list->runs[found];
        ret->key = strdup(list->runs[found].key);
        ret->feed = strdup(list->runs[found].feed);
        copied = ret->key != NULL && ret->feed != NULL;
        if (!copied)
            serve_run_done(ret);
    }
    serve_results_release(results);
    return copied ? 0 : 1;
}

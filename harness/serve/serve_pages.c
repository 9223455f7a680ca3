#include "serve/serve_pages.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/libc.h"
#include "scenario/record_files.h"
#include "serve/serve_folder.h"
#include "view/view_html.h"
#include "view/view_json.h"

#define PAGE_MAX_BYTES ((size_t)256 * 1024 * 1024)
#define NAME_MAX_BYTES ((size_t)256 * 1024)

struct serve_text {
    atomic_uint holders;
    struct buffer bytes;
};

/* A page that is kept. */
struct page_kept {
    char *name; /* owned; of the kind, the results and their stamps */
    struct serve_text *text;
    uint64_t used; /* when it was asked for last; counted */
};

struct serve_pages {
    struct serve_results *results; /* borrowed */
    atomic_bool stopped;
    atomic_uint askers;     /* who is in serve_pages_get() */
    pthread_mutex_t making; /* over the making of a page, and all below */
    struct page_kept kept[SERVE_PAGES_MAX];
    uint64_t used;
};

int serve_pages_new(struct serve_results *results, struct serve_pages **ret, struct error *err)
{
    struct serve_pages *pages = calloc(1, sizeof(*pages));
    if (pages == NULL)
        return error_out_of_memory(err);
    pages->results = results;
    pthread_mutex_init(&pages->making, NULL);
    *ret = pages;
    return 0;
}

static void page_drop(struct page_kept *kept)
{
    free(kept->name);
    serve_text_release(kept->text);
    *kept = (struct page_kept){0};
}

void serve_pages_free(struct serve_pages *pages)
{
    if (pages == NULL)
        return;
    for (size_t i = 0; i < SERVE_PAGES_MAX; i++)
        page_drop(&pages->kept[i]);
    pthread_mutex_destroy(&pages->making);
    free(pages);
}

const char *serve_text_bytes(const struct serve_text *text, size_t *ret_length)
{
    *ret_length = text->bytes.length;
    return buffer_text(&text->bytes);
}

void serve_text_release(struct serve_text *text)
{
    if (text == NULL || atomic_fetch_sub(&text->holders, 1) > 1)
        return;
    buffer_done(&text->bytes);
    free(text);
}

/* The results that a page is of. */
struct page_places {
    struct serve_place items[SERVE_PAGE_RUNS_MAX];
    size_t n;
};

static void page_places_done(struct page_places *places)
{
    for (size_t i = 0; i < places->n; i++)
        serve_place_done(&places->items[i]);
}

static int page_find(const struct serve_pages *pages, const char *const *keys, size_t n,
                     struct page_places *ret, struct error *err)
{
    if (n == 0 || n > SERVE_PAGE_RUNS_MAX) {
        error_set(err, ERROR_USAGE, "found %zu results, expected 1 to %d", n, SERVE_PAGE_RUNS_MAX);
        return 1;
    }
    for (; ret->n < n; ret->n++)
        if (serve_results_find(pages->results, keys[ret->n], &ret->items[ret->n], err) != 0)
            return 1;
    return 0;
}

static int page_name_stamp(const struct serve_stamp *stamp, struct buffer *ret, struct error *err)
{
    return buffer_printf(ret, err, "\n%llu %llu %lld %lld", (unsigned long long)stamp->device,
                         (unsigned long long)stamp->inode, (long long)stamp->size_bytes,
                         (long long)stamp->mtime_ns);
}

/* Another name as soon as one of the results is another. */
static int page_name(enum serve_page kind, const struct page_places *places, struct buffer *ret,
                     struct error *err)
{
    int status = buffer_printf(ret, err, "%d", (int)kind);
    for (size_t i = 0; i < places->n && status == 0; i++) {
        status = buffer_printf(ret, err, "\n%s", places->items[i].dir);
        if (status == 0)
            status = page_name_stamp(&places->items[i].stamp, ret, err);
        if (status == 0)
            status = page_name_stamp(&places->items[i].explained, ret, err);
    }
    return status;
}

/* The records of the results; what is broken is told. */
struct page_records {
    struct record *items[SERVE_PAGE_RUNS_MAX];
    size_t n;
};

static void page_records_done(struct page_records *records)
{
    for (size_t i = 0; i < records->n; i++)
        record_free(records->items[i]);
}

static int page_make(enum serve_page kind, const struct page_places *places, struct buffer *out,
                     struct error *err)
{
    CLEANUP(page_records_done) struct page_records records = {.n = 0};
    struct stored_record runs[SERVE_PAGE_RUNS_MAX];
    for (size_t i = 0; i < places->n; i++) {
        const struct serve_place *place = &places->items[i];
        if (serve_folder_check(place->root, place->dir, err) < 0 ||
            record_load(place->dir, &records.items[i], err) < 0)
            return 1;
        records.n++;
        runs[i] = (struct stored_record){.record = records.items[i], .dir = place->dir};
    }
    const struct view_input input = {.runs = runs, .n_runs = places->n};
    return kind == SERVE_VIEW_JSON ? view_json_write(&input, out, err)
                                   : view_html_write(&input, out, err);
}

static struct page_kept *page_kept_find(struct serve_pages *pages, const char *name)
{
    for (size_t i = 0; i < SERVE_PAGES_MAX; i++)
        if (pages->kept[i].name != NULL && strcmp(pages->kept[i].name, name) == 0)
            return &pages->kept[i];
    return NULL;
}

/* The one that was asked for longest ago, or a free place. */
static struct page_kept *page_oldest(struct serve_pages *pages)
{
    struct page_kept *oldest = &pages->kept[0];
    for (size_t i = 1; i < SERVE_PAGES_MAX; i++)
        if (pages->kept[i].used < oldest->used)
            oldest = &pages->kept[i];
    return oldest;
}

static size_t pages_kept_bytes(const struct serve_pages *pages)
{
    size_t bytes = 0;
    for (size_t i = 0; i < SERVE_PAGES_MAX; i++)
        bytes += pages->kept[i].text != NULL ? pages->kept[i].text->bytes.capacity : 0;
    return bytes;
}

/* The oldest that is not free; NULL: all are. */
static struct page_kept *page_oldest_kept(struct serve_pages *pages)
{
    struct page_kept *oldest = NULL;
    for (size_t i = 0; i < SERVE_PAGES_MAX; i++) {
        struct page_kept *kept = &pages->kept[i];
        if (kept->text != NULL && (oldest == NULL || kept->used < oldest->used))
            oldest = kept;
    }
    return oldest;
}

static void page_keep(struct serve_pages *pages, const char *name, struct serve_text *text)
{
    struct page_kept *kept = NULL;
    if (text->bytes.capacity > SERVE_PAGES_MAX_BYTES)
        return;
    while (pages_kept_bytes(pages) + text->bytes.capacity > SERVE_PAGES_MAX_BYTES &&
           (kept = page_oldest_kept(pages)) != NULL)
        page_drop(kept);
    kept = page_oldest(pages);
    page_drop(kept);
    kept->name = strdup(name);
    if (kept->name == NULL)
        return;
    atomic_fetch_add(&text->holders, 1);
    kept->text = text;
    kept->used = ++pages->used;
}

/* Make the page and keep it; with the lock. */
static int page_make_and_keep(struct serve_pages *pages, enum serve_page kind, const char *name,
                              const struct page_places *places, struct serve_text **ret,
                              struct error *err)
{
    struct serve_text *text = calloc(1, sizeof(*text));
    if (text == NULL)
        return error_out_of_memory(err);
    atomic_init(&text->holders, 1);
    text->bytes = BUFFER_INIT(PAGE_MAX_BYTES);
    int status = page_make(kind, places, &text->bytes, err);
    if (status == 0)
        page_keep(pages, name, text);
    else
        serve_text_release(take_ptr(&text));
    libc_trim(); /* a long timeline took hundreds of MB */
    if (status == 0)
        *ret = text;
    return status;
}

bool serve_pages_stop(struct serve_pages *pages)
{
    atomic_store(&pages->stopped, true);
    return atomic_load(&pages->askers) > 0;
}

static int pages_get(struct serve_pages *pages, enum serve_page kind, const char *const *keys,
                     size_t n, struct serve_text **ret, struct error *err)
{
    CLEANUP(page_places_done) struct page_places places = {.n = 0};
    CLEANUP(buffer_done) struct buffer name = BUFFER_INIT(NAME_MAX_BYTES);
    if (page_find(pages, keys, n, &places, err) != 0)
        return 1;
    if (page_name(kind, &places, &name, err) < 0)
        return -1;
    pthread_mutex_lock(&pages->making);
    int status = 0;
    struct page_kept *kept = page_kept_find(pages, buffer_text(&name));
    if (kept != NULL) {
        atomic_fetch_add(&kept->text->holders, 1);
        kept->used = ++pages->used;
        *ret = kept->text;
    } else if (atomic_load(&pages->stopped)) {
        status = error_set(err, ERROR_INTERRUPTED, "the server stops");
    } else {
        status = page_make_and_keep(pages, kind, buffer_text(&name), &places, ret, err);
    }
    pthread_mutex_unlock(&pages->making);
    return status;
}

int serve_pages_get(struct serve_pages *pages, enum serve_page kind, const char *const *keys,
                    size_t n, struct serve_text **ret, struct error *err)
{
    atomic_fetch_add(&pages->askers, 1);
    int status = pages_get(pages, kind, keys, n, ret, err);
    atomic_fetch_sub(&pages->askers, 1);
    return status;
}

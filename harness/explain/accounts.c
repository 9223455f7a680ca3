#include "explain/accounts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "verdict/indicators.h"

/* Growth of an area below this share of all is not worth an account. */
#define AREA_SHARE_MIN     0.005
#define THREAD_STACK_BYTES (16.0 * 1024)
/* What the kernel keeps for one of these at most. */
#define DESCRIPTOR_QUEUE_MAX  (1024.0 * 1024)
#define DESCRIPTOR_OTHER_MAX  (16.0 * 1024)
#define MAPPING_ANONYMOUS_MAX 512.0
#define MAPPING_SHARED_MAX    2048.0
#define FILE_INODE_MAX        2048.0

/* Which sites of an instrument an account is about. */
typedef bool accounts_filter(const struct accounts *accounts, const struct site *site);

static bool accounts_any(const struct accounts *accounts, const struct site *site)
{
    (void)accounts;
    (void)site;
    return true;
}

static bool accounts_shared(const struct accounts *accounts, const struct site *site)
{
    (void)accounts;
    return site->is_shared;
}

/* The service's own mappings; without a heap's profile the allocator's are all there is. */
static bool accounts_own(const struct accounts *accounts, const struct site *site)
{
    return !site->is_shared && !(site->allocates && accounts->present[ACCOUNTS_HEAP]);
}

/* Mappings of the allocator beside a heap's profile. */
static bool accounts_allocator(const struct accounts *accounts, const struct site *site)
{
    return !site->is_shared && site->allocates && accounts->present[ACCOUNTS_HEAP];
}

/* What the sites of an instrument grow by that grow in step. */
static double accounts_grown(const struct accounts *accounts, enum accounts_instrument instrument,
                             accounts_filter *filter, enum site_measure measure)
{
    double sum = 0;
    const struct sites *sites = &accounts->sites[instrument];
    for (size_t i = 0; accounts->present[instrument] && i < sites->n; i++)
        if (sites->items[i].grows && filter(accounts, &sites->items[i]))
            sum += fmax(sites->items[i].rate[measure], 0);
    return sum;
}

/* Each of them explains its growth, times `scale`. */
static void accounts_explain(struct accounts *accounts, enum accounts_instrument instrument,
                             accounts_filter *filter, double scale)
{
    struct sites *sites = &accounts->sites[instrument];
    for (size_t i = 0; accounts->present[instrument] && i < sites->n; i++)
        if (sites->items[i].grows && filter(accounts, &sites->items[i]))
            sites->items[i].explained += scale * fmax(sites->items[i].rate[SITE_BYTES], 0);
}

/* How well a sum accounts for what was measured, 0 to 1. */
static double accounts_fit(double sum, double measured)
{
    return sum > measured ? measured / sum : sum / measured;
}

static double accounts_runtimes(const struct accounts *accounts)
{
    double sum = 0;
    for (unsigned i = ACCOUNTS_GO; i <= ACCOUNTS_JAVA; i++)
        sum += accounts_grown(accounts, (enum accounts_instrument)i, accounts_any, SITE_BYTES);
    return sum;
}

/* What is left beside the runtimes' heaps, as far as stacks of goroutines may be that. */
static double accounts_goroutines(const struct accounts *accounts, double left)
{
    double goroutines = accounts_grown(accounts, ACCOUNTS_GOROUTINES, accounts_any, SITE_OBJECTS);
    return fmax(fmin(left, ACCOUNTS_GOROUTINE_MAX * goroutines), 0);
}

/* Divide `bytes` among the sites of an instrument that grow, by their objects. */
static void accounts_divide_objects(struct accounts *accounts, enum accounts_instrument instrument,
                                    accounts_filter *filter, double bytes)
{
    struct sites *sites = &accounts->sites[instrument];
    double objects = accounts_grown(accounts, instrument, filter, SITE_OBJECTS);
    for (size_t i = 0; objects > 0 && i < sites->n; i++)
        if (sites->items[i].grows && filter(accounts, &sites->items[i]))
            sites->items[i].explained +=
                bytes * fmax(sites->items[i].rate[SITE_OBJECTS], 0) / objects;
}

/* Heap and mappings. */
static void accounts_explain_native(struct accounts *accounts, double beyond, double scale)
{
    accounts_explain(accounts, ACCOUNTS_HEAP, accounts_any, scale);
    accounts_explain(accounts, ACCOUNTS_MAPPINGS, accounts_own, scale);
    double taken = accounts_grown(accounts, ACCOUNTS_MAPPINGS, accounts_allocator, SITE_BYTES);
    if (beyond > 0)
        accounts_explain(accounts, ACCOUNTS_MAPPINGS, accounts_allocator, scale * beyond / taken);
}

/* The first of the sums that fits, else the one that fits best. */
static size_t accounts_choose(const double *sums, size_t n, double measured)
{
    size_t best = 0;
    for (size_t i = 0; i < n; i++) {
        double fit = accounts_fit(sums[i], measured);
        if (fit >= ACCOUNTS_FIT_MIN)
            return i;
        if (fit > accounts_fit(sums[best], measured))
            best = i;
    }
    return best;
}

static void accounts_divide_anonymous(struct accounts *accounts, struct explanation_area *area)
{
    double measured = area->measured_rate;
    double heap = accounts_grown(accounts, ACCOUNTS_HEAP, accounts_any, SITE_BYTES);
    double native = heap;
    double beyond = 0;
    if (!accounts->floors.by_heap) {
        native += accounts_grown(accounts, ACCOUNTS_MAPPINGS, accounts_own, SITE_BYTES);
        beyond = accounts_grown(accounts, ACCOUNTS_MAPPINGS, accounts_allocator, SITE_BYTES) - heap;
        beyond = fmax(fmin(beyond, measured - native), 0);
    }
    double runtimes = accounts_runtimes(accounts);
    double goroutines = accounts_goroutines(accounts, measured - runtimes);
    const double sums[] = {
        runtimes + goroutines,
        native + beyond,
        accounts->floors.by_heap
            ? 0
            : accounts_grown(accounts, ACCOUNTS_PAGES, accounts_any, SITE_BYTES),
    };
    size_t choice = accounts_choose(sums, ARRAY_LENGTH(sums), measured);
    if (sums[choice] <= 0)
        return;
    double scale = fmin(1, measured / sums[choice]);
    area->explained_rate = scale * sums[choice];
    if (choice == 0) {
        for (unsigned i = ACCOUNTS_GO; i <= ACCOUNTS_JAVA; i++)
            accounts_explain(accounts, (enum accounts_instrument)i, accounts_any, scale);
        accounts_divide_objects(accounts, ACCOUNTS_GOROUTINES, accounts_any, goroutines);
    } else if (choice == 1) {
        accounts_explain_native(accounts, beyond, scale);
    } else {
        accounts_explain(accounts, ACCOUNTS_PAGES, accounts_any, scale);
    }
}

static void accounts_divide_shared(struct accounts *accounts, struct explanation_area *area)
{
    static const enum accounts_instrument instruments[] = {ACCOUNTS_MAPPINGS, ACCOUNTS_FILES};
    static accounts_filter *const filters[] = {accounts_shared, accounts_shared};
    double sums[2];
    for (size_t i = 0; i < 2; i++)
        sums[i] = accounts_grown(accounts, instruments[i], filters[i], SITE_BYTES);
    size_t choice = accounts_choose(sums, 2, area->measured_rate);
    if (sums[choice] <= 0)
        return;
    double scale = fmin(1, area->measured_rate / sums[choice]);
    area->explained_rate = scale * sums[choice];
    accounts_explain(accounts, instruments[choice], filters[choice], scale);
}

/* What one more descriptor of this label weighs in the kernel at the least. */
static double accounts_descriptor_bytes(const char *label)
{
    static const char *const sockets[] = {"tcp", "udp", "unix", "socket", "netlink", "raw"};
    for (size_t i = 0; i < ARRAY_LENGTH(sockets); i++)
        if (strncmp(label, sockets[i], strlen(sockets[i])) == 0)
            return SOCKET_BYTES;
    return strncmp(label, "pipe", 4) == 0 ? PIPE_BYTES : FILE_BYTES;
}

/* A kind of descriptors by its weight; `sock`: of those whose buffers memory.stat counts as sock.
 */
static double accounts_weigh(const struct sites *sites, const struct site_kind *kind, bool sock)
{
    bool counted = strncmp(kind->label, "tcp", 3) == 0 || strncmp(kind->label, "udp", 3) == 0;
    if (!sites->items[kind->site].grows || (sock && !counted))
        return 0;
    return accounts_descriptor_bytes(kind->label) * fmax(kind->rate[SITE_OBJECTS], 0);
}

/* Divide `bytes` among the descriptors that grow; returns what they take of it. */
static double accounts_divide_kinds(struct accounts *accounts, double bytes, bool sock)
{
    struct sites *sites = &accounts->sites[ACCOUNTS_DESCRIPTORS];
    double all = 0, taken = 0;
    for (size_t i = 0; i < sites->n_kinds; i++)
        all += accounts_weigh(sites, &sites->kinds[i], sock);
    for (size_t i = 0; all > 0 && bytes > 0 && i < sites->n_kinds; i++) {
        struct site_kind *kind = &sites->kinds[i];
        bool queues = accounts_descriptor_bytes(kind->label) > FILE_BYTES;
        double most = (queues ? DESCRIPTOR_QUEUE_MAX : DESCRIPTOR_OTHER_MAX) *
                      fmax(kind->rate[SITE_OBJECTS], 0);
        double share = fmin(bytes * accounts_weigh(sites, kind, sock) / all, most);
        kind->explained += share;
        sites->items[kind->site].explained += share;
        taken += share;
    }
    return taken;
}

static double accounts_divide_descriptors(struct accounts *accounts, double bytes)
{
    double sock = 0;
    if (!accounts->present[ACCOUNTS_DESCRIPTORS])
        return 0;
    if (!explain_floors_memory_rate(&accounts->floors, MEMORY_SOCK, &sock))
        sock = 0;
    double taken = accounts_divide_kinds(accounts, fmin(sock, bytes), true);
    return taken + accounts_divide_kinds(accounts, bytes - taken, false);
}

/* The same among the threads that grow. */
static double accounts_divide_threads(struct accounts *accounts, double bytes)
{
    double threads = accounts_grown(accounts, ACCOUNTS_THREADS, accounts_any, SITE_OBJECTS);
    double stacks = 0;
    if (threads <= 0)
        return 0;
    if (!explain_floors_memory_rate(&accounts->floors, MEMORY_KERNEL_STACK, &stacks))
        stacks = THREAD_STACK_BYTES * threads;
    double taken = fmin(fmax(stacks, 0) + ACCOUNTS_THREAD_SLAB_BYTES * threads, bytes);
    accounts_divide_objects(accounts, ACCOUNTS_THREADS, accounts_any, taken);
    return taken;
}

/* What is left goes to objects that the kernel keeps something small for. */
static double accounts_divide_small(struct accounts *accounts, double bytes)
{
    static const struct {
        enum accounts_instrument instrument;
        accounts_filter *filter;
        double most;
    } rows[] = {
        {ACCOUNTS_MAPPINGS, accounts_shared, MAPPING_SHARED_MAX},
        {ACCOUNTS_FILES, accounts_shared, FILE_INODE_MAX},
        {ACCOUNTS_MAPPINGS, accounts_own, MAPPING_ANONYMOUS_MAX},
    };
    double taken = 0;
    for (size_t r = 0; r < ARRAY_LENGTH(rows) && bytes - taken > 0; r++) {
        double objects = accounts_grown(accounts, rows[r].instrument, rows[r].filter, SITE_OBJECTS);
        double share = fmin(bytes - taken, rows[r].most * objects);
        accounts_divide_objects(accounts, rows[r].instrument, rows[r].filter, share);
        taken += share;
    }
    return taken;
}

static void accounts_divide_kernel(struct accounts *accounts, struct explanation_area *area)
{
    double left = area->measured_rate;
    left -= accounts_divide_threads(accounts, left);
    left -= accounts_divide_descriptors(accounts, left);
    left -= accounts_divide_small(accounts, left);
    area->explained_rate = area->measured_rate - left;
}

static void accounts_divide(struct accounts *accounts)
{
    static const struct {
        const char *name;
        void (*divide)(struct accounts *accounts, struct explanation_area *area);
    } areas[] = {
        {"heap", accounts_divide_anonymous},
        {"anonymous", accounts_divide_anonymous},
        {"shared", accounts_divide_shared},
        {"kernel", accounts_divide_kernel},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(areas); i++) {
        struct explanation_area *area = explain_floors_area(&accounts->floors, areas[i].name);
        if (area != NULL && area->measured_rate > 0 &&
            area->measured_rate > AREA_SHARE_MIN * accounts->floors.measured_rate)
            areas[i].divide(accounts, area);
    }
}

int accounts_make(const struct stored_record *plain, const struct stored_record *instrumented,
                  struct accounts *ret, struct error *err)
{
    static const char *const names[] = {
#define X(name, text) text,
        ACCOUNTS_INSTRUMENTS(X)
#undef X
    };
    CLEANUP(collected_files_done) struct collected_files files = {.fd = -1};
    memset(ret, 0, sizeof(*ret));
    bool by_time =
        plain->record->verdict.has_time_rate || instrumented->record->verdict.has_time_rate;
    explain_floors_of(instrumented->record, by_time, &ret->floors);
    if (instrumented->dir == NULL || ret->floors.n == 0)
        return 0;
    if (collected_files_list(instrumented->dir, &files, err) < 0)
        return -1;
    for (unsigned i = 0; i < ACCOUNTS_MAX_; i++) {
        struct error why = {.kind = ERROR_NONE};
        ret->present[i] = sites_read(&files, names[i], &ret->floors, &ret->sites[i], &why) == 0;
        if (ret->present[i])
            continue;
        sites_done(&ret->sites[i]);
        if (why.kind == ERROR_USAGE) /* too large to be read: as if it were not there */
            snprintf(ret->unread, sizeof(ret->unread), "%.*s", (int)sizeof(ret->unread) - 1,
                     why.text);
        else if (why.kind != ERROR_NONE)
            return error_set(err, why.kind, "%s", why.text);
    }
    accounts_divide(ret);
    return 0;
}

void accounts_done(struct accounts *accounts)
{
    for (unsigned i = 0; i < ACCOUNTS_MAX_; i++)
        sites_done(&accounts->sites[i]);
}

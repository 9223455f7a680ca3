#include "load/http_engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "load/arrival.h"
#include "load/transfer.h"

#define EVENTS_MAX  256
#define WAKE_NUMBER UINT32_MAX

struct http_engine {
    struct engine engine;
    const struct load_profile *profile;
    struct tally *tally;
    int epoll_fd;
    struct connector *connector;
    struct request requests[LOAD_KINDS_MAX];
    struct request timer_requests[LOAD_KINDS_MAX];
    struct transfer *transfers; /* `concurrency` for requests, then one per timer */
    unsigned n_transfers;
    struct transfer **idle; /* a stack of the transfers that may take the next request */
    unsigned n_idle;
    struct transfer *oldest, *newest; /* in flight, by start */
    nsec_t timer_due_ns[LOAD_KINDS_MAX];

    struct batch batch; /* the running one */
    struct arrival arrival;
    unsigned in_flight;
    char scratch[TRANSFER_SCRATCH_BYTES];
};

static int build_requests(struct http_engine *engine, const char *base_url, struct error *err)
{
    const struct load_profile *profile = engine->profile;
    for (unsigned i = 0; i < profile->n_requests; i++)
        if (request_init(&engine->requests[i], &profile->requests[i], base_url, err) < 0)
            return -1;
    for (unsigned i = 0; i < profile->n_timers; i++)
        if (request_init(&engine->timer_requests[i], &profile->timers[i], base_url, err) < 0)
            return -1;
    return 0;
}

static int build_transfers(struct http_engine *engine, struct error *err)
{
    engine->transfers = calloc(engine->n_transfers, sizeof(*engine->transfers));
    engine->idle = calloc(engine->n_transfers, sizeof(struct transfer *));
    if (engine->transfers == NULL || engine->idle == NULL)
        return error_out_of_memory(err);
    for (unsigned i = 0; i < engine->n_transfers; i++) {
        if (transfer_init(&engine->transfers[i], engine->connector, i, err) < 0)
            return -1;
        engine->transfers[i].reuse = engine->profile->reuse;
    }
    return 0;
}

static int http_engine_init(struct http_engine *engine, const char *base_url, struct error *err)
{
    engine->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (engine->epoll_fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "epoll for the load");
    struct epoll_event event = {
        .events = EPOLLIN,
        .data.u64 = connection_event_data(WAKE_NUMBER, engine->engine.wake_fd),
    };
    if (epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, engine->engine.wake_fd, &event) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "epoll for the load");
    if (build_requests(engine, base_url, err) < 0)
        return -1;
    if (connector_new(base_url, engine->epoll_fd, &engine->connector, err) < 0)
        return -1;
    return build_transfers(engine, err);
}

static void http_engine_free(struct engine *base)
{
    struct http_engine *engine = (struct http_engine *)base;
    for (unsigned i = 0; engine->transfers != NULL && i < engine->n_transfers; i++)
        transfer_done(&engine->transfers[i]);
    connector_free(engine->connector);
    for (unsigned i = 0; i < LOAD_KINDS_MAX; i++) {
        request_done(&engine->requests[i]);
        request_done(&engine->timer_requests[i]);
    }
    free(engine->transfers);
    free(engine->idle);
    closep(&engine->epoll_fd);
    engine_done(&engine->engine);
    free(engine);
}

static void http_engine_disconnect(struct engine *base)
{
    struct http_engine *engine = (struct http_engine *)base;
    for (unsigned i = 0; i < engine->n_transfers; i++)
        connection_close(&engine->transfers[i].connection);
}

/* The timer a transfer belongs to; at least n_timers when it is one for requests. */
static unsigned timer_of(const struct http_engine *engine, const struct transfer *transfer)
{
    return transfer->connection.number - engine->profile->concurrency;
}

static bool is_for_requests(const struct http_engine *engine, const struct transfer *transfer)
{
    return transfer->connection.number < engine->profile->concurrency;
}

static void link_newest(struct http_engine *engine, struct transfer *transfer)
{
    transfer->older = engine->newest;
    transfer->newer = NULL;
    *(engine->newest != NULL ? &engine->newest->newer : &engine->oldest) = transfer;
    engine->newest = transfer;
    engine->in_flight++;
}

static void release(struct http_engine *engine, struct transfer *transfer)
{
    *(transfer->older != NULL ? &transfer->older->newer : &engine->oldest) = transfer->newer;
    *(transfer->newer != NULL ? &transfer->newer->older : &engine->newest) = transfer->older;
    engine->in_flight--;
    if (is_for_requests(engine, transfer))
        engine->idle[engine->n_idle++] = transfer;
}

/* Account for an outcome, if there is one yet. */
static void settle(struct http_engine *engine, struct transfer *transfer,
                   enum request_outcome outcome, nsec_t now_ns)
{
    if (outcome != REQUEST_PENDING)
        release(engine, transfer);
    if (outcome > REQUEST_OK && engine->batch.trouble[0] == '\0')
        transfer_describe(transfer, outcome, engine->batch.trouble, BATCH_TROUBLE_MAX);
    batch_settled(&engine->batch, outcome, transfer->due_ns, transfer->start_ns, now_ns);
}

static void start(struct http_engine *engine, struct transfer *transfer, nsec_t due_ns,
                  nsec_t now_ns)
{
    const struct request *request = is_for_requests(engine, transfer)
                                        ? &engine->requests[arrival_next_kind(&engine->arrival)]
                                        : &engine->timer_requests[timer_of(engine, transfer)];
    transfer->due_ns = due_ns;
    transfer->start_ns = now_ns;
    link_newest(engine, transfer);
    batch_started(&engine->batch);
    settle(engine, transfer, transfer_start(transfer, request), now_ns);
}

/* When the next request can begin: NSEC_NEVER when none is left or all transfers are busy. */
static nsec_t next_request_due_ns(const struct http_engine *engine)
{
    if (engine->profile->n_requests == 0 || !batch_has_work(&engine->batch) || engine->n_idle == 0)
        return NSEC_NEVER;
    return batch_next_due_ns(&engine->batch, engine->profile->rate_per_s);
}

static void start_requests(struct http_engine *engine, nsec_t now_ns)
{
    nsec_t due_ns;
    while ((due_ns = next_request_due_ns(engine)) <= now_ns) {
        bool closed_loop = engine->profile->rate_per_s <= 0;
        engine->batch.begun++;
        start(engine, engine->idle[--engine->n_idle], closed_loop ? now_ns : due_ns, now_ns);
    }
}

/* Work is left, or requests are in flight; timer firings in flight are waited for beyond that. */
static bool is_under_way(const struct http_engine *engine)
{
    bool busy = engine->profile->n_requests > 0 && engine->n_idle < engine->batch.order.concurrency;
    return busy || batch_has_work(&engine->batch);
}

static nsec_t next_timer_due_ns(const struct http_engine *engine, unsigned timer)
{
    const struct transfer *transfer = &engine->transfers[engine->profile->concurrency + timer];
    if (transfer->request != NULL || !is_under_way(engine))
        return NSEC_NEVER;
    return engine->timer_due_ns[timer];
}

static void start_timers(struct http_engine *engine, nsec_t now_ns)
{
    const struct load_profile *profile = engine->profile;
    for (unsigned i = 0; i < profile->n_timers; i++) {
        nsec_t due_ns = next_timer_due_ns(engine, i);
        if (due_ns > now_ns)
            continue;
        engine->timer_due_ns[i] =
            arrival_timer_next_ns(due_ns, profile->timers[i].every_ns, now_ns);
        if (profile->n_requests == 0)
            engine->batch.begun++;
        start(engine, &engine->transfers[profile->concurrency + i], due_ns, now_ns);
    }
}

static nsec_t oldest_deadline_ns(const struct http_engine *engine)
{
    if (engine->oldest == NULL ||
        engine->profile->timeout_ns > NSEC_NEVER - engine->oldest->start_ns)
        return NSEC_NEVER;
    return engine->oldest->start_ns + engine->profile->timeout_ns;
}

static void time_out(struct http_engine *engine, struct transfer *transfer, nsec_t now_ns)
{
    transfer_abandon(transfer);
    settle(engine, transfer, REQUEST_TIMED_OUT, now_ns);
}

/* Let libcurl get on with the connections it opens. */
static void tend_connector(struct http_engine *engine)
{
    nsec_t due_ns = connector_due_ns(engine->connector);
    if (due_ns != NSEC_NEVER && due_ns <= clock_now_ns())
        connector_handle_timer(engine->connector);

    struct connection *connection;
    enum connection_result result;
    while ((connection = connector_next(engine->connector, &result)) != NULL) {
        struct transfer *transfer = &engine->transfers[connection->number];
        settle(engine, transfer, transfer_connected(transfer, result), clock_now_ns());
    }
}

/* Returns whether it was the wake-up. */
static bool handle_event(struct http_engine *engine, const struct epoll_event *event)
{
    uint32_t number = (uint32_t)(event->data.u64 >> 32);
    int fd = (int)(uint32_t)event->data.u64;
    if (number == WAKE_NUMBER) {
        engine_woken(&engine->engine);
        return true;
    }

    struct transfer *transfer = &engine->transfers[number];
    if (transfer->connection.state == CONNECTION_OPENING) {
        connector_handle_event(engine->connector, fd, event->events);
        return false;
    }
    if (transfer->connection.fd != fd)
        return false; /* closed since the kernel reported it */
    enum request_outcome outcome = transfer_handle_event(transfer, event->events, engine->scratch);
    if (outcome != REQUEST_PENDING) {
        nsec_t now_ns = clock_now_ns();
        settle(engine, transfer, outcome, now_ns);
        start_requests(engine, now_ns);
    }
    return false;
}

/* epoll_wait() to the nanosecond where the kernel has it (5.11), else to the millisecond. */
static int wait_for_events(const struct http_engine *engine, struct epoll_event *events,
                           nsec_t timeout_ns)
{
    struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / NSEC_PER_SEC),
        .tv_nsec = (long)(timeout_ns % NSEC_PER_SEC),
    };
    /* Not all libraries have a function for it. */
    int n = (int)syscall(SYS_epoll_pwait2, engine->epoll_fd, events, EVENTS_MAX,
                         timeout_ns == NSEC_NEVER ? NULL : &timeout, NULL, (size_t)0);
    if (n < 0 && errno == ENOSYS)
        n = epoll_wait(engine->epoll_fd, events, EVENTS_MAX, clock_poll_timeout_ms(0, timeout_ns));
    return n;
}

/* Wait for events until then and handle them. Returns whether the wake-up was among them. */
static bool wait_and_handle(struct http_engine *engine, nsec_t now_ns, nsec_t until_ns)
{
    struct epoll_event events[EVENTS_MAX];
    nsec_t timeout_ns = until_ns == NSEC_NEVER ? NSEC_NEVER : until_ns - now_ns;
    int n = wait_for_events(engine, events, timeout_ns < 0 ? 0 : timeout_ns);
    bool woken = false;
    for (int i = 0; i < n; i++)
        woken = handle_event(engine, &events[i]) || woken;
    return woken;
}

static nsec_t earlier(nsec_t a_ns, nsec_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

static nsec_t next_due_ns(const struct http_engine *engine)
{
    nsec_t due_ns = earlier(engine->batch.order.deadline_ns, oldest_deadline_ns(engine));
    due_ns = earlier(due_ns, connector_due_ns(engine->connector));
    due_ns = earlier(due_ns, next_request_due_ns(engine));
    for (unsigned i = 0; i < engine->profile->n_timers; i++)
        due_ns = earlier(due_ns, next_timer_due_ns(engine, i));
    return due_ns;
}

static void begin_batch(struct http_engine *engine, const struct batch_order *order)
{
    const struct load_profile *profile = engine->profile;
    batch_begin(&engine->batch, order, engine->tally);
    arrival_begin(&engine->arrival, profile->requests, profile->n_requests);
    engine->n_idle = 0;
    for (unsigned i = order->concurrency; i > 0; i--)
        engine->idle[engine->n_idle++] = &engine->transfers[i - 1];
    for (unsigned i = 0; i < profile->n_timers; i++)
        engine->timer_due_ns[i] = engine->batch.start_ns + profile->timers[i].every_ns;
}

/* Give up what is in flight: at the deadline that is an outcome, at a stop it is none. */
static void end_early(struct http_engine *engine, bool stopped, nsec_t now_ns)
{
    while (engine->oldest != NULL) {
        struct transfer *transfer = engine->oldest;
        if (!stopped) {
            time_out(engine, transfer, now_ns);
            continue;
        }
        transfer_abandon(transfer);
        release(engine, transfer);
        batch_dropped(&engine->batch);
    }
}

static void http_engine_run(struct engine *base, const struct batch_order *order,
                            struct batch_result *ret)
{
    struct http_engine *engine = (struct http_engine *)base;
    *ret = (struct batch_result){.deadline_hit = false};
    begin_batch(engine, order);
    while (is_under_way(engine) || engine->in_flight > 0) {
        nsec_t now_ns = clock_now_ns();
        ret->stopped = atomic_load(&base->stop);
        ret->deadline_hit = !ret->stopped && now_ns >= order->deadline_ns;
        if (ret->stopped || ret->deadline_hit) {
            end_early(engine, ret->stopped, now_ns);
            break;
        }
        while (oldest_deadline_ns(engine) <= now_ns)
            time_out(engine, engine->oldest, now_ns);
        start_requests(engine, now_ns);
        start_timers(engine, now_ns);
        tend_connector(engine);
        if (is_under_way(engine) || engine->in_flight > 0)
            wait_and_handle(engine, now_ns, next_due_ns(engine));
    }
    batch_report(&engine->batch, ret);
}

/* Idle connections are tended: a service may close them. */
static void http_engine_rest(struct engine *base)
{
    while (!wait_and_handle((struct http_engine *)base, 0, NSEC_NEVER))
        continue;
}

static const struct engine_type http_engine_type = {
    .run = http_engine_run,
    .rest = http_engine_rest,
    .disconnect = http_engine_disconnect,
    .free = http_engine_free,
};

int http_engine_new(const struct load_profile *profile, const char *base_url, struct tally *tally,
                    struct engine **ret, struct error *err)
{
    struct http_engine *engine = calloc(1, sizeof(*engine));
    if (engine == NULL)
        return error_out_of_memory(err);
    engine->profile = profile;
    engine->tally = tally;
    engine->epoll_fd = -1;
    engine->engine.wake_fd = -1;
    engine->n_transfers = profile->concurrency + profile->n_timers;
    if (engine_init(&engine->engine, &http_engine_type, err) < 0 ||
        http_engine_init(engine, base_url, err) < 0) {
        http_engine_free(&engine->engine);
        return -1;
    }
    *ret = &engine->engine;
    return 0;
}

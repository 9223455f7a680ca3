#include "load/function_engine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "load/batch.h"
#include "load/function_work.h"

/* What a slice is to take. */
#define SLICE_NS (10 * NSEC_PER_MSEC)
/* From one slice to the next the number of calls grows at most so many times. */
#define SLICE_GROWTH 2
/* A slice that is under way at the end of its batch gets so long to be done. */
#define SLICE_GRACE_NS (5 * NSEC_PER_SEC)
#define STOP_LOOK_NS   (50 * NSEC_PER_MSEC)
/* Whoever closes its socket is ending; so long it may take. */
#define ENDING_BOUND_NS (1 * NSEC_PER_SEC)

struct function_engine {
    struct engine engine;
    const struct load_profile *profile;
    const struct load_function *function;
    struct tally *tally;
    uint64_t slice; /* calls of the next one */
    struct batch batch;
};

enum slice_end { SLICE_DONE, SLICE_HUNG, SLICE_LOST };

static void function_kill(struct function_engine *engine)
{
    (void)syscall(SYS_pidfd_send_signal, engine->function->pidfd, SIGKILL, NULL, 0);
}

/* Wait until the child has ended; one that goes on without its socket is ended. */
static void function_await_end(struct function_engine *engine)
{
    struct pollfd watch = {.fd = engine->function->pidfd, .events = POLLIN};
    nsec_t bound_ns = clock_now_ns() + ENDING_BOUND_NS;
    int n = 0;
    while ((n = poll(&watch, 1, clock_poll_timeout_ms(clock_now_ns(), bound_ns))) < 0 &&
           errno == EINTR)
        continue;
    if (n == 0)
        function_kill(engine);
}

static nsec_t function_later(nsec_t a_ns, nsec_t more_ns)
{
    return more_ns > NSEC_NEVER - a_ns ? NSEC_NEVER : a_ns + more_ns;
}

/* By when a slice that begins now is hung. */
static nsec_t function_bound_ns(const struct function_engine *engine, nsec_t now_ns)
{
    nsec_t bound_ns = function_later(now_ns, engine->profile->timeout_ns);
    nsec_t end_ns = function_later(engine->batch.order.deadline_ns, SLICE_GRACE_NS);
    return bound_ns < end_ns ? bound_ns : end_ns;
}

/* Wait for the answer. */
static enum slice_end function_await_report(struct function_engine *engine, nsec_t bound_ns,
                                            struct function_report *ret)
{
    int fd = engine->function->fd;
    bool stopped = false;
    for (nsec_t now_ns = clock_now_ns(); now_ns < bound_ns; now_ns = clock_now_ns()) {
        nsec_t look_ns = function_later(now_ns, STOP_LOOK_NS);
        struct pollfd watch = {.fd = fd, .events = POLLIN};
        int n =
            poll(&watch, 1, clock_poll_timeout_ms(now_ns, look_ns < bound_ns ? look_ns : bound_ns));
        if (n > 0)
            return recv(fd, ret, sizeof(*ret), 0) == (ssize_t)sizeof(*ret) ? SLICE_DONE
                                                                           : SLICE_LOST;
        if (n < 0 && errno != EINTR)
            return SLICE_LOST;
        if (!stopped && atomic_load(&engine->engine.stop)) {
            stopped = true;
            nsec_t end_ns = function_later(now_ns, SLICE_GRACE_NS);
            bound_ns = end_ns < bound_ns ? end_ns : bound_ns;
        }
    }
    return SLICE_HUNG;
}

/* Order a slice, and wait for its end. */
static enum slice_end function_order_slice(struct function_engine *engine, uint64_t calls,
                                           struct function_report *ret)
{
    const struct function_order order = {.calls = calls};
    nsec_t bound_ns = function_bound_ns(engine, clock_now_ns());
    if (send(engine->function->fd, &order, sizeof(order), MSG_NOSIGNAL) != (ssize_t)sizeof(order))
        return SLICE_LOST;
    return function_await_report(engine, bound_ns, ret);
}

/* The calls of a slice that came to its end: each took its share of the time. */
static void function_settle(struct function_engine *engine, uint64_t calls, uint64_t failed,
                            nsec_t start_ns)
{
    nsec_t now_ns = clock_now_ns();
    nsec_t share_ns = (now_ns - start_ns) / (nsec_t)(calls > 0 ? calls : 1);
    for (uint64_t i = 0; i < calls; i++)
        batch_settled(&engine->batch, i < failed ? REQUEST_OTHER_STATUS : REQUEST_OK,
                      now_ns - share_ns, now_ns - share_ns, now_ns);
    uint64_t fitting = now_ns - start_ns > 0
                           ? (uint64_t)((double)calls * SLICE_NS / (double)(now_ns - start_ns))
                           : calls * SLICE_GROWTH;
    uint64_t most = calls * SLICE_GROWTH;
    engine->slice = fitting > most ? most : fitting > 0 ? fitting : 1;
}

/* One slice; false: the child is no more. */
static bool function_run_slice(struct function_engine *engine)
{
    struct batch *batch = &engine->batch;
    struct function_report report = {.failed = 0};
    uint64_t left = batch->order.requests - batch->begun;
    uint64_t calls = engine->slice < left ? engine->slice : left;
    nsec_t start_ns = clock_now_ns();
    for (uint64_t i = 0; i < calls; i++)
        batch_started(batch);
    batch->begun += calls;
    enum slice_end end = function_order_slice(engine, calls, &report);
    if (end == SLICE_DONE) {
        function_settle(engine, calls, report.failed, start_ns);
        return true;
    }
    /* How many of its calls were done by then is not known. */
    batch_settled(batch, end == SLICE_HUNG ? REQUEST_TIMED_OUT : REQUEST_FAILED, start_ns, start_ns,
                  clock_now_ns());
    for (uint64_t i = 1; i < calls; i++)
        batch_dropped(batch);
    if (end == SLICE_HUNG)
        function_kill(engine);
    function_await_end(engine);
    return false;
}

static void function_engine_run(struct engine *base, const struct batch_order *order,
                                struct batch_result *ret)
{
    struct function_engine *engine = (struct function_engine *)base;
    *ret = (struct batch_result){.deadline_hit = false};
    batch_begin(&engine->batch, order, engine->tally);
    bool alive = true;
    while (alive && batch_has_work(&engine->batch)) {
        ret->stopped = atomic_load(&base->stop);
        ret->deadline_hit = !ret->stopped && clock_now_ns() >= order->deadline_ns;
        if (ret->stopped || ret->deadline_hit)
            break;
        alive = function_run_slice(engine);
    }
    batch_report(&engine->batch, ret);
}

static void function_engine_rest(struct engine *base)
{
    struct pollfd watch = {.fd = base->wake_fd, .events = POLLIN};
    while (poll(&watch, 1, -1) < 0 && errno == EINTR)
        continue;
    engine_woken(base);
}

/* Nothing is open but what stays open. */
static void function_engine_disconnect(struct engine *base)
{
    (void)base;
}

static void function_engine_free(struct engine *base)
{
    engine_done(base);
    free(base);
}

static const struct engine_type function_engine_type = {
    .run = function_engine_run,
    .rest = function_engine_rest,
    .disconnect = function_engine_disconnect,
    .free = function_engine_free,
};

int function_engine_new(const struct load_profile *profile, const struct load_function *function,
                        struct tally *tally, struct engine **ret, struct error *err)
{
    if (profile->n_timers > 0 || profile->n_requests > 0 || profile->rate_per_s > 0 ||
        profile->concurrency != 1)
        return error_set(err, ERROR_USAGE,
                         "calls of a function are one at a time, and without requests or a rate");
    struct function_engine *engine = calloc(1, sizeof(*engine));
    if (engine == NULL)
        return error_out_of_memory(err);
    *engine = (struct function_engine){
        .engine = {.wake_fd = -1},
        .profile = profile,
        .function = function,
        .tally = tally,
        .slice = 1,
    };
    if (engine_init(&engine->engine, &function_engine_type, err) < 0) {
        function_engine_free(&engine->engine);
        return -1;
    }
    *ret = &engine->engine;
    return 0;
}

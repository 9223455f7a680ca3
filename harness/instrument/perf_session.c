#include "instrument/perf_session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "instrument/perf_ring.h"
#include "instrument/perf_session_events.h"

/* A record may be made on one CPU before another's, and be in its ring after that: none is handed
 * over that is younger. */
#define PERF_SESSION_SETTLE_NS (2 * NSEC_PER_MSEC)
#define PERF_SESSION_WAIT_MS   100

int perf_session_new(const struct perf_handler *handler, size_t ring_bytes,
                     struct perf_session **ret, struct error *err)
{
    struct perf_session *session = calloc(1, sizeof(*session));
    if (session == NULL)
        return error_out_of_memory(err);
    *session = (struct perf_session){
        .handler = *handler, .ring_bytes = ring_bytes, .stop_fd = -1, .target.cgroup_fd = -1};
    pthread_mutex_init(&session->turn, NULL);
    pthread_mutex_init(&session->lock, NULL);
    session->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (session->stop_fd < 0) {
        error_set_errno(err, ERROR_INTERNAL, errno, "cannot make an eventfd");
        perf_session_free(session);
        return -1;
    }
    *ret = session;
    return 0;
}

void perf_session_free(struct perf_session *session)
{
    if (session == NULL)
        return;
    if (session->has_thread) {
        uint64_t one = 1;
        /* An eventfd with room takes it. */
        if (write(session->stop_fd, &one, sizeof(one)) == (ssize_t)sizeof(one))
            pthread_join(session->thread, NULL);
    }
    perf_session_close_events(session);
    closep(&session->stop_fd);
    perf_target_done(&session->target);
    pthread_mutex_destroy(&session->lock);
    pthread_mutex_destroy(&session->turn);
    free(session);
}

static void perf_session_lost(struct perf_session *session, uint64_t lost)
{
    __atomic_add_fetch(&session->lost, lost, __ATOMIC_RELAXED);
}

static void perf_session_hand_over(struct perf_session *session, const void *bytes, size_t length)
{
    struct perf_record record;
    unsigned source = 0;
    uint64_t id;
    uint64_t sample_type = 0;
    if (perf_record_id(bytes, length, &id)) {
        if (!perf_session_find_source(session, id, &source))
            return; /* of one that was closed */
        sample_type = session->sample_types[source];
    }
    if (!perf_record_read(bytes, length, sample_type, &record))
        return;
    __atomic_add_fetch(&session->records, 1, __ATOMIC_RELAXED);
    if (record.kind == PERF_RECORD_KIND_LOST)
        perf_session_lost(session, record.lost);
    session->handler.record(session->handler.context, source, &record);
}

/* Hand over what is in the rings now and is not younger than this. */
static void perf_session_round(struct perf_session *session, nsec_t horizon_ns)
{
    for (size_t i = 0; i < session->n_cpus; i++)
        perf_ring_look(&session->cpus[i].ring);
    for (;;) {
        struct perf_ring *first = NULL;
        for (size_t i = 0; i < session->n_cpus; i++) {
            struct perf_ring *ring = &session->cpus[i].ring;
            if (ring->record != NULL && (first == NULL || ring->time_ns < first->time_ns))
                first = ring;
        }
        if (first == NULL || first->time_ns > horizon_ns)
            return;
        perf_session_hand_over(session, first->record, first->length);
        perf_ring_next(first);
    }
}

static void perf_session_note_cpu(struct perf_session *session)
{
    struct timespec now;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0)
        __atomic_store_n(&session->cpu_ns, now.tv_sec * NSEC_PER_SEC + now.tv_nsec,
                         __ATOMIC_RELAXED);
}

/* A ring that is full loses what comes: who reads it goes first, where that is allowed. */
static void perf_session_hurry(void)
{
    struct sched_param first = {.sched_priority = 1};
    if (pthread_setschedparam(pthread_self(), SCHED_RR, &first) != 0)
        (void)setpriority(PRIO_PROCESS, 0, -10);
}

static void *perf_session_thread(void *context)
{
    struct perf_session *session = context;
    struct pollfd *polled = session->polled;
    size_t n = session->n_cpus;
    polled[n] = (struct pollfd){.fd = session->stop_fd, .events = POLLIN};
    for (size_t i = 0; i < n; i++)
        polled[i] = (struct pollfd){.fd = session->cpus[i].fd, .events = POLLIN};
    perf_session_hurry();
    for (;;) {
        if (poll(polled, n + 1, PERF_SESSION_WAIT_MS) < 0 && errno != EINTR)
            return NULL;
        if (polled[n].revents != 0)
            return NULL;
        for (size_t i = 0; i < n; i++)
            if ((polled[i].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
                polled[i].fd = -1; /* all that it was of have ended; the ring may have more */
        pthread_mutex_lock(&session->turn);
        pthread_mutex_lock(&session->lock);
        pthread_mutex_unlock(&session->turn);
        perf_session_round(session, clock_now_ns() - PERF_SESSION_SETTLE_NS);
        perf_session_note_cpu(session);
        pthread_mutex_unlock(&session->lock);
    }
}

/* Signals are for the program's first thread. */
static int perf_session_start(struct perf_session *session, struct error *err)
{
    sigset_t all;
    sigset_t old;
    session->polled = calloc(session->n_cpus + 1, sizeof(*session->polled));
    if (session->polled == NULL)
        return error_out_of_memory(err);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int status = pthread_create(&session->thread, NULL, perf_session_thread, session);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (status != 0)
        return error_set_errno(err, ERROR_INTERNAL, status, "cannot start a thread");
    session->has_thread = true;
    return 0;
}

int perf_session_open(struct perf_session *session, const struct perf_place *place,
                      struct error *err)
{
    if (perf_record_registers() == 0) {
        error_set(err, ERROR_ENVIRONMENT, "stacks cannot be taken on this machine's processor");
        return 1;
    }
    if (perf_target_set(&session->target, place, err) < 0)
        return -1;
    int status = perf_session_open_cpus(session, err);
    if (status != 0)
        return status;
    return perf_session_start(session, err);
}

int perf_session_add(struct perf_session *session, const struct perf_source *source, unsigned *ret,
                     struct error *err)
{
    /* The reader looks ids up. */
    pthread_mutex_lock(&session->turn);
    pthread_mutex_lock(&session->lock);
    pthread_mutex_unlock(&session->turn);
    int status = perf_session_open_source(session, source, ret, err);
    pthread_mutex_unlock(&session->lock);
    return status;
}

void perf_session_hold(struct perf_session *session)
{
    pthread_mutex_lock(&session->turn);
    pthread_mutex_lock(&session->lock);
    pthread_mutex_unlock(&session->turn);
    perf_session_round(session, NSEC_NEVER);
}

void perf_session_release(struct perf_session *session)
{
    pthread_mutex_unlock(&session->lock);
}

void perf_session_account(struct perf_session *session, struct perf_session_account *ret)
{
    *ret = (struct perf_session_account){
        .records = __atomic_load_n(&session->records, __ATOMIC_RELAXED),
        .lost = __atomic_load_n(&session->lost, __ATOMIC_RELAXED),
        .cpu_ns = __atomic_load_n(&session->cpu_ns, __ATOMIC_RELAXED),
        .ring_bytes = session->ring_bytes * session->n_cpus,
        .by_process = !session->target.use_cgroup,
    };
    snprintf(ret->why_process, sizeof(ret->why_process), "%s", session->why_process);
}

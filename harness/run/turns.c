#include "run/turns.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/interrupt.h"

struct turns_seat {
    struct turns *turns;
    pthread_cond_t called; /* it has the turn */
    bool left;
};

struct turns {
    pthread_mutex_t lock; /* over all below, and over `left` of the seats */
    unsigned n;
    unsigned n_left;
    unsigned turn; /* the seat that has it */
    bool over;
    struct turns_seat seats[];
};

int turns_new(unsigned n, struct turns **ret, struct error *err)
{
    struct turns *turns = calloc(1, sizeof(*turns) + n * sizeof(turns->seats[0]));
    if (turns == NULL)
        return error_out_of_memory(err);
    pthread_mutex_init(&turns->lock, NULL);
    turns->n = n;
    for (unsigned i = 0; i < n; i++) {
        turns->seats[i].turns = turns;
        pthread_cond_init(&turns->seats[i].called, NULL);
    }
    *ret = turns;
    return 0;
}

void turns_free(struct turns *turns)
{
    if (turns == NULL)
        return;
    for (unsigned i = 0; i < turns->n; i++)
        pthread_cond_destroy(&turns->seats[i].called);
    pthread_mutex_destroy(&turns->lock);
    free(turns);
}

void turns_freep(struct turns **turns)
{
    turns_free(*turns);
}

struct turns_seat *turns_seat(struct turns *turns, unsigned index)
{
    return &turns->seats[index];
}

static bool turns_has(const struct turns_seat *seat)
{
    const struct turns *turns = seat->turns;
    return &turns->seats[turns->turn] == seat;
}

/* To the next that has not left: to the same one when there is no other. Locked. */
static void turns_call_next(struct turns *turns)
{
    for (unsigned i = 1; i <= turns->n; i++) {
        unsigned next = (turns->turn + i) % turns->n;
        if (turns->seats[next].left)
            continue;
        turns->turn = next;
        pthread_cond_signal(&turns->seats[next].called);
        return;
    }
}

/* Locked. */
static int turns_await(struct turns_seat *seat, struct error *err)
{
    struct turns *turns = seat->turns;
    while (!turns_has(seat))
        pthread_cond_wait(&seat->called, &turns->lock);
    if (interrupt_count() > 0)
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    if (turns->over)
        return error_set(err, ERROR_INTERRUPTED, "ended with the runs that it took turns with");
    return 0;
}

int turns_enter(struct turns_seat *seat, struct error *err)
{
    pthread_mutex_lock(&seat->turns->lock);
    int status = turns_await(seat, err);
    pthread_mutex_unlock(&seat->turns->lock);
    return status;
}

bool turns_is_alone(const struct turns_seat *seat)
{
    struct turns *turns = seat->turns;
    pthread_mutex_lock(&turns->lock);
    bool alone = turns->n_left + 1 >= turns->n;
    pthread_mutex_unlock(&turns->lock);
    return alone;
}

int turns_pass(struct turns_seat *seat, nsec_t *ret_waited_ns, struct error *err)
{
    struct turns *turns = seat->turns;
    nsec_t begin_ns = clock_now_ns();
    pthread_mutex_lock(&turns->lock);
    turns_call_next(turns);
    int status = turns_await(seat, err);
    pthread_mutex_unlock(&turns->lock);
    *ret_waited_ns = clock_now_ns() - begin_ns;
    return status;
}

void turns_leave(struct turns_seat *seat)
{
    struct turns *turns = seat->turns;
    pthread_mutex_lock(&turns->lock);
    seat->left = true;
    turns->n_left++;
    if (turns_has(seat))
        turns_call_next(turns);
    pthread_mutex_unlock(&turns->lock);
}

void turns_end(struct turns *turns)
{
    pthread_mutex_lock(&turns->lock);
    turns->over = true;
    pthread_mutex_unlock(&turns->lock);
}

#include "load/generator.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include "base/cleanup.h"
#include "load/command_engine.h"
#include "load/function_engine.h"
#include "load/http_engine.h"
#include "load/tally.h"

enum command { COMMAND_NONE, COMMAND_RUN, COMMAND_DISCONNECT, COMMAND_QUIT };
enum batch_state { BATCH_NONE, BATCH_RUNNING, BATCH_OVER };

struct generator {
    const struct load_profile *profile; /* borrowed */
    struct tally tally;
    struct engine *engine;
    int over_fd; /* eventfd: a batch is over */
    pthread_t thread;
    bool has_thread;

    pthread_mutex_t lock; /* over all below */
    pthread_cond_t obeyed;
    enum command command;
    enum batch_state state;
    struct batch_order order;
    struct batch_result result;
};

static enum command current_command(struct generator *generator)
{
    pthread_mutex_lock(&generator->lock);
    enum command command = generator->command;
    pthread_mutex_unlock(&generator->lock);
    return command;
}

/* COMMAND_QUIT may have come meanwhile and stays. */
static void command_obeyed(struct generator *generator, enum command command)
{
    if (generator->command == command)
        generator->command = COMMAND_NONE;
    pthread_cond_signal(&generator->obeyed);
}

static void run_batch(struct generator *generator)
{
    pthread_mutex_lock(&generator->lock);
    struct batch_order order = generator->order;
    pthread_mutex_unlock(&generator->lock);

    struct batch_result result;
    generator->engine->type->run(generator->engine, &order, &result);

    pthread_mutex_lock(&generator->lock);
    generator->result = result;
    generator->state = BATCH_OVER;
    command_obeyed(generator, COMMAND_RUN);
    eventfd_write(generator->over_fd, 1);
    pthread_mutex_unlock(&generator->lock);
}

static void disconnect(struct generator *generator)
{
    generator->engine->type->disconnect(generator->engine);
    pthread_mutex_lock(&generator->lock);
    command_obeyed(generator, COMMAND_DISCONNECT);
    pthread_mutex_unlock(&generator->lock);
}

static void *thread_main(void *user)
{
    struct generator *generator = user;
    prctl(PR_SET_NAME, "load");
    prctl(PR_SET_TIMERSLACK, 1000UL); /* ns; the default of 50 us would blur an open loop */
    for (;;) {
        switch (current_command(generator)) {
        case COMMAND_NONE:
            generator->engine->type->rest(generator->engine);
            break;
        case COMMAND_RUN:
            run_batch(generator);
            break;
        case COMMAND_DISCONNECT:
            disconnect(generator);
            break;
        case COMMAND_QUIT:
            return NULL;
        }
    }
}

/* Signals are the owner's. */
static int start_thread(struct generator *generator, struct error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&generator->thread, NULL, thread_main, generator);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return error_set_errno(err, ERROR_INTERNAL, error, "starting the load's thread");
    generator->has_thread = true;
    return 0;
}

static int check_profile(const struct load_profile *profile, struct error *err)
{
    if (profile->concurrency < 1 || profile->concurrency > LOAD_CONCURRENCY_MAX)
        return error_set(err, ERROR_USAGE, "the load's concurrency is %u, expected 1 to %d",
                         profile->concurrency, LOAD_CONCURRENCY_MAX);
    if (profile->timeout_ns <= 0)
        return error_set(err, ERROR_USAGE, "the load's timeout must be above 0");
    for (unsigned i = 0; i < profile->n_timers; i++)
        if (profile->timers[i].every_ns <= 0)
            return error_set(err, ERROR_USAGE, "the interval of a timer must be above 0");
    return 0;
}

/* Where work goes: one of the three. */
struct target {
    const char *base_url;
    const struct load_command *command;
    const struct load_function *function;
};

static int generator_make_engine(struct generator *generator, const struct target *target,
                                 struct error *err)
{
    const struct load_profile *profile = generator->profile;
    struct tally *tally = &generator->tally;
    if (target->function != NULL)
        return function_engine_new(profile, target->function, tally, &generator->engine, err);
    if (target->command != NULL)
        return command_engine_new(profile, target->command, tally, &generator->engine, err);
    return http_engine_new(profile, target->base_url, tally, &generator->engine, err);
}

static int generator_init(struct generator *generator, const struct target *target,
                          struct error *err)
{
    generator->over_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (generator->over_fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "an eventfd for the load");
    return generator_make_engine(generator, target, err) < 0 ? -1 : start_thread(generator, err);
}

static int generator_make(const struct load_profile *profile, const struct target *target,
                          struct generator **ret, struct error *err)
{
    if (check_profile(profile, err) < 0)
        return -1;
    struct generator *generator = calloc(1, sizeof(*generator));
    if (generator == NULL)
        return error_out_of_memory(err);
    generator->profile = profile;
    generator->over_fd = -1;
    tally_init(&generator->tally);
    pthread_mutex_init(&generator->lock, NULL);
    pthread_cond_init(&generator->obeyed, NULL);
    if (generator_init(generator, target, err) < 0) {
        generator_free(generator);
        return -1;
    }
    *ret = generator;
    return 0;
}

int generator_new(const struct load_profile *profile, const char *base_url, struct generator **ret,
                  struct error *err)
{
    const struct target target = {.base_url = base_url};
    if (profile->n_requests + profile->n_timers == 0)
        return error_set(err, ERROR_USAGE, "the load has neither requests nor timers");
    return generator_make(profile, &target, ret, err);
}

int generator_new_function(const struct load_profile *profile, const struct load_function *function,
                           struct generator **ret, struct error *err)
{
    const struct target target = {.function = function};
    return generator_make(profile, &target, ret, err);
}

int generator_new_command(const struct load_profile *profile, const struct load_command *command,
                          struct generator **ret, struct error *err)
{
    const struct target target = {.command = command};
    return generator_make(profile, &target, ret, err);
}

void generator_free(struct generator *generator)
{
    if (generator == NULL)
        return;
    if (generator->has_thread) {
        pthread_mutex_lock(&generator->lock);
        generator->command = COMMAND_QUIT;
        pthread_mutex_unlock(&generator->lock);
        engine_stop(generator->engine);
        pthread_join(generator->thread, NULL);
    }
    if (generator->engine != NULL)
        generator->engine->type->free(generator->engine);
    tally_done(&generator->tally);
    pthread_cond_destroy(&generator->obeyed);
    pthread_mutex_destroy(&generator->lock);
    closep(&generator->over_fd);
    free(generator);
}

void generator_freep(struct generator **generator)
{
    generator_free(*generator);
}

int generator_begin(struct generator *generator, uint64_t requests, unsigned concurrency,
                    nsec_t deadline_ns, struct error *err)
{
    if (concurrency < 1 || concurrency > generator->profile->concurrency)
        return error_set(err, ERROR_INTERNAL, "a batch at concurrency %u, expected 1 to %u",
                         concurrency, generator->profile->concurrency);

    pthread_mutex_lock(&generator->lock);
    bool free_to_run = generator->state == BATCH_NONE;
    if (free_to_run) {
        generator->state = BATCH_RUNNING;
        generator->command = COMMAND_RUN;
        generator->order = (struct batch_order){requests, concurrency, deadline_ns};
        engine_resume(generator->engine);
    }
    pthread_mutex_unlock(&generator->lock);
    if (!free_to_run)
        return error_set(err, ERROR_INTERNAL, "a batch begins while another is not finished");
    engine_wake(generator->engine);
    return 0;
}

int generator_fd(const struct generator *generator)
{
    return generator->over_fd;
}

int generator_finish(struct generator *generator, struct batch_result *ret, struct error *err)
{
    pthread_mutex_lock(&generator->lock);
    bool over = generator->state == BATCH_OVER;
    if (over) {
        *ret = generator->result;
        generator->state = BATCH_NONE;
    }
    eventfd_t count;
    if (over)
        eventfd_read(generator->over_fd, &count);
    pthread_mutex_unlock(&generator->lock);
    return over ? 0 : error_set(err, ERROR_INTERNAL, "no batch is over");
}

void generator_stop(struct generator *generator)
{
    engine_stop(generator->engine);
}

void generator_sample(struct generator *generator, nsec_t now_ns, struct load_sample *ret)
{
    tally_sample(&generator->tally, now_ns, ret);
}

void generator_disconnect(struct generator *generator)
{
    pthread_mutex_lock(&generator->lock);
    if (generator->state != BATCH_RUNNING) {
        generator->command = COMMAND_DISCONNECT;
        engine_wake(generator->engine);
        while (generator->command == COMMAND_DISCONNECT)
            pthread_cond_wait(&generator->obeyed, &generator->lock);
    }
    pthread_mutex_unlock(&generator->lock);
}

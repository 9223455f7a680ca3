#include "load/command_engine.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "load/keeper.h"
#include "load/output_log.h"

/* After the end of a batch what was killed gets so long to be gone. */
#define ENDING_BOUND_NS (2 * KEEPER_PATIENCE_NS)

enum slot_state {
    SLOT_IDLE,
    SLOT_BUSY,
    SLOT_ENDING, /* its outcome is settled; the keeper has not reported yet */
};

struct slot {
    struct keeper keeper;
    enum slot_state state;
    nsec_t due_ns, start_ns;
};

/* What poll watches: the wake-up, the log, then the slots. */
enum { WATCH_WAKE, WATCH_LOG, WATCH_SLOTS };

struct command_engine {
    struct engine engine;
    const struct load_profile *profile;
    struct tally *tally;
    struct keeper_spec spec;
    struct output_log log;
    bool said_left;
    struct slot *slots; /* `concurrency` of the profile */
    struct pollfd *watch;
    struct batch batch; /* the running one */
};

static nsec_t earlier(nsec_t a_ns, nsec_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

/* When a run of this slot takes too long. */
static nsec_t slot_deadline_ns(const struct command_engine *engine, const struct slot *slot)
{
    nsec_t timeout_ns = engine->profile->timeout_ns;
    if (slot->state != SLOT_BUSY || timeout_ns > NSEC_NEVER - slot->start_ns)
        return NSEC_NEVER;
    return slot->start_ns + timeout_ns;
}

static void settle(struct command_engine *engine, struct slot *slot, enum request_outcome outcome)
{
    if (slot->state == SLOT_BUSY)
        batch_settled(&engine->batch, outcome, slot->due_ns, slot->start_ns, clock_now_ns());
}

/* Kill what runs there; the outcome is `outcome`, or none. */
static void end_run(struct command_engine *engine, struct slot *slot, enum request_outcome outcome)
{
    if (slot->state != SLOT_BUSY)
        return;
    keeper_kill(&slot->keeper);
    settle(engine, slot, outcome);
    if (outcome == REQUEST_PENDING)
        batch_dropped(&engine->batch);
    slot->state = SLOT_ENDING;
}

/* The keeper is gone, or could not be started. */
static void lose_keeper(struct command_engine *engine, struct slot *slot)
{
    keeper_done(&slot->keeper);
    settle(engine, slot, REQUEST_FAILED);
    slot->state = SLOT_IDLE;
}

static enum request_outcome outcome_of(const struct process_end *end)
{
    if (end->signaled)
        return REQUEST_FAILED;
    return end->status == 0 ? REQUEST_OK : REQUEST_OTHER_STATUS;
}

static void take_report(struct command_engine *engine, struct slot *slot)
{
    struct keeper_report report;
    int status = keeper_take(&slot->keeper, &report);
    if (status == 1)
        return;
    if (status < 0) {
        lose_keeper(engine, slot);
        return;
    }
    settle(engine, slot, outcome_of(&report.end));
    slot->state = SLOT_IDLE;
    if (report.left && !engine->said_left) {
        engine->said_left = true;
        output_log_say(&engine->log, "a run left processes behind that could not be ended");
    }
}

static void start_run(struct command_engine *engine, struct slot *slot, nsec_t due_ns,
                      nsec_t now_ns)
{
    struct error err = {.kind = ERROR_NONE};
    slot->due_ns = due_ns;
    slot->start_ns = now_ns;
    slot->state = SLOT_BUSY;
    batch_started(&engine->batch);
    if (slot->keeper.fd < 0 && keeper_start(&engine->spec, &slot->keeper, &err) < 0)
        output_log_say(&engine->log, err.text);
    if (slot->keeper.fd < 0 || keeper_run(&slot->keeper) < 0)
        lose_keeper(engine, slot);
}

/* A slot of this batch that is free; NULL when there is none. */
static struct slot *free_slot(struct command_engine *engine)
{
    for (unsigned i = 0; i < engine->batch.order.concurrency; i++)
        if (engine->slots[i].state == SLOT_IDLE)
            return &engine->slots[i];
    return NULL;
}

static nsec_t next_run_due_ns(struct command_engine *engine)
{
    if (!batch_has_work(&engine->batch) || free_slot(engine) == NULL)
        return NSEC_NEVER;
    return batch_next_due_ns(&engine->batch, engine->profile->rate_per_s);
}

static void start_runs(struct command_engine *engine, nsec_t now_ns)
{
    nsec_t due_ns;
    while ((due_ns = next_run_due_ns(engine)) <= now_ns) {
        engine->batch.begun++;
        start_run(engine, free_slot(engine), engine->profile->rate_per_s > 0 ? due_ns : now_ns,
                  now_ns);
    }
}

static bool is_busy(const struct command_engine *engine)
{
    for (unsigned i = 0; i < engine->profile->concurrency; i++)
        if (engine->slots[i].state != SLOT_IDLE)
            return true;
    return false;
}

/* Wait for something to happen, at the latest until then, and see to it. True: the wake-up. */
static bool wait_and_handle(struct command_engine *engine, nsec_t until_ns)
{
    struct pollfd *watch = engine->watch;
    unsigned n = engine->profile->concurrency;
    watch[WATCH_WAKE] = (struct pollfd){.fd = engine->engine.wake_fd, .events = POLLIN};
    watch[WATCH_LOG] = (struct pollfd){.fd = engine->log.pipe_fd, .events = POLLIN};
    for (unsigned i = 0; i < n; i++)
        watch[WATCH_SLOTS + i] = (struct pollfd){
            .fd = engine->slots[i].state == SLOT_IDLE ? -1 : engine->slots[i].keeper.fd,
            .events = POLLIN,
        };
    if (poll(watch, WATCH_SLOTS + n, clock_poll_timeout_ms(clock_now_ns(), until_ns)) <= 0)
        return false;
    if (watch[WATCH_LOG].revents != 0)
        output_log_take(&engine->log);
    for (unsigned i = 0; i < n; i++)
        if (watch[WATCH_SLOTS + i].revents != 0)
            take_report(engine, &engine->slots[i]);
    if (watch[WATCH_WAKE].revents == 0)
        return false;
    engine_woken(&engine->engine);
    return true;
}

/* Give up what is under way, at the deadline as timed out, and wait until it is gone. */
static void end_early(struct command_engine *engine, bool stopped)
{
    for (unsigned i = 0; i < engine->profile->concurrency; i++)
        end_run(engine, &engine->slots[i], stopped ? REQUEST_PENDING : REQUEST_TIMED_OUT);
    nsec_t bound_ns = clock_now_ns() + ENDING_BOUND_NS;
    while (is_busy(engine) && clock_now_ns() < bound_ns)
        wait_and_handle(engine, bound_ns);
}

/* Kill what takes too long. Returns when the next is due for that. */
static nsec_t time_out(struct command_engine *engine, nsec_t now_ns)
{
    nsec_t due_ns = NSEC_NEVER;
    for (unsigned i = 0; i < engine->profile->concurrency; i++) {
        struct slot *slot = &engine->slots[i];
        if (slot_deadline_ns(engine, slot) <= now_ns)
            end_run(engine, slot, REQUEST_TIMED_OUT);
        due_ns = earlier(due_ns, slot_deadline_ns(engine, slot));
    }
    return due_ns;
}

static void command_engine_run(struct engine *base, const struct batch_order *order,
                               struct batch_result *ret)
{
    struct command_engine *engine = (struct command_engine *)base;
    *ret = (struct batch_result){.deadline_hit = false};
    batch_begin(&engine->batch, order, engine->tally);
    while (batch_has_work(&engine->batch) || is_busy(engine)) {
        nsec_t now_ns = clock_now_ns();
        ret->stopped = atomic_load(&base->stop);
        ret->deadline_hit = !ret->stopped && now_ns >= order->deadline_ns;
        if (ret->stopped || ret->deadline_hit) {
            end_early(engine, ret->stopped);
            break;
        }
        start_runs(engine, now_ns);
        nsec_t until_ns = earlier(time_out(engine, now_ns), order->deadline_ns);
        if (batch_has_work(&engine->batch) || is_busy(engine))
            wait_and_handle(engine, earlier(until_ns, next_run_due_ns(engine)));
    }
    output_log_take(&engine->log);
    batch_report(&engine->batch, ret);
}

static void command_engine_rest(struct engine *base)
{
    while (!wait_and_handle((struct command_engine *)base, NSEC_NEVER))
        continue;
}

/* Nothing stays open between runs. */
static void command_engine_disconnect(struct engine *base)
{
    (void)base;
}

static void command_engine_free(struct engine *base)
{
    struct command_engine *engine = (struct command_engine *)base;
    for (unsigned i = 0; engine->slots != NULL && i < engine->profile->concurrency; i++)
        keeper_done(&engine->slots[i].keeper);
    output_log_done(&engine->log);
    free(engine->slots);
    free(engine->watch);
    engine_done(base);
    free(engine);
}

static const struct engine_type command_engine_type = {
    .run = command_engine_run,
    .rest = command_engine_rest,
    .disconnect = command_engine_disconnect,
    .free = command_engine_free,
};

static int command_engine_init(struct command_engine *engine, const struct load_command *command,
                               struct error *err)
{
    unsigned n = engine->profile->concurrency;
    if (engine_init(&engine->engine, &command_engine_type, err) < 0)
        return -1;
    engine->watch = calloc(WATCH_SLOTS + n, sizeof(*engine->watch));
    engine->slots = calloc(n, sizeof(*engine->slots));
    if (engine->watch == NULL || engine->slots == NULL)
        return error_out_of_memory(err);
    for (unsigned i = 0; i < n; i++)
        engine->slots[i].keeper = KEEPER_NONE;
    if (output_log_open(command->log_path, &engine->log, err) < 0)
        return -1;
    engine->spec = (struct keeper_spec){
        .argv = command->argv,
        .env = command->env,
        .cwd = command->cwd,
        .make_cwd = command->make_cwd,
        .output_fd = engine->log.write_fd,
        .user = command->user,
        .confined = command->confined,
    };
    for (unsigned i = 0; i < n; i++)
        if (keeper_start(&engine->spec, &engine->slots[i].keeper, err) < 0)
            return -1;
    return 0;
}

int command_engine_new(const struct load_profile *profile, const struct load_command *command,
                       struct tally *tally, struct engine **ret, struct error *err)
{
    if (profile->concurrency > COMMAND_CONCURRENCY_MAX)
        return error_set(err, ERROR_USAGE,
                         "the load's concurrency is %u, expected at most %d: each is a process",
                         profile->concurrency, COMMAND_CONCURRENCY_MAX);
    if (profile->n_timers > 0 || profile->n_requests > 0)
        return error_set(err, ERROR_USAGE,
                         "the load has a command, and requests or timers over HTTP beside it");
    struct command_engine *engine = calloc(1, sizeof(*engine));
    if (engine == NULL)
        return error_out_of_memory(err);
    engine->profile = profile;
    engine->tally = tally;
    engine->engine.wake_fd = -1;
    engine->log = OUTPUT_LOG_NONE;
    if (command_engine_init(engine, command, err) < 0) {
        command_engine_free(&engine->engine);
        return -1;
    }
    *ret = &engine->engine;
    return 0;
}

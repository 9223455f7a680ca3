#include "tests/support/watched.h"

#include <check.h>
#include <math.h>
#include <stdio.h>

#define TICK_NS   (100 * NSEC_PER_MSEC)
#define READY_NS  (800 * NSEC_PER_MSEC)
#define CYCLE_NS  (1500 * NSEC_PER_MSEC)
#define LOAD_NS   (1000 * NSEC_PER_MSEC)
#define REQUESTS  100
#define MIB_BYTES 1048576.0
/* How long it is away after a kill. */
#define AWAY_NS (600 * NSEC_PER_MSEC)

struct run_progress watched_word(const char *id, const char *phase, nsec_t elapsed_ns)
{
    return (struct run_progress){
        .id = id,
        .phase = phase,
        .cycles_min = 5,
        .cycles_max = 8,
        .memory_bytes = SURVEY_ABSENT,
        .highest_bytes = SURVEY_ABSENT,
        .limit_bytes = UINT64_MAX,
        .elapsed_ns = elapsed_ns,
        .budget_ns = 60 * NSEC_PER_SEC,
        .starts = 1,
        .load = {.latency_p50_ns = -1, .latency_p99_ns = -1},
        .threads = SURVEY_ABSENT,
        .descriptors = SURVEY_ABSENT,
    };
}

/* What is known of memory when so many requests were served. */
static void watched_fill_memory(const struct watched *watched, double requests, bool loaded,
                                struct run_progress *word)
{
    double kept = 4 * MIB_BYTES + watched->leak_bytes * requests;
    double transient = loaded ? MIB_BYTES : 0;
    word->memory_bytes = (uint64_t)(kept + transient + MIB_BYTES);
    word->highest_bytes = word->memory_bytes + (loaded ? (uint64_t)MIB_BYTES : 0);
    word->memory.t_ns = word->elapsed_ns;
    memory_sample_set(&word->memory, MEMORY_CURRENT, word->memory_bytes);
    memory_sample_set(&word->memory, MEMORY_INACTIVE_FILE, (uint64_t)MIB_BYTES);
    memory_sample_set(&word->memory, MEMORY_PSI_SOME, (uint64_t)(word->elapsed_ns / 50000));
    memory_sample_set(&word->memory, MEMORY_PSI_FULL, (uint64_t)(word->elapsed_ns / 200000));
    word->threads = 5;
}

/* The word of one moment since it was ready. */
static struct run_progress watched_moment(const struct watched *watched, nsec_t since_ns,
                                          char *phase, size_t size)
{
    unsigned cycle = (unsigned)(since_ns / CYCLE_NS);
    nsec_t in_cycle_ns = since_ns % CYCLE_NS;
    bool loaded = in_cycle_ns < LOAD_NS;
    double share = loaded ? (double)in_cycle_ns / (double)LOAD_NS : 1;
    uint64_t served = (uint64_t)(share * REQUESTS);
    snprintf(phase, size, "cycle %u", cycle + 1);
    struct run_progress word = watched_word(watched->id, phase, READY_NS + since_ns);
    word.limit_bytes = watched->limit_bytes;
    word.cycle = cycle;
    if (watched->bare)
        return word;
    uint64_t total = (uint64_t)cycle * REQUESTS + served;
    bool again = watched->killed_in > 0 && cycle >= watched->killed_in;
    uint64_t of_start = again ? total - (uint64_t)watched->killed_in * REQUESTS : total;
    word.requests = served;
    word.requests_goal = REQUESTS;
    word.load = (struct load_sample){
        .t_ns = word.elapsed_ns,
        .counts = {.started = total + 8, .ok = total - total / 50, .failed = total / 50},
        .in_flight = loaded ? 8 : 0,
        .latency_p50_ns = loaded ? 12 * NSEC_PER_MSEC : -1,
        .latency_p99_ns = loaded ? (30 + (nsec_t)cycle) * NSEC_PER_MSEC : -1,
    };
    if (!loaded)
        word.load.t_ns -= in_cycle_ns - LOAD_NS;
    watched_fill_memory(watched, (double)of_start, loaded, &word);
    word.descriptors = 8 + 3 * (uint64_t)cycle * REQUESTS;
    unsigned first = again ? watched->killed_in : 0;
    if (watched->killed_in == 0 || cycle != watched->killed_in - 1 || !loaded)
        word.floor = (struct run_floor){
            .present = true,
            .index = cycle,
            .kind = cycle > first ? CYCLE_MEASURE : CYCLE_WARMUP,
            .start = again ? 1 : 0,
            .t_ns = READY_NS + (nsec_t)cycle * CYCLE_NS,
            .requests = (uint64_t)(cycle - first) * REQUESTS,
            .bytes = (int64_t)(3 * MIB_BYTES + watched->leak_bytes * (cycle - first) * REQUESTS),
        };
    return word;
}

static void watched_say(struct watch_state *state, const struct run_progress *word)
{
    ck_assert_int_eq(watch_state_progress(state, word, NULL), 0);
}

void watched_tell(const struct watched *watched, struct watch_state *state)
{
    char phase[64];
    for (nsec_t t_ns = 0; t_ns < READY_NS; t_ns += TICK_NS) {
        struct run_progress word = watched_word(watched->id, "start", t_ns);
        word.limit_bytes = watched->limit_bytes;
        watched_say(state, &word);
    }
    nsec_t end_ns = llround(watched->cycles * (double)CYCLE_NS);
    nsec_t killed_ns = (nsec_t)watched->killed_in * CYCLE_NS - CYCLE_NS / 2;
    for (nsec_t t_ns = 0; t_ns <= end_ns; t_ns += TICK_NS) {
        struct run_progress word = watched_moment(watched, t_ns, phase, sizeof(phase));
        bool killed = watched->killed_in > 0 && t_ns >= killed_ns;
        word.oom_kills = killed ? 1 : 0;
        word.starts = killed && t_ns >= killed_ns + AWAY_NS ? 2 : 1;
        if (killed && word.starts == 1) {
            word.memory_bytes = word.highest_bytes = SURVEY_ABSENT;
            word.memory = (struct memory_sample){.present = 0};
            word.threads = SURVEY_ABSENT;
            word.requests_goal = 0;
            word.phase = "start";
        }
        watched_say(state, &word);
    }
}

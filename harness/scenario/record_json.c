#include <math.h>

#include "verdict/indicators.h"

#include "scenario/gate_fields.h"
#include "scenario/record_ends.h"
#include "scenario/record_files.h"
#include "scenario/record_instruments.h"

/* Numbers are rounded to what was measured: growth to a hundredth of a byte. */
static double record_round(double value, double scale)
{
    return round(value * scale) / scale;
}

static void record_write_cycles(struct json_writer *writer, const struct timeline *timeline)
{
    bool by_process = indicators_is_by_process(timeline);
    json_write_array(writer, "cycles");
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (cycle->kind != CYCLE_MEASURE)
            continue;
        int64_t settled = 0;
        struct floor_parts floor = indicators_floor(&cycle->floor);
        json_write_object(writer, NULL);
        if (cycle->folded > 0)
            json_write_u64(writer, "cycles", cycle_count(cycle));
        json_write_u64(writer, "requests", load_counts_completed(&cycle->counts));
        if (cycle->complete && indicators_footprint(&cycle->settled, &settled))
            json_write_i64(writer, "settled_bytes", settled);
        if (cycle->complete && floor.present)
            json_write_i64(writer, "floor_bytes", floor.total_bytes);
        if (cycle->peak_bytes != SURVEY_ABSENT)
            json_write_u64(writer, by_process ? "peak_rss_bytes" : "peak_bytes", cycle->peak_bytes);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

static void record_write_runtimes(struct json_writer *writer, const struct record *record)
{
    if (record->n_runtimes == 0)
        return;
    json_write_array(writer, "runtimes");
    for (unsigned i = 0; i < record->n_runtimes; i++) {
        const struct runtime *runtime = &record->runtimes[i];
        json_write_object(writer, NULL);
        json_write_text(writer, "runtime", runtime_kind_name(runtime->kind));
        json_write_text(writer, "version", runtime->version[0] != '\0' ? runtime->version : NULL);
        json_write_i64(writer, "pid", runtime->pid);
        if (runtime->has_heap_max)
            json_write_u64(writer, "heap_max_bytes", runtime->heap_max_bytes);
        if (runtime->heap_is_constant)
            json_write_bool(writer, "heap_is_constant", true);
        json_write_text(writer, "heap_from",
                        runtime->heap_from[0] != '\0' ? runtime->heap_from : NULL);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

/* What the service's allocator said at the last measured floor, where it said something. */
static void record_write_allocator(struct json_writer *writer, const struct timeline *timeline)
{
    const struct cycle *cycle = indicators_last_cycle(timeline, CYCLE_MEASURE);
    if (cycle == NULL || !survey_has_allocator(&cycle->floor))
        return;
    json_write_object(writer, "allocator");
    json_write_u64(writer, "arena_bytes", cycle->floor.value[SURVEY_HEAP_ARENA]);
    json_write_u64(writer, "in_use_bytes", cycle->floor.value[SURVEY_HEAP_IN_USE]);
    json_write_u64(writer, "free_bytes", cycle->floor.value[SURVEY_HEAP_FREE]);
    json_write_close_object(writer);
}

/* Which of several processes the growth is in. */
static void record_write_processes(struct json_writer *writer, const struct process_growth *growth)
{
    if (growth->n == 0)
        return;
    json_write_array(writer, "growth_processes");
    for (unsigned i = 0; i < growth->n; i++) {
        json_write_object(writer, NULL);
        json_write_text(writer, "name", growth->process[i].name);
        json_write_i64(writer, "pid", growth->process[i].pid);
        json_write_double(writer, "share", record_round(growth->process[i].share, 1000));
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

static void record_write_verdict(struct json_writer *writer, const struct record *record)
{
    const struct verdict *verdict = &record->verdict;
    if (verdict->growth.present) {
        json_write_object(writer, "growth_bytes_per_request");
        json_write_double(writer, "estimate", record_round(verdict->growth.estimate, 100));
        json_write_double(writer, "low", record_round(verdict->growth.low, 100));
        json_write_double(writer, "high", record_round(verdict->growth.high, 100));
        json_write_close_object(writer);
    }
    if (verdict->by_heap)
        json_write_text(writer, "growth_of", "heap");
    if (verdict->has_smallest_leak)
        json_write_double(writer, "smallest_leak_bytes_per_request",
                          record_round(verdict->smallest_leak_bytes, 100));
    if (verdict->has_shares) {
        json_write_object(writer, "growth_shares");
        json_write_double(writer, "user", record_round(verdict->share_user, 1000));
        json_write_double(writer, "shmem", record_round(verdict->share_shmem, 1000));
        json_write_double(writer, "kernel", record_round(verdict->share_kernel, 1000));
        json_write_close_object(writer);
    }
    record_write_processes(writer, &verdict->processes);
    if (verdict->has_retained)
        json_write_i64(writer, "retained_bytes", verdict->retained_bytes);
    json_write_object(writer, "released_bytes");
    if (verdict->has_reclaim)
        json_write_i64(writer, "reclaim", verdict->released_reclaim_bytes);
    if (verdict->has_collect)
        json_write_i64(writer, "collect", verdict->released_collect_bytes);
    if (verdict->has_trim)
        json_write_i64(writer, "trim", verdict->released_trim_bytes);
    if (verdict->has_rest)
        json_write_i64(writer, "rest", verdict->released_rest_bytes);
    json_write_close_object(writer);
    if (verdict->has_requests_to_oom)
        json_write_u64(writer, "requests_to_oom", verdict->requests_to_oom);
    if (verdict->has_transient)
        json_write_i64(writer, "transient_bytes_per_request", verdict->transient_bytes);
    if (verdict->has_safe_concurrency) {
        json_write_u64(writer, "safe_concurrency", verdict->safe_concurrency);
        json_write_bool(writer, "safe_concurrency_confirmed", verdict->safe_concurrency_confirmed);
    }
    if (verdict->has_roomy_limit)
        json_write_u64(writer, "roomy_limit_bytes", verdict->roomy_limit_bytes);
    if (verdict->has_time_rate)
        json_write_double(writer, "growth_bytes_per_s", record_round(verdict->bytes_per_s, 10));
    if (verdict->has_squeeze) {
        json_write_object(writer, "squeeze");
        json_write_u64(writer, "taken_bytes", verdict->squeeze_bytes);
        json_write_i64(writer, "freed_bytes", verdict->squeeze_freed_bytes);
        json_write_bool(writer, "killed", verdict->squeeze_killed);
        json_write_close_object(writer);
    }
}

/* What `judge` needs besides the two CSV files. */
static void record_write_question(struct json_writer *writer, const struct record *record)
{
    const struct verdict_question *question = &record->question;
    json_write_object(writer, "question");
    json_write_u64(writer, "concurrency", question->concurrency);
    json_write_double(writer, "rate_per_s", question->rate_per_s);
    json_write_u64(writer, "cycles_max", question->cycles_max);
    json_write_u64(writer, "cycles_min", question->cycles_min);
    json_write_u64(writer, "cycle_requests", question->cycle_requests);
    json_write_bool(writer, "can_trim", question->can_trim);
    json_write_bool(writer, "can_reclaim", question->can_reclaim);
    if (question->heap_is_exact)
        json_write_bool(writer, "heap_is_exact", true);
    if (question->heap_has_garbage)
        json_write_bool(writer, "heap_has_garbage", true);
    if (question->heap_is_collected)
        json_write_bool(writer, "heap_is_collected", true);
    if (question->heap_is_constant)
        json_write_bool(writer, "heap_is_constant", true);
    if (question->heap_max_bytes > 0)
        json_write_u64(writer, "heap_max_bytes", question->heap_max_bytes);
    if (question->quarantine_bytes > 0)
        json_write_u64(writer, "quarantine_bytes", question->quarantine_bytes);
    if (question->attached)
        json_write_bool(writer, "attached", true);
    if (question->comes_back)
        json_write_bool(writer, "comes_back", true);
    if (question->stays_down)
        json_write_bool(writer, "stays_down", true);
    if (question->kills_min > 0)
        json_write_u64(writer, "kills_min", question->kills_min);
    json_write_u64(writer, "ticks", record->timeline->ticks);
    json_write_u64(writer, "late_ticks", record->timeline->late_ticks);
    json_write_u64(writer, "thinned", record->timeline->thinned);
    json_write_close_object(writer);
}

static void record_write_facts(struct json_writer *writer, const struct record *record)
{
    const struct record_machine *machine = &record->machine;
    json_write_text(writer, "architecture",
                    machine->architecture[0] != '\0' ? machine->architecture : NULL);
    json_write_text(writer, "libc", machine->libc[0] != '\0' ? machine->libc : NULL);
    if (machine->page_bytes > 0)
        json_write_u64(writer, "page_bytes", machine->page_bytes);
    json_write_text(writer, "thp", machine->thp[0] != '\0' ? machine->thp : NULL);
    json_write_text(writer, "reclaim_by",
                    machine->reclaim_by[0] != '\0' ? machine->reclaim_by : NULL);
    json_write_text(writer, "peak_by", machine->peak_by[0] != '\0' ? machine->peak_by : NULL);
    if (record->work.known) {
        json_write_u64(writer, "cycle_requests", record->work.cycle_requests);
        json_write_u64(writer, "warmup_requests", record->work.warmup_requests);
    }
}

static void record_write_machine(struct json_writer *writer, const struct record *record)
{
    if (record->started_unix_ms > 0)
        json_write_double(writer, "started_unix_s", (double)record->started_unix_ms / 1000);
    json_write_double(writer, "duration_s", record_round((double)record->duration_ns / 1e9, 1000));
    if (record->waited_ns > 0)
        json_write_double(writer, "waited_s", record_round((double)record->waited_ns / 1e9, 1000));
    if (record->has_ready)
        json_write_double(writer, "ready_s", record_round((double)record->ready_ns / 1e9, 1000));
    if (record->has_ready && record->has_decided)
        json_write_double(
            writer, "verdict_s",
            record_round((double)(record->decided_ns - record->ready_ns) / 1e9, 1000));
    json_write_text(writer, "driver", record->driver);
    json_write_text(writer, "target", record->target[0] != '\0' ? record->target : NULL);
    if (record->accel[0] != '\0')
        json_write_text(writer, "accel", record->accel);
    json_write_text(writer, "kernel", record->kernel);
    json_write_u64(writer, "cpus", record->cpus);
    record_write_facts(writer, record);
    json_write_u64(writer, "sample_hz", record->sample_hz);
}

static void record_write_expectation(struct json_writer *writer, const struct record *record)
{
    if (!record->has_expectation)
        return;
    json_write_object(writer, "expect");
    json_write_text(writer, "verdict", verdict_kind_name(record->expect));
    if (record->expects_cause)
        json_write_text(writer, "cause", cause_name(record->expect_cause));
    json_write_close_object(writer);
}

static void record_write_error(struct json_writer *writer, const struct record *record)
{
    static const char *const kinds[] = {
        [ERROR_NONE] = NULL,
        [ERROR_USAGE] = "usage",
        [ERROR_ENVIRONMENT] = "environment",
        [ERROR_SERVICE] = "service",
        [ERROR_INTERRUPTED] = "interrupted",
        [ERROR_INTERNAL] = "internal",
    };
    if (record->error.kind == ERROR_NONE)
        return;
    json_write_object(writer, "error");
    json_write_text(writer, "kind", kinds[record->error.kind]);
    json_write_text(writer, "text", record->error.text);
    json_write_close_object(writer);
}

void record_write_json(struct json_writer *writer, const char *key, const struct record *record)
{
    json_write_object(writer, key);
    record_write_members(writer, record);
    json_write_close_object(writer);
}

void record_write_members(struct json_writer *writer, const struct record *record)
{
    const struct verdict *verdict = &record->verdict;
    json_write_text(writer, "schema", "leakcage.result/1");
    json_write_text(writer, "id", record->id);
    json_write_text(writer, "scenario", record->scenario);
    json_write_text(writer, "variant", record->variant[0] != '\0' ? record->variant : NULL);
    json_write_text(writer, "label", record->label[0] != '\0' ? record->label : NULL);
    json_write_text(writer, "build", record->build[0] != '\0' ? record->build : NULL);
    json_write_text(writer, "malloc", record->allocator[0] != '\0' ? record->allocator : NULL);
    json_write_text(writer, "sanitizer_options",
                    record->sanitizer_options[0] != '\0' ? record->sanitizer_options : NULL);
    if (record->group > 0)
        json_write_u64(writer, "group", record->group);
    if (record->position > 0)
        json_write_u64(writer, "position", record->position);
    json_write_text(writer, "verdict", verdict_kind_name(verdict->kind));
    json_write_text(writer, "cause", cause_name(verdict->cause));
    json_write_text(writer, "reason", verdict->reason);
    json_write_text(writer, "evidence", verdict->evidence[0] != '\0' ? verdict->evidence : NULL);
    json_write_text(writer, "effect", verdict->effect[0] != '\0' ? verdict->effect : NULL);
    record_write_expectation(writer, record);
    gate_budgets_write(writer, "gate", &record->gate);
    json_write_text(writer, "outcome", outcome_name(record->outcome));
    json_write_text(writer, "termination", termination_name(record->termination));
    record_write_error(writer, record);
    record_write_verdict(writer, record);

    struct load_counts counts = indicators_counts(record->timeline);
    json_write_u64(writer, "requests_total", load_counts_completed(&counts));
    record_write_cycles(writer, record->timeline);
    record_write_allocator(writer, record->timeline);
    record_write_runtimes(writer, record);
    if (record->question.limit_bytes != UINT64_MAX)
        json_write_u64(writer, "limit_bytes", record->question.limit_bytes);
    uint64_t peak = 0;
    bool by_process = indicators_is_by_process(record->timeline);
    if (indicators_peak(record->timeline, ~0U, &peak))
        json_write_u64(writer, by_process ? "peak_rss_bytes" : "peak_bytes", peak);
    json_write_u64(writer, "oom_kills", indicators_oom_kills(record->timeline));
    json_write_u64(writer, "restarts", record->starts > 0 ? record->starts - 1 : 0);
    record_write_ends(writer, record);
    record_write_machine(writer, record);

    json_write_array(writer, "findings");
    for (unsigned i = 0; i < verdict->n_findings; i++)
        json_write_text(writer, NULL, verdict->findings[i]);
    json_write_close_array(writer);
    json_write_array(writer, "warnings");
    for (unsigned i = 0; i < record->n_warnings; i++)
        json_write_text(writer, NULL, record->warnings[i]);
    json_write_close_array(writer);
    record_write_instruments(writer, record);
    record_write_question(writer, record);
}

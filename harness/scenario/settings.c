#include "scenario/tables.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "load/command_engine.h"

static const char *const no_words[] = {NULL};

struct program program_defaults(const char *name)
{
    return (struct program){
        .name = name,
        .command = no_words,
        .args = no_words,
        .env = no_words,
        .ready = "tcp",
        .ready_timeout_ns = 30 * NSEC_PER_SEC,
    };
}

/* What suits requests over HTTP, and what runs of a program. */
/* With `collect` each cycle, and what was fetched at its floor, is kept by itself. */
#define COLLECT_CYCLES_MAX  400
#define HTTP_CYCLE_REQUESTS 250
#define HTTP_TIMEOUT_NS     (5 * NSEC_PER_SEC)
#define COMMAND_CYCLE_RUNS  40
#define COMMAND_TIMEOUT_NS  (30 * NSEC_PER_SEC)
#define HTTP_BUDGET_NS      (60 * NSEC_PER_SEC)
#define COMMAND_BUDGET_NS   (300 * NSEC_PER_SEC)

void settings_defaults(struct settings *settings)
{
    *settings = (struct settings){
        .service = program_defaults(NULL),
        .limit_bytes = SCENARIO_NO_LIMIT,
        .high_bytes = SCENARIO_NO_LIMIT,
        .min_bytes = SCENARIO_NO_LIMIT,
        .oom_group = true,
        .restart = {.policy = RESTART_AT_ONCE, .time_scale = 1},
        .pids = 4096,
        .thp = THP_NEVER,
        .load = {.concurrency = 8, .reuse = true, .timeout_ns = HTTP_TIMEOUT_NS},
        .cycles = 30,
        .cycles_min = 5,
        .cycle_requests = HTTP_CYCLE_REQUESTS,
        .warmup_requests = HTTP_CYCLE_REQUESTS,
        .settle_ns = 150 * NSEC_PER_MSEC,
        .budget_ns = HTTP_BUDGET_NS,
        .sample_hz = 100,
    };
}

void settings_suit_command(struct settings *settings)
{
    if (settings->cycle_requests == HTTP_CYCLE_REQUESTS)
        settings->cycle_requests = COMMAND_CYCLE_RUNS;
    if (settings->warmup_requests == HTTP_CYCLE_REQUESTS)
        settings->warmup_requests = COMMAND_CYCLE_RUNS;
    if (settings->load.timeout_ns == HTTP_TIMEOUT_NS)
        settings->load.timeout_ns = COMMAND_TIMEOUT_NS;
    if (settings->budget_ns == HTTP_BUDGET_NS)
        settings->budget_ns = COMMAND_BUDGET_NS;
}

/* Copies into an arena that remember whether one failed. */
struct settings_keeper {
    struct arena *arena;
    bool failed;
};

static const char *settings_keep_text(struct settings_keeper *keeper, const char *text)
{
    char *copy = arena_strdup(keeper->arena, text);
    keeper->failed = keeper->failed || (copy == NULL && text != NULL);
    return copy;
}

static const char *const *settings_keep_words(struct settings_keeper *keeper,
                                              const char *const *words)
{
    size_t count = words_count(words);
    const char **copy = arena_alloc(keeper->arena, (count + 1) * sizeof(*copy));
    if (copy == NULL) {
        keeper->failed = true;
        return no_words;
    }
    for (size_t i = 0; i < count; i++)
        copy[i] = settings_keep_text(keeper, words[i]);
    return copy;
}

static void settings_keep_program(struct settings_keeper *keeper, struct program *program)
{
    program->name = settings_keep_text(keeper, program->name);
    program->command = settings_keep_words(keeper, program->command);
    program->args = settings_keep_words(keeper, program->args);
    program->env = settings_keep_words(keeper, program->env);
    program->cwd = settings_keep_text(keeper, program->cwd);
    program->user = settings_keep_text(keeper, program->user);
    program->ready = settings_keep_text(keeper, program->ready);
}

static void settings_keep_kinds(struct settings_keeper *keeper, struct request_kind *kinds,
                                unsigned count)
{
    for (struct request_kind *kind = kinds; kind < kinds + count; kind++) {
        kind->method = settings_keep_text(keeper, kind->method);
        kind->path = settings_keep_text(keeper, kind->path);
        kind->body = settings_keep_text(keeper, kind->body);
        for (unsigned i = 0; i < kind->n_headers; i++)
            kind->headers[i] = settings_keep_text(keeper, kind->headers[i]);
    }
}

int settings_keep(struct settings *settings, struct arena *arena, struct error *err)
{
    struct settings_keeper keeper = {.arena = arena};
    settings_keep_program(&keeper, &settings->service);
    for (unsigned i = 0; i < settings->n_dependencies; i++)
        settings_keep_program(&keeper, &settings->dependencies[i]);
    settings->image = settings_keep_text(&keeper, settings->image);
    settings->engine = settings_keep_text(&keeper, settings->engine);
    settings->attach = settings_keep_text(&keeper, settings->attach);
    settings->pod = settings_keep_text(&keeper, settings->pod);
    settings->trim = settings_keep_text(&keeper, settings->trim);
    settings->gc = settings_keep_text(&keeper, settings->gc);
    settings->heap_path = settings_keep_text(&keeper, settings->heap_path);
    for (unsigned i = 0; i < settings->n_collect; i++) {
        settings->collect[i].name = settings_keep_text(&keeper, settings->collect[i].name);
        settings->collect[i].url = settings_keep_text(&keeper, settings->collect[i].url);
    }
    if (settings->load.command != NULL)
        settings->load.command = settings_keep_words(&keeper, settings->load.command);
    settings->load.command_cwd = settings_keep_text(&keeper, settings->load.command_cwd);
    settings_keep_kinds(&keeper, settings->load.requests, settings->load.n_requests);
    settings_keep_kinds(&keeper, settings->load.timers, settings->load.n_timers);
    for (unsigned i = 0; i < settings->n_limit_for; i++)
        settings->limit_for[i].build = settings_keep_text(&keeper, settings->limit_for[i].build);
    for (unsigned i = 0; i < settings->n_expect_for; i++)
        settings->expect_for[i].build = settings_keep_text(&keeper, settings->expect_for[i].build);
    return keeper.failed ? error_out_of_memory(err) : 0;
}

/* What settings_check() found: the key is kept, the error is already set. */
static int settings_fault(char *key, const char *prefix, const char *name)
{
    snprintf(key, SETTINGS_KEY_MAX, "%s%s", prefix, name);
    return -1;
}

static int settings_check_ranges(const struct settings *settings, char *key, struct error *err)
{
    const char *name = NULL;
    if (fields_check(settings_fields, settings, &name, err) < 0)
        return settings_fault(key, "", name);
    if (fields_check(program_fields, &settings->service, &name, err) < 0 ||
        fields_check(service_fields, settings, &name, err) < 0)
        return settings_fault(key, "service.", name);
    if (fields_check(cycles_fields, settings, &name, err) < 0)
        return settings_fault(key, "cycles.", name);
    if (fields_check(load_fields, &settings->load, &name, err) < 0)
        return settings_fault(key, "load.", name);
    for (unsigned i = 0; i < settings->load.n_requests; i++)
        if (fields_check(request_fields, &settings->load.requests[i], &name, err) < 0)
            return settings_fault(key, "load.requests.", name);
    for (unsigned i = 0; i < settings->load.n_timers; i++)
        if (fields_check(timer_fields, &settings->load.timers[i], &name, err) < 0)
            return settings_fault(key, "load.timers.", name);
    return 0;
}

/* Every program has a command, and no two of them the same fixed port. */
static int settings_check_programs(const struct settings *settings, char *key, struct error *err)
{
    const struct program *programs[SCENARIO_DEPENDENCIES_MAX + 1] = {&settings->service};
    for (unsigned i = 0; i < settings->n_dependencies; i++)
        programs[i + 1] = &settings->dependencies[i];

    for (unsigned i = 0; i <= settings->n_dependencies; i++) {
        char prefix[SETTINGS_KEY_MAX] = "service.";
        if (i > 0)
            snprintf(prefix, sizeof(prefix), "dependencies.%s.", programs[i]->name);
        bool is_brought = i == 0 && (settings->image != NULL || settings->attach != NULL);
        if (!is_brought &&
            (programs[i]->command[0] == NULL || programs[i]->command[0][0] == '\0')) {
            error_set(err, ERROR_USAGE,
                      "found no command, expected one such as \"command\": [\"./my-service\"]");
            return settings_fault(key, prefix, "command");
        }
        for (unsigned j = 0; j < i; j++) {
            if (programs[i]->port == 0 || programs[i]->port != programs[j]->port)
                continue;
            error_set(err, ERROR_USAGE, "found port %u, which %s has too, expected another",
                      programs[i]->port, j == 0 ? "the service" : programs[j]->name);
            return settings_fault(key, prefix, "port");
        }
    }
    return 0;
}

static int settings_check_load(const struct settings *settings, char *key, struct error *err)
{
    const struct load_profile *load = &settings->load;
    if (load->command != NULL && (load->n_requests > 0 || load->n_timers > 0)) {
        error_set(err, ERROR_USAGE,
                  "found a command beside requests or timers, expected one or the other");
        return settings_fault(key, "load.", "command");
    }
    if (load->command != NULL && load->concurrency > COMMAND_CONCURRENCY_MAX) {
        error_set(err, ERROR_USAGE,
                  "found %u, expected at most %d with a command: each is a process",
                  load->concurrency, COMMAND_CONCURRENCY_MAX);
        return settings_fault(key, "load.", "concurrency");
    }
    if (load->command == NULL && load->command_cwd != NULL) {
        error_set(err, ERROR_USAGE, "found a cwd and no command, expected it for a command alone");
        return settings_fault(key, "load.", "cwd");
    }
    if (load->n_requests == 0 && load->n_timers == 0 && load->command == NULL) {
        error_set(err, ERROR_USAGE,
                  "found no requests, timers or command, expected at least \"path\": \"/\"");
        return settings_fault(key, "load", "");
    }
    if (load->rate_per_s > 0 && load->n_requests == 0 && load->command == NULL) {
        error_set(err, ERROR_USAGE,
                  "found a rate and no requests, expected requests: timers have "
                  "intervals of their own");
        return settings_fault(key, "load.", "rate");
    }
    return 0;
}

/* What runs already has been started, and keeps its limits: nothing can be said about either. */
static int settings_check_attach(const struct settings *settings, char *key, struct error *err)
{
    const struct program *service = &settings->service;
    const struct {
        bool given;
        const char *key;
    } others[] = {
        {service->command[0] != NULL, "service.command"},
        {service->args[0] != NULL, "service.args"},
        {service->env[0] != NULL, "service.env"},
        {service->cwd != NULL, "service.cwd"},
        {service->user != NULL, "service.user"},
        {settings->image != NULL, "service.image"},
        {settings->n_dependencies > 0, "dependencies"},
        {settings->limit_bytes != SCENARIO_NO_LIMIT, "limit"},
        {settings->high_bytes != SCENARIO_NO_LIMIT, "high"},
        {settings->min_bytes != SCENARIO_NO_LIMIT, "min"},
        {settings->cpus > 0, "cpus"},
        {settings->restart.policy != RESTART_AT_ONCE, "restart"},
        {settings->n_limit_for > 0, "limit_for"},
        {settings->n_expect_for > 0, "expect_for"},
    };
    if (settings->attach == NULL)
        return 0;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (!others[i].given)
            continue;
        error_set(err, ERROR_USAGE,
                  "found it beside \"attach\", expected one of them: what runs already is left as "
                  "it is");
        return settings_fault(key, "", others[i].key);
    }
    return 0;
}

/* What is set aside and where throttling begins are within the limit, whatever the build. */
static int settings_check_within(const struct settings *settings, uint64_t limit_bytes, char *key,
                                 struct error *err)
{
    const struct {
        uint64_t bytes;
        const char *key;
    } within[] = {{settings->high_bytes, "high"}, {settings->min_bytes, "min"}};
    char text[2][UNITS_TEXT_MAX];
    for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++) {
        if (within[i].bytes == SCENARIO_NO_LIMIT || within[i].bytes <= limit_bytes)
            continue;
        error_set(err, ERROR_USAGE, "found %s, expected at most the limit of %s",
                  units_format_bytes((double)within[i].bytes, text[0]),
                  units_format_bytes((double)limit_bytes, text[1]));
        return settings_fault(key, "", within[i].key);
    }
    return 0;
}

int settings_check(const struct settings *settings, char *key, struct error *err)
{
    if (settings_check_ranges(settings, key, err) < 0 ||
        settings_check_attach(settings, key, err) < 0 ||
        settings_check_programs(settings, key, err) < 0 ||
        settings_check_load(settings, key, err) < 0 ||
        settings_check_within(settings, settings->limit_bytes, key, err) < 0)
        return -1;
    for (unsigned i = 0; i < settings->n_limit_for; i++)
        if (settings_check_within(settings, settings->limit_for[i].limit_bytes, key, err) < 0)
            return error_prefix(err, "build %s", settings->limit_for[i].build);
    if (settings->n_collect > 0 && settings->cycles > COLLECT_CYCLES_MAX) {
        error_set(err, ERROR_USAGE,
                  "found %u, expected at most %d: something is collected at every floor, and each "
                  "is kept",
                  settings->cycles, COLLECT_CYCLES_MAX);
        return settings_fault(key, "cycles.", "max");
    }
    if (settings->cycles_min > settings->cycles) {
        error_set(err, ERROR_USAGE, "found %u, expected at most the maximum of %u",
                  settings->cycles_min, settings->cycles);
        return settings_fault(key, "cycles.", "min");
    }
    return 0;
}

int settings_check_place(const struct settings *settings, const struct json_place *object,
                         struct error *err)
{
    char key[SETTINGS_KEY_MAX];
    if (settings_check(settings, key, err) == 0)
        return 0;

    /* As deep as the text goes: what is missing is reported where it should have been. */
    struct json_place place = *object;
    char *rest = NULL;
    for (char *word = strtok_r(key, ".", &rest); word != NULL; word = strtok_r(NULL, ".", &rest))
        if (!json_member(&place, word, &place))
            break;
    return json_error_prefix(&place, err);
}

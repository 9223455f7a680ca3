#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/temporary.h"
#include "driver/function.h"
#include "library/leakcage.h"
#include "library/outcome.h"
#include "run/session.h"
#include "scenario/plan.h"

#ifndef LEAKCAGE_VERSION
#error "LEAKCAGE_VERSION comes from the build"
#endif

#define DEFAULT_CALLS           10000
#define DEFAULT_LIMIT_BYTES     ((uint64_t)64 << 20)
#define DEFAULT_BUDGET_MS       60000
#define DEFAULT_CALL_TIMEOUT_MS 10000
#define DEFAULT_SETTLE_MS       50
#define CALLS_MIN               30
/* The warm-up and as many cycles as a verdict needs at the least: so many parts of the calls. */
#define CALLS_PARTS 6
/* Threads that are left behind are met at the limit of memory, not at one of their number. */
#define FUNCTION_PIDS 32768
#define CHECK_NAME    "function"

static const char *const function_command[] = {"function", NULL};

/* What a check has on its way. */
struct check {
    struct leakcage_options options; /* with all defaults filled in */
    char name[SCENARIO_NAME_MAX];
    struct leakcage_result *result;
};

/* "parse_one" is a result's name "parse-one". */
static void check_make_name(const char *text, char *ret, size_t size)
{
    size_t used = 0;
    for (; *text != '\0' && used + 1 < size && used < 48; text++) {
        int letter = tolower((unsigned char)*text);
        if (isdigit(letter) || (letter >= 'a' && letter <= 'z'))
            ret[used++] = (char)letter;
        else if (used > 0)
            ret[used++] = '-';
    }
    ret[used] = '\0';
    if (!scenario_is_name(ret))
        snprintf(ret, size, "%s", CHECK_NAME);
}

static int check_reserved(const struct leakcage_options *options, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LENGTH(options->reserved); i++)
        if (options->reserved[i] != 0)
            return error_set(
                err, ERROR_USAGE,
                ".reserved is not 0: start from {0}, or from a designated initialiser");
    return 0;
}

static int check_options(const struct leakcage_options *given, struct check *check,
                         struct error *err)
{
    struct leakcage_options *options = &check->options;
    *options = given != NULL ? *given : (struct leakcage_options){0};
    if (options->calls == 0)
        options->calls = DEFAULT_CALLS;
    if (options->limit_bytes == 0)
        options->limit_bytes = DEFAULT_LIMIT_BYTES;
    if (options->budget_ms == 0)
        options->budget_ms = DEFAULT_BUDGET_MS;
    if (options->call_timeout_ms == 0)
        options->call_timeout_ms = DEFAULT_CALL_TIMEOUT_MS;
    if (options->settle_ms == 0)
        options->settle_ms = DEFAULT_SETTLE_MS;
    if (options->warm_up_calls == 0)
        options->warm_up_calls = options->calls / CALLS_PARTS;
    check_make_name(options->name != NULL ? options->name : CHECK_NAME, check->name,
                    sizeof(check->name));
    if (options->calls < CALLS_MIN)
        return error_set(err, ERROR_USAGE, ".calls is %llu, expected at least %d",
                         (unsigned long long)options->calls, CALLS_MIN);
    if (options->limit_bytes < SCENARIO_LIMIT_MIN_BYTES)
        return error_set(err, ERROR_USAGE, ".limit_bytes is %llu, expected at least 1 MiB",
                         (unsigned long long)options->limit_bytes);
    if (options->warm_up_calls >= options->calls)
        return error_set(
            err, ERROR_USAGE, ".warm_up_calls is %llu, expected less than the %llu of .calls",
            (unsigned long long)options->warm_up_calls, (unsigned long long)options->calls);
    return check_reserved(options, err);
}

/* Warm-up and the least number of cycles come to `calls`; what does not decide goes on. */
static int check_make_spec(const struct check *check, struct run_spec *spec, struct error *err)
{
    const struct leakcage_options *options = &check->options;
    *spec = (struct run_spec){.scenario = check->name, .source = "leakcage_check()"};
    snprintf(spec->id, sizeof(spec->id), "%s", check->name);
    struct settings *settings = &spec->settings;
    settings_defaults(settings);
    settings->service.command = function_command;
    settings->service.ready = "log:^" FUNCTION_READY "$";
    settings->service.ready_timeout_ns = options->budget_ms * NSEC_PER_MSEC;
    settings->limit_bytes = options->limit_bytes;
    settings->pids = FUNCTION_PIDS;
    settings->load.calls = true;
    settings->load.concurrency = 1;
    settings->load.timeout_ns = options->call_timeout_ms * NSEC_PER_MSEC;
    if (options->cycles > 0)
        settings->cycles = options->cycles;
    if (settings->cycles < settings->cycles_min)
        return error_set(err, ERROR_USAGE, ".cycles is %u, expected at least %u", settings->cycles,
                         settings->cycles_min);
    settings->warmup_requests = options->warm_up_calls;
    settings->cycle_requests =
        (options->calls - options->warm_up_calls + settings->cycles_min - 1) / settings->cycles_min;
    settings->settle_ns = options->settle_ms * NSEC_PER_MSEC;
    settings->budget_ns = options->budget_ms * NSEC_PER_MSEC;
    return 0;
}

static void check_take_record(void *context, struct record *record, const char *dir)
{
    const struct check *check = context;
    outcome_of_record(record, check->options.call_timeout_ms * NSEC_PER_MSEC, check->result);
    if (check->options.results_dir != NULL)
        snprintf(check->result->folder, sizeof(check->result->folder), "%s", dir);
    record_free(record);
}

/* A folder for what is not to be kept; malloc'd. */
static char *check_make_folder(struct error *err)
{
    char path[PATH_MAX];
    if (temporary_make("check", path, sizeof(path), err) < 0)
        return NULL;
    char *copy = strdup(path);
    if (copy == NULL)
        (void)error_out_of_memory(err);
    return copy;
}

static int check_run(struct check *check, const struct function_work *work, struct error *err)
{
    const struct driver_options driver_options = {.function = work};
    struct run_spec spec;
    if (check_make_spec(check, &spec, err) < 0)
        return -1;
    if (function_driver.probe(&driver_options, err) != 0)
        return -1;
    CLEANUP(freep) char *temporary = NULL;
    if (check->options.results_dir == NULL && (temporary = check_make_folder(err)) == NULL)
        return -1;
    const struct plan plan = {.runs = &spec, .n_runs = 1};
    const struct session_options options = {
        .driver = &function_driver,
        .driver_options = &driver_options,
        .results_dir = temporary != NULL ? temporary : check->options.results_dir,
        .record_done = check_take_record,
        .context = check,
    };
    int status = session_run(&plan, &options, err);
    if (temporary != NULL)
        (void)file_remove_tree(temporary, NULL);
    return status;
}

/* Compiled with hidden symbols but these. */
#define EXPORTED __attribute__((visibility("default")))

EXPORTED int leakcage_check_abi(unsigned abi, int (*function)(void *context), void *context,
                                const struct leakcage_options *options,
                                struct leakcage_result *result)
{
    struct leakcage_result own;
    struct check check = {.result = result != NULL ? result : &own};
    const struct function_work work = {
        .call = function,
        .set_up = options != NULL ? options->set_up : NULL,
        .tear_down = options != NULL ? options->tear_down : NULL,
        .context = context,
    };
    struct error err = {.kind = ERROR_NONE};
    outcome_init(check.result);
    int status = 0;
    if (abi != LEAKCAGE_ABI)
        status = error_set(&err, ERROR_USAGE,
                           "the program was compiled for ABI %u of libleakcage, this is %u", abi,
                           LEAKCAGE_ABI);
    if (status == 0)
        status = check_options(options, &check, &err);
    if (status == 0)
        status = check_run(&check, &work, &err);
    if (status < 0)
        outcome_of_error(&err, check.result);
    bool passed =
        check.result->verdict == LEAKCAGE_CLEAN || check.result->verdict == LEAKCAGE_LAZY_RELEASE;
    if (result == NULL && !passed)
        fprintf(stderr, "leakcage: %s: %s\n", check.name[0] != '\0' ? check.name : CHECK_NAME,
                own.reason);
    return passed ? 0 : 1;
}

EXPORTED const char *leakcage_verdict_name(enum leakcage_verdict verdict)
{
    static const char *const names[] = {
        [LEAKCAGE_UNAVAILABLE] = "unavailable",
        [LEAKCAGE_INVALID] = "invalid",
        [LEAKCAGE_FAILED] = "failed",
        [LEAKCAGE_INCONCLUSIVE] = "inconclusive",
        [LEAKCAGE_LEAK] = "leak",
        [LEAKCAGE_PRESSURE] = "pressure",
        [LEAKCAGE_LAZY_RELEASE] = "lazy-release",
        [LEAKCAGE_CLEAN] = "clean",
    };
    return (size_t)verdict < ARRAY_LENGTH(names) ? names[verdict] : "unknown";
}

EXPORTED const char *leakcage_version(void)
{
    return LEAKCAGE_VERSION;
}

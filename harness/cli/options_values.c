#include "cli/options_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "scenario/instruments.h"
#include "scenario/settings.h"

#define LIMIT_MIN_BYTES (UINT64_C(1) << 20)

/* Less than this no gate can promise, and more is no gate. */
#define FALSE_ALARMS_MIN 0.0001
#define FALSE_ALARMS_MAX 0.1

static int options_parse_expect(const char *text, struct options *ret, struct error *err)
{
    char verdict[32];
    const char *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    if (length >= sizeof(verdict))
        return error_set(err, ERROR_USAGE, "found \"%.40s\", expected a verdict", text);
    memcpy(verdict, text, length);
    verdict[length] = '\0';
    if (!verdict_kind_from_name(verdict, &ret->expect))
        return error_set(err, ERROR_USAGE,
                         "found \"%.40s\", expected leak, pressure, lazy-release, clean or "
                         "inconclusive",
                         verdict);
    ret->has_expectation = true;
    ret->expects_cause = slash != NULL;
    if (slash != NULL && !cause_from_name(slash + 1, &ret->expect_cause))
        return error_set(err, ERROR_USAGE, "found \"%.40s\", which is no cause", slash + 1);
    return 0;
}

static int options_parse_rate(const char *text, double *ret, struct error *err)
{
    char *end = NULL;
    errno = 0;
    double rate = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !(rate > 0) || rate > 1e6)
        return error_set(err, ERROR_USAGE,
                         "found \"%.40s\", expected a number above 0, at most 1000000", text);
    *ret = rate;
    return 0;
}

static int options_parse_unsigned(const char *text, uint64_t maximum, unsigned *ret,
                                  struct error *err)
{
    uint64_t value = 0;
    if (units_parse_count(text, 1, maximum, &value, err) < 0)
        return -1;
    *ret = (unsigned)value;
    return 0;
}

static int options_parse_thp(const char *text, struct options *ret, struct error *err)
{
    ret->thp_system = strcmp(text, "system") == 0;
    if (!ret->thp_system && strcmp(text, "never") != 0)
        return error_set(err, ERROR_USAGE, "found \"%.40s\", expected never or system", text);
    return 0;
}

/* Numbers and sizes. 1: not one of these. */
static int options_set_number(int code, const char *value, struct options *ret, struct error *err)
{
    switch (code) {
    case OPTION_LIMIT:
        if (units_parse_bytes(value, &ret->limit_bytes, err) < 0)
            return -1;
        if (ret->limit_bytes < LIMIT_MIN_BYTES)
            return error_set(err, ERROR_USAGE, "found \"%.40s\", expected at least 1MiB", value);
        return 0;
    case OPTION_JOBS:
        return options_parse_unsigned(value, OPTIONS_JOBS_MAX, &ret->jobs, err);
    case OPTION_MIN:
        return units_parse_bytes(value, &ret->min_bytes, err);
    case OPTION_PORT:
        return options_parse_unsigned(value, 65535, &ret->port, err);
    case OPTION_TIME_SCALE:
        return options_parse_rate(value, &ret->time_scale, err);
    case OPTION_HIGH:
        return units_parse_bytes(value, &ret->high_bytes, err);
    case OPTION_CYCLES:
        return options_parse_unsigned(value, SCENARIO_CYCLES_MAX, &ret->cycles, err);
    case OPTION_REQUESTS:
        return units_parse_count(value, 1, 100000000, &ret->requests, err);
    case OPTION_WARMUP:
        ret->has_warmup = true;
        return units_parse_count(value, 0, 100000000, &ret->warmup, err);
    case OPTION_CONCURRENCY:
        return options_parse_unsigned(value, LOAD_CONCURRENCY_MAX, &ret->concurrency, err);
    case OPTION_RATE:
        return options_parse_rate(value, &ret->rate_per_s, err);
    case OPTION_BUDGET:
        return units_parse_duration(value, &ret->budget_ns, err);
    case OPTION_SAMPLE_HZ:
        return options_parse_unsigned(value, 1000, &ret->sample_hz, err);
    case OPTION_VM_MEMORY:
        return units_parse_bytes(value, &ret->driver_options.guest_memory_bytes, err);
    case OPTION_VM_CPUS:
        return options_parse_unsigned(value, 64, &ret->driver_options.guest_cpus, err);
    default:
        return 1;
    }
}

static int options_add_url(const char *value, struct options *ret, struct error *err)
{
    if (ret->n_requests == LOAD_KINDS_MAX)
        return error_set(err, ERROR_USAGE, "given more than %d times", LOAD_KINDS_MAX);
    if (*value != '/')
        return error_set(err, ERROR_USAGE, "found \"%.60s\", expected a path such as /fetch",
                         value);
    ret->url_requests[ret->n_requests++] = (struct request_kind){.path = value, .weight = 1};
    return 0;
}

static int options_set_method(const char *value, struct request_kind *request, struct error *err)
{
    size_t length = strlen(value);
    if (length == 0 || length > 16 || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != length)
        return error_set(err, ERROR_USAGE,
                         "found \"%.40s\", expected a method in capital letters, such as POST",
                         value);
    request->method = value;
    return 0;
}

static int options_add_header(const char *value, struct request_kind *request, struct error *err)
{
    if (request->n_headers == LOAD_HEADERS_MAX)
        return error_set(err, ERROR_USAGE, "given more than %d times for one --url",
                         LOAD_HEADERS_MAX);
    const char *colon = strstr(value, ": ");
    if (colon == NULL || colon == value || colon[2] == '\0' || colon[2] == ' ')
        return error_set(err, ERROR_USAGE,
                         "found \"%.60s\", expected one such as 'Content-Type: text/plain'", value);
    request->headers[request->n_headers++] = value;
    return 0;
}

/* What belongs to a request. 1: not one of these. */
static int options_set_request(int code, const char *value, struct options *ret, struct error *err)
{
    if (code == OPTION_URL)
        return options_add_url(value, ret, err);
    if (code != OPTION_METHOD && code != OPTION_HEADER && code != OPTION_BODY &&
        code != OPTION_WEIGHT)
        return 1;
    if (ret->n_requests == 0)
        return error_set(err, ERROR_USAGE,
                         "found before any --url, expected after the one that it belongs to");
    struct request_kind *request = &ret->url_requests[ret->n_requests - 1];
    switch (code) {
    case OPTION_METHOD:
        return options_set_method(value, request, err);
    case OPTION_HEADER:
        return options_add_header(value, request, err);
    case OPTION_WEIGHT:
        return options_parse_unsigned(value, 1000000, &request->weight, err);
    default:
        request->body = value;
        return 0;
    }
}

static int options_add_env(const char *value, struct options *ret, struct error *err)
{
    if (ret->n_env == OPTIONS_ENV_MAX)
        return error_set(err, ERROR_USAGE, "given more than %d times", OPTIONS_ENV_MAX);
    const char *equals = strchr(value, '=');
    if (equals == NULL || equals == value)
        return error_set(err, ERROR_USAGE, "found \"%.60s\", expected NAME=VALUE", value);
    ret->env[ret->n_env++] = value;
    return 0;
}

static int options_add_collect(const char *value, struct options *ret, struct error *err)
{
    if (ret->n_collect == SCENARIO_COLLECT_MAX)
        return error_set(err, ERROR_USAGE, "given more than %d times", SCENARIO_COLLECT_MAX);
    const char *equals = strchr(value, '=');
    if (equals == NULL || equals == value || !service_is_collect_url(equals + 1))
        return error_set(
            err, ERROR_USAGE,
            "found \"%.60s\", expected NAME=URL such as heap=/debug/pprof/heap, of the "
            "service or of http://127.0.0.1:PORT",
            value);
    ret->collect[ret->n_collect++] = value;
    return 0;
}

static int options_set_ask(const char *value, const char **ret, struct error *err)
{
    if (!service_is_ask(value))
        return error_set(err, ERROR_USAGE,
                         "found \"%.60s\", expected a path such as /gc, a signal such as "
                         "signal:USR1, or jvm",
                         value);
    *ret = value;
    return 0;
}

static int options_set_restart(const char *value, struct options *ret, struct error *err)
{
    static const char *const names[] = {"always", "on-failure", "never"};
    static const enum restart_policy policies[] = {RESTART_ALWAYS, RESTART_ON_FAILURE,
                                                   RESTART_NEVER};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) != 0)
            continue;
        ret->has_restart = true;
        ret->restart = policies[i];
        return 0;
    }
    return error_set(err, ERROR_USAGE, "found \"%.40s\", expected always, on-failure or never",
                     value);
}

/* What the service is and how it runs. 1: not one of these. */
static int options_set_service(int code, const char *value, struct options *ret, struct error *err)
{
    switch (code) {
    case OPTION_LOAD:
        ret->load_command = value;
        return 0;
    case OPTION_ENV:
        return options_add_env(value, ret, err);
    case OPTION_CWD:
        ret->cwd = value;
        return 0;
    case OPTION_USER:
        ret->user = value;
        return 0;
    case OPTION_READY:
        if (!program_is_ready_word(value))
            return error_set(err, ERROR_USAGE,
                             "found \"%.60s\", expected a path, tcp, log:REGEX or none", value);
        ret->ready = value;
        return program_check_ready_log(value, err);
    case OPTION_TRIM:
        return options_set_ask(value, &ret->trim, err);
    case OPTION_GC:
        ret->gc = value;
        return strcmp(value, SERVICE_ASK_NONE) == 0 ? 0 : options_set_ask(value, &ret->gc, err);
    case OPTION_HEAP:
        if (*value != '/')
            return error_set(err, ERROR_USAGE, "found \"%.60s\", expected a path", value);
        ret->heap = value;
        return 0;
    case OPTION_COLLECT:
        return options_add_collect(value, ret, err);
    case OPTION_IMAGE:
        ret->image = value;
        return 0;
    case OPTION_ENGINE:
        if (strcmp(value, "podman") != 0 && strcmp(value, "docker") != 0)
            return error_set(err, ERROR_USAGE, "found \"%.40s\", expected podman or docker", value);
        ret->engine = value;
        return 0;
    case OPTION_ATTACH:
        ret->attach = value;
        return 0;
    case OPTION_POD:
        ret->pod = value;
        return 0;
    case OPTION_CONTAINER:
        ret->container = value;
        return 0;
    case OPTION_RESTART:
        return options_set_restart(value, ret, err);
    default:
        return 1;
    }
}

/* Which instruments; the known ones are listed when there is none of a name. */
static int options_set_instruments(const char *value, struct options *ret, struct error *err)
{
    const char *word = NULL;
    size_t length = 0;
    char all[INSTRUMENTS_TEXT_MAX];
    if (instruments_parse(value, &ret->instruments, &word, &length) && ret->instruments != 0)
        return 0;
    instruments_text((UINT32_C(1) << INSTRUMENT_KIND_MAX_) - 1, all);
    if (word == NULL)
        return error_set(err, ERROR_USAGE, "found none, expected some of %s", all);
    return error_set(err, ERROR_USAGE, "found \"%.*s\", expected some of %s",
                     length < 40 ? (int)length : 40, word, all);
}

static int options_set_word(int code, const char *value, struct options *ret, struct error *err)
{
    switch (code) {
    case OPTION_VARIANT:
        ret->variant = value;
        return 0;
    case OPTION_DRIVER:
        ret->driver = value;
        return 0;
    case OPTION_SHARD:
        ret->shard = value;
        return 0;
    case OPTION_INSTRUMENTS:
        return options_set_instruments(value, ret, err);
    case OPTION_THP:
        return options_parse_thp(value, ret, err);
    case OPTION_EXPECT:
        return options_parse_expect(value, ret, err);
    case OPTION_KERNEL:
        ret->driver_options.kernel_path = value;
        return 0;
    case OPTION_MODULES:
        ret->driver_options.modules_dir = value;
        return 0;
    case OPTION_ACCEL:
        ret->driver_options.accel = value;
        return 0;
    case 'o':
        ret->output_dir = value;
        return 0;
    default:
        return 1;
    }
}

/* One more of several words. */
static int options_add_word(const char *value, const char **words, unsigned *n, unsigned max,
                            struct error *err)
{
    if (*n == max)
        return error_set(err, ERROR_USAGE, "given more than %u times", max);
    words[(*n)++] = value;
    return 0;
}

/* What is compared with what. 1: not one of these. */
static int options_set_comparison(int code, const char *value, struct options *ret,
                                  struct error *err)
{
    switch (code) {
    case OPTION_BUILDS:
        ret->builds = value;
        return 0;
    case OPTION_ALLOCATORS:
        ret->allocators = value;
        return 0;
    case OPTION_ARGS:
        return options_add_word(value, ret->args, &ret->n_args, OPTIONS_ARGS_MAX, err);
    case OPTION_A:
        ret->a = value;
        return 0;
    case OPTION_B:
        ret->b = value;
        return 0;
    case OPTION_REV:
        return options_add_word(value, ret->rev, &ret->n_rev, OPTIONS_REV_MAX, err);
    case OPTION_BUILD:
        ret->build_command = value;
        return 0;
    case OPTION_REPEATS:
        return options_parse_unsigned(value, OPTIONS_REPEATS_MAX, &ret->repeats, err);
    default:
        return 1;
    }
}

/* "1%" or "0.01". */
static int options_parse_share(const char *text, double minimum, double maximum, double *ret,
                               struct error *err)
{
    char *end = NULL;
    errno = 0;
    double share = strtod(text, &end);
    bool percent = end != text && strcmp(end, "%") == 0;
    if (percent)
        share /= 100;
    if (end == text || (*end != '\0' && !percent) || errno != 0 || !(share >= minimum) ||
        share > maximum)
        return error_set(err, ERROR_USAGE,
                         "found \"%.40s\", expected a share from %g%% to %g%%, such as 1%% or 0.01",
                         text, 100 * minimum, 100 * maximum);
    *ret = share;
    return 0;
}

/* What a gate compares with. 1: not one of these. */
static int options_set_gate(int code, const char *value, struct options *ret, struct error *err)
{
    if (code == OPTION_FALSE_ALARMS)
        return options_parse_share(value, FALSE_ALARMS_MIN, FALSE_ALARMS_MAX,
                                   &ret->false_alarm_rate, err);
    if (code != OPTION_BASELINE && code != OPTION_AGAINST)
        return 1;
    if (*value == '\0')
        return error_set(err, ERROR_USAGE, "found an empty word, expected %s",
                         code == OPTION_BASELINE ? "a file" : "a git revision or a command");
    *(code == OPTION_BASELINE ? &ret->baseline : &ret->against) = value;
    return 0;
}

int options_set_value(int code, const char *value, struct options *ret, struct error *err)
{
    static int (*const setters[])(int code, const char *value, struct options *ret,
                                  struct error *err) = {
        options_set_request,    options_set_service, options_set_word,
        options_set_comparison, options_set_number,  options_set_gate,
    };
    for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++) {
        int status = setters[i](code, value, ret, err);
        if (status != 1)
            return status;
    }
    return 1;
}

void options_set_flag(int code, struct options *ret)
{
    const struct {
        int code;
        bool *flag;
    } flags[] = {
        {OPTION_BISECT, &ret->bisect},
        {OPTION_JSON, &ret->json},
        {OPTION_MARKDOWN, &ret->markdown},
        {OPTION_QUIET, &ret->quiet},
        {OPTION_NO_COLOR, &ret->no_color},
        {OPTION_UPDATE, &ret->update},
        {OPTION_PRUNE, &ret->prune},
        {OPTION_JUNIT, &ret->junit},
        {OPTION_SARIF, &ret->sarif},
        {OPTION_OPENMETRICS, &ret->openmetrics},
        {OPTION_TIMELINE, &ret->timeline},
        {OPTION_HTML, &ret->html},
        {OPTION_SVG, &ret->svg},
        {OPTION_PNG, &ret->png},
        {OPTION_CSV, &ret->csv},
        {OPTION_TRACE, &ret->trace},
        {OPTION_WATCH, &ret->watch},
        {OPTION_NO_WATCH, &ret->no_watch},
        {OPTION_ALLOW_OUTSIDE, &ret->allow_outside},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++)
        if (flags[i].code == code)
            *flags[i].flag = true;
    if (code == 'h')
        ret->command = COMMAND_HELP;
    if (code == 'V')
        ret->command = COMMAND_VERSION;
}

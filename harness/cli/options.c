#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/units.h"

#define LIMIT_MIN_BYTES (UINT64_C(1) << 20)

static const char help_text[] =
    "usage: leakcage run [options] SCENARIO...        run, print the verdict, write results\n"
    "       leakcage run [options] -- COMMAND [ARG...]\n"
    "       leakcage judge RESULT_DIR...              verdict again, from the recording\n"
    "       leakcage report RESULT_DIR...             one table of many results, or folders of "
    "them\n"
    "       leakcage list                             the catalogue\n"
    "       leakcage show NAME                        one scenario\n"
    "       leakcage doctor                           what works on this machine, and what would\n"
    "       leakcage clean                            remove what killed sessions left behind\n"
    "       leakcage vm -- COMMAND [ARG...]           run a command in the guest of driver vm\n"
    "\n"
    "A SCENARIO is a file, or a name of the catalogue. The port reaches a service as PORT in its\n"
    "environment and as {port} in its arguments, a folder for its files as LEAKCAGE_DATA and "
    "{data}.\n"
    "\n"
    "  --variant NAME       a variant of the scenario; \"all\": the scenario and every variant\n"
    "  --driver NAME        auto (default), native, vm\n"
    "  --jobs N             N runs at a time, each in a guest of its own (driver vm)\n"
    "  --shard I/N          only the runs i of all with i % N = I, both from 0; auto: as the "
    "scheduler\n"
    "                       says (JOB_COMPLETION_INDEX and JOB_COMPLETIONS, CI_NODE_INDEX …)\n"
    "  --limit SIZE         memory.max: 64M, 64MiB, 64Mi, 67108864\n"
    "  --high SIZE          memory.high\n"
    "  --url PATH           what to request (may be repeated; default /)\n"
    "  --ready PATH|tcp     ready when PATH answers 2xx, or (default) the port accepts\n"
    "  --trim PATH          POST here asks the service to give memory back\n"
    "  --heap PATH          GET here answers with its allocator's numbers, as JSON\n"
    "  --cycles N           at most N cycles\n"
    "  --requests N         requests of a cycle\n"
    "  --warmup N           requests before the first cycle\n"
    "  --concurrency N      requests in flight\n"
    "  --rate R             open loop: R requests per second\n"
    "  --budget TIME        of the whole run, from ready: 500ms, 10s, 5m\n"
    "  --sample-hz N        readings per second\n"
    "  --thp never|system   transparent huge pages for the service (default never)\n"
    "  --expect VERDICT[/CAUSE]  leak, pressure, lazy-release, clean, inconclusive\n"
    "  -o, --output DIR     where results go (default results/); report: the file to write\n"
    "  --json               results as JSON on standard output, and nothing else there\n"
    "  --markdown           report: as a table in Markdown\n"
    "  --quiet              no progress, one line per run\n"
    "  --no-color           also: NO_COLOR in the environment\n"
    "  --kernel FILE, --modules DIR, --accel auto|kvm|tcg, --vm-memory SIZE, --vm-cpus N\n"
    "                       driver vm: another kernel, how to emulate, how large\n"
    "\n"
    "exit status: 0 verdict as expected (without --expect: not a leak), 1 another verdict,\n"
    "2 wrong command line or scenario, 3 this machine cannot, 4 the service failed for another\n"
    "cause than memory, 5 inconclusive\n";

enum option_code {
    OPTION_VARIANT = 256,
    OPTION_DRIVER,
    OPTION_JOBS,
    OPTION_SHARD,
    OPTION_LIMIT,
    OPTION_HIGH,
    OPTION_URL,
    OPTION_READY,
    OPTION_TRIM,
    OPTION_HEAP,
    OPTION_CYCLES,
    OPTION_REQUESTS,
    OPTION_WARMUP,
    OPTION_CONCURRENCY,
    OPTION_RATE,
    OPTION_BUDGET,
    OPTION_SAMPLE_HZ,
    OPTION_THP,
    OPTION_EXPECT,
    OPTION_JSON,
    OPTION_MARKDOWN,
    OPTION_QUIET,
    OPTION_NO_COLOR,
    OPTION_KERNEL,
    OPTION_MODULES,
    OPTION_ACCEL,
    OPTION_VM_MEMORY,
    OPTION_VM_CPUS,
};

static const struct option long_options[] = {
    {"variant", required_argument, NULL, OPTION_VARIANT},
    {"driver", required_argument, NULL, OPTION_DRIVER},
    {"jobs", required_argument, NULL, OPTION_JOBS},
    {"shard", required_argument, NULL, OPTION_SHARD},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"high", required_argument, NULL, OPTION_HIGH},
    {"url", required_argument, NULL, OPTION_URL},
    {"ready", required_argument, NULL, OPTION_READY},
    {"trim", required_argument, NULL, OPTION_TRIM},
    {"heap", required_argument, NULL, OPTION_HEAP},
    {"cycles", required_argument, NULL, OPTION_CYCLES},
    {"requests", required_argument, NULL, OPTION_REQUESTS},
    {"warmup", required_argument, NULL, OPTION_WARMUP},
    {"concurrency", required_argument, NULL, OPTION_CONCURRENCY},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"budget", required_argument, NULL, OPTION_BUDGET},
    {"sample-hz", required_argument, NULL, OPTION_SAMPLE_HZ},
    {"thp", required_argument, NULL, OPTION_THP},
    {"expect", required_argument, NULL, OPTION_EXPECT},
    {"output", required_argument, NULL, 'o'},
    {"json", no_argument, NULL, OPTION_JSON},
    {"markdown", no_argument, NULL, OPTION_MARKDOWN},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"no-color", no_argument, NULL, OPTION_NO_COLOR},
    {"kernel", required_argument, NULL, OPTION_KERNEL},
    {"modules", required_argument, NULL, OPTION_MODULES},
    {"accel", required_argument, NULL, OPTION_ACCEL},
    {"vm-memory", required_argument, NULL, OPTION_VM_MEMORY},
    {"vm-cpus", required_argument, NULL, OPTION_VM_CPUS},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const struct {
    const char *name;
    enum command command;
} commands[] = {
    {"run", COMMAND_RUN},     {"judge", COMMAND_JUDGE},     {"report", COMMAND_REPORT},
    {"list", COMMAND_LIST},   {"show", COMMAND_SHOW},       {"doctor", COMMAND_DOCTOR},
    {"clean", COMMAND_CLEAN}, {"vm", COMMAND_VM},           {"guest", COMMAND_GUEST},
    {"help", COMMAND_HELP},   {"version", COMMAND_VERSION},
};

void options_print_help(FILE *out)
{
    fputs(help_text, out);
}

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
                         "found \"%.40s\", expected requests per second, above 0, at most 1000000",
                         text);
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
    case OPTION_HIGH:
        return units_parse_bytes(value, &ret->high_bytes, err);
    case OPTION_CYCLES:
        return options_parse_unsigned(value, 255, &ret->cycles, err);
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
    case OPTION_URL:
        if (ret->n_url_paths == LOAD_KINDS_MAX)
            return error_set(err, ERROR_USAGE, "given more than %d times", LOAD_KINDS_MAX);
        if (*value != '/')
            return error_set(err, ERROR_USAGE, "found \"%.60s\", expected a path such as /fetch",
                             value);
        ret->url_paths[ret->n_url_paths++] = value;
        return 0;
    case OPTION_READY:
        if (*value != '/' && strcmp(value, "tcp") != 0)
            return error_set(err, ERROR_USAGE, "found \"%.60s\", expected a path or tcp", value);
        ret->ready = value;
        return 0;
    case OPTION_TRIM:
        if (*value != '/')
            return error_set(err, ERROR_USAGE, "found \"%.60s\", expected a path", value);
        ret->trim = value;
        return 0;
    case OPTION_HEAP:
        if (*value != '/')
            return error_set(err, ERROR_USAGE, "found \"%.60s\", expected a path", value);
        ret->heap = value;
        return 0;
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

static void options_set_flag(int code, struct options *ret)
{
    switch (code) {
    case OPTION_JSON:
        ret->json = true;
        break;
    case OPTION_MARKDOWN:
        ret->markdown = true;
        break;
    case OPTION_QUIET:
        ret->quiet = true;
        break;
    case OPTION_NO_COLOR:
        ret->no_color = true;
        break;
    case 'h':
        ret->command = COMMAND_HELP;
        break;
    case 'V':
        ret->command = COMMAND_VERSION;
        break;
    default:
        break;
    }
}

static int options_unknown(const char *word, struct error *err)
{
    const char *names[sizeof(long_options) / sizeof(long_options[0])] = {NULL};
    for (size_t i = 0; long_options[i].name != NULL; i++)
        names[i] = long_options[i].name;
    const char *near = strncmp(word, "--", 2) == 0 ? json_nearest(word + 2, names) : NULL;
    return error_set(err, ERROR_USAGE, "unknown option or missing value: %.60s%s%s%s", word,
                     near != NULL ? " (did you mean --" : "", near != NULL ? near : "",
                     near != NULL ? "?)" : "; see leakcage help");
}

static int options_parse_command(const char *word, enum command *ret, struct error *err)
{
    const char *names[sizeof(commands) / sizeof(commands[0]) + 1] = {NULL};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        names[i] = commands[i].name;
        if (strcmp(commands[i].name, word) != 0)
            continue;
        *ret = commands[i].command;
        return 0;
    }
    const char *near = json_nearest(word, names);
    return error_set(err, ERROR_USAGE, "unknown command \"%.40s\"%s%s%s", word,
                     near != NULL ? " (did you mean " : "", near != NULL ? near : "",
                     near != NULL ? "?)" : "; see leakcage help");
}

/* The options in argv[2] to argv[end - 1]. */
static int options_parse_options(int end, char **argv, struct options *ret, struct error *err)
{
    opterr = 0;
    optind = 2;
    int code = 0;
    int index = -1;
    while ((code = getopt_long(end, argv, ":o:hV", long_options, &index)) != -1) {
        if (code == '?' || code == ':')
            return options_unknown(argv[optind - 1], err);
        int status = options_set_word(code, optarg, ret, err);
        if (status == 1)
            status = options_set_number(code, optarg, ret, err);
        if (status < 0)
            return error_prefix(err, "%s%s", index >= 0 ? "--" : "-",
                                index >= 0 ? long_options[index].name : "o");
        if (status == 1)
            options_set_flag(code, ret);
        index = -1;
    }
    return 0;
}

int options_parse(int argc, char **argv, struct options *ret, struct error *err)
{
    memset(ret, 0, sizeof(*ret));
    if (argc < 2)
        return error_set(err, ERROR_USAGE, "no command given; see leakcage help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        ret->command = COMMAND_HELP;
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        ret->command = COMMAND_VERSION;
        return 0;
    }
    if (options_parse_command(argv[1], &ret->command, err) < 0)
        return -1;

    /* What follows "--" is the service's command, whatever it looks like. */
    int end = 2;
    while (end < argc && strcmp(argv[end], "--") != 0)
        end++;
    if (end < argc)
        ret->service_command = (const char *const *)argv + end + 1;
    char *terminator = argv[end];
    argv[end] = NULL;
    if (options_parse_options(end, argv, ret, err) < 0)
        return -1;
    if (ret->output_dir == NULL && ret->command != COMMAND_REPORT)
        ret->output_dir = "results";
    ret->operands = (const char *const *)argv + optind;
    if (ret->service_command == NULL)
        argv[end] = terminator;
    return 0;
}

#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/options_check.h"
#include "cli/options_table.h"
#include "cli/options_values.h"

static const struct option long_options[] = {
    {"variant", required_argument, NULL, OPTION_VARIANT},
    {"driver", required_argument, NULL, OPTION_DRIVER},
    {"jobs", required_argument, NULL, OPTION_JOBS},
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
    {"port", required_argument, NULL, OPTION_PORT},
    {"method", required_argument, NULL, OPTION_METHOD},
    {"header", required_argument, NULL, OPTION_HEADER},
    {"body", required_argument, NULL, OPTION_BODY},
    {"weight", required_argument, NULL, OPTION_WEIGHT},
    {"load", required_argument, NULL, OPTION_LOAD},
    {"env", required_argument, NULL, OPTION_ENV},
    {"cwd", required_argument, NULL, OPTION_CWD},
    {"user", required_argument, NULL, OPTION_USER},
    {"gc", required_argument, NULL, OPTION_GC},
    {"collect", required_argument, NULL, OPTION_COLLECT},
    {"image", required_argument, NULL, OPTION_IMAGE},
    {"engine", required_argument, NULL, OPTION_ENGINE},
    {"attach", required_argument, NULL, OPTION_ATTACH},
    {"pod", required_argument, NULL, OPTION_POD},
    {"container", required_argument, NULL, OPTION_CONTAINER},
    {"shard", required_argument, NULL, OPTION_SHARD},
    {"min", required_argument, NULL, OPTION_MIN},
    {"restart", required_argument, NULL, OPTION_RESTART},
    {"time-scale", required_argument, NULL, OPTION_TIME_SCALE},
    {"builds", required_argument, NULL, OPTION_BUILDS},
    {"allocators", required_argument, NULL, OPTION_ALLOCATORS},
    {"args", required_argument, NULL, OPTION_ARGS},
    {"a", required_argument, NULL, OPTION_A},
    {"b", required_argument, NULL, OPTION_B},
    {"rev", required_argument, NULL, OPTION_REV},
    {"build", required_argument, NULL, OPTION_BUILD},
    {"repeats", required_argument, NULL, OPTION_REPEATS},
    {"bisect", no_argument, NULL, OPTION_BISECT},
    {"baseline", required_argument, NULL, OPTION_BASELINE},
    {"update", no_argument, NULL, OPTION_UPDATE},
    {"prune", no_argument, NULL, OPTION_PRUNE},
    {"against", required_argument, NULL, OPTION_AGAINST},
    {"false-alarms", required_argument, NULL, OPTION_FALSE_ALARMS},
    {"junit", no_argument, NULL, OPTION_JUNIT},
    {"sarif", no_argument, NULL, OPTION_SARIF},
    {"openmetrics", no_argument, NULL, OPTION_OPENMETRICS},
    {"timeline", no_argument, NULL, OPTION_TIMELINE},
    {"html", no_argument, NULL, OPTION_HTML},
    {"svg", no_argument, NULL, OPTION_SVG},
    {"png", no_argument, NULL, OPTION_PNG},
    {"csv", no_argument, NULL, OPTION_CSV},
    {"trace", no_argument, NULL, OPTION_TRACE},
    {"watch", no_argument, NULL, OPTION_WATCH},
    {"no-watch", no_argument, NULL, OPTION_NO_WATCH},
    {"allow-outside", no_argument, NULL, OPTION_ALLOW_OUTSIDE},
    {"instruments", required_argument, NULL, OPTION_INSTRUMENTS},
    {"trim-url", required_argument, NULL, OPTION_TRIM},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const struct {
    const char *name;
    enum command command;
    const char *about; /* NULL: not for people */
} commands[] = {
    {"run", COMMAND_RUN, "run scenarios or a command, and print the verdict"},
    {"explain", COMMAND_EXPLAIN, "tell which lines took what grows"},
    {"compare", COMMAND_COMPARE, "variants side by side"},
    {"gate", COMMAND_GATE, "tell whether memory has become worse, for CI"},
    {"judge", COMMAND_JUDGE, "the verdict again, from a recording"},
    {"report", COMMAND_REPORT, "one table, page or file of many results"},
    {"serve", COMMAND_SERVE, "a local page of results"},
    {"list", COMMAND_LIST, "the catalogue"},
    {"show", COMMAND_SHOW, "one scenario"},
    {"doctor", COMMAND_DOCTOR, "what works on this machine, and what would"},
    {"clean", COMMAND_CLEAN, "remove what killed sessions left behind"},
    {"vm", COMMAND_VM, "the guest of driver vm, and its kernel"},
    {"help", COMMAND_HELP, "all options"},
    {"version", COMMAND_VERSION, "what this program was built of"},
    {"guest", COMMAND_GUEST, NULL},
    {"complete", COMMAND_COMPLETE, NULL},
};

const char *options_command(size_t i, enum command *command, const char **about)
{
    if (i >= ARRAY_LENGTH(commands))
        return NULL;
    if (command != NULL)
        *command = commands[i].command;
    if (about != NULL)
        *about = commands[i].about;
    return commands[i].name;
}

const char *options_long(size_t i, bool *takes_value)
{
    if (i >= ARRAY_LENGTH(long_options))
        return NULL;
    if (takes_value != NULL)
        *takes_value = long_options[i].has_arg == required_argument;
    return long_options[i].name;
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

/* What getopt_long() did not like: of short options in one word the letter, else the word. */
static int options_refuse(char *const *words, struct error *err)
{
    const char letter[] = {'-', (char)optopt, '\0'};
    return options_unknown(optopt > ' ' && optopt < 0x7f ? letter : words[optind - 1], err);
}

/* The options in words[1] to words[n - 1]; those behind them from words[optind] on. */
static int options_parse_options(int n, char **words, struct options *ret, struct error *err)
{
    opterr = 0;
    optind = 0; /* and not 1: it forgets the word that it was in the last time */
    int code = 0;
    int index = -1;
    while ((code = getopt_long(n, words, ":o:hV", long_options, &index)) != -1) {
        if (code == '?' || code == ':')
            return options_refuse(words, err);
        int status = options_set_value(code, optarg, ret, err);
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
    ret->operands = (const char *const *)argv + argc; /* none */
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
    if (options_parse_options(end - 1, argv + 1, ret, err) < 0)
        return -1;
    if (ret->output_dir == NULL && ret->command != COMMAND_REPORT)
        ret->output_dir = OPTIONS_OUTPUT_DIR;
    ret->operands = (const char *const *)argv + 1 + optind;
    if (ret->service_command == NULL)
        argv[end] = terminator;
    return options_check(ret, err);
}

#include "cli/options_check.h"

#include <string.h>

#include "base/cleanup.h"

/* An option that not every command takes. */
struct option_owner {
    const char *name;
    const char *whom; /* the commands that take it, and what it is for */
    bool given;
    bool taken; /* by this command */
};

#define OWNER_COMPARE "`leakcage compare`: it says what is compared with what"
#define OWNER_BUILDS \
    "`leakcage compare`, where it says what is compared with what, or `leakcage gate`"
#define OWNER_GATE "`leakcage gate`"
#define OWNER_REPORT \
    "`leakcage report RESULT_DIR...`; `leakcage gate` writes this form without being asked"

#define OWNER_RESULTS "`leakcage report RESULT_DIR...`"
#define OWNER_RUN     "`leakcage run`"
#define OWNER_EXPLAIN "`leakcage explain`"
#define OWNER_RUNS    "a command that runs scenarios (run, compare, gate, explain)"

/* What belongs to other commands would be ignored. */
static int options_check_owners(const struct options *options, struct error *err)
{
    bool run = options->command == COMMAND_RUN;
    bool compare = options->command == COMMAND_COMPARE;
    bool gate = options->command == COMMAND_GATE;
    bool report = options->command == COMMAND_REPORT;
    bool explain = options->command == COMMAND_EXPLAIN;
    const struct option_owner owners[] = {
        {"--builds", OWNER_BUILDS, options->builds != NULL, compare || gate},
        {"--allocators", OWNER_BUILDS, options->allocators != NULL, compare || gate},
        {"--args", OWNER_COMPARE, options->n_args > 0, compare},
        {"--a", OWNER_COMPARE, options->a != NULL, compare},
        {"--b", OWNER_COMPARE, options->b != NULL, compare},
        {"--rev", OWNER_COMPARE, options->n_rev > 0, compare},
        {"--repeats", "`leakcage compare`, `leakcage gate` or `leakcage run`", options->repeats > 0,
         run || compare || gate},
        {"--baseline", OWNER_GATE, options->baseline != NULL, gate},
        {"--update", OWNER_GATE, options->update, gate},
        {"--prune", OWNER_GATE, options->prune, gate},
        {"--against", OWNER_GATE, options->against != NULL, gate},
        {"--false-alarms", OWNER_GATE, options->false_alarm_rate > 0, gate},
        {"--junit", OWNER_REPORT, options->junit, report},
        {"--sarif", OWNER_REPORT, options->sarif, report},
        {"--openmetrics", OWNER_REPORT, options->openmetrics, report},
        {"--timeline", OWNER_RESULTS, options->timeline, report},
        {"--html", OWNER_RESULTS, options->html, report},
        {"--svg", OWNER_RESULTS, options->svg, report},
        {"--png", OWNER_RESULTS, options->png, report},
        {"--csv", OWNER_RESULTS, options->csv, report},
        {"--trace", OWNER_RESULTS, options->trace, report},
        {"--watch", OWNER_RUN, options->watch, run || explain},
        {"--no-watch", OWNER_RUN, options->no_watch, run || explain},
        {"--allow-outside", OWNER_RUNS, options->allow_outside, run || compare || gate || explain},
        {"--instruments", OWNER_EXPLAIN, options->instruments != 0, explain},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(owners); i++)
        if (owners[i].given && !owners[i].taken)
            return error_set(err, ERROR_USAGE, "%s: found with another command, expected %s",
                             owners[i].name, owners[i].whom);
    return 0;
}

/* What a command cannot do. */
struct option_useless {
    bool given;
    const char *name;
    const char *why;
};

static int options_check_useless(const char *command, const struct option_useless *words, size_t n,
                                 struct error *err)
{
    for (size_t i = 0; i < n; i++)
        if (words[i].given)
            return error_set(err, ERROR_USAGE, "%s: found with %s, which has no use for it: %s",
                             words[i].name, command, words[i].why);
    return 0;
}

static int options_check_explain(const struct options *options, struct error *err)
{
    const struct option_useless words[] = {
        {options->shard != NULL, "--shard", "results of shards can be explained one by one"},
        {options->markdown, "--markdown", "the report of the result has it"},
    };
    return options_check_useless("explain", words, ARRAY_LENGTH(words), err);
}

static int options_check_compare(const struct options *options, struct error *err)
{
    const struct option_useless words[] = {
        {options->attach != NULL, "--attach", "what runs already is one thing, as it is"},
        {options->pod != NULL, "--pod", "a pod is run as its manifest says"},
        {options->container != NULL, "--container", "it chooses one of a --pod's"},
        {options->shard != NULL, "--shard", "variants must take turns on one machine"},
    };
    if (options_check_useless("compare", words, ARRAY_LENGTH(words), err) < 0)
        return -1;
    if (options->build_command != NULL && options->n_rev == 0)
        return error_set(err, ERROR_USAGE,
                         "--build: found no --rev, expected the revisions that it builds");
    return 0;
}

/* One baseline, and what is done with it. */
static int options_check_baseline(const struct options *options, struct error *err)
{
    if (options->baseline == NULL && options->against == NULL)
        return error_set(err, ERROR_USAGE,
                         "nothing to compare with: leakcage gate --baseline FILE SCENARIO... (with "
                         "--update it is written), or leakcage gate --against REV SCENARIO...");
    if (options->baseline != NULL && options->against != NULL)
        return error_set(err, ERROR_USAGE,
                         "found both --baseline and --against; expected one of "
                         "them");
    if (options->update && options->baseline == NULL)
        return error_set(err, ERROR_USAGE,
                         "--update: found no --baseline, expected the file that it writes");
    if (options->prune && !options->update)
        return error_set(err, ERROR_USAGE,
                         "--prune: found no --update, expected it: pruning takes entries out of "
                         "the baseline's file");
    if (options->build_command != NULL && options->against == NULL)
        return error_set(err, ERROR_USAGE,
                         "--build: found no --against, expected the revision that it builds");
    return 0;
}

static int options_check_gate(const struct options *options, struct error *err)
{
    const struct option_useless words[] = {
        {options->attach != NULL, "--attach",
         "what runs already is one instance, and a repeat is a new one"},
        {options->shard != NULL, "--shard",
         "the runs of a case must take turns on one machine; run shards with `leakcage run "
         "--repeats N --shard I/N`, and gate their results: leakcage gate --baseline FILE "
         "RESULT_DIR..."},
        {options->has_expectation, "--expect",
         "a verdict is compared with the baseline's, not with an expectation"},
        {options->pod != NULL && options->against != NULL, "--pod",
         "with --against, another program takes the place of the scenario's; a pod's is in its "
         "image"},
        {options->container != NULL && options->pod == NULL, "--container",
         "it chooses one of a --pod's"},
    };
    if (options_check_useless("gate", words, ARRAY_LENGTH(words), err) < 0)
        return -1;
    return options_check_baseline(options, err);
}

/* In an image there are its own files, and none of this machine's. */
static int options_check_image(const struct options *options, struct error *err)
{
    const struct {
        bool given;
        const char *name;
    } programs[] = {
        {options->builds != NULL, "--builds"},
        {options->n_rev > 0, "--rev"},
        {options->a != NULL, "--a"},
        {options->against != NULL, "--against"},
    };
    if (options->image == NULL)
        return 0;
    if (options->allocators != NULL)
        return error_set(err, ERROR_USAGE,
                         "--allocators: found beside --image; LD_PRELOAD names files of this "
                         "machine, which are not in a container. With a library that the image "
                         "has: --env LD_PRELOAD=/path/in/the/image");
    for (size_t i = 0; i < ARRAY_LENGTH(programs); i++)
        if (programs[i].given)
            return error_set(err, ERROR_USAGE,
                             "%s: found beside --image, which has its own program; an image can be "
                             "%s",
                             programs[i].name,
                             options->command == COMMAND_GATE
                                 ? "gated against a --baseline that was made of another one"
                                 : "compared with --env and --args");
    return 0;
}

/* Standard output is in one form. */
static int options_check_form(const struct options *options, struct error *err)
{
    const struct {
        bool given;
        const char *name;
    } forms[] = {
        {options->json, "--json"},
        {options->markdown, "--markdown"},
        {options->junit, "--junit"},
        {options->sarif, "--sarif"},
        {options->openmetrics, "--openmetrics"},
        {options->html, "--html"},
        {options->svg, "--svg"},
        {options->png, "--png"},
        {options->csv, "--csv"},
        {options->trace, "--trace"},
    };
    const char *found = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        if (!forms[i].given)
            continue;
        if (found != NULL)
            return error_set(err, ERROR_USAGE, "found %s and %s, expected one of them", found,
                             forms[i].name);
        found = forms[i].name;
    }
    return 0;
}

/* Of --timeline and --watch, what they go with. */
static int options_check_company(const struct options *options, struct error *err)
{
    if (options->timeline && !options->openmetrics)
        return error_set(err, ERROR_USAGE,
                         "--timeline: found no --openmetrics, expected it: the other forms are of "
                         "the timeline, or never");
    if (options->watch && options->no_watch)
        return error_set(err, ERROR_USAGE, "found --watch and --no-watch, expected one of them");
    return 0;
}

int options_check(const struct options *options, struct error *err)
{
    if (options->command == COMMAND_HELP || options->command == COMMAND_VERSION ||
        options->command == COMMAND_COMPLETE)
        return 0;
    if (options_check_owners(options, err) < 0 || options_check_company(options, err) < 0)
        return -1;
    if (options->command == COMMAND_COMPARE && options_check_compare(options, err) < 0)
        return -1;
    if (options->command == COMMAND_GATE && options_check_gate(options, err) < 0)
        return -1;
    if (options->command == COMMAND_EXPLAIN)
        return options_check_explain(options, err);
    if (options->command != COMMAND_COMPARE && options->command != COMMAND_GATE &&
        options->command != COMMAND_REPORT)
        return 0;
    return options_check_form(options, err) < 0 ? -1 : options_check_image(options, err);
}

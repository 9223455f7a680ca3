#include "cli/completion.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "cli/catalogue.h"
#include "cli/exit_status.h"
#include "cli/options_table.h"
#include "cli/places.h"
#include "timeline/judgement.h"

#define SCENARIOS_TAKEN                                                                       \
    (1U << COMMAND_RUN | 1U << COMMAND_COMPARE | 1U << COMMAND_GATE | 1U << COMMAND_EXPLAIN | \
     1U << COMMAND_SHOW)
#define RESULTS_TAKEN                                                                           \
    (1U << COMMAND_COMPARE | 1U << COMMAND_GATE | 1U << COMMAND_EXPLAIN | 1U << COMMAND_JUDGE | \
     1U << COMMAND_REPORT | 1U << COMMAND_SERVE)

/* What has been asked, taken apart. */
struct completion {
    const char *const *words;
    const char *current; /* what there is of the word, without "--NAME=" */
    char before[64];     /* the "--NAME=" that was taken off, to be given back */
    enum command command;
    const struct places *places;
    FILE *out;
};

/* One line, if it begins as the word does. */
static void completion_offer(const struct completion *ask, const char *word, const char *about)
{
    if (strncmp(word, ask->current, strlen(ask->current)) != 0)
        return;
    fprintf(ask->out, "%s%s%s%s\n", ask->before, word, about != NULL ? "\t" : "",
            about != NULL ? about : "");
}

static void completion_commands(const struct completion *ask)
{
    const char *name = NULL;
    const char *about = NULL;
    enum command command = COMMAND_RUN;
    for (size_t i = 0; (name = options_command(i, &command, &about)) != NULL; i++)
        if (about != NULL)
            completion_offer(ask, name, about);
}

static const struct completion_option *completion_find(const char *word)
{
    if (strcmp(word, "-o") == 0)
        word = "--output";
    if (strncmp(word, "--", 2) != 0)
        return NULL;
    for (const struct completion_option *one = completion_options(); one->name != NULL; one++)
        if (strcmp(one->name, word + 2) == 0)
            return one;
    return NULL;
}

/* The variants of every scenario on the command line. */
static void completion_variants(const struct completion *ask)
{
    completion_offer(ask, "all", "the scenario and every variant");
    for (const char *const *word = ask->words + 1; word[0] != NULL && word[1] != NULL; word++) {
        CLEANUP(scenario_freep) struct scenario *scenario = NULL;
        if (**word == '-' || catalogue_load(*word, ask->places, &scenario, NULL) < 0)
            continue;
        for (unsigned i = 0; i < scenario->n_variants; i++)
            completion_offer(ask, scenario->variants[i].name, scenario->variants[i].about);
    }
}

/* VERDICT, or behind a slash its causes. */
static void completion_verdicts(const struct completion *ask)
{
    for (int kind = 0; kind < VERDICT_KIND_MAX_; kind++) {
        const char *name = verdict_kind_name((enum verdict_kind)kind);
        completion_offer(ask, name, NULL);
        if (strncmp(ask->current, name, strlen(name)) != 0 || ask->current[strlen(name)] != '/')
            continue;
        for (int cause = CAUSE_NONE + 1; cause < CAUSE_MAX_; cause++) {
            char both[96];
            snprintf(both, sizeof(both), "%s/%s", name, cause_name((enum cause)cause));
            completion_offer(ask, both, NULL);
        }
    }
}

static void completion_values(const struct completion *ask, const struct completion_option *option)
{
    if (strcmp(option->values, COMPLETION_VARIANT) == 0)
        completion_variants(ask);
    else if (strcmp(option->values, COMPLETION_VERDICT) == 0)
        completion_verdicts(ask);
    else if (strcmp(option->values, COMPLETION_FILE) == 0 ||
             strcmp(option->values, COMPLETION_FOLDER) == 0)
        fprintf(ask->out, "%s\n", option->values);
    else if (strcmp(option->values, COMPLETION_ANY) != 0)
        for (const char *word = option->values; *word != '\0';) {
            char one[32];
            int length = (int)strcspn(word, " ");
            snprintf(one, sizeof(one), "%.*s", length, word);
            completion_offer(ask, one, NULL);
            word += length + (word[length] == ' ');
        }
}

static void completion_options_of(const struct completion *ask)
{
    for (const struct completion_option *one = completion_options(); one->name != NULL; one++) {
        char word[48];
        snprintf(word, sizeof(word), "--%s", one->name);
        if ((one->commands & (1U << ask->command)) != 0)
            completion_offer(ask, word, one->about);
    }
}

static void completion_operands(const struct completion *ask)
{
    char **names = NULL;
    if ((1U << ask->command & SCENARIOS_TAKEN) != 0 &&
        catalogue_names(ask->places, &names, NULL) == 0)
        for (char **name = names; *name != NULL; name++) {
            CLEANUP(scenario_freep) struct scenario *scenario = NULL;
            if (catalogue_load(*name, ask->places, &scenario, NULL) == 0)
                completion_offer(ask, *name, scenario->about);
        }
    catalogue_free_names(names);
    if (ask->command == COMMAND_VM) {
        completion_offer(ask, "prepare", "fetch the guest's kernel");
        completion_offer(ask, "remove", "remove it");
        completion_offer(ask, "system", "of all users");
    }
    if ((1U << ask->command & SCENARIOS_TAKEN) != 0)
        fputs(COMPLETION_FILE "\n", ask->out);
    else if ((1U << ask->command & RESULTS_TAKEN) != 0)
        fputs(COMPLETION_FOLDER "\n", ask->out);
}

/* "--NAME=VAL" is the value VAL of --NAME; bash has these as three words. NULL: it is none. */
static const struct completion_option *completion_assigned(struct completion *ask, size_t n)
{
    const struct completion_option *option = NULL;
    const char *equals = strchr(ask->current, '=');
    if (n >= 3 && strcmp(ask->current, "=") == 0 &&
        (option = completion_find(ask->words[n - 2])) != NULL)
        ask->current = "";
    else if (n >= 4 && strcmp(ask->words[n - 2], "=") == 0)
        option = completion_find(ask->words[n - 3]);
    else if (n >= 2 && equals != NULL && strncmp(ask->current, "--", 2) == 0) {
        snprintf(ask->before, sizeof(ask->before), "%.*s", (int)(equals - ask->current),
                 ask->current);
        option = completion_find(ask->before);
        snprintf(ask->before, sizeof(ask->before), "%.*s", (int)(equals + 1 - ask->current),
                 ask->current);
        ask->current = equals + 1;
    } else if (n >= 3)
        option = completion_find(ask->words[n - 2]);
    return option != NULL && option->values != NULL ? option : NULL;
}

int completion_print(const char *const *words, FILE *out, struct error *err)
{
    struct places places;
    size_t n = 0;
    bool foreign = false; /* behind "--" is the service's command */
    if (places_find(&places, err) < 0)
        return -1;
    for (; words[n] != NULL; n++)
        foreign = foreign || (words[n + 1] != NULL && strcmp(words[n], "--") == 0);
    struct completion ask = {
        .words = words, .current = words[n - 1], .places = &places, .out = out};
    if (n == 1) {
        completion_commands(&ask);
        return 0;
    }
    const char *name = NULL;
    for (size_t i = 0; (name = options_command(i, &ask.command, NULL)) != NULL; i++)
        if (strcmp(name, words[0]) == 0)
            break;
    if (name == NULL)
        return 0;
    const struct completion_option *option = foreign ? NULL : completion_assigned(&ask, n);
    if (foreign)
        fputs(COMPLETION_FILE "\n", out);
    else if (option != NULL)
        completion_values(&ask, option);
    else if (ask.before[0] == '\0' && *ask.current == '-')
        completion_options_of(&ask);
    else if (ask.before[0] == '\0')
        completion_operands(&ask);
    return 0;
}

int command_complete(const struct options *options, struct error *err)
{
    static const char *const nothing[] = {"", NULL};
    const char *const *words = options->service_command;
    if (words == NULL || words[0] == NULL)
        words = nothing;
    return completion_print(words, stdout, err) < 0 ? -1 : (int)EXIT_AS_EXPECTED;
}

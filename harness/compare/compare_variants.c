#include "compare/compare_variants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/words.h"
#include "scenario/build.h"
#include "scenario/tables.h"

/* Room to count what is too much. */
#define CHOICES_MAX      128
#define LABEL_MAX        48 /* of one choice */
#define AXES_MAX         4
#define NAME_MAX_LETTERS 48

/* What one axis offers: variants of which only that part is set. */
struct compare_axis {
    struct compare_variant *choices; /* the arena's */
    const char *texts[CHOICES_MAX];  /* as each was written */
    unsigned n;
};

/* All that making variants needs. */
struct compare_maker {
    const struct options *options;
    const struct scenario *scenario;
    struct arena *arena;
    struct compare_axis axes[AXES_MAX];
    unsigned n_axes;
};

/* Is this a label of another choice already? */
static bool compare_is_taken(const struct compare_axis *axis, const struct compare_variant *choice)
{
    for (unsigned i = 0; i < axis->n; i++)
        if (&axis->choices[i] != choice && strcmp(axis->choices[i].label, choice->label) == 0)
            return true;
    return false;
}

/* A text as a label that a table has room for: all of it, or its beginning, or its end where that
 * is what tells it apart. */
static void compare_set_label(const struct compare_axis *axis, struct compare_variant *choice,
                              const char *text)
{
    size_t length = strlen(text);
    snprintf(choice->label, sizeof(choice->label), "%.*s", LABEL_MAX, text);
    if (length <= LABEL_MAX)
        return;
    size_t room = LABEL_MAX - strlen("…");
    size_t end = room;
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--; /* not within a character */
    snprintf(choice->label, sizeof(choice->label), "%.*s…", (int)end, text);
    if (!compare_is_taken(axis, choice))
        return;
    const char *tail = text + length - room;
    while (((unsigned char)*tail & 0xC0) == 0x80)
        tail++;
    snprintf(choice->label, sizeof(choice->label), "…%s", tail);
}

/* One more axis; NULL when out of memory. */
static struct compare_axis *compare_add_axis(struct compare_maker *maker, struct error *err)
{
    struct compare_axis *axis = &maker->axes[maker->n_axes++];
    axis->choices = arena_alloc(maker->arena, CHOICES_MAX * sizeof(*axis->choices));
    axis->n = 0;
    if (axis->choices != NULL)
        return axis;
    error_out_of_memory(err);
    return NULL;
}

/* One more choice, as it was written for this option; NULL and the error when there is no room, or
 * when it is there already. */
static struct compare_variant *compare_add_choice(struct compare_axis *axis, const char *option,
                                                  const char *text, struct error *err)
{
    if (axis->n == CHOICES_MAX) {
        error_set(err, ERROR_USAGE, "%s: found more than %d of it", option, CHOICES_MAX);
        return NULL;
    }
    for (unsigned i = 0; i < axis->n; i++)
        if (strcmp(axis->texts[i], text) == 0) {
            error_set(err, ERROR_USAGE, "%s: found \"%.100s\" twice, expected each once", option,
                      text);
            return NULL;
        }
    struct compare_variant *choice = &axis->choices[axis->n];
    axis->texts[axis->n++] = text;
    *choice = (struct compare_variant){.name = ""};
    compare_set_label(axis, choice, text);
    return choice;
}

/* What a word of a list says about its variant. */
typedef int (*compare_word_function)(struct compare_maker *maker, const char *word,
                                     struct compare_variant *choice, struct error *err);

static int compare_word_build(struct compare_maker *maker, const char *word,
                              struct compare_variant *choice, struct error *err)
{
    (void)maker;
    if (!build_is_name(word))
        return error_set(err, ERROR_USAGE, "found the build \"%.60s\", expected %s", word,
                         BUILD_NAME_EXPECTED);
    choice->build = word;
    return 0;
}

static int compare_word_allocator(struct compare_maker *maker, const char *word,
                                  struct compare_variant *choice, struct error *err)
{
    struct preload *preload = arena_alloc(maker->arena, sizeof(*preload));
    if (preload == NULL)
        return error_out_of_memory(err);
    if (preload_find(word, NULL, preload, err) < 0)
        return -1;
    choice->preload = preload;
    const struct compare_axis *axis = &maker->axes[maker->n_axes - 1];
    compare_set_label(axis, choice, preload->name);
    if (compare_is_taken(axis, choice))
        compare_set_label(axis, choice, word);
    choice->skipped = preload->missing[0] != '\0' ? preload->missing : NULL;
    return 0;
}

/* "a,b,c" as an axis. */
static int compare_list_axis(struct compare_maker *maker, const char *option, const char *list,
                             compare_word_function function, struct error *err)
{
    if (list == NULL)
        return 0;
    char *rest = arena_strdup(maker->arena, list);
    if (rest == NULL)
        return error_out_of_memory(err);
    struct compare_axis *axis = compare_add_axis(maker, err);
    if (axis == NULL)
        return -1;
    for (char *word = strsep(&rest, ","); word != NULL; word = strsep(&rest, ",")) {
        if (*word == '\0')
            return error_set(err, ERROR_USAGE,
                             "%s: found an empty word in \"%.100s\", expected words with one comma "
                             "between them",
                             option, list);
        struct compare_variant *choice = compare_add_choice(axis, option, word, err);
        if (choice == NULL)
            return -1;
        if (function(maker, word, choice, err) < 0)
            return error_prefix(err, "%s", option);
    }
    return 0;
}

/* The words of a text, in the arena; NULL and the error when it has none. */
static const char *const *compare_split(struct compare_maker *maker, const char *option,
                                        const char *text, struct error *err)
{
    CLEANUP(freep) char **words = NULL;
    if (words_split(text, &words, err) < 0) {
        error_prefix(err, "%s", option);
        return NULL;
    }
    size_t count = words_count((const char *const *)words);
    const char **kept = arena_alloc(maker->arena, (count + 1) * sizeof(const char *));
    for (size_t i = 0; kept != NULL && i < count; i++)
        if ((kept[i] = arena_strdup(maker->arena, words[i])) == NULL)
            kept = NULL;
    if (kept == NULL)
        error_out_of_memory(err);
    return kept;
}

static int compare_add_env(struct compare_maker *maker, struct compare_axis *axis, const char *text,
                           struct error *err)
{
    struct compare_variant *choice = compare_add_choice(axis, "--env", text, err);
    if (choice == NULL)
        return -1;
    choice->env = compare_split(maker, "--env", text, err);
    if (choice->env == NULL)
        return -1;
    for (const char *const *word = choice->env; *word != NULL; word++)
        if (strchr(*word, '=') == NULL || **word == '=')
            return error_set(err, ERROR_USAGE,
                             "--env: found \"%.60s\", expected NAME=VALUE, or several with blanks "
                             "between them",
                             *word);
    return 0;
}

static int compare_add_args(struct compare_maker *maker, struct compare_axis *axis,
                            const char *text, struct error *err)
{
    struct compare_variant *choice = compare_add_choice(axis, "--args", text, err);
    if (choice == NULL)
        return -1;
    choice->args = compare_split(maker, "--args", text, err);
    return choice->args != NULL ? 0 : -1;
}

/* The service as it is, then with each of the settings. */
static int compare_settings_axis(struct compare_maker *maker, struct error *err)
{
    const struct options *options = maker->options;
    if (options->n_env + options->n_args == 0)
        return 0;
    struct compare_axis *axis = compare_add_axis(maker, err);
    if (axis == NULL || compare_add_choice(axis, "--env", "", err) == NULL)
        return -1;
    for (unsigned i = 0; i < options->n_env; i++)
        if (compare_add_env(maker, axis, options->env[i], err) < 0)
            return -1;
    for (unsigned i = 0; i < options->n_args; i++)
        if (compare_add_args(maker, axis, options->args[i], err) < 0)
            return -1;
    return 0;
}

/* Two commands go by their programs' names, where these tell them apart. */
static int compare_commands_axis(struct compare_maker *maker, struct error *err)
{
    const struct options *options = maker->options;
    if (options->a == NULL || options->b == NULL)
        return error_set(err, ERROR_USAGE, "found --%s alone, expected --%s beside it",
                         options->a != NULL ? "a" : "b", options->a != NULL ? "b" : "a");
    struct compare_axis *axis = compare_add_axis(maker, err);
    struct compare_variant *a = axis != NULL ? compare_add_choice(axis, "--a", "a", err) : NULL;
    struct compare_variant *b = a != NULL ? compare_add_choice(axis, "--b", "b", err) : NULL;
    if (b == NULL)
        return -1;
    a->command = compare_split(maker, "--a", options->a, err);
    b->command = a->command != NULL ? compare_split(maker, "--b", options->b, err) : NULL;
    if (b->command == NULL)
        return -1;
    char names[2][SCENARIO_NAME_MAX];
    scenario_make_name(a->command[0], names[0]);
    scenario_make_name(b->command[0], names[1]);
    if (strcmp(names[0], names[1]) != 0) {
        compare_set_label(axis, a, names[0]);
        compare_set_label(axis, b, names[1]);
    }
    return 0;
}

static int compare_revisions_axis(struct compare_maker *maker, struct error *err)
{
    struct compare_axis *axis = compare_add_axis(maker, err);
    if (axis == NULL)
        return -1;
    for (unsigned i = 0; i < maker->options->n_rev; i++) {
        const char *rev = maker->options->rev[i];
        if (*rev == '\0')
            return error_set(err, ERROR_USAGE, "--rev: found an empty word, expected a revision");
        struct compare_variant *choice = compare_add_choice(axis, "--rev", rev, err);
        if (choice == NULL)
            return -1;
        choice->rev = rev;
    }
    return 0;
}

/* A variant of the scenario, or the scenario and all of them. */
static int compare_scenario_axis(struct compare_maker *maker, struct error *err)
{
    const struct scenario *scenario = maker->scenario;
    const char *wanted = maker->options->variant;
    bool all = strcmp(wanted, "all") == 0;
    if (!all && plan_find_variant(scenario, wanted, err) == NULL)
        return -1;
    struct compare_axis *axis = compare_add_axis(maker, err);
    if (axis == NULL || (all && compare_add_choice(axis, "--variant", "", err) == NULL))
        return -1;
    for (unsigned i = 0; i < scenario->n_variants; i++) {
        const char *name = scenario->variants[i].name;
        if (!all && strcmp(name, wanted) != 0)
            continue;
        struct compare_variant *choice = compare_add_choice(axis, "--variant", name, err);
        if (choice == NULL)
            return -1;
        choice->scenario_variant = name;
    }
    return 0;
}

/* Of these there is one at most. */
static int compare_first_axis(struct compare_maker *maker, struct error *err)
{
    const struct options *options = maker->options;
    bool commands = options->a != NULL || options->b != NULL;
    bool revisions = options->n_rev > 0;
    bool variants = options->variant != NULL;
    if ((int)commands + (int)revisions + (int)variants > 1)
        return error_set(err, ERROR_USAGE, "found %s and %s, expected one of them",
                         commands ? "--a and --b" : "--rev",
                         commands && revisions ? "--rev" : "--variant");
    if (commands)
        return compare_commands_axis(maker, err);
    if (revisions)
        return compare_revisions_axis(maker, err);
    return variants ? compare_scenario_axis(maker, err) : 0;
}

/* What a choice of one axis adds to a variant. */
static void compare_combine(struct compare_variant *variant, const struct compare_variant *choice)
{
    size_t used = strlen(variant->label);
    if (choice->label[0] != '\0')
        snprintf(variant->label + used, sizeof(variant->label) - used, "%s%s", used > 0 ? "+" : "",
                 choice->label);
    if (choice->scenario_variant != NULL)
        variant->scenario_variant = choice->scenario_variant;
    if (choice->command != NULL)
        variant->command = choice->command;
    if (choice->rev != NULL)
        variant->rev = choice->rev;
    if (choice->build != NULL)
        variant->build = choice->build;
    if (choice->preload != NULL)
        variant->preload = choice->preload;
    if (choice->env != NULL)
        variant->env = choice->env;
    if (choice->args != NULL)
        variant->args = choice->args;
    if (variant->skipped == NULL)
        variant->skipped = choice->skipped;
}

/* The label as a word for file names, which no other variant has. */
static void compare_name(struct compare_variants *variants, struct compare_variant *variant)
{
    char word[RECORD_LABEL_MAX];
    snprintf(word, sizeof(word), "%s", variant->label);
    for (char *c = word; *c != '\0'; c++)
        if (*c == '/')
            *c = '-';
    scenario_make_name(word, variant->name);
    size_t length = strlen(variant->name);
    for (unsigned n = 2; compare_variants_find(variants, variant->name) != variant; n++) {
        char suffix[16];
        int more = snprintf(suffix, sizeof(suffix), "-%u", n);
        size_t kept =
            length + (size_t)more <= NAME_MAX_LETTERS ? length : NAME_MAX_LETTERS - (size_t)more;
        snprintf(variant->name + kept, sizeof(variant->name) - kept, "%s", suffix);
    }
}

static int compare_multiply(const struct compare_maker *maker, struct compare_variants *variants,
                            struct error *err)
{
    size_t count = 1;
    for (unsigned i = 0; i < maker->n_axes; i++)
        count *= maker->axes[i].n;
    if (count > COMPARISON_VARIANTS_MAX)
        return error_set(err, ERROR_USAGE,
                         "found %zu variants, expected at most %d: the builds, allocators and "
                         "settings multiply; compare some of them at a time",
                         count, COMPARISON_VARIANTS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct compare_variant *variant = &variants->items[variants->n++];
        *variant = (struct compare_variant){.name = ""};
        size_t rest = i;
        size_t block = count;
        for (unsigned axis = 0; axis < maker->n_axes; axis++) {
            block /= maker->axes[axis].n;
            compare_combine(variant, &maker->axes[axis].choices[rest / block]);
            rest %= block;
        }
        if (variant->label[0] != '\0')
            compare_name(variants, variant);
        else
            snprintf(variant->label, sizeof(variant->label), "%s",
                     maker->options->variant != NULL ? maker->scenario->name : "as it is");
    }
    return 0;
}

static int compare_check_several(const struct compare_variants *variants, struct error *err)
{
    if (variants->n > 1)
        return 0;
    return error_set(err, ERROR_USAGE,
                     "nothing to compare: found one variant (%s), expected two at least. Say what "
                     "is to differ: --builds plain,race  --allocators glibc,jemalloc  --env K=V  "
                     "--args 'WORD'  --variant all  --a 'COMMAND' --b 'COMMAND'  --rev R1 --rev "
                     "R2; for example\n  leakcage compare json-tree --builds plain,race",
                     variants->items[0].label);
}

int compare_variants_list(const struct options *options, const struct scenario *scenario,
                          struct compare_variants *ret, struct error *err)
{
    *ret = (struct compare_variants){.n = 0};
    ret->arena = arena_new();
    if (ret->arena == NULL)
        return error_out_of_memory(err);
    struct compare_maker maker = {.options = options, .scenario = scenario, .arena = ret->arena};
    if (compare_first_axis(&maker, err) < 0 ||
        compare_list_axis(&maker, "--builds", options->builds, compare_word_build, err) < 0 ||
        compare_list_axis(&maker, "--allocators", options->allocators, compare_word_allocator,
                          err) < 0 ||
        compare_settings_axis(&maker, err) < 0)
        return -1;
    return compare_multiply(&maker, ret, err);
}

int compare_variants_make(const struct options *options, const struct scenario *scenario,
                          struct compare_variants *ret, struct error *err)
{
    if (compare_variants_list(options, scenario, ret, err) < 0)
        return -1;
    return compare_check_several(ret, err);
}

void compare_variants_done(struct compare_variants *variants)
{
    arena_free(variants->arena);
    *variants = (struct compare_variants){.n = 0};
}

const struct compare_variant *compare_variants_find(const struct compare_variants *variants,
                                                    const char *name)
{
    for (unsigned i = 0; i < variants->n; i++)
        if (strcmp(variants->items[i].name, name) == 0)
            return &variants->items[i];
    return NULL;
}

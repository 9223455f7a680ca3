#include "cli/options_check.h"

#include <string.h>

#include "base/cleanup.h"

/* What only a comparison has; NULL: not given. */
static const char *options_of_compare(const struct options *options)
{
    const struct {
        bool given;
        const char *name;
    } words[] = {
        {options->builds != NULL, "--builds"}, {options->allocators != NULL, "--allocators"},
        {options->n_args > 0, "--args"},       {options->a != NULL, "--a"},
        {options->b != NULL, "--b"},           {options->n_rev > 0, "--rev"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (words[i].given)
            return words[i].name;
    return NULL;
}

static int options_check_others(const struct options *options, struct error *err)
{
    const char *name = options_of_compare(options);
    if (name != NULL)
        return error_set(err, ERROR_USAGE,
                         "%s: found with another command, expected `leakcage compare`: it says "
                         "what is compared with what",
                         name);
    if (options->repeats > 0 && options->command != COMMAND_RUN)
        return error_set(err, ERROR_USAGE,
                         "--repeats: found with another command, expected `leakcage compare` or "
                         "`leakcage run`");
    return 0;
}

/* What a comparison cannot do. */
static int options_check_compare(const struct options *options, struct error *err)
{
    const struct {
        bool given;
        const char *name;
        const char *why;
    } words[] = {
        {options->attach != NULL, "--attach", "what runs already is one thing, as it is"},
        {options->pod != NULL, "--pod", "a pod is run as its manifest says"},
        {options->container != NULL, "--container", "it chooses one of a --pod's"},
        {options->shard != NULL, "--shard", "variants must take turns on one machine"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (words[i].given)
            return error_set(err, ERROR_USAGE,
                             "%s: found with compare, which has no use for it: %s", words[i].name,
                             words[i].why);
    if (options->build_command != NULL && options->n_rev == 0)
        return error_set(err, ERROR_USAGE,
                         "--build: found no --rev, expected the revisions that it builds");
    return 0;
}

/* In an image there are its own files, and none of this machine's. */
static int options_check_image(const struct options *options, struct error *err)
{
    if (options->image == NULL)
        return 0;
    if (options->allocators != NULL)
        return error_set(err, ERROR_USAGE,
                         "--allocators: found beside --image; LD_PRELOAD names files of this "
                         "machine, which are not in a container. With a library that the image "
                         "has: --env LD_PRELOAD=/path/in/the/image");
    if (options->builds != NULL || options->n_rev > 0 || options->a != NULL)
        return error_set(err, ERROR_USAGE,
                         "%s: found beside --image, which has its own program; an image can be "
                         "compared with --env and --args",
                         options->builds != NULL ? "--builds"
                         : options->n_rev > 0    ? "--rev"
                                                 : "--a");
    return 0;
}

int options_check(const struct options *options, struct error *err)
{
    if (options->command == COMMAND_HELP || options->command == COMMAND_VERSION)
        return 0;
    if (options->command != COMMAND_COMPARE)
        return options_check_others(options, err);
    if (options_check_compare(options, err) < 0)
        return -1;
    return options_check_image(options, err);
}

/* The command line (cli/options.h): words of the input, one a line, as main() has them. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/options.h"
#include "cli/options_check.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct options options;
    CLEANUP(freep) char *text = fuzz_text(data, size);
    char name[] = "leakcage";
    char *words[WORDS_MAX + 1] = {name};
    struct error err = {.kind = ERROR_NONE};
    int n = 1;
    char *next = text;
    for (char *word; n < WORDS_MAX && (word = strsep(&next, "\n")) != NULL;)
        words[n++] = word;
    words[n] = NULL;
    if (options_parse(n, words, &options, &err) < 0) {
        fuzz_require_error(&err, ERROR_USAGE);
        return 0;
    }
    FUZZ_REQUIRE(options.command <= COMMAND_VERSION && options.operands != NULL);
    FUZZ_REQUIRE(options.n_env <= OPTIONS_ENV_MAX && options.n_requests <= LOAD_KINDS_MAX &&
                 options.n_collect <= SCENARIO_COLLECT_MAX && options.n_args <= OPTIONS_ARGS_MAX &&
                 options.n_rev <= OPTIONS_REV_MAX && options.jobs <= OPTIONS_JOBS_MAX);
    return 0;
}

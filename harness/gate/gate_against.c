#include "gate/gate_against.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/word_list.h"
#include "base/words.h"
#include "cli/run_session.h"
#include "driver/doctor_probe.h"

/* Is the word a program: a path to an executable file, or a name in PATH? */
static bool gate_against_is_program(const char *word)
{
    char path[4096];
    struct stat status;
    if (strchr(word, '/') == NULL)
        return doctor_find_program(word, path, sizeof(path));
    return stat(word, &status) == 0 && S_ISREG(status.st_mode) && access(word, X_OK) == 0;
}

/* Is it a revision of the repository here? *why says why not. -1: that cannot be told. */
static int gate_against_is_revision(const char *text, struct error *why, struct error *err)
{
    CLEANUP(git_done) struct git git = {.top = NULL};
    char commit[GIT_COMMIT_MAX];
    char short_commit[REVISION_SHORT_MAX];
    if (git_find(&git, why) == 0 &&
        git_resolve(text, commit, short_commit, sizeof(short_commit), why) == 0)
        return 1;
    if (why->kind == ERROR_USAGE || why->kind == ERROR_ENVIRONMENT)
        return 0;
    *err = *why;
    return -1;
}

static int gate_against_both(const char *text, const char *program, struct error *err)
{
    return error_set(err, ERROR_USAGE,
                     "--against: found \"%.100s\", which is a git revision and the program "
                     "%.100s; say %.100s^{commit} for the revision, or give the program's path",
                     text, program, text);
}

/* The words of the command, in the arena. */
static int gate_against_keep(struct gate *gate, char *const *words, struct error *err)
{
    size_t n = words_count((const char *const *)words);
    const char **kept = arena_alloc(gate->arena, (n + 1) * sizeof(const char *));
    for (size_t i = 0; kept != NULL && i < n; i++) {
        kept[i] = arena_strdup(gate->arena, words[i]);
        if (kept[i] == NULL)
            return error_out_of_memory(err);
    }
    gate->command = kept;
    return kept != NULL ? 0 : error_out_of_memory(err);
}

static int gate_against_revisions(struct gate *gate, struct error *err)
{
    const struct options *options = gate->options;
    gate->rev_names[GATE_CANDIDATE] = REVISION_WORKTREE;
    gate->rev_names[GATE_BASE] = options->against;
    const struct revision_request request = {
        .option = "--against",
        .names = gate->rev_names,
        .n_names = GATE_SIDES,
        .build_command = options->build_command,
        .results_dir = options->output_dir,
        .console = &gate->console,
    };
    if (run_session_check_output(options->output_dir, err) < 0)
        return -1;
    return revisions_prepare(&request, &gate->revisions, err);
}

int gate_against_prepare(struct gate *gate, struct error *err)
{
    const struct options *options = gate->options;
    const char *text = options->against;
    struct error no_revision = {.kind = ERROR_NONE};
    struct error no_words = {.kind = ERROR_NONE};
    CLEANUP(freep) char **words = NULL;
    if (strcmp(text, REVISION_WORKTREE) == 0)
        return error_set(err, ERROR_USAGE,
                         "--against: found \"%s\", which is what is gated; expected a revision "
                         "before it, such as HEAD",
                         text);
    int revision = gate_against_is_revision(text, &no_revision, err);
    if (revision < 0)
        return -1;
    bool program = words_split(text, &words, &no_words) == 0 && gate_against_is_program(words[0]);
    if (revision == 1 && program)
        return gate_against_both(text, words[0], err);
    if (revision == 1)
        return gate_against_revisions(gate, err);
    if (!program)
        return error_set(err, ERROR_USAGE,
                         "--against: found \"%.100s\", which is neither a git revision (%.1500s) "
                         "nor a command (%.200s)",
                         text, no_revision.text,
                         words != NULL ? "its first word is no program, neither by its path nor in "
                                         "PATH"
                                       : no_words.text);
    if (options->build_command != NULL)
        return error_set(err, ERROR_USAGE,
                         "--build: found beside the command \"%.100s\", expected a revision that "
                         "it builds",
                         text);
    return gate_against_keep(gate, words, err);
}

int gate_against_check(const struct gate *gate, const struct scenario *scenario, struct error *err)
{
    if (gate->command != NULL) {
        if (scenario->settings.image == NULL)
            return 0;
        return error_set(err, ERROR_USAGE,
                         "--against: %s runs the image %s, which has its own program; gate it "
                         "against a --baseline",
                         scenario->source, scenario->settings.image);
    }
    return revisions_check(&gate->revisions, scenario, &scenario->settings, err);
}

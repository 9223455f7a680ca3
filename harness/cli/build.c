#include "cli/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/tool.h"
#include "base/words.h"

#define BUILD_TAIL_LINES 8
#define BUILD_TAIL_MAX   1200

static void build_say_why(const struct build_spec *spec, const struct process_end *end,
                          char *ret_why)
{
    char how[64];
    char tail[BUILD_TAIL_MAX];
    size_t length = file_tail(AT_FDCWD, spec->log_path, BUILD_TAIL_LINES, tail, sizeof(tail));
    while (length > 0 && tail[length - 1] == '\n')
        tail[--length] = '\0';
    process_end_text(end, how, sizeof(how));
    snprintf(ret_why, BUILD_WHY_MAX, "the build failed: %.100s: %s (%.300s)%s%s", spec->command,
             how, spec->log_path, length > 0 ? "\n" : "", tail);
}

int build_run(const struct build_spec *spec, char *ret_why, struct error *err)
{
    CLEANUP(freep) char **words = NULL;
    struct process_end end;
    if (words_split(spec->command, &words, err) < 0)
        return error_prefix(err, "--build");
    const struct tool_spec tool = {
        .words = (const char *const *)words,
        .env = spec->env,
        .cwd = spec->dir,
        .log_path = spec->log_path,
    };
    struct error why = {.kind = ERROR_NONE};
    if (tool_run(&tool, &end, &why) < 0) {
        /* A script of the revision's own may not be there yet. */
        if (strchr(words[0], '/') != NULL &&
            (why.errno_value == ENOENT || why.errno_value == EACCES)) {
            snprintf(ret_why, BUILD_WHY_MAX, "the build failed: %.*s", BUILD_TAIL_MAX, why.text);
            return 1;
        }
        if (err != NULL)
            *err = why;
        return error_prefix(err, "--build");
    }
    if (tool_went_well(&end))
        return 0;
    build_say_why(spec, &end, ret_why);
    return 1;
}

#pragma once
/* What a shell offers while a command line of leakcage is typed: `leakcage complete -- WORD...`.
 *
 * The words are those after the program's name, up to the one that the cursor is in, which is the
 * last and may be empty. Answered is a line for each word that could stand in its place, behind a
 * tab what it means; a last line ":files" or ":folders" says that paths could, too. The shells'
 * own files (packaging/completions/) do no more than ask and show. */
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/options.h"

/* An option as shells offer it. */
struct completion_option {
    const char *name;   /* without "--" */
    unsigned commands;  /* those that take it: bits 1 << enum command */
    const char *values; /* words with blanks between, or one of COMPLETION_*; NULL: takes none */
    const char *about;  /* a few words */
};

/* Values that are not a list. */
#define COMPLETION_ANY     ":any" /* nothing to offer */
#define COMPLETION_FILE    ":files"
#define COMPLETION_FOLDER  ":folders"
#define COMPLETION_VARIANT ":variant" /* of the scenarios on the command line, and "all" */
#define COMPLETION_VERDICT ":verdict"

/* All options, ended by one without a name. */
const struct completion_option *completion_options(void);

/* What could stand in place of the last of `words` (NULL-terminated, at least one) goes to `out`. A
 * catalogue that cannot be read offers nothing, and is no error; -1 only without this program's own
 * places. */
int completion_print(const char *const *words, FILE *out, struct error *err);

/* The command `complete`: its words are the options' service_command. */
int command_complete(const struct options *options, struct error *err);

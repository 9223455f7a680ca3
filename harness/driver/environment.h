#pragma once
/* The environment of a process to be started: "K=V" entries, each key once. */
#include <stddef.h>

#include "base/error.h"

struct environment {
    char **entries; /* owned, each too; NULL-terminated once something was set */
    size_t n_entries;
    size_t capacity;
};

#define ENVIRONMENT_INIT ((struct environment){.entries = NULL})

void environment_done(struct environment *environment); /* for CLEANUP */

/* Add all of a NULL-terminated list, such as environ. */
int environment_add_all(struct environment *environment, char *const *entries, struct error *err);

/* Set one "K=V", in place of an earlier one of that key. The text is copied. */
int environment_set(struct environment *environment, const char *entry, struct error *err);

/* Set NAME=TEXT. */
int environment_set_text(struct environment *environment, const char *name, const char *text,
                         struct error *err);

/* Set PORT, or NAME_PORT for a name: upper case, and '_' for what is no letter or digit. */
int environment_set_port(struct environment *environment, const char *name, unsigned port,
                         struct error *err);

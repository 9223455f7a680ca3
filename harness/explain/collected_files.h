#pragma once
/* The files that a run has collected at its floors (collected/NAME.CYCLE and an ending): by name,
 * and which two of each tell what grew.
 *
 * CYCLE is the row of cycles.csv. Of one name, the first and the last that belong to floors that
 * were judged are of one start of the service, so they are comparable; between them so many
 * requests were completed. */
#include "scenario/record_files.h"

#define COLLECTED_FOLDER "collected"

/* A file of the folder. */
struct collected_file {
    char text[256]; /* its name in the folder */
    int name_length;
    size_t cycle;
    uint64_t bytes;
};

struct collected_files {
    int fd;                       /* of the folder, owned; -1: there is none */
    struct collected_file *items; /* owned; by name, then by cycle */
    size_t n;
};

/* All files of one name, and which two of them tell the story. */
struct collected_story {
    const struct collected_file *first; /* NULL: there is only one */
    const struct collected_file *last;
    size_t n;
    uint64_t requests; /* completed between the two floors */
};

/* What is in the folder "collected" of a result; nothing when there is none. */
int collected_files_list(const char *dir, struct collected_files *ret, struct error *err);
void collected_files_done(struct collected_files *files); /* for CLEANUP */

/* Are two files of one name? */
bool collected_files_same_name(const struct collected_file *a, const struct collected_file *b);

/* The story of the files from `begin`, all of one name: the first and the last that belong to
 * floors that were judged. Where none was there is nothing to compare: the last of all alone.
 * `ret->n` of them; behind those the next name begins. Borrows from `files`. */
void collected_files_story(const struct collected_files *files, size_t begin,
                           const struct record *record, struct collected_story *ret);

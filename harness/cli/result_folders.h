#pragma once
/* Results that the command line names: result folders, or folders of them.
 *
 * A folder that holds no result.json is looked through two levels down (RESULTS/SHARD/RUN), in the
 * order of names; what begins with a dot is left alone. A result that cannot be taken is told on
 * standard error and counted, and is no reason to hide the others. */
#include "base/error.h"
#include "scenario/record.h"

struct result_folder {
    char *dir;             /* owned; as the user would type it */
    unsigned operand;      /* which of the operands it was found in, from 0 */
    struct record *record; /* owned */
};

struct result_folders {
    struct result_folder *items;
    size_t n;
    size_t n_broken; /* operands and results that could not be taken; each was told */
};

/* Add what the operands (NULL-terminated) name to *ret, in their order; what was added before a
 * failure stays in it. */
int result_folders_read(const char *const *operands, struct result_folders *ret, struct error *err);
void result_folders_done(struct result_folders *folders); /* for CLEANUP */

/* Drop one, and count it as broken. */
void result_folders_drop(struct result_folders *folders, size_t index);

/* Is each of them there once? ERROR_USAGE names one that is not. */
int result_folders_check_once(const struct result_folders *folders, struct error *err);

/* Is each a plain run? ERROR_USAGE names one with instruments, whose figures are not the service's
 * own: nothing is to be compared with it. */
int result_folders_check_plain(const struct result_folders *folders, struct error *err);

/* Is it a folder? */
bool result_folders_is_folder(const char *path);

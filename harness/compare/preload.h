#pragma once
/* Allocators that can take malloc's place by LD_PRELOAD, and which file that is on this machine.
 *
 * "glibc" is what a program has by itself: nothing is preloaded. The others are found by looking
 * where libraries are kept, not by loading them: the program that takes them is another one, and
 * driver vm's guest sees the same files at the same paths. */
#include "base/error.h"
#include "scenario/scenario.h"

#define PRELOAD_FOLDERS_MAX 24

/* One allocator, looked for. */
struct preload {
    char name[SCENARIO_NAME_MAX]; /* "jemalloc"; of a path: made from its file name */
    char path[4096];              /* "": there is nothing to preload, or it is not here */
    char missing[200];            /* why it is not here and what to do about that; "": it is here */
};

/* Look for an allocator by its name, or by a path with a slash. One that is known but not installed
 * is no error: `missing` says so. `folders` (NULL-terminated) are looked through in this order;
 * NULL: where this machine keeps its libraries. ERROR_USAGE: a word that is no allocator's name,
 * with those there are; a path where there is no file. */
int preload_find(const char *word, const char *const *folders, struct preload *ret,
                 struct error *err);

/* Have the service take it: its LD_PRELOAD names it, behind what it names already. The strings
 * are the scenario's. */
int preload_set(const struct preload *preload, struct scenario *scenario, struct settings *settings,
                struct error *err);

/* Does this program's mode have the loader take no notice of LD_PRELOAD? Then *ret_why (malloc'd;
 * NULL: out of memory) says so. What the program itself is like is for driver/build_probe.h. */
bool preload_is_ignored(const char *program, char **ret_why);

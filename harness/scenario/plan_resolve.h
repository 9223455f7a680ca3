#pragma once
/* From names to paths: the part of planning that looks at this machine's files. */
#include "base/arena.h"
#include "base/error.h"
#include "scenario/scenario.h"

/* What names resolve against; all absolute. */
struct plan_place {
    struct arena *arena;
    const char *dir;          /* {dir}, and where relative paths start */
    const char *services_dir; /* {services}; NULL: there is none */
    const char *working_dir;  /* for programs that name no cwd */
    const char *load_dir;     /* the first and the last once more, for the load */
    const char *load_working_dir;
};

/* The path itself when it is absolute, else "directory/path"; NULL when out of memory. */
const char *plan_absolute(struct arena *arena, const char *directory, const char *path);

/* Replace every path and placeholder (but the ports) in the programs of *settings, and see that
 * programs and folders are there. Errors name the JSON path. */
int plan_resolve(const struct plan_place *place, struct settings *settings, struct error *err);

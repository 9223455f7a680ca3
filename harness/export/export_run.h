#pragma once
/* A run whose timeline is written for other programs, with the folder that it is stored in.
 * Everything is borrowed. */
#include "scenario/record.h"

struct export_run {
    const struct record *record;
    const char *dir; /* the result's folder; NULL: it is not stored */
};

/* Which build of its program it was: "plain", or what a comparison called it. Borrowed. */
const char *export_run_build(const struct export_run *run);

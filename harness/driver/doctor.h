#pragma once
/* What this machine offers, and which driver that makes usable: `leakcage doctor`.
 *
 * Looks, asks programs for their version, and starts nothing else. */
#include <stdio.h>

#include "driver/driver.h"

#define DOCTOR_CHECKS_MAX 32

enum doctor_status {
    DOCTOR_OK,
    DOCTOR_MISSING, /* something cannot be done without it; `fix` says how to get it */
    DOCTOR_NOTE,    /* good to know */
};

struct doctor_check {
    const char *name;
    enum doctor_status status;
    char detail[512];
    char fix[256]; /* "" where there is nothing to do */
};

struct doctor_report {
    struct doctor_check checks[DOCTOR_CHECKS_MAX];
    unsigned n_checks;
    const struct driver *chosen; /* what `auto` picks; NULL: none works */
};

/* Run all checks. Findings are no errors; -1 only when the machine cannot be looked at. */
int doctor_run(const struct driver_options *options, struct doctor_report *ret, struct error *err);

/* "ok", "missing", "note". */
const char *doctor_status_name(enum doctor_status status);

/* A line for each check and one for its fix, then what `auto` picks. */
void doctor_print(const struct doctor_report *report, FILE *out);

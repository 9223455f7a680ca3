#pragma once
/* What this program was built of, for `leakcage --version`: what a report of a fault has to say,
 * and what tells two programs of one version apart.
 *
 * All strings are constants of the program, and none is NULL. What the build could not learn is
 * "unknown". */
#include <stdio.h>

struct build_facts {
    const char *version;    /* "0.1.0" */
    const char *commit;     /* "0123456789ab", "0123456789ab, changed since", "unknown" */
    const char *compiler;   /* "GNU 12.2.0" */
    const char *type;       /* "RelWithDebInfo" */
    const char *processor;  /* "x86_64" */
    const char *c_library;  /* "glibc 2.36" */
    const char *sanitizers; /* "address,undefined"; "none" */
    const char *libraries;  /* "libcurl 7.88.1, zlib 1.2.13" as they were when this was built */
};

/* Of the program `leakcage`; written by the build (cli/build_facts.cmake), not in any library. */
extern const struct build_facts build_facts;

/* The version on a line of its own, then a line for each fact. `curl` is the version of libcurl
 * that is used now: it is shared, and may be another one. */
void build_facts_print(const struct build_facts *facts, const char *curl, FILE *out);

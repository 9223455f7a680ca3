#pragma once
/* A result that is explained, made by hand, for what shows and exports explanations: "leaky" and
 * its repetition with instruments in the folder "explain", with a profile of heap, descriptors,
 * threads and files at each floor. With every request 4096 bytes of registry.c:41 and one socket
 * of upstream.c:88 more; all else stays. Failures end the test. */
#include "explain/explanation.h"
#include "profile/profile.h"
#include "scenario/record_files.h"

/* By a request; the story has 250 a floor, and 4194 bytes more for each (story_leak()). */
#define EXPLAINED_BYTES    4096
#define EXPLAINED_REQUESTS 1250 /* between the first and the last judged floor */
#define EXPLAINED_FLOORS   7    /* rows of cycles.csv */

/* Write both into the folder, with explanation.json; `text` stands in for every name of theirs when
 * it is not NULL, `expect` is what is expected of both. The source of the line is below the folder,
 * "source/registry.c". The caller owns *plain and *instrumented. */
void explained_write(const char *dir, const char *text, enum verdict_kind expect,
                     struct record **plain, struct record **instrumented);

/* What explanation.json says: registry.c:41 takes 98 %, upstream.c:88 a descriptor with each
 * request, and a worker whose threads are only held. Names are `text` when it is not NULL; source
 * is looked for in `dir`. The caller owns it. */
struct explanation *explained_explanation(const char *dir, const char *text);

/* Replace explanation.json by one in which nothing grows, and cache.c:12 is held. */
void explained_write_holding(const char *dir);

/* Replace explanation.json by one with as many places as there may be, each with as deep a stack
 * and as long names. */
void explained_write_large(const char *dir);

/* The profile of a name at a floor, as a run with instruments keeps it. The caller owns it. */
struct profile *explained_profile(const char *name, unsigned floor, const char *text);

#pragma once
/* Things counted by what they have in common, for an answer of at most a few KiB however many there
 * are. Lives on the caller's stack; all zero is an empty one. */
#include "common/service.h"

enum { TALLY_GROUPS_MAX = 40, TALLY_LABEL_MAX = 128 };

/* A count per label. What comes after the last free group is counted under "other". */
struct tally {
    size_t groups;
    long total, other;
    struct tally_group {
        char label[TALLY_LABEL_MAX];
        long count;
    } group[TALLY_GROUPS_MAX];
};

/* One more of these. A label is the inside of a JSON object: the fields that make up the group. */
void tally_add(struct tally *tally, const char *label);

/* {"WHAT": total, "groups": [{"count": n, LABEL}, …], "other": n}, the largest group first. */
void tally_print(struct tally *tally, const char *what, struct response *response);

#pragma once
/* A flame graph: the samples of a profile as a tree of calls, the root on top. A node is a frame
 * beneath its caller, and its value is that of all stacks that go through it.
 *
 * Only what is positive has a width: of a difference (profile_diff.h) this shows what grew, and
 * `shrunk` says how much other stacks lost. The tree has a bound: of the nodes, those with the
 * largest values stay, and the rest of each one's children becomes one that is called "(other)", so
 * that sums are exact. Frames deeper than FLAME_DEPTH_MAX count for the last one above that.
 *
 * As JSON it is flat, as names are long and often the same and a tree may be deep: a frame is an
 * index into `functions` and `places`, a node an index into `parent`, `frame` and `value`; a
 * parent stands before its children, and the largest child first. */
#include "base/json_writer.h"
#include "profile/profile.h"

#define FLAME_NODES_MAX 2000
#define FLAME_DEPTH_MAX 256
#define FLAME_TEXT_MAX  240 /* of a name, with the NUL */

/* What flame_node.frame is, where it is no frame. */
#define FLAME_ROOT  (-1)
#define FLAME_OTHER (-2)

struct flame_node {
    int64_t frame;  /* of the profile, or FLAME_ROOT or FLAME_OTHER */
    int64_t parent; /* a node before it; -1: it is the root */
    int64_t value;  /* with all beneath it; > 0 but for the root of an empty one */
};

struct flame {
    const struct profile *profile; /* borrowed */
    unsigned type;
    struct flame_node *nodes; /* owned; the root first */
    size_t n_nodes;
    int64_t shrunk; /* the magnitude of what is negative */
    int64_t other;  /* what is in nodes called FLAME_OTHER */
};

/* The tree of one type of values, of at most nodes_max nodes (>= 2). Release with flame_done(). */
int flame_make(const struct profile *profile, unsigned type, size_t nodes_max, struct flame *ret,
               struct error *err);
void flame_done(struct flame *flame); /* all zeroes is fine; fit for CLEANUP */

/* A name as it is shown: cut with "…" where it is longer. Returns text[FLAME_TEXT_MAX]. */
const char *flame_text(const char *name, char *text);

/* Write it as an object: type, unit, total, shrunk (when > 0), other (when > 0), functions, places
 * ("demo/main.go:41", of what has no name its library; "": not known), parent, frame, value. What
 * fails is the writer's. */
void flame_write(struct json_writer *writer, const char *key, const struct flame *flame);

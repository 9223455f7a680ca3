#pragma once
/* A process and all that descend from it, for what has no cgroup of its own.
 *
 * Who is in it is found by going through /proc (process_tree_refresh). A descendant stays in, even
 * when its parent has ended and another took it up; one that was born and given away between two
 * looks is never seen. A member is known by pid and start time, so that a pid that is used again is
 * not taken for it. Nothing is changed about any process. */
#include "base/error.h"
#include "memory/process_stat.h"

struct process_tree;

/* The tree of this process; `proc_dir_fd` is /proc, borrowed. Refreshed once. The caller owns
 * *ret. 1: it is gone. */
int process_tree_new(int proc_dir_fd, const struct process_id *root, struct process_tree **ret,
                     struct error *err);
void process_tree_free(struct process_tree *tree);   /* NULL is fine */
void process_tree_freep(struct process_tree **tree); /* for CLEANUP */

/* Find who is in it now: one pass over /proc, some 5 µs for each process of the machine. */
int process_tree_refresh(struct process_tree *tree, struct error *err);

/* Its members as of the last refresh, the root (while it lives) among them; borrowed, until the
 * next one. */
const struct process_id *process_tree_members(const struct process_tree *tree, size_t *ret_n);

/* Is this process a member? */
bool process_tree_has(const struct process_tree *tree, pid_t pid);

/* The sum of what they have resident (statm; shared pages count for each), some 5 µs a member.
 * Returns how many were read; 0: all are gone. */
size_t process_tree_rss(const struct process_tree *tree, uint64_t *ret_bytes);

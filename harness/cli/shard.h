#pragma once
/* A shard: one machine's part of a plan that several share, without a word between them.
 *
 * Shard I of N has the runs i of the plan with i % N == I, both from 0; so the same command line on
 * N machines runs everything once, and neighbours in the plan, which are alike, go to different
 * ones. A run keeps the id that it has in the whole plan: results of all shards fit into one
 * folder. */
#include "base/error.h"
#include "scenario/plan.h"

struct shard {
    size_t index; /* from 0, below count */
    size_t count; /* 1: everything */
};

/* "2/8" into its two numbers; "auto": what the scheduler says in the environment. That is
 * JOB_COMPLETION_INDEX and JOB_COMPLETIONS (Kubernetes; the latter is for the manifest to set),
 * CI_NODE_INDEX and CI_NODE_TOTAL (GitLab, from 1), or CIRCLE_NODE_INDEX and CIRCLE_NODE_TOTAL.
 * ERROR_USAGE says what was found. */
int shard_parse(const char *text, struct shard *ret, struct error *err);

/* Drop the runs that belong to other shards. There may be none left. */
void shard_select(const struct shard *shard, struct plan *plan);

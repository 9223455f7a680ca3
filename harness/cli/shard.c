#include "cli/shard.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"

/* How schedulers tell a machine which part is its own. */
static const struct {
    const char *index;
    const char *count;
    size_t first; /* what they call the first one */
} schedulers[] = {
    {"JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", 0},
    {"CI_NODE_INDEX", "CI_NODE_TOTAL", 1},
    {"CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0},
};

/* The two numbers of "index/count", the former from `first`; `source` is what errors quote. */
static int shard_set(const char *source, const char *index, const char *count, size_t first,
                     struct shard *ret, struct error *err)
{
    uint64_t n = 0;
    uint64_t i = 0;
    if (units_parse_count(count, 1, PLAN_RUNS_MAX, &n, err) < 0 ||
        units_parse_count(index, first, first + n - 1, &i, err) < 0)
        return error_prefix(err, "%.80s", source);
    *ret = (struct shard){.index = (size_t)i - first, .count = (size_t)n};
    return 0;
}

static int shard_from_environment(struct shard *ret, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LENGTH(schedulers); i++) {
        const char *index = getenv(schedulers[i].index);
        const char *count = getenv(schedulers[i].count);
        char source[96];
        if (index == NULL)
            continue;
        if (count == NULL)
            return error_set(err, ERROR_USAGE,
                             "auto: found %s=%.20s in the environment, but not %s: set it to the "
                             "number of shards",
                             schedulers[i].index, index, schedulers[i].count);
        snprintf(source, sizeof(source), "auto: %s and %s", schedulers[i].index,
                 schedulers[i].count);
        return shard_set(source, index, count, schedulers[i].first, ret, err);
    }
    return error_set(err, ERROR_USAGE,
                     "auto: found neither JOB_COMPLETION_INDEX nor CI_NODE_INDEX nor "
                     "CIRCLE_NODE_INDEX in the environment; expected one of them, or the shard "
                     "itself, as 0/4");
}

int shard_parse(const char *text, struct shard *ret, struct error *err)
{
    char index[24];
    if (strcmp(text, "auto") == 0)
        return shard_from_environment(ret, err);
    const char *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : sizeof(index);
    if (length == 0 || length >= sizeof(index) || slash[1] == '\0')
        return error_set(err, ERROR_USAGE,
                         "found \"%.40s\", expected I/N, the first of four being 0/4, or auto",
                         text);
    memcpy(index, text, length);
    index[length] = '\0';
    return shard_set(text, index, slash + 1, 0, ret, err);
}

void shard_select(const struct shard *shard, struct plan *plan)
{
    size_t kept = 0;
    for (size_t i = shard->index; i < plan->n_runs; i += shard->count)
        plan->runs[kept++] = plan->runs[i];
    plan->n_runs = kept;
}

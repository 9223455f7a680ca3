#include "scenario/plan_groups.h"

size_t plan_part_length(const struct plan *plan, size_t first)
{
    unsigned group = plan->runs[first].group;
    size_t n = 1;
    while (group > 0 && first + n < plan->n_runs && plan->runs[first + n].group == group)
        n++;
    return n;
}

size_t plan_count_parts(const struct plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n_runs; i += plan_part_length(plan, i))
        n++;
    return n;
}

uint64_t plan_group_memory_bytes(const struct plan *plan)
{
    uint64_t most_bytes = 0;
    for (size_t i = 0; i < plan->n_runs;) {
        size_t n = plan_part_length(plan, i);
        uint64_t bytes = 0;
        for (size_t k = i; k < i + n; k++) {
            uint64_t limit_bytes = plan->runs[k].settings.limit_bytes;
            if (limit_bytes != SCENARIO_NO_LIMIT &&
                __builtin_add_overflow(bytes, limit_bytes, &bytes))
                bytes = UINT64_MAX;
        }
        if (n > 1 && bytes > most_bytes)
            most_bytes = bytes;
        i += n;
    }
    return most_bytes;
}

/* A port that is fixed is for one alone; a container has ports of its own. */
static uint16_t plan_fixed_port(const struct settings *settings)
{
    uint16_t port = settings->image == NULL ? settings->service.port : 0;
    for (unsigned i = 0; settings->image == NULL && i < settings->n_dependencies && port == 0; i++)
        port = settings->dependencies[i].port;
    return port;
}

/* Of a group with others in it. */
static int plan_check_member(const struct run_spec *run, struct error *err)
{
    if (run->settings.attach != NULL)
        return error_set(err, ERROR_USAGE,
                         "%s: what runs already cannot take turns with others: it goes on "
                         "meanwhile; attach to one at a time",
                         run->id);
    uint16_t port = plan_fixed_port(&run->settings);
    if (port != 0)
        return error_set(err, ERROR_USAGE,
                         "%s: port %u is fixed, but the variants are up at the same time; leave "
                         "\"port\" out, and give the service {port} or $PORT",
                         run->id, port);
    return 0;
}

int plan_check_groups(const struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->n_runs;) {
        unsigned group = plan->runs[i].group;
        size_t n = plan_part_length(plan, i);
        if (n > PLAN_GROUP_MAX)
            return error_set(err, ERROR_USAGE,
                             "group %u: found %zu runs that take turns, expected at most %d", group,
                             n, PLAN_GROUP_MAX);
        for (size_t k = i; n > 1 && k < i + n; k++)
            if (plan_check_member(&plan->runs[k], err) < 0)
                return -1;
        i += n;
        for (size_t k = i; group > 0 && k < plan->n_runs; k++)
            if (plan->runs[k].group == group)
                return error_set(err, ERROR_INTERNAL,
                                 "%s: found a run of group %u apart from the others of it",
                                 plan->runs[k].id, group);
    }
    return 0;
}

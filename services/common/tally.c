#include "common/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tally_add(struct tally *tally, const char *label)
{
    size_t i = 0;

    tally->total++;
    while (i < tally->groups && strcmp(tally->group[i].label, label) != 0)
        i++;
    if (i == TALLY_GROUPS_MAX) {
        tally->other++;
        return;
    }
    if (i == tally->groups) {
        snprintf(tally->group[i].label, sizeof tally->group[i].label, "%s", label);
        tally->groups++;
    }
    tally->group[i].count++;
}

static int compare_groups(const void *a, const void *b)
{
    const struct tally_group *x = a, *y = b;

    return (x->count < y->count) - (x->count > y->count);
}

void tally_print(struct tally *tally, const char *what, struct response *response)
{
    qsort(tally->group, tally->groups, sizeof tally->group[0], compare_groups);
    response_printf(response, "{\"%s\":%ld,\"groups\":[", what, tally->total);
    for (size_t i = 0; i < tally->groups; i++)
        response_printf(response, "%s{\"count\":%ld,%s}", i ? "," : "", tally->group[i].count,
                        tally->group[i].label);
    response_printf(response, "],\"other\":%ld}\n", tally->other);
}

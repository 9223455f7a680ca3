#include "timeline/run_end.h"

#include <string.h>

static const char *const end_reason_names[END_REASON_MAX_] = {
    [END_OOM_KILLED] = "OOMKilled",
    [END_ERROR] = "Error",
    [END_COMPLETED] = "Completed",
};

const char *end_reason_name(enum end_reason reason)
{
    return end_reason_names[reason];
}

bool end_reason_from_name(const char *name, enum end_reason *ret)
{
    for (unsigned i = 0; i < END_REASON_MAX_; i++) {
        if (strcmp(end_reason_names[i], name) != 0)
            continue;
        *ret = (enum end_reason)i;
        return true;
    }
    return false;
}

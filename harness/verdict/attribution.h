#pragma once
/* What a leak is made of: which of the things that processes hold grew in step with the work. */
#include "timeline/judgement.h"
#include "verdict/indicators.h"
#include "verdict/process_growth.h"

struct attribution {
    enum cause cause;
    char evidence[320]; /* "one more open socket per request, ESTABLISHED to 127.0.0.1:9001" */
    bool has_shares;
    double share_user, share_shmem, share_kernel; /* of the growth, 0 to 1 */
    struct process_growth processes;
};

/* Compare the first and the last floor of the series. */
void attribution_of_growth(const struct floor_series *series, struct attribution *ret);

/* The same where private memory proves nothing: do threads, sockets or files grow with the work,
 * and carry what else grew? Only cause and evidence are set. */
bool attribution_beside_heap(const struct floor_series *series, struct attribution *ret);

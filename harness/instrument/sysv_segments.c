#include "instrument/sysv_segments.h"

#include <inttypes.h>
#include <stdio.h>

/* key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap */
bool sysv_segment_parse(const char *line, struct sysv_segment *ret)
{
    return sscanf(line,
                  "%*d %" SCNu32 " %*o %*u %" SCNd32 " %" SCNd32
                  " %*u %*u %*u %*u %*u %*u %*u %*u %" SCNu64,
                  &ret->id, &ret->creator, &ret->last, &ret->bytes) == 4;
}

#include "memory/cgroup_limit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

int cgroup_limit_effective(const char *mount, const char *path, uint64_t *ret_bytes,
                           struct error *err)
{
    uint64_t smallest = UINT64_MAX;
    size_t top = strlen(mount);
    CLEANUP(freep) char *folder = strdup(path);
    if (folder == NULL)
        return error_out_of_memory(err);
    while (strlen(folder) >= top) {
        CLEANUP(freep) char *file = file_join(folder, "memory.max");
        uint64_t limit = UINT64_MAX;
        if (file == NULL)
            return error_out_of_memory(err);
        /* The real root has none, nor has a group that is not handed the controller. */
        if (file_exists(AT_FDCWD, file) && file_read_u64(AT_FDCWD, file, &limit, err) < 0)
            return -1;
        smallest = limit < smallest ? limit : smallest;
        char *slash = strrchr(folder, '/');
        if (slash == NULL || slash == folder)
            break;
        *slash = '\0';
    }
    *ret_bytes = smallest;
    return 0;
}

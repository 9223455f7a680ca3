#include "cli/run_session.h"

#include <unistd.h>

#include "base/file.h"
#include "cli/run_place.h"

int run_session_check_output(const char *dir, struct error *err)
{
    if (file_make_directories(dir, err) < 0)
        return error_prefix(err, "results cannot go to %s", dir);
    if (access(dir, W_OK) < 0)
        return error_set(err, ERROR_ENVIRONMENT, "results cannot go to %s: it is not writable",
                         dir);
    return 0;
}

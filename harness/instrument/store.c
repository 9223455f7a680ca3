#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "instrument/instrument.h"
#include "profile/pprof_write.h"
#include "profile/profile_load.h"

int instrument_store(const struct profile *profile, const char *dir, const char *name, size_t cycle,
                     struct error *err)
{
    CLEANUP(buffer_done) struct buffer packed = BUFFER_INIT(PROFILE_FILE_MAX_BYTES);
    CLEANUP(freep) char *path = NULL;
    if (asprintf(&path, "%s/%s.%03zu.gz", dir, name, cycle) < 0) {
        path = NULL;
        return error_out_of_memory(err);
    }
    if (file_make_directories(dir, err) < 0 || pprof_write(profile, &packed, err) < 0)
        return -1;
    return file_write_atomic(AT_FDCWD, path, buffer_text(&packed), packed.length, err);
}

#include "explain/explanation_profiles.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "explain/collected_files.h"
#include "profile/folded.h"
#include "profile/heap_text.h"
#include "profile/pprof_write.h"
#include "profile/profile_diff.h"
#include "profile/profile_load.h"

#define GROWN_MAX_BYTES ((size_t)256 << 20)

/* Where a difference is to be written, and as what. */
struct grown_profile {
    const struct profile *profile;
    const char *dir;
    const struct collected_file *file; /* whose name it has */
};

static int grown_put(const struct grown_profile *grown, const char *ending,
                     const struct buffer *text, struct error *err)
{
    char path[8192];
    snprintf(path, sizeof(path), "%s/%.*s.grown.%s", grown->dir, grown->file->name_length,
             grown->file->text, ending);
    return file_write_atomic(AT_FDCWD, path, buffer_text(text), text->length, err);
}

static int grown_store(const struct grown_profile *grown, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GROWN_MAX_BYTES);
    unsigned type = profile_first_type(grown->profile);
    if (pprof_write(grown->profile, &text, err) < 0 || grown_put(grown, "pb.gz", &text, err) < 0)
        return -1;
    buffer_clear(&text);
    if (type < grown->profile->n_types && (folded_write(grown->profile, type, &text, err) < 0 ||
                                           grown_put(grown, "folded", &text, err) < 0))
        return -1;
    buffer_clear(&text);
    int status = heap_text_write(grown->profile, &text, err);
    return status == 0 ? grown_put(grown, "heap", &text, err) : status < 0 ? -1 : 0;
}

/* What cannot be read, or compared, is told where it is shown; here there is nothing to write. */
static int grown_make(const struct collected_files *files, const struct collected_story *story,
                      const char *dir, struct error *err)
{
    CLEANUP(profile_freep) struct profile *first = NULL;
    CLEANUP(profile_freep) struct profile *last = NULL;
    CLEANUP(profile_freep) struct profile *changes = NULL;
    struct error why = {.kind = ERROR_NONE};
    int status = profile_load(files->fd, story->first->text, &first, &why);
    if (status == 0)
        status = profile_load(files->fd, story->last->text, &last, &why);
    if (status == 0)
        status = profile_diff(first, last, &changes, &why);
    if (status < 0 && why.kind != ERROR_USAGE)
        return error_set(err, why.kind, "%s", why.text);
    if (status != 0)
        return 0;
    return grown_store(&(struct grown_profile){changes, dir, story->last}, err);
}

int explanation_store_profiles(const struct stored_record *instrumented, struct error *err)
{
    CLEANUP(collected_files_done) struct collected_files files = {.fd = -1};
    struct collected_story story = {.n = 0};
    if (collected_files_list(instrumented->dir, &files, err) < 0)
        return -1;
    for (size_t begin = 0; begin < files.n; begin += story.n) {
        collected_files_story(&files, begin, instrumented->record, &story);
        if (story.first != NULL && grown_make(&files, &story, instrumented->dir, err) < 0)
            return -1;
    }
    return 0;
}
